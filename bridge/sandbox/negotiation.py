"""Whether an answer goes out as JSON or as a page, by `?format=` and Accept (contract/tscharts.md, surprise 26)."""

from enum import Enum

from bridge.sandbox.calls import RefusedError
from bridge.sandbox.messages import JSON, Request, detail, not_found


class Renderer(Enum):
    """The forms an answer can have, in the chart's order of preference."""

    JSON = JSON
    PAGE = "text/html"


def renderer_for(request: Request) -> Renderer:
    """The form that the client asks for. Refuses with 404 for an unknown format, 406 when there is none it accepts."""
    if request.query.get("format", "json") != "json":
        raise RefusedError(not_found())
    accepted = [_media_range(part) for part in request.headers.get("accept", "*/*").split(",")]
    for precision in (2, 1, 0):
        ranges = [(main, sub) for main, sub in accepted if _precision(main, sub) == precision]
        for renderer in Renderer:
            if any(_matches(main, sub, renderer) for main, sub in ranges):
                return renderer
    raise RefusedError(detail(406, "Could not satisfy the request Accept header."))


def _media_range(text: str) -> tuple[str, str]:
    main, _, sub = text.partition(";")[0].strip().lower().partition("/")
    return main, sub


def _precision(main: str, sub: str) -> int:
    return 0 if main == "*" else 1 if sub == "*" else 2


def _matches(main: str, sub: str, renderer: Renderer) -> bool:
    own_main, _, own_sub = renderer.value.partition("/")
    return main in ("*", own_main) and sub in ("*", own_sub)
