"""`/logs/`: the last lines of the log."""

from collections.abc import Sequence
from itertools import chain

from flask import Response

from bridge.charting import RefusedError
from bridge.web.frame import Frame, page
from bridge.web.languages import N_
from bridge.web.settings import LogLines
from bridge.web.visitors import Visitor, Who

MOST_LINES = 200
_LOCKED = N_("These pages are locked and show no log; use `tscharts-bridge logs` on the bridge's computer.")


def add_logs(frame: Frame, lines: LogLines) -> None:
    """The page. A practice's people, and staff, see the lines that name their practices; those of all see all."""

    def logs(visitor: Visitor) -> Response:
        if frame.settings.locked:
            raise RefusedError(404, _LOCKED)
        return page("logs.html", lines=_lines(frame, visitor, lines)[::-1])

    frame.add("/logs/", "logs", logs)


def _lines(frame: Frame, visitor: Visitor, lines: LogLines) -> Sequence[str]:
    practices = frame.practices_of(visitor)
    if visitor.is_admin or (visitor.may_come(Who.ADMIN) and len(practices) == len(frame.settings.practices)):
        return lines.last(MOST_LINES)
    found = [lines.last(MOST_LINES, each.name) for each in practices]
    return found[0] if len(found) == 1 else sorted(set(chain.from_iterable(found)))[-MOST_LINES:]
