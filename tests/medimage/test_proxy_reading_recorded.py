"""The proxies that a real MedImage PC server was recorded with, played to the bridge's reader.

Of each recording this takes the answers that the server was given, on the wire again, and says what the bridge makes
of them. Where the real server does otherwise, that is the reason for the row.
"""

import base64
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from medimage_proxy import GUID, LAST_CHUNK, chunk, head, scripted
from proxy_readers import open_store, reader_of

from bridge.holds import HoldReason
from bridge.photos import PhotoState

_DATA = Path(__file__).with_name("data") / "medimage-exchanges.json"
_ALL: list[dict[str, Any]] = json.loads(_DATA.read_text(encoding="utf-8"))
RECORDED: dict[str, dict[str, Any]] = {
    each["name"].removeprefix("poller: "): each["response"]["replies_given_to_it"]
    for each in _ALL[1:]
    if each["name"].startswith("poller: ")
}

PHOTO = ["#NHI1-a.jpg"]
CUT = HoldReason.CUT_TRANSFER
EXPECTED: dict[str, tuple[list[str], HoldReason | None, bool]] = {
    "HEAD without file-name": ([], None, False),
    "HEAD 404": ([], None, True),
    "HEAD 500": ([], None, True),
    "HEAD connection dropped": ([], None, True),
    "HEAD 404 but with a file-name header": ([], None, True),
    "normal, content-length given": (PHOTO, None, False),
    "normal, chunked": (PHOTO, None, False),
    "GET 404 after a HEAD that named a file": ([], None, True),
    "GET 500 after a HEAD that named a file": ([], None, True),
    'GET "none" after a HEAD that named a file': ([], None, False),
    "GET dropped without an answer": ([], None, True),
    "GET cut in the middle (content-length larger than sent)": (PHOTO, None, False),
    "GET cut in the middle (chunked without last chunk)": (PHOTO, None, False),
    "GET empty body": (PHOTO, CUT, False),
    "GET returns a different file-name than HEAD": (["#NHI2-other.jpg"], None, False),
    "file-name without the hash": (PHOTO, None, False),
    "file-name without leading slash": (PHOTO, None, False),
    "file-name of another hash": (["#ABCDEFGHIJKLMNOPQR-a.jpg"], HoldReason.NO_PRACTICE, False),
    "own id not known: hash folder is kept": (PHOTO, None, False),
    "file-name with dot dot": (["evil.jpg"], None, False),
    "file-name with many dot dots": (["evil.jpg"], None, False),
    "file-name percent-encoded": (["#NHI%201-a%20b.jpg"], None, False),
    "file-name with spaces": (["#NHI 1-a b.jpg"], None, False),
    "file-name utf-8": (["#Māori-tōtara.jpg"], None, False),
    "file-name with backslashes": (PHOTO, None, False),
    "file-name .exe": (["a.exe"], CUT, False),
    "file-name is only the hash": ([""], None, False),
    "file-name very long (300 characters)": ([f"{'n' * 130}[…]{'n' * 98}.jpg"], None, False),
    "same file offered at every poll": (PHOTO, None, True),
    "HEAD redirect 302 to a working proxy": ([], None, True),
    "no backup folder set": (PHOTO, None, False),
    "HEAD never answered": ([], None, True),
    "GET stops in the middle and never ends": (PHOTO, None, False),
}
"""What one poll makes of each: the names stored without their guid, why they are held, and whether there is trouble.

Of the "cut" recordings the bytes that came are a whole picture, so they count as one.
"""


@dataclass
class Replayed:
    """Gives the recorded replies in their order, the last of each method again and again.

    The recordings gave `x` as the GET's name where only the HEAD's mattered to the real server; here both are the same.
    """

    replies: dict[str, Any]
    given: dict[str, int] = field(default_factory=lambda: {"HEAD": 0, "GET": 0})

    def __call__(self, sock: socket.socket, request: str) -> None:
        method = request.split()[0]
        replies = self.replies[method]
        reply = replies[min(self.given[method], len(replies) - 1)]
        self.given[method] += 1
        if "status" in reply:
            self._send(sock, method, reply)
        if reply.get("hang"):
            sock.recv(1)

    def _send(self, sock: socket.socket, method: str, reply: dict[str, Any]) -> None:
        fields = dict(reply["headers"])
        body = base64.b64decode(reply.get("body_b64", "")) if method == "GET" else b""
        if fields.get("file-name") == "x":
            fields["file-name"] = dict(self.replies["HEAD"][0]["headers"])["file-name"]
        lines = [f"{name}: {value}" for name, value in fields.items()]
        if reply.get("chunked"):
            sock.sendall(head(reply["status"], *lines) + chunk(body) + LAST_CHUNK * (not reply.get("cut")))
        else:
            lines.append(f"content-length: {reply.get('declare', len(body))}")
            sock.sendall(head(reply["status"], *lines, chunked=False) + body)


def test_every_recorded_proxy_is_played() -> None:
    assert set(EXPECTED) == set(RECORDED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_proxy_is_read_without_harm(name: str, tmp_path: Path) -> None:
    names, reason, is_trouble = EXPECTED[name]
    with open_store(tmp_path) as store, scripted(Replayed(RECORDED[name])) as server:
        url = f"http://127.0.0.1:{server.port}/read/{GUID}"
        reader = reader_of(url, store, tmp_path, settle_seconds=0.05)
        reader.poll()
        photos = store.photos()
    assert [photo.name.removeprefix(f"#{GUID}").removeprefix("-") for photo in photos] == names
    assert [photo.hold_reason for photo in photos] == [reason] * len(names)
    assert {photo.state for photo in photos} <= {PhotoState.HELD if reason else PhotoState.QUEUED}
    assert (reader.trouble is not None) == is_trouble
