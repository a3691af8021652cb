"""Requests as the sandbox reads them and answers as it gives them, before they become bytes on the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

HTML = "text/html; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """One request. Header names are lower case; `query` holds the last value of each name, percent-decoded.

    `body` is empty and `body_too_large` true when the body was over the application's limit.
    """

    method: str
    path: str
    query_text: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    body_too_large: bool = False


@dataclass(frozen=True)
class Answer:
    """One answer. With a `payload` (an object or a list) the body is that payload as JSON."""

    status: int
    content_type: str = HTML
    body: bytes = b""
    payload: dict[str, Any] | list[Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    def with_headers(self, *headers: tuple[str, str]) -> "Answer":
        """The same answer with more headers."""
        return replace(self, headers=(*self.headers, *headers))

    def content(self) -> bytes:
        """The body's bytes."""
        return self.body if self.payload is None else as_json(self.payload).encode()


def as_json(value: object) -> str:
    """JSON as the chart writes it: no spaces, letters unescaped but for the two Unicode line separators."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def json_answer(payload: dict[str, Any] | list[Any], status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, JSON, payload=payload)


def empty(status: int, reason: str = "") -> Answer:
    """An answer without a body, which the chart calls text/html all the same."""
    return Answer(status, reason=reason)


def detail(status: int, sentence: str) -> Answer:
    """An error in JSON: `{"detail": sentence}`."""
    return json_answer({"detail": sentence}, status)


def not_found() -> Answer:
    """The JSON shape of 404. The other shape is `empty(404)` (contract/tscharts.md, surprise 18)."""
    return detail(404, "Not found.")
