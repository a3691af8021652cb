"""The routes of the JSON door: `/api/v1/...`, and `/p/PRACTICE/api/v1/...`, one for each operation."""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from bridge.asking import asking_address, network_of
from bridge.charting.access import Access
from bridge.charting.charts import Charts
from bridge.charting.json_door.answering import Question, answer
from bridge.charting.json_door.frame import Operation
from bridge.charting.json_door.reading import MOST_BODY_BYTES, NOTHING_HERE
from bridge.charting.messages import Reply, refused
from bridge.charting.refusals import RefusedError, failure
from bridge.charting.settings import ChartingSettings

_log = logging.getLogger(__name__)
_ROOTS = ("/api/v1/", "/p/<practice>/api/v1/")
_OURS = re.compile(r"(/p/[^/]*)?/api/v1(/.*)?", re.DOTALL)
_PARAMETER = re.compile(r"\{(\w+)\}")
_PIECE_BYTES = 16 * 1024
_OTHERWISE = "This address is there, but not for what was asked of it; check how it was asked at /api/v1/."
_TOO_LARGE = "This is more than anything that can be asked here; send less."
_CUT = "The request broke off before its end; send it again."


def json_blueprint(
    operations: Sequence[Operation], charts: Charts, access: Access, settings: ChartingSettings
) -> Blueprint:
    """The door: these operations over these charts. What is refused is a problem (RFC 9457), whatever refuses it."""
    blueprint = Blueprint("json_door", __name__)
    blueprint.before_app_request(_unrouted)
    for operation in operations:
        view = _view(operation, charts, access, settings)
        for number, root in enumerate(_ROOTS):
            blueprint.add_url_rule(
                root + _PARAMETER.sub(r"<\1>", operation.path),
                f"{operation.name}{number}",
                view,
                methods=[operation.method],
                strict_slashes=False,
                provide_automatic_options=False,
            )
    return blueprint


def _view(operation: Operation, charts: Charts, access: Access, settings: ChartingSettings) -> Callable[..., Response]:
    def view(practice: str | None = None, **path: str) -> Response:
        try:
            question = _question(settings, practice, path)
            return _response(answer(operation, charts.of(practice), access, question))
        except RefusedError as refusal:
            return _response(refused(refusal))
        except Exception as error:
            _log.error("event=request-failed", exc_info=error)
            return _response(refused(failure(error)))

    return view


def _question(settings: ChartingSettings, practice: str | None, path: dict[str, str]) -> Question:
    address = asking_address(
        request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), settings.web_servers
    )
    return Question(
        practice=practice,
        authorization=request.headers.get("Authorization", ""),
        path=path,
        query=request.args.items(multi=True),
        headers=dict(request.headers.items()),
        body=_body,
        network=network_of(address),
        root=f"{request.script_root}/p/{practice}/api/v1/" if practice else f"{request.script_root}/api/v1/",
    )


def _body() -> bytes:
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise RefusedError(413, _TOO_LARGE, ("Connection", "close"))
    taken = bytearray()
    try:
        while piece := request.stream.read(_PIECE_BYTES):
            taken += piece
            if len(taken) > MOST_BODY_BYTES:
                raise RefusedError(413, _TOO_LARGE, ("Connection", "close"))
    except (OSError, ValueError) as error:
        raise RefusedError(400, _CUT, ("Connection", "close")) from error
    return bytes(taken)


def _response(reply: Reply) -> Response:
    response = Response(reply.pieces, reply.status, headers=list(reply.headers))
    if not any(name.lower() == "content-type" for name, _ in reply.headers):
        del response.headers["Content-Type"]
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.call_on_close(reply.close)
    return response


def _unrouted() -> Response | None:
    """Addresses and methods that no operation has are refused in the door's own shape."""
    error: Any = request.routing_exception
    if not isinstance(error, HTTPException) or error.code not in (404, 405) or not _OURS.fullmatch(request.path):
        return None
    headers = [each for each in error.get_headers() if each[0].lower() == "allow"]
    sentence = _OTHERWISE if error.code == 405 else NOTHING_HERE
    return _response(refused(RefusedError(error.code, sentence, *headers)))
