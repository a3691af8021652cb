"""The tscharts-shaped door: what clients of tscharts ask, answered by the chart itself, with the caller's own token."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.charting import queries
from bridge.charting.access import Access, Caller
from bridge.charting.audit import Action, Audit, AuditEvent
from bridge.charting.charts import Chart
from bridge.charting.fitting import Fitter
from bridge.charting.logins import Logins
from bridge.charting.messages import Asked, Reply, closed_on_error, passed_on
from bridge.charting.posting import Posting, patient_in
from bridge.charting.refusals import RefusedError, chart_trouble
from bridge.charting.repeats import RepeatedPosts
from bridge.charting.settings import ShapedDoorSettings
from bridge.tscharts import ChartError

_NOT_PASSED_ON = (
    "The bridge passes nothing on to this address of the chart; ask the chart itself, or the clinic's admin."
)
_HEAD_BYTES = 256
_IMAGE_HEAD = re.compile(rb'\s*\{"id":\s*([0-9]{1,18}),\s*"patient":\s*([0-9]{1,18})\b')


@dataclass(frozen=True)
class Visit:
    """One request: what is asked, of which chart, and by whom, None for nobody that the chart would let in."""

    asked: Asked
    chart: Chart
    caller: Caller | None


class ShapedDoor:
    """Answers requests. For any thread. `now` gives the time in UTC."""

    def __init__(
        self,
        settings: ShapedDoorSettings,
        access: Access,
        audit: Audit,
        repeats: RepeatedPosts,
        fitter: Fitter | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._access = access
        self._audit = audit
        self._repeats = repeats
        self._logins = Logins(access)
        self._posting = Posting(settings, access, fitter, repeats)
        self._now = now

    def answer(self, asked: Asked, chart: Chart) -> Reply:
        """The chart's answer, its body still to be read. Raises RefusedError, and BridgeError when what must be noted
        cannot be.
        """
        if asked.resource not in self._settings.resources:
            raise RefusedError(404, _NOT_PASSED_ON)
        try:
            if asked.path == "login/" and asked.method == "POST":
                return self._logins.answer(asked, chart)
            caller = self._access.admit(chart, asked.authorization)
            return self._answer(Visit(asked, chart, caller))
        except ChartError as error:
            raise chart_trouble(error) from error

    def _answer(self, visit: Visit) -> Reply:
        asked = visit.asked
        if asked.resource != "image":
            return _pass_on(visit)
        if asked.method in ("GET", "HEAD"):
            return self._look(visit)
        if asked.method == "POST" and (asked.path == "image/" or asked.image_id is not None):
            return self._post(visit)
        if asked.method == "DELETE" and asked.image_id is not None:
            return self._delete(visit, asked.image_id)
        return _pass_on(visit)

    def _look(self, visit: Visit) -> Reply:
        asked = visit.asked
        refusal = self._refusal(asked.query) if asked.path == "image/" else None
        if refusal is not None and self._access.is_good(visit.chart, asked.authorization):
            raise refusal
        reply = _pass_on(visit)
        if asked.method == "HEAD" or reply.status != 200:
            return reply
        with closed_on_error(reply.close):
            head, pieces = _with_head(iter(reply.pieces))
            if not _is_list(head):
                self._note(visit, Action.SEEN, *_image_in(head, asked))
        return reply.with_body(pieces)

    def _refusal(self, query: str) -> RefusedError | None:
        refusal = queries.wrong_number(query) if self._settings.refuse_wrong_numbers else None
        if refusal is None and self._settings.refuse_everyone:
            refusal = queries.lists_everyone(query)
        return refusal

    def _post(self, visit: Visit) -> Reply:
        posted = self._posting.post(visit.asked, visit.chart, visit.caller)
        if posted.image_id is not None:
            self._note(visit, Action.ADDED, posted.image_id, patient_in(visit.asked.body()))
        return posted.reply

    def _delete(self, visit: Visit, image_id: int) -> Reply:
        """Whose image it was is asked before: afterwards nobody can tell."""
        is_there, patient = _patient_of(visit, image_id)
        if is_there:
            self._note(visit, Action.DELETING, image_id, patient)
        reply = _pass_on(visit)
        if reply.status == 200:
            with closed_on_error(reply.close):
                self._repeats.forget_image(image_id)
                self._note(visit, Action.DELETED, image_id, patient)
        return reply

    def _note(self, visit: Visit, action: Action, image_id: int | None, patient: int | None) -> None:
        caller = visit.caller or Caller("")
        self._audit.note(
            AuditEvent(caller.username, caller.mark, action, image_id, patient, self._now(), visit.chart.key)
        )


def _pass_on(visit: Visit) -> Reply:
    asked = visit.asked
    body = asked.body() if asked.method in ("POST", "PUT", "PATCH") else None
    return passed_on(visit.chart.relay.open(asked.request(body)), asked, visit.chart.root)


def _patient_of(visit: Visit, image_id: int) -> tuple[bool, int | None]:
    """Whether there may be such an image for this caller, and its patient, None when the chart does not tell, as of an
    image whose file is lost. Of its data only the beginning is read.
    """
    if visit.caller is None:
        return False, None
    with visit.chart.relay.open(visit.asked.aside("GET", f"image/{image_id}/")) as answer:
        if answer.status != 200:
            return answer.status >= 500, None
        head, _ = _with_head(answer.pieces())
    match = _IMAGE_HEAD.match(head)
    return True, int(match[2]) if match else None


def _with_head(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The beginning of a body, and the whole body."""
    taken: list[bytes] = []
    while sum(map(len, taken)) < _HEAD_BYTES and (piece := next(pieces, b"")):
        taken.append(piece)
    head = b"".join(taken)
    return head, itertools.chain((head,) if head else (), pieces)


def _is_list(head: bytes) -> bool:
    return head.lstrip().startswith(b"[")


def _image_in(head: bytes, asked: Asked) -> tuple[int | None, int | None]:
    """Image and patient in a body that begins like this. A page made for browsers begins otherwise."""
    match = _IMAGE_HEAD.match(head)
    return (int(match[1]), int(match[2])) if match else (asked.image_id, None)
