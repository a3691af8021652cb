"""The bridge's own pairing service over real sockets (bridge/medimage/pairing_views.py)."""

import re
from collections.abc import Iterator

import pytest
from pairing_site import BRIDGE, GUID, UNKNOWN_GUID, Site, site

from bridge.medimage.pairing import PairingService, ask_for_code
from bridge.medimage.pairing_codes import MOST_CODES
from bridge.medimage.pairing_views import SERVICE_PATH


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with site() as bridge:
        yield bridge


@pytest.fixture
def bridge(running: Site) -> Site:
    return running.start_again()


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
