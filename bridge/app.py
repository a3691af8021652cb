"""The Flask application: wires the doors to the rooms. Holds no logic."""

import logging
from collections.abc import Iterable

from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from bridge.errors import BridgeError

_log = logging.getLogger(__name__)
_SENTENCES = {
    404: "There is nothing at this address; check it against the one you were given.",
    405: "This address is there, but not for what was asked of it; check how it was asked.",
}
_NOT_UNDERSTOOD = "This request was not understood; check the address against the one you were given."
_FAILED = "The bridge failed on this request; try it again, and tell the clinic's admin if it fails again."


def create_app(blueprints: Iterable[Blueprint]) -> Flask:
    """The web application over the doors' routes."""
    app = Flask("bridge", static_folder=None)
    app.url_map.merge_slashes = False
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _failed)
    return app


def _refused(error: HTTPException) -> Response:
    """Flask's own refusals, as one sentence; their other headers (Allow) stay."""
    status = error.code or 500
    response = Response(f"{_SENTENCES.get(status, _NOT_UNDERSTOOD)}\n", status, content_type="text/plain")
    for name, value in error.get_headers():
        response.headers.setdefault(name, value)
    return response


def _failed(error: Exception) -> Response:
    """Only our own errors may speak; the words of others can quote a file name."""
    _log.error("event=request-failed", exc_info=error)
    return Response(f"{error if isinstance(error, BridgeError) else _FAILED}\n", 500, content_type="text/plain")
