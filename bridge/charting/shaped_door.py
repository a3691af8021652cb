"""The tscharts-shaped door: what clients of tscharts ask, answered by the chart itself, with the caller's own token."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.charting import queries
from bridge.charting.access import Access, Caller
from bridge.charting.audit import Action, Audit
from bridge.charting.charts import Chart
from bridge.charting.deleting import IMAGE_HEAD, Deletions, with_head
from bridge.charting.fitting import Fitter
from bridge.charting.logins import Logins
from bridge.charting.messages import Asked, Reply, closed_on_error, passed_on
from bridge.charting.noting import Notes
from bridge.charting.posting import Posting, patient_in
from bridge.charting.refusals import RefusedError, chart_trouble
from bridge.charting.repeats import RepeatedPosts
from bridge.charting.settings import ShapedDoorSettings
from bridge.tscharts import ChartError, RelayAnswer

_NOT_PASSED_ON = (
    "The bridge passes nothing on to this address of the chart; ask the chart itself, or the clinic's admin."
)


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
        self._logins = Logins(access)
        self._posting = Posting(settings, access, fitter, repeats)
        self._notes = Notes(audit, now)
        self._deletions = Deletions(self._notes, repeats)

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
            head, pieces = with_head(iter(reply.pieces))
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
        asked, chart = visit.asked, visit.chart
        if visit.caller is None:
            return _pass_on(visit)
        look = asked.aside("GET", f"image/{image_id}/")
        answer = self._deletions.delete(chart, visit.caller, image_id, look, lambda: _opened(visit))
        return passed_on(answer, asked, chart.root)

    def _note(self, visit: Visit, action: Action, image_id: int | None, patient: int | None) -> None:
        self._notes.note(visit.caller or Caller(""), visit.chart, action, image_id, patient)


def _pass_on(visit: Visit) -> Reply:
    return passed_on(_opened(visit), visit.asked, visit.chart.root)


def _opened(visit: Visit) -> RelayAnswer:
    asked = visit.asked
    body = asked.body() if asked.method in ("POST", "PUT", "PATCH") else None
    return visit.chart.relay.open(asked.request(body))


def _is_list(head: bytes) -> bool:
    return head.lstrip().startswith(b"[")


def _image_in(head: bytes, asked: Asked) -> tuple[int | None, int | None]:
    """Image and patient in a body that begins like this. A page made for browsers begins otherwise."""
    match = IMAGE_HEAD.match(head)
    return (int(match[1]), int(match[2])) if match else (asked.image_id, None)
