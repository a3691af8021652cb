"""Image POSTs: passed on once, however often a client sends them, with their picture made to fit."""

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass

from bridge.charting.access import Access, Caller
from bridge.charting.charts import Chart
from bridge.charting.fitting import Fitter
from bridge.charting.messages import Asked, Reply, closed_on_error, passed_on, refused
from bridge.charting.move_chain import last_move
from bridge.charting.refusals import RefusedError
from bridge.charting.repeats import RepeatedPosts
from bridge.charting.settings import ShapedDoorSettings
from bridge.charting.settling import find_posted
from bridge.charting.waiting import Waiting
from bridge.photos import MoveStore, PostState
from bridge.tscharts import LARGE_BODY_BYTES, ChartError, RelayAnswer

_MOST_SENDS = 3
_CREATED_BYTES = 64 * 1024
_ODD = "The chart server did not say whether this image is there; send it again."
_NO_ID = (
    "Something else answered in the chart's place, so it is not known whether this image is there; send it again, and "
    "tell the clinic's admin if it goes on."
)
_ALLOW = "GET, POST, DELETE, HEAD, OPTIONS"


@dataclass(frozen=True)
class Posted:
    """What became of a POST: the answer, and the image it made, None when it made none or an earlier POST made it."""

    reply: Reply
    image_id: int | None = None


class Posting:
    """Passes image POSTs on. For any thread. `moves` knows where an image is that was moved."""

    def __init__(
        self,
        settings: ShapedDoorSettings,
        access: Access,
        fitter: Fitter | None,
        repeats: RepeatedPosts,
        moves: MoveStore | None = None,
    ) -> None:
        self._settings = settings
        self._access = access
        self._fitter = fitter if settings.fit_pictures else None
        self._repeats = repeats
        self._moves = moves
        self._waiting = Waiting(repeats)

    def post(self, asked: Asked, chart: Chart, caller: Caller | None) -> Posted:
        """The chart's answer, or the one that the same POST of this caller had within the hour, if its image is still
        there. Raises RefusedError, ChartError.
        """
        body = asked.body()
        if caller is None or not self._settings.repeats_once:
            return self._sent(asked, chart, body)
        digest = hashlib.sha256(f"{caller.digest} {asked.path} ".encode() + body).hexdigest()
        known = self._waiting.until_free(digest)
        if known.image_id is not None:
            there = self._there(known.image_id, asked, chart)
            if there is not None:
                return Posted(_created(there))
            self._repeats.forget_image(known.image_id)
            known = self._waiting.until_free(digest)
        if known.image_id is not None:
            return Posted(_created(known.image_id))
        return self._settled(digest, known.state, asked, chart, body)

    def _there(self, image_id: int, asked: Asked, chart: Chart) -> int | None:
        """The image that was made, by the number that it has now if it was moved; None when it is gone."""
        if not _is_gone(image_id, asked, chart):
            return image_id
        last = last_move(self._moves, chart.key, image_id) if self._moves is not None else None
        now = last.new_image_id if last is not None else None
        return None if now is None or _is_gone(now, asked, chart) else now

    def _settled(self, digest: str, state: PostState, asked: Asked, chart: Chart, body: bytes) -> Posted:
        """Find what an earlier send made, or send it; whatever happens, it is in nobody's hand afterwards."""
        posted, may_be_made = None, True
        try:
            posted = self._found_or_sent(state, asked, chart, body)
            may_be_made = _may_be_made(posted.reply.status)
        except ChartError as error:
            may_be_made = error.outcome_unknown or state is PostState.UNSETTLED
            raise
        except RefusedError:
            may_be_made = state is PostState.UNSETTLED
            raise
        finally:
            if posted is not None and posted.image_id is not None:
                self._repeats.made(digest, posted.image_id)
            elif may_be_made:
                self._repeats.unsettled(digest)
            else:
                self._repeats.not_made(digest)
        return posted

    def _found_or_sent(self, state: PostState, asked: Asked, chart: Chart, body: bytes) -> Posted:
        if state is PostState.UNSETTLED:
            found = find_posted((body, self._fitted(asked, chart, body)), asked, chart)
            if found is not None:
                return Posted(_created(found), found)
        return self._sent(asked, chart, body)

    def _sent(self, asked: Asked, chart: Chart, body: bytes) -> Posted:
        """Send it; when it is too large for the chart after all, smaller again."""
        outgoing = self._fitted(asked, chart, body)
        answer = chart.relay.open(asked.request(outgoing))
        for _ in range(_MOST_SENDS - 1):
            if not _is_too_large(answer, outgoing):
                break
            with closed_on_error(answer.close):
                smaller = self._smaller(asked, chart, body, outgoing)
            if smaller is None:
                break
            answer.close()
            outgoing = smaller
            answer = chart.relay.open(asked.request(outgoing))
        return self._answered(answer, asked, chart, len(outgoing))

    def _smaller(self, asked: Asked, chart: Chart, body: bytes, refused: bytes) -> bytes | None:
        """A smaller body, once the chart has taught that this one is too large. Not by the word of strangers, nor while
        the chart refuses small requests, too: then it was not the size.
        """
        before = chart.body_limit.limit_bytes()
        if not self._access.is_good(chart, asked.authorization):
            return None
        chart.body_limit.was_refused(len(refused))
        if chart.body_limit.limit_bytes() >= before:
            return None
        smaller = self._fitted(asked, chart, body)
        return smaller if len(smaller) < len(refused) else None

    def _fitted(self, asked: Asked, chart: Chart, body: bytes) -> bytes:
        """The body as it goes out. Only for those who may post at all is a picture opened."""
        limit = chart.body_limit.limit_bytes()
        if self._fitter is None or len(body) <= limit or not self._access.is_good(chart, asked.authorization):
            return body
        return self._fitter.fitted(body, chart, limit)

    def _answered(self, answer: RelayAnswer, asked: Asked, chart: Chart, sent_bytes: int) -> Posted:
        reply = passed_on(answer, asked, chart.root)
        if answer.status != 200:
            return Posted(reply)
        with closing(answer):
            image_id = _id_in(created := answer.read(_CREATED_BYTES))
        if image_id is None:
            return Posted(refused(RefusedError(502, _NO_ID)))
        chart.body_limit.was_taken(sent_bytes)
        return Posted(reply.with_body((created,)), image_id)


