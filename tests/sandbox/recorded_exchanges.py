"""The recorded exchanges with a real chart server, and how to send and compare them."""

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")
SEED_FILE = DATA / "tscharts-seed.json"
_TIMEOUT_SECONDS = 20
_TOKEN = re.compile(r'(?<="token": ")[0-9a-f]{40}')
_LENGTH = re.compile(r"(\d+) bytes were")
_HEADERS = {
    "allow": "Allow",
    "vary": "Vary",
    "location": "Location",
    "www_authenticate": "WWW-Authenticate",
    "content_length": "Content-Length",
}


@dataclass(frozen=True)
class Received:
    """What came back: status, reason, headers by lower-case name (Set-Cookie values joined), body."""

    status: int
    reason: str
    headers: dict[str, str]
    cookies: list[str]
    body: bytes


def recorded() -> list[dict[str, Any]]:
    """All recorded exchanges, in the order in which they were made."""
    return list(json.loads((DATA / "tscharts-exchanges.json").read_text(encoding="utf-8")))


def resource_of(exchange: dict[str, Any]) -> str:
    """The resource that an exchange is about: `image`, `login`, or "" for none."""
    match = re.match(r"/tscharts/v1/+([a-z]+)", exchange["request"]["path"])
    return match.group(1) if match else ""


def send(exchange: dict[str, Any], port: int, token: str) -> Received:
    """Send a recorded request over a connection of its own, as it was sent then."""
    request = exchange["request"]
    headers = {name: value.replace("<token>", token) for name, value in request["headers"].items()}
    path = request["path"].replace("<token>", token)
    if path.endswith("..."):
        path = path.rstrip(".").rstrip("y") + "y" * 5000
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.putrequest(request["method"], path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        _send_body(connection, _body(request), chunked="Transfer-Encoding" in headers)
        return _received(connection.getresponse())
    finally:
        connection.close()


def differences(exchange: dict[str, Any], received: Received) -> list[str]:
    """In what an answer differs from the recorded one, one sentence each; nothing when it matches."""
    return list(_differences(exchange["response"], received))


def _differences(expected: dict[str, Any], received: Received) -> Iterator[str]:
    if received.status != expected["status"]:
        yield f"status {received.status}, recorded {expected['status']}"
    content_type = received.headers.get("content-type")
    if content_type != expected["content_type"]:
        yield f"type {content_type}, recorded {expected['content_type']}"
    for key, name in _HEADERS.items():
        if key in expected and received.headers.get(name.lower()) != expected[key]:
            yield f"{name} {received.headers.get(name.lower())}, recorded {expected[key]}"
    if received.reason != expected.get("reason", received.reason):
        yield f"reason {received.reason}, recorded {expected['reason']}"
    if sorted(received.cookies) != sorted(expected.get("set_cookie_names", [])):
        yield f"cookies {received.cookies}, recorded {expected.get('set_cookie_names')}"
    if not _same_body(expected, received.body):
        yield f"body {received.body[:200]!r}, recorded {expected['body'][:200]!r}"


def _same_body(expected: dict[str, Any], body: bytes) -> bool:
    """JSON and short texts to the letter; of a page only that there is one; of a cut body its start and length."""
    text = _TOKEN.sub("<token>", body.decode())
    if expected["body"].lstrip()[:5].lower() in ("<!doc", "<html"):
        return bool(text)
    if "body_note" in expected:
        return text.startswith(expected["body"]) and len(body) == _noted_length(expected)
    return text == expected["body"]


def _noted_length(part: dict[str, Any]) -> int:
    match = _LENGTH.search(part["body_note"])
    assert match, part["body_note"]
    return int(match.group(1))


def _body(request: dict[str, Any]) -> bytes | None:
    text = request["body"]
    if text is None:
        return None
    if "body_note" in request:
        return _expanded(text, _noted_length(request))
    if text.startswith("\ufffd\ufffd{\x00"):
        return b"\xff\xfe" + text[2:].encode("latin-1")
    # Bytes that are no UTF-8 were recorded as U+FFFD; any such byte does.
    return b"\xff".join(part.encode() for part in text.split("\ufffd"))


def _expanded(text: str, length: int) -> bytes:
    """A body that was cut in the record: its last character goes on, up to the end that makes it whole JSON."""
    end = {"A": '"}', "1": ',"data":"AAAA"}'}[text[-1]]
    if text[-1] == "1" and '"patient":"' in text:
        end = '"' + end
    return (text + text[-1] * (length - len(text) - len(end)) + end).encode()


def _send_body(connection: http.client.HTTPConnection, body: bytes | None, *, chunked: bool) -> None:
    if chunked:
        assert body
        connection.endheaders(iter([body[:500], body[500:]]), encode_chunked=True)
        return
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)


def _received(response: http.client.HTTPResponse) -> Received:
    headers = {name.lower(): value for name, value in response.getheaders()}
    cookies = [value.partition("=")[0] for name, value in response.getheaders() if name == "Set-Cookie"]
    return Received(response.status, response.reason, headers, cookies, response.read())
