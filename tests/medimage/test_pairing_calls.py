"""The pairing routes over real sockets: the bridge's own pairing service, and the button of other systems."""

import contextlib
import http.client
import json
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from bridge.errors import BridgeError
from bridge.medimage.pairing import PairingCode, PairingError, PairingService, ask_for_code
from bridge.medimage.pairing_codes import MOST_CODES, MemoryCodeBook
from bridge.medimage.pairing_desk import PairingDesk, PairingSettings, practice_with_token
from bridge.medimage.pairing_views import BUTTON_PATH, SERVICE_PATH, pairing_blueprint
from bridge.secret import Secret
from bridge.server import WebServer
from bridge.settings import ServerSettings
from phone import Answer, Line, request

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


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with site() as bridge:
        yield bridge


@pytest.fixture
def bridge(running: Site) -> Site:
    return running.start_again()


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


# The bridge's own pairing service.


def test_a_code_is_made_in_the_wire_format_and_found_as_the_app_asks(bridge: Site) -> None:
    made = bridge.ask("GET", f"{SERVICE_PATH}?guid={GUID}&proxyServer=http%3A%2F%2F192.168.1.20%3A5566")
    assert made.status == 200
    code, guid, address, country = made.body.decode().split(" ")
    assert re.fullmatch("[0-9A-Z]{4}", code)
    assert (guid, address, country) == (GUID, BRIDGE, "your%20clinic")
    answer = bridge.ask("GET", f"{SERVICE_PATH}?compare={code}", headers={"Origin": "https://app.example"})
    assert answer.status == 200
    assert answer.body.decode() == f"{BRIDGE}/write/{GUID}\n"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"


def test_a_code_that_is_not_open_is_no_match(bridge: Site) -> None:
    answer = bridge.ask("GET", f"{SERVICE_PATH}?compare=2222")
    assert (answer.status, answer.body) == (200, b"nomatch")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert bridge.compare("") == bridge.compare("%00%FF") == bridge.compare("'--") == "nomatch"


def test_another_bridge_can_ask_this_one_as_it_asks_the_real_service(bridge: Site) -> None:
    service = PairingService(f"http://127.0.0.1:{bridge.port}{SERVICE_PATH}")
    first = ask_for_code(service, None, "http://10.0.0.9:5566")
    again = ask_for_code(service, first.guid, "http://10.0.0.9:5566")
    assert first.guid == again.guid
    assert first.country == "your clinic"
    assert bridge.compare(again.code) == f"http://10.0.0.9:5566/write/{first.guid}\n"


def test_the_fields_may_come_as_a_form_alone(bridge: Site) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    made = bridge.ask("POST", SERVICE_PATH, f"guid={GUID}&proxyServer=", kind).body.decode()
    found = bridge.ask("POST", SERVICE_PATH, f"compare={made[:4]}", kind)
    assert found.body.decode() == f"{BRIDGE}/write/{GUID}\n"
    assert found.headers["access-control-allow-origin"] == "*"


def test_a_phone_can_ask_beforehand_whether_it_may(bridge: Site) -> None:
    answer = bridge.ask("OPTIONS", SERVICE_PATH, headers={"Origin": "https://app.example"})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "evil.example"},
        {"Host": "192.168.1.20:5566"},
        {"Host": "[::1"},
        {"Authorization": "Bearer wrong"},
    ],
)
def test_strangers_and_web_pages_get_no_codes(bridge: Site, headers: dict[str, str]) -> None:
    answer = bridge.ask("GET", f"{SERVICE_PATH}?guid={GUID}&proxyServer=http%3A%2F%2Fevil.example", headers=headers)
    assert answer.status == 403
    assert answer.body.decode().endswith("ask the clinic's admin for a code.\n")
    assert GUID not in answer.body.decode()
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", ["localhost:5566", "127.0.0.1", "[::1]:5566"])
def test_a_program_on_this_machine_gets_codes(bridge: Site, host: str) -> None:
    answer = bridge.ask("GET", f"{SERVICE_PATH}?guid=", headers={"Host": host, "Sec-Fetch-Site": "none"})
    assert answer.status == 200
    assert answer.body.decode().split(" ")[2] == BRIDGE
    assert "access-control-allow-origin" not in answer.headers


def test_a_practices_token_gets_codes_of_that_practice_which_lead_here(bridge: Site) -> None:
    bearer = {"Authorization": "Bearer token-of-clinic-a", "X-Forwarded-For": "203.0.113.9"}
    target = f"{SERVICE_PATH}?guid=&proxyServer=http%3A%2F%2Fevil.example"
    assert bridge.ask("GET", target, headers=bearer).body.decode().split(" ")[1:3] == [GUID, BRIDGE]
    refused = bridge.ask("GET", f"{SERVICE_PATH}?guid={UNKNOWN_GUID}", headers=bearer)
    assert refused.status == 403
    assert "not the practice's own" in refused.body.decode()


