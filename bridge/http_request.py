"""HTTP requests on the wire: cheroot's reading of them, stricter where a request could hide another one or fill the
memory, and kinder where an honest phone would get no answer.

Rules are of RFC 9112 (HTTP/1.1). A request that breaks them gets 400 with one sentence, and its connection is closed.
"""

import contextlib
import re
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote, unquote_to_bytes

from cheroot.makefile import MakeFile
from cheroot.server import HTTPConnection, HTTPRequest, KnownLengthRFile

from bridge.pace import Pace, PacedSocket, Phase

_TARGET_BYTES = bytes(range(0x21, 0x7F)).replace(b"#", b"")
_REQUEST_LINE = re.compile(rb"([A-Z][A-Z-]{0,19}) ([^\0-\x20\x7f]+) HTTP/1\.([0-9])\r\n")
_ABSOLUTE_FORM = re.compile(rb"\Ahttps?://[^/?#]*", re.IGNORECASE)
_QUOTED_SLASH = re.compile(rb"%2f", re.IGNORECASE)

_HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*)\r\n")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_ONCE = {b"Content-Length", b"Transfer-Encoding", b"Content-Type", b"Host"}

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?\r\n")
_LINE_BYTES = 8192
_MOST_TRAILERS = 100

_DRAIN_SECONDS = 120.0
_DRAIN_PAUSE_SECONDS = 5.0
_DRAIN_CHUNK_BYTES = 64 * 1024
_DRAIN_BYTES = 128 * 1024 * 1024

_SENTENCES = {
    "408": "The request stopped before its end; send it again.",
    "413": "The headers of this request are too large; update or reconnect your app.",
    "414": "The address of this request is too long; use a shorter file name.",
    "500": "The bridge failed on this request; send it again, and tell the clinic's admin if it fails again.",
}
_NOT_HTTP = "This request is not in the form that web browsers and photo apps send; update or reconnect your app."


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes:
        """So many bytes; fewer only at the end of the connection."""

    def readline(self, size: int, /) -> bytes:
        """One line, or so many bytes of it."""


class _Lines(Protocol):
    def readline(self) -> bytes:
        """One line with its end; less at the end of the connection."""


class LengthBody(KnownLengthRFile):
    """A body of a length that was said. `remaining` is what of it was not read."""

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Read what comes next to the front of `buffer`, without a copy between; 0 at the end."""
        count: int = self.rfile.readinto1(memoryview(buffer)[: self.remaining])
        self.remaining -= count
        return count


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1), read as it comes: the memory it takes does not depend on what chunks say.

    `remaining` is 0 when all of it was read, trailers too; then the connection can carry another request.
    """

    def __init__(self, connection: _Readable) -> None:
        self.remaining = 1
        self._connection = connection
        self._left_of_chunk = 0

    def read(self, size: int = _LINE_BYTES) -> bytes:
        """The next bytes, at most `size`; b"" at the end. Raises ValueError for what are no chunks, and when the
        connection ends before the body does.
        """
        if self.remaining and not self._left_of_chunk:
            self._start_chunk()
        piece = self._connection.read(min(size, self._left_of_chunk))
        self._left_of_chunk -= len(piece)
        if self._left_of_chunk and not piece:
            raise ValueError("the connection ended before the body did")
        if piece and not self._left_of_chunk and self._connection.read(2) != b"\r\n":
            raise ValueError("a chunk is longer than it says")
        return piece

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """As `read`, to the front of `buffer`; how many bytes."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _start_chunk(self) -> None:
        line = _CHUNK_LINE.fullmatch(self._connection.readline(_LINE_BYTES))
        if line is None:
            raise ValueError("not a chunk's first line")
        self._left_of_chunk = int(line[1], 16)
        if self._left_of_chunk == 0:
            self._drop_trailers()
            self.remaining = 0

    def _drop_trailers(self) -> None:
        for _ in range(_MOST_TRAILERS):
            line = self._connection.readline(_LINE_BYTES)
            if line == b"\r\n":
                return
            if _HEADER_LINE.fullmatch(line) is None:
                break
        raise ValueError("not trailers")


def read_headers(connection: _Lines) -> dict[bytes, bytes]:
    """Headers up to the empty line, names in Title-Case. Raises ValueError, also for every doubt about where the
    request ends: that is where another one can be hidden.
    """
    headers: dict[bytes, bytes] = {}
    while (line := connection.readline()) != b"\r\n":
        match = _HEADER_LINE.fullmatch(line)
        if match is None:
            raise ValueError("not a header")
        _add_header(headers, match[1].title(), match[2].strip(b" \t"))
    length = headers.get(b"Content-Length")
    encoding = headers.get(b"Transfer-Encoding")
    if length is not None and (encoding is not None or not _LENGTH.fullmatch(length)):
        raise ValueError("not a length")
    if encoding is not None and encoding.lower() != b"chunked":
        raise ValueError("not an encoding")
    return headers


def _add_header(headers: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    """Headers with an underscore are dropped: to an application they look like those with a hyphen."""
    if b"_" in name:
        return
    if name not in headers:
        headers[name] = value
    elif name in _ONCE:
        raise ValueError("a header that may stand once stands twice")
    else:
        headers[name] += (b"; " if name == b"Cookie" else b", ") + value


class Request(HTTPRequest):
    """One request and its answer."""

    def read_request_line(self) -> bool:
        """Read `METHOD target HTTP/1.x`. Targets in absolute form are taken too, and `#` and letters that are not
        ASCII as if they were percent-encoded: phones send them so.
        """
        line = self.rfile.readline()
        if line == b"\r\n":
            line = self.rfile.readline()
        self.started_request = True
        if not line:
            return False
        match = _REQUEST_LINE.fullmatch(line)
        if match is None or not self._take_target(match[1], match[2]):
            self.simple_response("400 Bad Request")
            return False
        self.method = match[1]
        self.request_protocol = b"HTTP/1.0" if match[3] == b"0" else b"HTTP/1.1"
        self.response_protocol = self.request_protocol.decode()
        return True

    def read_request_headers(self) -> bool:
        """Read the headers, and say `100 Continue` to a client that waits for it."""
        is_old = self.response_protocol == "HTTP/1.0"
        try:
            self.inheaders = read_headers(self.rfile)
        except ValueError:
            self.simple_response("400 Bad Request")
            return False
        self.chunked_read = b"Transfer-Encoding" in self.inheaders
        if self.chunked_read and is_old:
            self.simple_response("400 Bad Request")
            return False
        connection = self.inheaders.get(b"Connection", b"").lower()
        self.close_connection = b"close" in connection or (is_old and b"keep-alive" not in connection)
        if self.inheaders.get(b"Expect", b"").lower() == b"100-continue":
            self.conn.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def respond(self) -> None:
        """Hand the request to the application and send what it answers."""
        self.conn.pace.phase = Phase.BODY
        length = int(self.inheaders.get(b"Content-Length", 0))
        self.rfile = ChunkedBody(self.conn.rfile) if self.chunked_read else LengthBody(self.conn.rfile, length)
        self.server.gateway(self).respond()
        self.ensure_headers_sent()
        if self.conn.taker is not None:
            self.conn.is_chunked, self.close_connection = self.chunked_write, False
        elif self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")

    def send_headers(self) -> None:
        """Send the headers; the last ones of this connection when the application says so, or left a body unread."""
        if self.rfile.remaining or (b"Connection", b"close") in self.outheaders:
            self.close_connection = True
            self.conn.is_sending = True
        super().send_headers()

    def simple_response(self, status: str, msg: str = "") -> None:
        """Answer a request that does not reach the application, in our words instead of cheroot's."""
        self.close_connection = True
        self.conn.is_sending = not status.startswith("408")
        text = _SENTENCES.get(status[:3], _NOT_HTTP) + "\n"
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close\r\n"
        with contextlib.suppress(OSError):
            self.conn.wfile.write(f"{head}\r\n{text}".encode())

    def _take_target(self, method: bytes, target: bytes) -> bool:
        if method == b"OPTIONS" and target == b"*":
            target = b"/"
        target = _ABSOLUTE_FORM.sub(b"", target, count=1) or b"/"
        if not target.startswith(b"/"):
            return False
        self.uri = quote(target, safe=_TARGET_BYTES).encode()
        path, _, self.qs = self.uri.partition(b"?")
        self.path = b"%2F".join(unquote_to_bytes(part) for part in _QUOTED_SLASH.split(path))
        return True


