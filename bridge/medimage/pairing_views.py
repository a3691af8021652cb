"""The pairing routes: the bridge's own pairing service, and the call behind another system's "pair a phone" button."""

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, abort, request
from marshmallow import Schema, ValidationError, fields, validate

from bridge.asking import asker_of, is_address
from bridge.errors import BridgeError
from bridge.medimage.pairing import PairingCode, PairingError, PairingInputError
from bridge.medimage.pairing_codes import CodeBook, TooManyCodesError
from bridge.medimage.pairing_desk import GuidRefusedError, PairingDesk, PairingSettings, instructions
from bridge.medimage.qr import svg_text
from bridge.secret import Secret
from bridge.tags import GUID_PATTERN

SERVICE_PATH = "/med-genid.php"
"""The real pairing service's path, which clients have built in."""

BUTTON_PATH = "/api/v1/pairing"

_CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "OPTIONS, GET, POST"}
_MOST_BODY_BYTES = 4096
_UNSIGNED = (
    "This call needs the practice's API token in the header `Authorization: Bearer TOKEN`; "
    "ask the bridge's admin for it."
)
_NO_STRANGERS = (
    "Pairing codes are made by the bridge's own command or page, or with a practice's API token; "
    "ask the clinic's admin for a code."
)
_NOT_POST = "A pairing code is asked for by POST; send the same call as POST."
_NOT_JSON = 'The body is not understood; send JSON such as {"guid": null}, or the practice\'s own guid.'
_TOO_LONG = "This request asks for no pairing code; send the fields in the address, or as a short form."
_BY_A_PROXY = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
_BY_A_WEB_PAGE = ("Origin", "Referer")

PracticeOfToken = Callable[[Secret], str | None]
"""Gives the practice whose API token this is, in constant time, or None."""

Admits = Callable[[Secret], bool]
"""Whether this is a ticket of the bridge's admin for a code. It is used up by asking."""


def _nobody(_ticket: Secret) -> bool:
    return False


class _ButtonSchema(Schema):
    guid = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(rf"({GUID_PATTERN.pattern})?\Z", error="is 16 to 20 letters or digits, or null"),
    )


def pairing_blueprint(
    desk: PairingDesk,
    practice_of_token: PracticeOfToken,
    book: CodeBook | None,
    settings: PairingSettings,
    admits: Admits = _nobody,
) -> Blueprint:
    """The routes. Without a book there is no pairing service of the bridge's own; `admits` is for that one."""
    blueprint = Blueprint("pairing", __name__)
    for status in (400, 413):
        blueprint.register_error_handler(status, _refuse_body)

    @blueprint.post(BUTTON_PATH)
    def button() -> Response:
        return _answer_button(desk, practice_of_token)

    @blueprint.route(BUTTON_PATH, methods=["GET", "PUT", "PATCH", "DELETE"])
    def not_a_button() -> Response:
        return _problem(405, _NOT_POST, {"Allow": "POST"})

    if book is not None:
        _add_service(blueprint, _Maker(desk, practice_of_token, book, settings, admits))
    return blueprint


@dataclass(frozen=True)
class _Maker:
    """What the bridge's own pairing service needs."""

    desk: PairingDesk
    practice_of_token: PracticeOfToken
    book: CodeBook
    settings: PairingSettings
    admits: Admits

    def code(self, asked: Mapping[str, str], token: Secret | None) -> PairingCode | None:
        """A code, or None for strangers. A practice's token gets codes for that practice, which lead to this bridge
        whatever `proxyServer` says. The admin's ticket gets them for any guid and server; so does, when the settings
        allow it, a program on this machine, such as a MedImage server. Raises BridgeError.
        """
        practice = self.practice_of_token(token) if token else None
        if practice is not None:
            return self.desk.code_for(practice, asked.get("guid") or None)
        if self.admits(token) if token else self.settings.codes_on_this_machine and _is_from_this_machine():
            return self.book.open(asked.get("guid") or None, asked.get("proxyServer") or self.settings.public_url)
        return None


