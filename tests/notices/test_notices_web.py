"""Notices to web addresses, over real sockets."""

import hashlib
import hmac
import logging
import threading
import time
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from notice_receivers import EVERYTHING, PRIVATE, held, outage, receiving, stored, telling, wait_until

from bridge.notices import NoticeKind, NoticeSettings
from bridge.secret import Secret

KEY = "a key of the clinic"


def test_the_sentence_stands_for_message_in_the_address() -> None:
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, f"{receiver.url}?text=[MESSAGE]&to=1")) as bridge:
        bridge.tell(outage(NoticeKind.OUTAGE_BEGINS))
        (heard,) = receiver.wait_for(1)
    assert heard.method == "GET"
    assert heard.target == (
        "/notices?text=Trouble%20at%20clinic-a%20%28chart-away%29%3A%20The%20chart%20server%20cannot%20be%20reached"
        "%3B%20photos%20wait%20and%20go%20on%20by%20themselves%20after%20it.&to=1"
    )


def test_without_message_in_the_address_json_is_posted() -> None:
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, receiver.url)) as bridge:
        bridge.tell(stored(17))
        (heard,) = receiver.wait_for(1)
    assert heard.method == "POST"
    assert heard.headers["content-type"] == "application/json"
    assert (
        heard.json.items()
        >= {
            "kind": "stored",
            "practice": "clinic-a",
            "photos": [17],
            "count": 1,
            "sentence": "Photo 17 of clinic-a is stored.",
        }.items()
    )


def test_json_is_signed_with_the_secret_and_the_time_is_signed_with_it() -> None:
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, receiver.url, secret=Secret(KEY))) as bridge:
        bridge.tell(stored())
        (heard,) = receiver.wait_for(1)
    expected = hmac.new(KEY.encode(), heard.body, hashlib.sha256).hexdigest()
    assert heard.headers["x-bridge-signature"] == f"sha256={expected}"
    age = datetime.now(UTC) - datetime.fromisoformat(heard.json["sent_at"])
    assert abs(age.total_seconds()) < 30


def test_without_a_secret_nothing_is_signed() -> None:
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, receiver.url)) as bridge:
        bridge.tell(stored())
        (heard,) = receiver.wait_for(1)
    assert "x-bridge-signature" not in heard.headers


@pytest.mark.parametrize("notice", [stored(), held()], ids=["stored", "held"])
def test_nothing_of_a_patient_is_told_by_default(notice) -> None:
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, receiver.url)) as bridge:
        bridge.tell(notice)
        (heard,) = receiver.wait_for(1)
    assert b"4711" not in heard.body
    assert b"wound" not in heard.body
    assert "details" not in heard.json


def test_patient_data_is_told_in_json_when_the_setting_allows_it() -> None:
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, receiver.url, with_patient_data=True)) as bridge:
        bridge.tell(held())
        (heard,) = receiver.wait_for(1)
    assert heard.json["details"] == {"name": PRIVATE.name, "patient": 4711, "sentence": PRIVATE.sentence}


def test_an_address_never_carries_patient_data() -> None:
    target = "{}?text=[MESSAGE]"
    with receiving() as receiver:
        settings = NoticeSettings(EVERYTHING, target.format(receiver.url), with_patient_data=True)
        with telling(settings) as bridge:
            bridge.tell(held())
            (heard,) = receiver.wait_for(1)
    assert "4711" not in unquote(heard.target)
    assert "unknown-patient" in heard.target


def test_a_target_hears_only_of_what_it_wants() -> None:
    with receiving() as receiver:
        only_ours = NoticeSettings(frozenset({NoticeKind.STORED}), receiver.url, practices=frozenset({"clinic-b"}))
        with telling(only_ours) as bridge:
            bridge.tell(stored(1, "clinic-a"))
            bridge.tell(outage(NoticeKind.OUTAGE_BEGINS, "clinic-b"))
            bridge.tell(outage(NoticeKind.OUTAGE_BEGINS, None))
            bridge.tell(stored(2, "clinic-b"))
            receiver.wait_for(1)
    assert [heard.json["photos"] for heard in receiver.heard] == [[2]]


def test_a_notice_that_failed_is_told_again_and_is_recognised_by_its_id() -> None:
    with receiving(500, 404, 200) as receiver, telling(NoticeSettings(EVERYTHING, receiver.url)) as bridge:
        bridge.tell(stored())
        receiver.wait_for(3)
    assert len(receiver.heard) == 3
    assert len({heard.json["id"] for heard in receiver.heard}) == 1


def test_a_notice_that_keeps_failing_is_dropped_with_one_line_and_the_next_one_goes_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with receiving(500, 500, 500) as receiver, telling(NoticeSettings(EVERYTHING, receiver.url)) as bridge:
        bridge.tell(stored(1))
        bridge.tell(stored(2))
        receiver.wait_for(4)
    assert [heard.json["photos"] for heard in receiver.heard] == [[1], [1], [1], [2]]
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("bridge.")]
    assert line == "event=notice-dropped target=1 kind=stored tries=3 reason=status-500"


def test_a_target_that_cannot_be_reached_is_named_by_its_number_alone(caplog: pytest.LogCaptureFixture) -> None:
    with telling(NoticeSettings(EVERYTHING, "http://127.0.0.1:9/secret-path")) as bridge:
        bridge.tell(stored())
        wait_until(lambda: bool(caplog.records))
    assert "reason=no-answer-ConnectionError" in caplog.text
    assert "secret-path" not in caplog.text


def test_a_redirect_is_not_followed() -> None:
    with receiving(302, 302, 302) as receiver, telling(NoticeSettings(EVERYTHING, receiver.url)) as bridge:
        bridge.tell(stored())
        receiver.wait_for(3)
    assert {heard.target for heard in receiver.heard} == {"/notices"}


def test_the_web_proxy_is_used_and_that_of_the_environment_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with receiving() as proxy, receiving() as direct:
        through = NoticeSettings(EVERYTHING, "http://alarm.example.org/a", web_proxy=proxy.url.removesuffix("/notices"))
        with telling(through, NoticeSettings(EVERYTHING, direct.url)) as bridge:
            bridge.tell(stored())
            (heard,) = proxy.wait_for(1)
            direct.wait_for(1)
    assert heard.target == "http://alarm.example.org/a"


def test_a_receiver_that_hangs_delays_neither_the_bridge_nor_another_receiver() -> None:
    release = threading.Event()
    with receiving(hangs_until=release) as hanging, receiving() as prompt:
        settings = [NoticeSettings(EVERYTHING, each.url) for each in (hanging, prompt)]
        with telling(*settings) as bridge:
            bridge.tell(stored(0))
            hanging.wait_for(1)
            started = time.monotonic()
            for photo in range(1, 200):
                bridge.tell(stored(photo))
            assert time.monotonic() - started < 10
            prompt.wait_for(200)
            assert len(hanging.heard) == 1
            release.set()
    assert [heard.json["photos"] for heard in prompt.heard] == [[photo] for photo in range(200)]


def test_a_receiver_that_hangs_is_given_up_after_its_time_limit(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    with receiving(hangs_until=release) as hanging:
        with telling(NoticeSettings(EVERYTHING, hanging.url, timeout_seconds=0.1)) as bridge:
            bridge.tell(stored())
            wait_until(lambda: "reason=no-answer-ReadTimeout" in caplog.text)
        release.set()
    assert len(hanging.heard) == 3