def patient_in(body: bytes) -> int | None:
    """The patient that a POST is for, as tscharts reads it; None when it names none."""
    try:
        return int(json.loads(body)["patient"])
    except (ValueError, RecursionError, TypeError, KeyError, OverflowError):
        return None


def _is_gone(image_id: int, asked: Asked, chart: Chart) -> bool:
    """Whether an image that was made is in the chart no more. Raises RefusedError when the chart does not say. That the
    caller may ask no more (401) is for the chart to say, when it is sent the POST.
    """
    with chart.relay.open(asked.aside("HEAD", f"image/{image_id}/")) as answer:
        if answer.status in (200, 500):
            return False
        if answer.status in (401, 403, 404):
            return True
    raise RefusedError(502, _ODD)


def _is_too_large(answer: RelayAnswer, sent: bytes) -> bool:
    """413, or tscharts' own 400 with a page, where its 400 for a wrong field is empty (contract/tscharts.md, 4)."""
    is_page = answer.header("Content-Length").strip() not in ("", "0")
    return answer.status == 413 or (answer.status == 400 and is_page and len(sent) > LARGE_BODY_BYTES)


def _may_be_made(status: int) -> bool:
    """Whether an answer without an id leaves open that an image was made."""
    return status >= 500 or 200 <= status < 300


def _id_in(created: bytes) -> int | None:
    try:
        value = json.loads(created)
    except (ValueError, RecursionError):
        return None
    image_id = value.get("id") if isinstance(value, dict) else None
    return image_id if type(image_id) is int and image_id > 0 else None


def _created(image_id: int) -> Reply:
    """What tscharts answered to the first of the same POSTs."""
    body = f'{{"id":{image_id}}}'.encode()
    headers = (
        ("Content-Type", "application/json"),
        ("Allow", _ALLOW),
        ("Vary", "Accept"),
        ("Content-Length", str(len(body))),
    )
    return Reply(200, headers, (body,))