@pytest.mark.parametrize(
    "query", ["guid=short", "guid=../../x", "guid=&proxyServer=javascript:x", "guid=&proxyServer=http%3A%2F%2Fa%20b"]
)
def test_what_phones_cannot_use_is_refused_with_a_sentence(bridge: Site, query: str) -> None:
    answer = bridge.ask("GET", f"{SERVICE_PATH}?{query}")
    assert answer.status == 400
    assert answer.body.decode().count("\n") == 1


def test_a_full_book_says_so(bridge: Site) -> None:
    for _ in range(MOST_CODES):
        bridge.book.open(None, BRIDGE)
    answer = bridge.ask("GET", f"{SERVICE_PATH}?guid=")
    assert answer.status == 503
    assert "wait until some have run out" in answer.body.decode()


def test_a_guesser_is_told_the_same_for_right_and_wrong_codes_and_others_pair(bridge: Site) -> None:
    code = bridge.book.open(GUID, BRIDGE).code
    wrong = "2222" if code != "2222" else "3333"
    for _ in range(30):
        last_heard = bridge.ask("GET", f"{SERVICE_PATH}?compare={wrong}", source="127.0.0.66")
    not_heard = bridge.ask("GET", f"{SERVICE_PATH}?compare={code}", source="127.0.0.66")
    assert {**not_heard.headers, "date": ""} == {**last_heard.headers, "date": ""}
    assert (not_heard.status, not_heard.body) == (last_heard.status, last_heard.body) == (200, b"nomatch")
    assert bridge.compare(code, source="127.0.0.7") == f"{BRIDGE}/write/{GUID}\n"


def test_behind_a_web_server_each_phone_counts_by_itself(bridge: Site) -> None:
    code = bridge.book.open(GUID, BRIDGE).code
    wrong = "2222" if code != "2222" else "3333"

    def ask(typed: str, forwarded: str) -> bytes:
        target = f"{SERVICE_PATH}?compare={typed}"
        return bridge.ask("GET", target, headers={"X-Forwarded-For": forwarded}).body

    for number in range(8):
        ask(wrong, f"10.9.9.{number}, 203.0.113.66")
    assert ask(code, "10.9.9.99, 203.0.113.66") == b"nomatch"
    assert ask(code, "203.0.113.7").startswith(b"http")


def test_without_the_own_service_its_address_does_not_exist() -> None:
    with site(own_service=False) as bridge:
        assert bridge.ask("GET", f"{SERVICE_PATH}?compare=2222").status == 404


# The button of other systems.


def test_the_button_gives_all_that_a_page_shows_and_keeps(bridge: Site) -> None:
    answer = bridge.button({"guid": None})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    told = json.loads(answer.body)
    code, message, svg = told.pop("code"), told.pop("message"), told.pop("qr_svg")
    assert told == {
        "guid": GUID,
        "server": BRIDGE,
        "write_address": f"{BRIDGE}/write/{GUID}",
        "expires_at": f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "keep": {
            "guid": GUID,
            "write_address": f"{BRIDGE}/write/{GUID}",
            "read_address": f"{BRIDGE}/read/{GUID}",
        },
    }
    assert f"type the code {code} before 14:05 UTC" in message
    assert ET.fromstring(svg).tag.endswith("svg")
    assert bridge.compare(code) == f"{BRIDGE}/write/{GUID}\n"


@pytest.mark.parametrize("body", ["", "{}", '{"guid": null}', '{"guid": ""}', f'{{"guid": "{GUID}"}}'])
def test_the_button_takes_the_practices_guid_or_none(bridge: Site, body: str) -> None:
    assert json.loads(bridge.button(body).body)["guid"] == GUID


def test_the_buttons_first_guid_of_a_practice_is_kept_and_given_back(bridge: Site) -> None:
    told = json.loads(bridge.button(token="token-of-clinic-b").body)
    assert bridge.guids.kept == {"clinic-a": GUID, "clinic-b": told["keep"]["guid"]}
    again = json.loads(bridge.button({"guid": told["keep"]["guid"]}, token="token-of-clinic-b").body)
    assert again["guid"] == told["guid"]


def test_a_guid_that_another_system_has_kept_is_taken_over(bridge: Site) -> None:
    assert bridge.button({"guid": UNKNOWN_GUID}, token="token-of-clinic-b").status == 200
    assert bridge.guids.kept["clinic-b"] == UNKNOWN_GUID


def test_the_guid_of_another_practice_and_an_unknown_one_are_refused_alike(bridge: Site) -> None:
    bridge.guids.kept["clinic-b"] = OTHER_GUID
    others, unknown = bridge.button({"guid": OTHER_GUID}), bridge.button({"guid": UNKNOWN_GUID})
    assert "not the practice's own" in problem(others, 403)
    assert others.body == unknown.body
    assert bridge.guids.kept == {"clinic-a": GUID, "clinic-b": OTHER_GUID}


@pytest.mark.parametrize("token", [None, "wrong", "token-of-clinic-", "token-of-clinic-a2", " ", "é"])
def test_without_a_practices_token_nothing_is_given(bridge: Site, token: str | None) -> None:
    answer = bridge.button({"guid": GUID}, token=token)
    assert "the practice's API token" in problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("kind", ["Basic token-of-clinic-a", "token-of-clinic-a", "Bearer", ""])
