"""`/health/`: whether all is well, and what to do where it is not."""

from flask import Response, request

from bridge.findings import Finding, Status
from bridge.web.frame import Frame, page
from bridge.web.health import ADVICE, NAMES, HealthBoard, kind_of
from bridge.web.languages import _
from bridge.web.visitors import Visitor, Who

_LOOK_AGAIN_SECONDS = 3
_HELPED_AT = {"photos": ("pages.held", Who.NAMED), "mapping": ("pages.mappings", Who.ANY)}
"""The pages on which people help what is found, by its kind, and who may go there."""


def add_health(frame: Frame, board: HealthBoard) -> None:
    """The page. It is `tscharts-bridge check`; a practice's people see what is theirs."""

    def show(visitor: Visitor) -> Response:
        seen = board.seen(is_pressed="again" in request.args)
        practices = frame.practices_of(visitor)
        sees_all = visitor.is_admin or len(practices) == len(frame.settings.practices)
        helped_at = {kind: page for kind, (page, who) in _HELPED_AT.items() if visitor.may_come(who)}
        shown = [
            _words(finding) | {"page": helped_at.get(kind_of(finding), "")}
            for finding in seen.shown(practices, sees_all)
        ]
        worst = shown[0]["status"] if shown else ""
        response = page("health.html", seen=seen, shown=shown, worst=worst)
        if seen.is_looking:
            response.headers["Refresh"] = f"{_LOOK_AGAIN_SECONDS}; url={request.path}"
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
