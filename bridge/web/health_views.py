"""`/health/`: whether all is well, and what to do where it is not."""

from flask import Response

from bridge.findings import Finding, Status
from bridge.web.frame import Frame, page
from bridge.web.health import ADVICE, NAMES, HealthBoard, kind_of
from bridge.web.languages import _
from bridge.web.visitors import Visitor

_LOOK_AGAIN_SECONDS = 3


def add_health(frame: Frame, board: HealthBoard) -> None:
    """The page. It is `tscharts-bridge check`; a practice's people see what is theirs."""

    def show(visitor: Visitor) -> Response:
        seen = board.seen()
        practices = frame.practices_of(visitor)
        sees_all = visitor.is_admin or len(practices) == len(frame.settings.practices)
        shown = [_words(finding) for finding in seen.shown(practices, sees_all)]
        worst = shown[0]["status"] if shown else ""
        response = page("health.html", seen=seen, shown=shown, worst=worst)
        if seen.is_looking:
            response.headers["Refresh"] = str(_LOOK_AGAIN_SECONDS)
        return response

    frame.add("/health/", "health", show)


def _words(finding: Finding) -> dict[str, str]:
    """What the page says of a finding; its own sentence is English."""
    kind = kind_of(finding)
    advice = ADVICE.get(kind) if finding.status is not Status.GOOD else None
    return {
        "status": finding.status.value,
        "name": _(NAMES.get(kind, kind)),
        "of": finding.what.partition(" ")[2],
        "sentence": finding.sentence,
        "advice": _(advice) if advice else "",
    }