class Connection(HTTPConnection):
    """A connection, on which one request follows another. `is_sending` when its client may still be sending, while
    its last answer is on the way. `pace` says how fast it moves. `taker`, when there is one, gets the connection once
    the beginning of an answer is out, and writes the rest of it, in chunks where `is_chunked`.
    """

    RequestHandlerClass = Request
    is_sending = False
    is_chunked = False
    taker: Callable[[Any], None] | None = None

    def __init__(self, server: Any, sock: Any, makefile: Callable[..., Any] = MakeFile) -> None:
        self.pace = Pace()
        self._paced = PacedSocket(sock, self.pace)
        super().__init__(server, sock, lambda _sock, mode, size: makefile(self._paced, mode, size))

    def communicate(self) -> bool:
        """Read one request and answer it. True when the connection stays open for another."""
        self.pace.begin()
        serve: Callable[[], bool] = super().communicate
        return serve()

    def take_over(self, taker: Callable[[Any], None]) -> None:
        """The answer to the present request goes on after it was given, without its thread: `taker` sees to it."""
        self.taker = taker

    def cut(self) -> None:
        """End what its thread waits for, from another thread: as if the client had stalled, so it may get an answer."""
        self.pace.is_cut = True
        reading = self.pace.phase is not Phase.OVER and not self.pace.is_sending
        with contextlib.suppress(OSError):
            # Not SSLSocket's own shutdown: that takes TLS off below the reader.
            socket.socket.shutdown(self.socket, socket.SHUT_RD if reading else socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it, and give its files back at once. Never raises: that would end a worker of the server."""
        if self.is_sending and not self.pace.is_cut:
            self._hear_out()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        for part in (self.rfile, self.wfile, self.socket):
            with contextlib.suppress(OSError, ValueError):
                part.close()

    def _hear_out(self) -> None:
        """Drop what still comes, for a while. Closing on bytes that nobody read resets the connection, and the
        client's system then throws away the answer that it has not shown yet.
        """
        self.pace.phase = Phase.OVER
        until, left_bytes = time.monotonic() + _DRAIN_SECONDS, _DRAIN_BYTES
        dropped = bytearray(_DRAIN_CHUNK_BYTES)
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(_DRAIN_PAUSE_SECONDS)
            while left_bytes > 0 and time.monotonic() < until and (count := self._paced.recv_into(dropped)):
                left_bytes -= count
