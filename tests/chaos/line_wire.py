"""The bytes on a line: one HTTP request in, one answer back, and the ways a connection ends."""

import os
import re
import select
import socket
import struct
from dataclasses import dataclass

_TIMEOUT_SECONDS = 120
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_KEEP_ALIVE = re.compile(rb"\r\nconnection: *keep-alive\r\n", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """A whole request as it was sent, but that it asks for the connection to end with the answer."""

    data: bytes

    @property
    def is_image_post(self) -> bool:
        """True when it files an image."""
        return self.data.startswith(b"POST /tscharts/v1/image/ ")


def read_request(connection: socket.socket) -> Request | None:
    """The next request, None when the other side has closed before its end. Raises OSError."""
    connection.settimeout(_TIMEOUT_SECONDS)
    head, rest = _read_head(connection)
    if not head:
        return None
    body = _read_rest(connection, rest, _length(head))
    return None if body is None else Request(_KEEP_ALIVE.sub(b"\r\nConnection: close\r\n", head) + body)


def ask_server(port: int, request: Request) -> bytes:
    """Pass a request on and give the server's whole answer. Raises OSError when the server is away or hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS) as server:
        server.sendall(request.data)
        head, rest = _read_head(server)
        body = _read_rest(server, rest, _length(head)) if head else None
        if body is None:
            raise ConnectionError("the server hung up")
        return head + body


def send_cut(port: int, data: bytes) -> None:
    """Give the server the beginning of a request, and hang up. Returns when the server has hung up as well, so that
    whatever it made of this beginning is done. Raises OSError.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS) as server:
        server.sendall(data)
        server.shutdown(socket.SHUT_WR)
        while server.recv(65536):
            pass


def break_off(connection: socket.socket) -> None:
    """Reset the connection: the other side sees it break."""
    linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


def wait_for_hang_up(connection: socket.socket, seconds: float) -> None:
    """Say nothing until the other side has given up, or so many seconds are over."""
    select.select([connection], [], [], seconds)


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    return int(found.group(1)) if found else 0


def _read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    """A head with its empty line, and what came after it; both empty when the other side closed before."""
    data = bytearray()
    while (end := data.find(_HEAD_END)) < 0:
        piece = connection.recv(65536)
        if not piece:
            return b"", b""
        data += piece
    end += len(_HEAD_END)
    return bytes(data[:end]), bytes(data[end:])


def _read_rest(connection: socket.socket, begun: bytes, length: int) -> bytes | None:
    body = bytearray(begun)
    while len(body) < length:
        piece = connection.recv(min(65536 * 4, length - len(body)))
        if not piece:
            return None
        body += piece
    return bytes(body)
