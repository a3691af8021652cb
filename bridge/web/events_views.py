"""`/events/`: who looked at, assigned, moved and deleted what; and the same as a table to keep."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request

from bridge.charting import RefusedError
from bridge.web.events import ACTIONS, EventFilter, shown_days
from bridge.web.events_csv import table_pieces
from bridge.web.frame import Frame, page
from bridge.web.languages import N_, _, spoken
from bridge.web.operations import Operations
from bridge.web.staff import Staff
from bridge.web.visitors import Visitor, Who

_NEEDS_ACCOUNT = N_(
    "Events are shown to the bridge's admins by their account of the chart; sign in with one that `staff.admins` names."
)


def add_events(frame: Frame, operations: Operations) -> None:
    """The page, and its table. What the operations refuse, they refuse."""
    looking = _Looking(frame, operations)
    frame.add("/events/", "events", looking.show, who=Who.ADMIN)
    frame.add("/events/export/", "events_export", looking.export, "POST", who=Who.ADMIN)


class _Looking:
    """The page of events and its table."""

    def __init__(self, frame: Frame, operations: Operations) -> None:
        self._frame = frame
        self._operations = operations

    def show(self, visitor: Visitor) -> Response:
        """A page of events."""
        staff = _admin(visitor)
        zones = self._zones(staff)
        wanted = EventFilter.of(request.args, zones)
        try:
            query = wanted.query()
        except RefusedError as error:
            return _page(wanted, zones, {"events": [], "next": None}, error.status, error.said_by(_))
        before = request.args.get("before")
        return _page(wanted, zones, self._operations.do(staff, "listEvents", query={**query, "before": before}))

    def export(self, visitor: Visitor) -> Response:
        """All events that are meant, to be saved as a file."""
        staff = _admin(visitor)
        wanted = EventFilter.of(request.form, self._zones(staff))
        reply = self._operations.reply(staff, "exportEvents", query=wanted.query())
        response = Response(table_pieces(reply.pieces, wanted.zone, spoken()), 200)
        name = f"events-{datetime.now(wanted.zone):%Y-%m-%d-%H%M}.csv"
        response.headers["Content-Type"] = "text/csv; charset=utf-8; header=present"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.call_on_close(reply.close)
        return response

    def _zones(self, staff: Staff) -> list[ZoneInfo]:
        """The time zones of the clinics on this chart, each once."""
        own = [each.time_zone for each in self._frame.settings.practices if each.name in staff.practices]
        return list(dict.fromkeys(own))


def _admin(visitor: Visitor) -> Staff:
    if visitor.staff is None or not visitor.staff.is_admin:
        raise RefusedError(403, _NEEDS_ACCOUNT)
    return visitor.staff


def _page(
    wanted: EventFilter, zones: list[ZoneInfo], told: Mapping[str, Any], status: int = 200, sentence: str = ""
) -> Response:
    return page(
        "events.html",
        status,
        wanted=wanted,
        zones=[zone.key for zone in zones],
        actions={action: _(words) for action, words in ACTIONS.items()},
        days=shown_days(told["events"], wanted.zone),
        next=told["next"],
        is_first="before" not in request.args,
        sentence=sentence,
    )
