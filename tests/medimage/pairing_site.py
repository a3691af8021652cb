"""A running bridge with the pairing routes alone, and two practices."""

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Flask

from bridge.errors import BridgeError
from bridge.medimage.pairing import PairingCode, ask_for_code
from bridge.medimage.pairing_codes import MemoryCodeBook
from bridge.medimage.pairing_desk import PairingDesk, PairingSettings, practice_with_token
from bridge.medimage.pairing_views import BUTTON_PATH, SERVICE_PATH, pairing_blueprint
from bridge.secret import Secret
from bridge.server import WebServer
from bridge.settings import ServerSettings
from phone import Answer

GUID = "uPSE4UWHmJ8XqFUqvf"
OTHER_GUID = "aB3dE5fG7hI9jK1lM3"
UNKNOWN_GUID = "ZY6hytadcr9pRnhqyB"
BRIDGE = "http://192.168.1.20:5566"
TOKENS = {"clinic-a": Secret("token-of-clinic-a"), "clinic-b": Secret("token-of-clinic-b")}
NOW = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)


@dataclass
class Guids:
    """The guids of two practices."""

    kept: dict[str, str | None] = field(default_factory=lambda: {"clinic-a": GUID, "clinic-b": None})
    is_full: bool = False

    def guid_of(self, practice: str) -> str | None:
        return self.kept[practice]

    def practice_of_guid(self, guid: str) -> str | None:
        return next((name for name, own in self.kept.items() if own == guid), None)

    def save_guid(self, practice: str, guid: str) -> str:
        if self.is_full:
            raise BridgeError("The disk of the bridge is full; make room on it.")
        self.kept[practice] = guid
        return guid


@dataclass
class Book:
    """A code book that is emptied between tests, as if the bridge had started again."""

    pages: MemoryCodeBook = field(default_factory=lambda: MemoryCodeBook(lambda: NOW))

    def open(self, guid: str | None, address: str) -> PairingCode:
        return self.pages.open(guid, address)

    def find(self, typed: str, asker: str) -> PairingCode | None:
        return self.pages.find(typed, asker)


@dataclass
class Site:
    """A running bridge with the pairing routes alone."""

    port: int
    guids: Guids
    book: Book

    def start_again(self) -> "Site":
        """Forget all codes and guids."""
        self.book.pages = Book().pages
        self.guids.kept = Guids().kept
        self.guids.is_full = False
        return self

    def ask(
        self,
        method: str,
        target: str,
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> Answer:
        """One request from an address of this machine."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10, source_address=(source, 0))
        with contextlib.closing(connection):
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def compare(self, code: str, source: str = "127.0.0.1") -> str:
        return self.ask("GET", f"{SERVICE_PATH}?compare={code}", source=source).body.decode()

    def button(self, body: object = None, token: str | None = "token-of-clinic-a") -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        raw = body if isinstance(body, str | bytes) else json.dumps(body if body is not None else {})
        return self.ask("POST", BUTTON_PATH, raw, headers | {"Content-Type": "application/json"})


@contextlib.contextmanager
def site(admits: Callable[[Secret], bool] = lambda _ticket: False, **options: Any) -> Iterator[Site]:
    """A bridge that takes programs on this machine; the options are those of PairingSettings."""
    settings = PairingSettings(BRIDGE, **{"own_service": True, "codes_on_this_machine": True} | options)
    guids, book = Guids(), Book()
    make_code = book.open if settings.own_service else partial(ask_for_code, settings.service)
    desk = PairingDesk(guids, make_code, settings.public_url)
    app = Flask("pairing")
    practice_of_token = partial(practice_with_token, TOKENS)
    own_book = book if settings.own_service else None
    app.register_blueprint(pairing_blueprint(desk, practice_of_token, own_book, settings, admits))
    web = WebServer(app, ServerSettings("127.0.0.1", 0, 8, 10))
    web.start()
    try:
        yield Site(web.port, guids, book)
    finally:
        web.stop()


def problem(answer: Answer, status: int) -> str:
    """The one sentence of problem details (RFC 9457)."""
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    details = json.loads(answer.body)
    assert details["status"] == status
    assert details["type"] == "about:blank"
    assert details["title"] == http.client.responses[status]
    sentence = details["detail"]
    assert isinstance(sentence, str)
    assert sentence.endswith(".")
    return sentence