def test_a_token_of_another_kind_is_none(bridge: Site, kind: str) -> None:
    problem(bridge.ask("POST", BUTTON_PATH, "{}", {"Authorization": kind}), 401)


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "null",
        '"text"',
        "[" * 3000,
        '{"guid": 5}',
        '{"guid": "short"}',
        f'{{"guid": "{GUID}\\n"}}',
        '{"guid": null, "patient": "x"}',
        b"\xff\xfe",
        " " * 5000 + "{}",
    ],
)
def test_a_body_that_is_not_understood_is_refused(bridge: Site, body: str | bytes) -> None:
    assert "The body is not understood" in problem(bridge.button(body), 400)


CHUNKED = "Transfer-Encoding: chunked"


def test_a_body_in_several_pieces_is_understood(bridge: Site) -> None:
    signed = ("Authorization: Bearer token-of-clinic-a", CHUNKED)
    with Line(bridge.port) as line:
        line.send(request("POST", BUTTON_PATH, *signed) + b'8\r\n{"guid":\r\n')
        time.sleep(0.05)
        line.send(b"6\r\n null}\r\n0\r\n\r\n")
        assert json.loads(line.answer().body)["guid"] == GUID


@pytest.mark.parametrize(
    ("target", "kind", "status"),
    [
        (SERVICE_PATH, "multipart/form-data; boundary=x", 403),
        (SERVICE_PATH, "application/x-www-form-urlencoded", 400),
        (BUTTON_PATH, "multipart/form-data; boundary=x", 400),
        (BUTTON_PATH, "application/json", 400),
    ],
)
def test_a_long_body_in_pieces_is_refused_before_its_end(bridge: Site, target: str, kind: str, status: int) -> None:
    token = "token-of-clinic-a" if target == BUTTON_PATH else ""
    signed = (f"Authorization: Bearer {token}", f"Content-Type: {kind}", CHUNKED)
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + bytes(100_000)
    with Line(bridge.port, timeout=5) as line:
        line.send(request("POST", target, *signed) + b"%x\r\n%b\r\n" % (len(part), part))
        answer = line.answer()
    assert answer.status == status
    assert b"clinic" not in answer.body or status == 403


def test_a_form_of_the_most_bytes_is_understood_and_one_of_more_is_not(bridge: Site) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    form = f"guid={GUID}&proxyServer=&x="
    for length, status in ((4096, 200), (4097, 400), (4098, 400)):
        assert bridge.ask("POST", SERVICE_PATH, form.ljust(length, "x"), kind).status == status


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_the_button_is_pressed_by_post_alone(bridge: Site, method: str) -> None:
    answer = bridge.ask(method, BUTTON_PATH)
    problem(answer, 405)
    assert answer.headers["allow"] == "POST"


def test_a_guid_that_cannot_be_saved_is_told(bridge: Site) -> None:
    bridge.guids.is_full = True
    assert "make room on it" in problem(bridge.button(token="token-of-clinic-b"), 500)


def test_a_pairing_service_that_is_away_is_told() -> None:
    service = PairingService("http://127.0.0.1:9/", connect_timeout_seconds=1)
    with site(own_service=False, service=service) as bridge:
        assert "The pairing service at 127.0.0.1 cannot be reached" in problem(bridge.button(), 502)


def test_a_full_book_is_told_to_the_button(bridge: Site) -> None:
    for _ in range(MOST_CODES):
        bridge.book.open(None, BRIDGE)
    assert "wait until some have run out" in problem(bridge.button(), 503)


def test_no_web_page_of_others_may_press_the_button(bridge: Site) -> None:
    for method in ("OPTIONS", "POST"):
        answer = bridge.ask(method, BUTTON_PATH, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers


def test_a_bridge_can_get_its_codes_from_another_one(bridge: Site) -> None:
    service = PairingService(f"http://127.0.0.1:{bridge.port}{SERVICE_PATH}")
    with site(own_service=False, service=service) as second:
        told = json.loads(second.button(token="token-of-clinic-b").body)
    assert second.guids.kept["clinic-b"] == told["guid"]
    assert bridge.compare(told["code"]) == f"{BRIDGE}/write/{told['guid']}\n"


def test_codes_and_guids_are_not_logged(bridge: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        told = json.loads(bridge.button().body)
        bridge.compare(told["code"])
    assert "event=pairing-code-made practice=clinic-a" in caplog.text
    assert told["code"] not in caplog.text
    assert GUID not in caplog.text


def test_a_pairing_error_is_raised_where_a_stranger_answers_for_the_service(bridge: Site) -> None:
    service = PairingService(f"http://127.0.0.1:{bridge.port}{SERVICE_PATH}?compare=2222")
    with pytest.raises(PairingError, match="something that is no code"):
        ask_for_code(service, GUID, BRIDGE)
