"""Speaks to a bridge over a socket, byte for byte, as phones and MedImage servers do."""

import contextlib
import http.client
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
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
