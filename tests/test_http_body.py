"""The body of a request, read into a buffer from a real connection."""

import socket
from collections.abc import Callable, Iterator

import pytest
from cheroot.makefile import MakeFile

from bridge.http_request import LengthBody

BODY = bytes(range(256)) * 400
NEXT = b"GET /next HTTP/1.1\r\n"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The phone's end of a connection, and the bridge's."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        phone = socket.create_connection(listening.getsockname())
        bridge, _ = listening.accept()
    with phone, bridge:
        yield phone, bridge


@pytest.mark.parametrize("seen_as", [bytearray, lambda buffer: memoryview(buffer)], ids=["bytearray", "memoryview"])
@pytest.mark.parametrize("size", [1000, 65536, 3 * len(BODY)])
def test_a_body_is_read_to_its_end_and_no_further(
    ends: tuple[socket.socket, socket.socket], seen_as: Callable[[bytearray], bytearray | memoryview], size: int
) -> None:
    phone, bridge = ends
    phone.sendall(BODY + NEXT)
    rfile = MakeFile(bridge, "rb")
    body, buffer, read = LengthBody(rfile, len(BODY)), seen_as(bytearray(size)), bytearray()
    while count := body.readinto(buffer):
        read += buffer[:count]
    assert bytes(read) == BODY
    assert body.remaining == 0
    assert rfile.readline() == NEXT


def test_a_body_that_stops_before_its_end_says_what_is_missing(ends: tuple[socket.socket, socket.socket]) -> None:
    phone, bridge = ends
    phone.sendall(BODY[:-5])
    phone.close()
    body, buffer = LengthBody(MakeFile(bridge, "rb"), len(BODY)), bytearray(2 * len(BODY))
    while body.readinto(buffer):
        pass
    assert body.remaining == 5
