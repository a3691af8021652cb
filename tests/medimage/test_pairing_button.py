"""The button of other systems over real sockets (bridge/medimage/pairing_views.py)."""

import json
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pairing_site import BRIDGE, GUID, NOW, OTHER_GUID, UNKNOWN_GUID, Site, problem, site

from bridge.medimage.pairing import PairingError, PairingService, ask_for_code
from bridge.medimage.pairing_codes import MOST_CODES
from bridge.medimage.pairing_views import BUTTON_PATH, SERVICE_PATH
from phone import Line, request


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with site() as bridge:
        yield bridge


@pytest.fixture
def bridge(running: Site) -> Site:
    return running.start_again()


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
