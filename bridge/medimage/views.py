"""The MedImage routes: what phones, MedImage servers and browsers ask over HTTP."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, abort, request

from bridge.asking import asks_for_page
from bridge.medimage.checking import Checks
from bridge.medimage.multipart_body import Body
from bridge.medimage.reception import Reception, are_local
from bridge.medimage.refusal_log import RefusalLog
from bridge.medimage.refusals import UploadNotTakenError, UploadRefusedError
from bridge.photos import StoreError
from bridge.tags import GUID_PATTERN

STORED = "Received upload successfully!\n\n"
"""The real server's answer, to the letter (contract/medimage.md)."""

Sent = Callable[[str, str, str, str], object]
"""Hears of each photo that is new: its practice, and of the request that brought it the other end's address,
X-Forwarded-For, and the user agent.
"""

_log = logging.getLogger(__name__)
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Request-Method": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "OPTIONS, GET, POST",
}
_PHOTO = "/api/photo"
_COULD_NOT_STORE = "The server could not store this photo; it is safe on your phone. Tell the clinic's admin."
_CHECK = "/check="
_PAGES = "/sign-in/"
"""Where people come to the bridge's pages, who typed its address into a browser."""

_WRITE_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Address for the photo app</title>
</head>
<body>
<h1>This is your clinic's address for photos</h1>
<p>It belongs in the photo app. Copy it from the browser's address bar, open the photo app, choose
&#8220;More Details&#8221;, then &#8220;enter server manually&#8221;, and paste it there.</p>
<p>Whoever knows it can send photos to the clinic, so do not pass it on.</p>
</body>
</html>
"""
_WRITE_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_OTHERS = re.compile(r"(/p/[^/]+)?/(tscharts|api/v1)(/|\Z)")
_PAIRING = re.compile(r"/api/v1/pairing/?")
_MALFORMED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def medimage_blueprint(
    reception: Reception, checks: Checks, sent: Sent = lambda _practice, _address, _forwarded_for, _user_agent: None
) -> Blueprint:
    """The routes that phones use. `sent` must be quick and never raise."""
    blueprint = Blueprint("medimage", __name__)
    refusals = RefusalLog()

    @blueprint.get("/")
    def root() -> Response:
        if asks_for_page(request.headers) and "Origin" not in request.headers:
            return Response(status=303, headers={"Location": _PAGES, "Cache-Control": "no-store"})
        return _text("This is a photo server for clinics. Pair your photo app with it to send photos.\n", 200)

    @blueprint.post(_PHOTO)
    def photo() -> Response:
        return _receive(reception, refusals, sent)

    @blueprint.get("/write/<guid>")
    @blueprint.get("/write/<guid>/")
    def write(guid: str) -> Response:
        return _answer_browser(guid)

    @blueprint.get(f"{_CHECK}<path:_name>")
    def check(_name: str) -> Response:
        return _answer_check(checks)

    blueprint.before_app_request(_answer_options)
    blueprint.after_app_request(_open_to_browsers)
    return blueprint


def _receive(reception: Reception, refusals: RefusalLog, sent: Sent) -> Response:
    began_at = datetime.now(UTC)
    body = Body(request.environ["wsgi.input"], request.headers.get("Content-Type"), request.content_length)
    try:
        photo = reception.receive(body, is_local=_is_local())
    except UploadNotTakenError as error:
        status = 400 if isinstance(error, UploadRefusedError) else _not_stored_status()
        refusals.add(error, status)
        return _not_taken(str(error), status)
    except StoreError as error:
        _log.error("event=store-trouble reason=%r", str(error))
        return _not_taken(_COULD_NOT_STORE, _not_stored_status())
    if photo.received_at >= began_at:
        headers = request.headers
        forwarded_for = headers.get("X-Forwarded-For", "")
        sent(photo.practice, request.remote_addr or "", forwarded_for, headers.get("User-Agent", ""))
    return _text(STORED, 200)


def _not_taken(sentence: str, status: int) -> Response:
    """The last answer on this connection: the rest of the upload may still be coming on it."""
    response = _text(f"{sentence}\n", status)
    response.headers["Connection"] = "close"
    return response


def _not_stored_status() -> int:
    """A browser app takes every 2xx as stored and deletes its copy; other clients know 206 as "try again"."""
    return 500 if "Origin" in request.headers else 206


def _answer_check(checks: Checks) -> Response:
    """The name is taken from the target as it was sent: Flask's own has lost the difference of `+`, `/` and `%2F`."""
    sent = str(request.environ["REQUEST_URI"]).partition("?")[0].removeprefix(_CHECK)
    done = None if _MALFORMED_ESCAPE.search(sent) else checks.may_forget(unquote_to_bytes(sent), is_local=_is_local())
    if done is None:
        return _text("This server never received a photo of this name.\n", 404)
    return _text("false" if done else "true", 200, "text/html")


def _answer_browser(guid: str) -> Response:
    """The page for people whose camera app opened the QR code: the same for every guid, as it says nothing of one."""
    if not GUID_PATTERN.fullmatch(guid):
        abort(404)
    response = _text(_WRITE_PAGE, 200, "text/html; charset=utf-8")
    response.headers.update(_WRITE_PAGE_HEADERS)
    return response


def _is_local() -> bool:
    """Whether the request comes from the clinic's own network, as far as every address on its way tells."""
    return are_local([request.remote_addr or "", *request.access_route])


def _answer_options() -> Response | None:
    """Every address that phones ask answers OPTIONS. What the chart, or the door for programs, has to say is theirs."""
    is_others = _OTHERS.match(request.path) and not _PAIRING.fullmatch(request.path)
    return Response(status=200) if request.method == "OPTIONS" and not is_others else None


def _open_to_browsers(response: Response) -> Response:
    if request.path in ("/", _PHOTO, "/load", "/load/") or request.path.startswith((_CHECK, "/read/")):
        response.headers.extend(_CORS)
    return response


def _text(text: str, status: int, content_type: str = "text/plain") -> Response:
    response = Response(text, status, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    return response