def _add_service(blueprint: Blueprint, maker: _Maker) -> None:
    @blueprint.route(SERVICE_PATH, methods=["GET", "POST"])
    def pairing_service() -> Response:
        asked = _fields()
        if "compare" in asked:
            return _answer_compare(maker.book, asked["compare"], maker.settings.web_servers)
        try:
            made = maker.code(asked, _token())
        except BridgeError as error:
            return _text(f"{error}\n", _status(error))
        return _text(_four_fields(made)) if made else _text(f"{_NO_STRANGERS}\n", 403)

    @blueprint.after_request
    def open_to_browsers(response: Response) -> Response:
        if request.path == SERVICE_PATH and request.method == "OPTIONS":
            response.headers.extend(_CORS)
        return response


def _answer_compare(book: CodeBook, typed: str, web_servers: frozenset[str]) -> Response:
    """Phones' apps are web pages and may read this answer; that of a maker is for no page."""
    found = book.find(typed, asker_of(request, web_servers))
    response = _text(f"{found.write_address}\n" if found else "nomatch")
    response.headers.extend(_CORS)
    return response


def _four_fields(made: PairingCode) -> str:
    return f"{made.code} {made.guid} {made.address} {quote(made.country)}"


def _answer_button(desk: PairingDesk, practice_of_token: PracticeOfToken) -> Response:
    token = _token()
    practice = practice_of_token(token) if token else None
    if practice is None:
        return _problem(401, _UNSIGNED, {"WWW-Authenticate": "Bearer"})
    try:
        asked = _ButtonSchema().loads(_body() or b"{}")
    except (ValidationError, ValueError, RecursionError):
        return _problem(400, _NOT_JSON)
    try:
        made = desk.code_for(practice, asked["guid"] or None)
    except BridgeError as error:
        return _problem(_status(error), str(error))
    return _json(_description(made), 200, "application/json")


def _description(made: PairingCode) -> dict[str, Any]:
    return {
        "code": made.code,
        "guid": made.guid,
        "server": made.address,
        "write_address": made.write_address,
        "expires_at": f"{made.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "message": instructions(made),
        "qr_svg": svg_text(made.write_address),
        "keep": {"guid": made.guid, "write_address": made.write_address, "read_address": made.read_address},
    }


def _is_from_this_machine() -> bool:
    """Whether a program on this machine asks: not someone through a web server on it, nor a page in its browser."""
    if any(name in request.headers for name in (*_BY_A_PROXY, *_BY_A_WEB_PAGE)):
        return False
    if request.headers.get("Sec-Fetch-Site", "none") != "none":
        return False
    return _is_loopback(request.remote_addr or "") and _is_loopback(_asked_host())


def _asked_host() -> str:
    """The name that was asked for: a stranger's page can have its own name lead to this machine."""
    try:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
    except ValueError:
        return ""
    return "127.0.0.1" if host == "localhost" else host or ""


def _is_loopback(address: str) -> bool:
    return is_address(address) and ipaddress.ip_address(address).is_loopback


def _token() -> Secret | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return Secret(token.strip()) if kind.lower() == "bearer" and token.strip() else None


def _fields() -> Mapping[str, str]:
    """What was asked, in the address or, when that is bare, in a short form. Stock servers send both, urlencoded."""
    if request.args or request.mimetype != "application/x-www-form-urlencoded":
        return request.args
    _body()
    return request.form


def _body() -> bytes:
    """The whole body, kept for the form too. A long one is refused, also in chunks: Flask would cut those off."""
    request.max_content_length = _MOST_BODY_BYTES + 1
    body = request.get_data()
    if len(body) > _MOST_BODY_BYTES:
        abort(413)
    return body


def _refuse_body(_error: Exception) -> Response:
    """A body that is too long, or ends before its end."""
    return _problem(400, _NOT_JSON) if request.path == BUTTON_PATH else _text(f"{_TOO_LONG}\n", 400)


def _status(error: BridgeError) -> int:
    if isinstance(error, PairingInputError):
        return 400
    if isinstance(error, GuidRefusedError):
        return 403
    if isinstance(error, TooManyCodesError):
        return 503
    return 502 if isinstance(error, PairingError) else 500


def _problem(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """Problem details (RFC 9457)."""
    title = HTTPStatus(status).phrase
    details = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
    response = _json(details, status, "application/problem+json")
    response.headers.extend(headers or {})
    return response


def _json(value: dict[str, Any], status: int, content_type: str) -> Response:
    return _unstored(Response(json.dumps(value), status, content_type=content_type))


def _text(text: str, status: int = 200) -> Response:
    return _unstored(Response(text, status, content_type="text/plain"))


def _unstored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
