"""The tscharts-shaped door: what clients of tscharts ask, answered by the chart itself, with the caller's own token."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.charting import queries
from bridge.charting.access import SHAPED_LOGIN, Access, Caller
from bridge.charting.audit import Action, Audit
from bridge.charting.charts import Chart
from bridge.charting.deleting import Deletions, ImageGone, nobody_hears, with_head
from bridge.charting.fitting import Fitter
from bridge.charting.logins import Logins
from bridge.charting.looks import Shown, shown_aside, shown_in
from bridge.charting.messages import Asked, Reply, closed_on_error, passed_on
from bridge.charting.move_chain import check_not_moving
from bridge.charting.noting import Notes
from bridge.charting.owners import OWNERS, OwnerDeletions, owner_at
from bridge.charting.posting import Posting, patient_in
from bridge.charting.refusals import RefusedError, chart_trouble
from bridge.charting.repeats import RepeatedPosts
from bridge.charting.settings import ShapedDoorSettings
from bridge.charting.spooling import spooled
from bridge.photos import MoveStore
from bridge.tscharts import ChartError, RelayAnswer

_NOT_PASSED_ON = (
    "The bridge passes nothing on to this address of the chart; ask the chart itself, or the clinic's admin."
)
_NOTHING_TO_CHANGE = "There is nothing at this address of the chart that could be changed; check it."
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Visit:
    """One request: what is asked, of which chart, and by whom, None for nobody that the chart would let in."""

    asked: Asked
    chart: Chart
    caller: Caller | None


class ShapedDoor:
    """Answers requests. For any thread. `moves` knows which images are moved; `gone` hears of those that are deleted;
    `now` gives the time in UTC.
    """

    def __init__(
        self,
        settings: ShapedDoorSettings,
        access: Access,
        audit: Audit,
        repeats: RepeatedPosts,
        fitter: Fitter | None,
        moves: MoveStore | None = None,
        gone: ImageGone = nobody_hears,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._access = access
        self._moves = moves
        self._logins = Logins(access)
        self._posting = Posting(settings, access, fitter, repeats, moves)
        self._notes = Notes(audit, now)
        self._deletions = Deletions(self._notes, repeats, gone)
        self._owners = OwnerDeletions(self._notes, repeats, gone)

    def answer(self, asked: Asked, chart: Chart) -> Reply:
        """The chart's answer, its body still to be read. Raises RefusedError, and BridgeError when what must be noted
        cannot be.
        """
        if asked.resource not in self._settings.resources:
            raise RefusedError(404, _NOT_PASSED_ON)
        try:
            if asked.path == "login/" and asked.method == "POST":
                return self._logins.answer(asked, chart)
            caller = self._access.admit(chart, asked.authorization, f"{asked.prefix}{SHAPED_LOGIN}")
            return self._answer(Visit(asked, chart, caller))
        except ChartError as error:
            raise chart_trouble(error) from error

    def _answer(self, visit: Visit) -> Reply:
        asked = visit.asked
        if asked.resource == "image":
            return self._image(visit)
        if asked.resource in OWNERS and asked.method == "DELETE":
            return self._delete_owner(visit)
        return _pass_on(visit)

    def _image(self, visit: Visit) -> Reply:
        """Changes to addresses that tscharts does not have go nowhere: nobody could say what they did."""
        asked = visit.asked
        if asked.method in ("GET", "HEAD"):
            return self._look(visit)
        if asked.method not in _CHANGING:
            return _pass_on(visit)
        if asked.image_id is None and asked.path not in ("image", "image/"):
            raise RefusedError(404, _NOTHING_TO_CHANGE)
        if asked.method == "POST":
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
        if asked.method == "HEAD" or not reply.is_success:
            return reply
        with closed_on_error(reply.close):
            head, pieces = with_head(iter(reply.pieces))
            shown = shown_in(head) if reply.status == 200 else None
            self._note_look(visit, shown or shown_aside(asked, visit.chart))
            return spooled(reply.with_body(pieces))

    def _note_look(self, visit: Visit, shown: Shown) -> None:
        if shown.image_id is not None:
            self._note(visit, Action.SEEN, shown.image_id, shown.patient)

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
        if self._moves is not None and self._access.is_good(chart, asked.authorization):
            check_not_moving(self._moves, chart.key, image_id)
        look = asked.aside("GET", f"image/{image_id}/")
        answer = self._deletions.delete(chart, visit.caller, image_id, look, lambda: _opened(visit))
        return passed_on(answer, asked, chart.root)

    def _delete_owner(self, visit: Visit) -> Reply:
        asked, chart, caller = visit.asked, visit.chart, visit.caller
        if caller is None:
            return _pass_on(visit)
        owner = owner_at(asked.path)
        if owner is None:
            raise RefusedError(404, _NOTHING_TO_CHANGE)
        answer = self._owners.delete(asked, chart, caller, owner, lambda: _opened(visit))
        return passed_on(answer, asked, chart.root)

    def _note(self, visit: Visit, action: Action, image_id: int | None, patient: int | None) -> None:
        self._notes.note(visit.caller or Caller(""), visit.chart, action, image_id, patient)


def _pass_on(visit: Visit) -> Reply:
    return passed_on(_opened(visit), visit.asked, visit.chart.root)


def _opened(visit: Visit) -> RelayAnswer:
    asked = visit.asked
    body = asked.body() if asked.method in ("POST", "PUT", "PATCH") else None
    return visit.chart.relay.open(asked.request(body))
