"""The recorded conversations of several requests each, held with a bridge: reading while other things happen.

Each gives back what the recording told of the real server, under the same names.
"""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from medimage_exchanges import FIXTURES, Exchange

from bridge.service import Service
from bridge_runner import GUID
from phone import Line, ask, post_photo, request

Told = dict[str, Any]

_SIZES = {"632 bytes": 632, "200 KB": 200_000, "8 MB": 7_886_013}
_COMPARED = ("first_read_identical", "heads_that_still_saw_it", "results", "fast_reader_identical")
_COMPARED += ("slow_reader_identical", "file_still_there", "read_order")
_MOVED_BYTES = 16_777_206
_MOVES = 3


def told_of(exchange: Exchange) -> Told:
    """What the recording tells of the real server."""
    record = exchange.record
    told = {name: record[name] for name in _COMPARED if name in record}
    if exchange.name.startswith("read while"):
        told = {"always_identical": all(each["identical"] for each in record["results"])}
    headers = dict(record["response"]["headers"])
    return told | {name: value.replace(GUID, "GUID") for name, value in headers.items() if "(" in name}


def held_with(bridge: Service, exchange: Exchange) -> Told:
    """The same of a bridge."""
    for start, hold in _CONVERSATIONS.items():
        if exchange.name.startswith(start):
            return hold(bridge, exchange)
    raise AssertionError(exchange.name)


def _time_until_gone(bridge: Service, exchange: Exchange) -> Told:
    content = _waiting(bridge, exchange)
    got = ask(bridge.web.port, "GET", f"/read/{exchange.guid}").body
    seen = [ask(bridge.web.port, "HEAD", f"/read/{exchange.guid}").headers for _ in range(20)]
    return {
        "first_read_identical": got == content,
        "heads_that_still_saw_it": sum("file-name" in headers for headers in seen),
    }


def _read_twice(bridge: Service, exchange: Exchange) -> Told:
    results = []
    for number in range(5):
        content = _waiting(bridge, exchange, f"x{number}")
        first, second = (ask(bridge.web.port, "GET", f"/read/{exchange.guid}").body for _ in range(2))
        results.append(["first ok" if first == content else "first CORRUPT", second.decode("latin-1")])
    return {"results": results}


def _two_readers(bridge: Service, exchange: Exchange) -> Told:
    content = _waiting(bridge, exchange)
    with Line(bridge.web.port) as slow:
        slow.send(request("GET", f"/read/{exchange.guid}"))
        slow.socket.recv(1, socket.MSG_PEEK)
        fast = ask(bridge.web.port, "GET", f"/read/{exchange.guid}").body
        return {"fast_reader_identical": fast == content, "slow_reader_identical": slow.answer().body == content}


def _hang_up(bridge: Service, exchange: Exchange) -> Told:
    """The file is still there when the bridge keeps all its bytes."""
    content = _waiting(bridge, exchange)
    with Line(bridge.web.port) as line:
        line.send(request("GET", f"/read/{exchange.guid}"))
        if "after 1000 bytes" in exchange.name:
            line.socket.recv(1000)
    kept = bridge.store.photos_named(f"#{exchange.guid}-x.jpg")
    return {"file_still_there": [bridge.store.bytes_of(photo) for photo in kept] == [content]}


def _order(bridge: Service, exchange: Exchange) -> Told:
    words = ["-".join(_as_tags(path)) for path in exchange.record["uploaded_order"]]
    for each in words:
        _send(bridge, exchange, each, FIXTURES["JPG"])
    names = [ask(bridge.web.port, "GET", f"/read/{exchange.guid}").headers["file-name"] for _ in words]
    return {"read_order": [name.removeprefix(f"/{exchange.guid}/") for name in names]}


def _as_tags(path: str) -> list[str]:
    *folders, name = path.split("/")
    return [*(f"#{folder}" for folder in folders), name]


def _arrival_between(bridge: Service, exchange: Exchange) -> Told:
    _send(bridge, exchange, "#PATIENTB-wound", FIXTURES["JPG"])
    head = ask(bridge.web.port, "HEAD", f"/read/{exchange.guid}").headers["file-name"]
    _send(bridge, exchange, "#PATIENTA-wound", FIXTURES["JPG2"])
    get = ask(bridge.web.port, "GET", f"/read/{exchange.guid}").headers["file-name"]
    told = {"file-name (HEAD)": head, "file-name (GET)": get}
    return {name: value.replace(exchange.guid, "GUID") for name, value in told.items()}


def _read_during_upload(bridge: Service, exchange: Exchange) -> Told:
    """A reader asks all the time while large photos arrive."""
    content = FIXTURES["JPG"].ljust(_MOVED_BYTES, b"\0")
    identical = []
    with ThreadPoolExecutor(1) as phone:
        for number in range(_MOVES):
            upload = phone.submit(_send, bridge, exchange, f"moved-{number}", content)
            body = _first_read(bridge, exchange)
            upload.result()
            identical.append(body == content)
    return {"always_identical": all(identical)}


def _first_read(bridge: Service, exchange: Exchange) -> bytes:
    """The first thing that a reader gets. Raises AssertionError when nothing comes."""
    deadline = time.monotonic() + 20
    while (body := ask(bridge.web.port, "GET", f"/read/{exchange.guid}").body) == b"none":
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return body


def _waiting(bridge: Service, exchange: Exchange, words: str = "x") -> bytes:
    """Has a photo of the size in the exchange's name wait, and gives its bytes."""
    size = next(size for name, size in _SIZES.items() if f"({name})" in exchange.name)
    content = FIXTURES["JPG"].ljust(size, b"\0")
    _send(bridge, exchange, words, content)
    return content


def _send(bridge: Service, exchange: Exchange, words: str, content: bytes) -> None:
    assert post_photo(bridge.web.port, f"#{exchange.guid}-{words}.jpg", content).status == 200


_CONVERSATIONS: dict[str, Callable[[Service, Exchange], Told]] = {
    "time until a file": _time_until_gone,
    "second GET": _read_twice,
    "two readers": _two_readers,
    "reader disconnects": _hang_up,
    "order in which": _order,
    "a new photo arrives": _arrival_between,
    "read while an upload": _read_during_upload,
}
