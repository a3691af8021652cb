"""HTTP/1.1 on a socket: reading a request's head and body, writing an answer, leaving politely."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from io import BufferedIOBase
from urllib.parse import parse_qsl, unquote

from bridge.sandbox import pages
from bridge.sandbox.messages import Answer, Request

_LONGEST_REQUEST_LINE_BYTES = 4094
_LONGEST_LINE_BYTES = 64 * 1024
_MOST_HEADERS = 100
_LENGTH = re.compile("[0-9]{1,15}")
_CHUNK_SIZE = re.compile(b"[0-9a-fA-F]{1,12}")
_DRAIN_SECONDS = 2.0
_MOST_DRAINED_BYTES = 64 * 1024 * 1024


class UnreadableRequestError(Exception):
    """The head of a request cannot be taken further; `answer` says why, and the connection ends."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Head:
    """A request's first line and headers. `target` is as it was sent."""

    method: str
    target: str
    version: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        """The path, percent-decoded, without query."""
        return unquote(self.target.partition("?")[0])

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks, without a Content-Length."""
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    @property
    def wants_close(self) -> bool:
        """Whether the client wants the connection closed after the answer."""
        return self.version != "HTTP/1.1" or self.headers.get("connection", "").lower() == "close"

    def request(self, body: bytes, body_too_large: bool) -> Request:
        """The request for the application."""
        query_text = self.target.partition("?")[2]
        query = dict(parse_qsl(query_text, keep_blank_values=True))
        return Request(self.method, self.path, query_text, query, self.headers, body, body_too_large)


@dataclass(frozen=True)
class Body:
    """A request's body. `unread` says that bytes of it were left in the socket, `over_limit` that it is too long."""

    data: bytes = b""
    over_limit: bool = False
    unread: bool = False


def read_head(stream: BufferedIOBase) -> Head | None:
    """The next request's head, None when the client is gone. Raises UnreadableRequestError."""
    line = stream.readline(_LONGEST_LINE_BYTES)
    if not line:
        return None
    if len(line.rstrip(b"\r\n")) > _LONGEST_REQUEST_LINE_BYTES:
        raise UnreadableRequestError(pages.too_long())
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise UnreadableRequestError(pages.gateway_page(400))
    return Head(words[0], words[1], words[2], _read_headers(stream))


def _read_headers(stream: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = stream.readline(_LONGEST_LINE_BYTES)
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            break
        headers[name.strip().lower()] = value.strip()
    raise UnreadableRequestError(pages.gateway_page(400))


def read_body(head: Head, stream: BufferedIOBase, limit_bytes: int, *, takes_chunks: bool) -> Body:
    """The body up to a limit; a longer one is left unread. Without `takes_chunks` a chunked one reads as empty
    (contract/tscharts.md, surprise 6). Raises UnreadableRequestError for a length that is no number.
    """
    if head.is_chunked:
        return _read_chunks(stream, limit_bytes) if takes_chunks else Body(unread=True)
    text = head.headers.get("content-length", "0")
    if not _LENGTH.fullmatch(text):
        raise UnreadableRequestError(pages.gateway_page(400))
    length = int(text)
    if length > limit_bytes:
        return Body(over_limit=True, unread=True)
    return Body(stream.read(length))


def _read_chunks(stream: BufferedIOBase, limit_bytes: int) -> Body:
    chunks: list[bytes] = []
    total = 0
    while size := _chunk_size(stream.readline(_LONGEST_LINE_BYTES)):
        total += size
        if total > limit_bytes:
            return Body(over_limit=True, unread=True)
        chunks.append(stream.read(size))
        stream.readline(_LONGEST_LINE_BYTES)
    stream.readline(_LONGEST_LINE_BYTES)
    return Body(b"".join(chunks))


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if line and not _CHUNK_SIZE.fullmatch(digits):
        raise UnreadableRequestError(pages.gateway_page(400))
    return int(digits or b"0", 16)


def encoded(answer: Answer, *, moment: datetime, keep_alive: bool, head_only: bool) -> tuple[bytes, bytes]:
    """An answer's head and body as bytes; `moment` (UTC) becomes its Date."""
    body = answer.content()
    headers = [
        ("Server", "tscharts-sandbox"),
        ("Date", format_datetime(moment, usegmt=True)),
        ("Connection", "keep-alive" if keep_alive else "close"),
        ("Content-Type", answer.content_type),
        *answer.headers,
        ("Content-Length", str(len(body))),
    ]
    lines = [f"HTTP/1.1 {answer.status} {answer.reason or pages.phrase(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace"), b"" if head_only else body


def drain(connection: socket.socket) -> None:
    """Take in what the client still sends, so that it can read the answer before the connection ends."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(_DRAIN_SECONDS)
    left = _MOST_DRAINED_BYTES
    while left > 0 and (chunk := connection.recv(64 * 1024)):
        left -= len(chunk)
