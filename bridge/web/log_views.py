"""`/logs/`: the last lines of the log."""

from flask import Response

from bridge.charting import RefusedError
from bridge.web.frame import Frame, page
from bridge.web.settings import LogLines
from bridge.web.visitors import Visitor

MOST_LINES = 200
_LOCKED = "These pages are locked and show no log; use `tscharts-bridge logs` on the bridge's computer."


def add_logs(frame: Frame, lines: LogLines) -> None:
    """The page. A practice's people see the lines that name their practice."""

    def logs(visitor: Visitor) -> Response:
        if frame.settings.locked:
            raise RefusedError(404, _LOCKED)
        return page("logs.html", lines=lines.last(MOST_LINES, visitor.practice)[::-1])

    frame.add("/logs/", "logs", logs)
