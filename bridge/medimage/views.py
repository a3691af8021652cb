"""The MedImage routes: what phones, MedImage servers and browsers ask over HTTP."""

from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, request

from bridge.medimage.checking import may_forget
from bridge.medimage.multipart_body import Body, drain
from bridge.medimage.reception import Reception
from bridge.medimage.refusals import UploadCutError, UploadRefusedError
from bridge.photos import StoreError

STORED = "Received upload successfully!\n\n"
"""The real server's answer, to the letter (contract/medimage.md)."""

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Request-Method": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "OPTIONS, GET, POST",
}
_CHECK = "/check="
_PATHS = ("/api/photo", _CHECK)


def medimage_blueprint(reception: Reception) -> Blueprint:
    """The routes, served by a reception."""
    blueprint = Blueprint("medimage", __name__)

    @blueprint.get("/")
    def root() -> Response:
        return _text("This is a photo server for clinics. Pair your photo app with it to send photos.\n", 200)

    @blueprint.post("/api/photo")
    def photo() -> Response:
        return _receive(reception)

    @blueprint.get("/check=<path:_name>")
    def check(_name: str) -> Response:
        return _answer_check(reception)

    blueprint.before_app_request(_answer_options)
    blueprint.after_app_request(_open_to_browsers)
    return blueprint


def _receive(reception: Reception) -> Response:
    body = Body(request.stream, request.headers.get("Content-Type"), request.content_length)
    try:
        reception.receive(body, request.remote_addr or "")
    except UploadCutError as error:
        return _last(_text(f"{error}\n", _not_stored_status()))
    except (UploadRefusedError, StoreError) as error:
        drain(body, 2 * reception.most_body_bytes)
        status = 400 if isinstance(error, UploadRefusedError) else _not_stored_status()
        return _last(_text(f"{error}\n", status))
    return _text(STORED, 200)


def _not_stored_status() -> int:
    """A browser app takes every 2xx as stored and deletes its copy; other clients know 206 as "try again"."""
    return 500 if "Origin" in request.headers else 206


def _answer_check(reception: Reception) -> Response:
    raw_path = str(request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or "").partition("?")[0]
    name = unquote_to_bytes(raw_path.partition(_CHECK)[2])
    done = may_forget(reception.store, name)
    if done is None:
        return _text("This server never received a photo of this name.\n", 404)
    return Response("false" if done else "true", 200, mimetype="text/html")


def _answer_options() -> Response | None:
    return Response(status=200) if request.method == "OPTIONS" else None


def _open_to_browsers(response: Response) -> Response:
    if request.path == "/" or request.path.startswith(_PATHS):
        response.headers.extend(_CORS)
    return response


def _text(text: str, status: int) -> Response:
    response = Response(text, status, content_type="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response


def _last(response: Response) -> Response:
    """Close the connection afterwards: there may be unread bytes on it."""
    response.headers["Connection"] = "close"
    return response
