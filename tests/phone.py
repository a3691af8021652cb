"""Speaks to a bridge over a socket, byte for byte, as phones and MedImage servers do."""

import contextlib
import http.client
import io
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from PIL import Image

BOUNDARY = "----MIboundary7MA4YWxkTrZu0gW"


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case) and body."""

    status: int
    headers: dict[str, str]
    body: bytes


def picture(seed: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    """A small JPEG of black and white squares that write the seed in binary: another seed gives other pixels."""
    columns, rows = size[0] // 8, size[1] // 8
    squares = Image.new("1", (columns, rows))
    squares.putdata([255 * (seed >> bit & 1) for bit in range(columns * rows)])
    buffer = io.BytesIO()
    squares.resize(size, Image.Resampling.NEAREST).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def form(name: str | bytes, content: bytes, *, field: str = "file1", boundary: str = BOUNDARY) -> bytes:
    """A multipart body with one file."""
    raw = name.encode() if isinstance(name, str) else name
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="'.encode() + raw
    return head + b'"\r\nContent-Type: image/jpeg\r\n\r\n' + content + f"\r\n--{boundary}--\r\n".encode()


def ask(
    port: int, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def post_photo(port: int, name: str | bytes, content: bytes, headers: dict[str, str] | None = None) -> Answer:
    """POST one photo to /api/photo."""
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return ask(port, "POST", "/api/photo", form(name, content), kind | (headers or {}))


def check(port: int, name: str) -> Answer:
    """GET /check= as the app asks it."""
    return ask(port, "GET", f"/check={quote(name, safe='')}")


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something to become true. Raises AssertionError when it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.02)


def upload_request(body: bytes, *headers: str, boundary: str = BOUNDARY, target: str = "/api/photo") -> bytes:
    """The bytes of a POST of a multipart body; further headers as whole lines."""
    lines = (f"Content-Type: multipart/form-data; boundary={boundary}", f"Content-Length: {len(body)}", *headers)
    return request("POST", target, *lines) + body


def request(method: str, target: str, *headers: str) -> bytes:
    """The bytes of a request's head."""
    return "\r\n".join((f"{method} {target} HTTP/1.1", "Host: bridge.example", *headers, "", "")).encode()


class Line:
    """A connection held open: bytes go in, answers come out."""

    def __init__(self, port: int, timeout: float = 20) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._answers = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._answers.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.socket.sendall(data)

    def stop_sending(self) -> None:
        """Close the sending side alone: the answer can still come."""
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self, *, has_body: bool = True) -> Answer:
        """The next answer. Raises AssertionError when the other side closed instead."""
        status = self._answers.readline()
        assert status, "closed without an answer"
        headers = {}
        while (line := self._answers.readline()).strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0)) if has_body else 0
        return Answer(int(status.split()[1]), headers, self._answers.read(length))

    def is_closed(self) -> bool:
        """True when the other side has closed and nothing more came; waits for either."""
        return self._answers.read(1) == b""

    def rest(self) -> bytes:
        """All that still comes until the other side closes."""
        return self._answers.read()
