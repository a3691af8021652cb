"""One message for a storm, one for the beginning of an outage, one for its end."""

import logging
import threading

import pytest
from notice_receivers import EVERYTHING, HASTY, held, outage, receiving, stored, telling, wait_until

from bridge.notices import Notice, NoticeKind, NoticeSettings, NoticeSettingsError, Notifier
from bridge.notices.worker import Pace
from bridge.secret import Secret

BEGINS, ENDS = NoticeKind.OUTAGE_BEGINS, NoticeKind.OUTAGE_ENDS


def told(*notices: Notice, pace: Pace = HASTY, ongoing: tuple[tuple[str | None, str], ...] = ()) -> list[dict]:
    """What a receiver has heard in the end, when these are told one after another."""
    with receiving() as receiver:
        with telling(NoticeSettings(EVERYTHING, receiver.url), pace=pace, ongoing=ongoing) as bridge:
            for notice in notices:
                bridge.tell(notice)
        return [heard.json for heard in receiver.heard]


def test_one_held_photo_is_told_with_its_reason() -> None:
    (heard,) = told(held(17))
    assert heard["sentence"] == "Photo 17 of clinic-a is held (unknown-patient); see `tscharts-bridge photos list`."
    assert heard["reason"] == "unknown-patient"


def test_a_storm_of_held_photos_is_one_message() -> None:
    (heard,) = told(*(held(photo) for photo in range(1, 301)))
    assert heard["count"] == 300
    assert heard["photos"] == list(range(1, 101))
    assert heard["sentence"] == (
        "300 photos of clinic-a are held (unknown-patient); see `tscharts-bridge photos list`."
    )


def test_a_gathered_message_says_when_the_reasons_differ() -> None:
    (heard,) = told(held(1, reason="unknown-patient"), held(2, reason="no-type"))
    assert heard["reason"] == "several"


def test_a_gathered_message_carries_no_patient_data_even_when_it_might() -> None:
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, receiver.url, with_patient_data=True)) as bridge:
        bridge.tell(held(1))
        bridge.tell(held(2))
        receiver.wait_for(1)
    assert "details" not in receiver.heard[0].json


def test_held_photos_of_two_practices_are_never_in_one_message() -> None:
    heard = told(held(1, "clinic-a"), held(2, "clinic-b"), held(3, "clinic-a"))
    assert {(each["practice"], tuple(each["photos"])) for each in heard} == {("clinic-a", (1, 3)), ("clinic-b", (2,))}


def test_held_photos_are_told_after_the_gathering_time_and_later_ones_again() -> None:
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, receiver.url)) as bridge:
        bridge.tell(held(1))
        receiver.wait_for(1)
        bridge.tell(held(2))
        receiver.wait_for(2)
    assert [heard.json["photos"] for heard in receiver.heard] == [[1], [2]]


def test_other_notices_do_not_wait_for_the_gathering() -> None:
    slow = Pace(gather_seconds=60)
    with receiving() as receiver, telling(NoticeSettings(EVERYTHING, receiver.url), pace=slow) as bridge:
        bridge.tell(held(1))
        bridge.tell(stored(2))
        bridge.tell(stored(3))
        receiver.wait_for(2)
        assert [heard.json["photos"] for heard in receiver.heard] == [[2], [3]]


def test_stopping_tells_what_is_gathered_at_once() -> None:
    (heard,) = told(held(1), held(2), pace=Pace(gather_seconds=600))
    assert heard["count"] == 2


def test_an_outage_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    heard = told(*[outage(BEGINS)] * 5, *[outage(ENDS)] * 5, outage(BEGINS))
    assert [each["kind"] for each in heard] == ["outage-begins", "outage-ends", "outage-begins"]
    assert heard[1]["sentence"] == (
        "The trouble at clinic-a (chart-away) is over; the photos that waited are on their way."
    )


def test_an_end_without_a_beginning_is_not_told() -> None:
    assert told(outage(ENDS), outage(ENDS, None)) == []


def test_outages_of_two_practices_and_of_two_kinds_are_kept_apart() -> None:
    heard = told(
        outage(BEGINS, "clinic-a"),
        outage(BEGINS, "clinic-b"),
        outage(BEGINS, None, "disk-full"),
        outage(ENDS, "clinic-b"),
        outage(ENDS, "clinic-a", "disk-full"),
    )
    assert [(each["kind"], each["practice"]) for each in heard] == [
        ("outage-begins", "clinic-a"),
        ("outage-begins", "clinic-b"),
        ("outage-begins", None),
        ("outage-ends", "clinic-b"),
    ]
    assert heard[2]["sentence"].startswith("Trouble at the bridge (disk-full)")


def test_the_end_of_an_outage_that_an_earlier_run_told_of_is_told() -> None:
    heard = told(outage(BEGINS), outage(ENDS), ongoing=(("clinic-a", "chart-away"),))
    assert [each["kind"] for each in heard] == ["outage-ends"]


def test_a_receiver_that_missed_the_beginning_is_not_told_of_the_end(caplog: pytest.LogCaptureFixture) -> None:
    with receiving(500, 500, 500) as receiver, telling(NoticeSettings(EVERYTHING, receiver.url)) as bridge:
        bridge.tell(outage(BEGINS))
        wait_until(lambda: "event=notice-dropped" in caplog.text)
        bridge.tell(outage(ENDS))
        bridge.tell(outage(BEGINS))
        bridge.tell(outage(ENDS))
        receiver.wait_for(5)
    assert [heard.json["kind"] for heard in receiver.heard[3:]] == ["outage-begins", "outage-ends"]


def test_a_receiver_that_missed_a_whole_outage_is_told_of_the_next_one(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    tight = Pace(pauses_seconds=(), most_waiting=1)
    with receiving(500) as receiver, telling(NoticeSettings(EVERYTHING, receiver.url), pace=tight) as bridge:
        bridge.tell(outage(BEGINS))
        wait_until(lambda: "event=notice-dropped" in caplog.text)
        receiver.hangs_until = release
        bridge.tell(stored())
        receiver.wait_for(2)
        bridge.tell(outage(ENDS))
        bridge.tell(outage(BEGINS))
        release.set()
        receiver.wait_for(3)
        bridge.tell(outage(ENDS))
        receiver.wait_for(4)
    assert [heard.json["kind"] for heard in receiver.heard[2:]] == ["outage-begins", "outage-ends"]


def test_when_too_many_wait_the_oldest_go_and_that_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    release = threading.Event()
    with receiving(hangs_until=release) as receiver:
        settings = NoticeSettings(EVERYTHING, receiver.url)
        with telling(settings, pace=Pace(most_waiting=3)) as bridge:
            bridge.tell(stored(0))
            receiver.wait_for(1)
            for photo in range(1, 11):
                bridge.tell(stored(photo))
            release.set()
            receiver.wait_for(4)
    assert [heard.json["photos"] for heard in receiver.heard] == [[0], [8], [9], [10]]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bridge.")]
    assert ours == ["event=notices-dropped target=1 reason=too-many-waiting"]


def test_what_is_told_before_the_start_goes_out_after_it_and_after_the_stop_nothing_does() -> None:
    with receiving() as receiver:
        notifier = Notifier((NoticeSettings(EVERYTHING, receiver.url),), pace=HASTY)
        notifier.tell(stored(1))
        notifier.start()
        receiver.wait_for(1)
        notifier.stop()
        notifier.tell(stored(2))
        assert len(receiver.heard) == 1


def test_stopping_does_not_wait_for_tries_that_keep_failing() -> None:
    patient = Pace(pauses_seconds=(60.0, 60.0))
    with receiving(500, 500) as receiver, telling(NoticeSettings(EVERYTHING, receiver.url), pace=patient) as bridge:
        bridge.tell(stored(1))
        receiver.wait_for(1)
        bridge.stop(timeout_seconds=0.5)
        assert len(receiver.heard) == 1
        assert not [thread for thread in threading.enumerate() if thread.name == "notices-1"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"on": EVERYTHING}, "either `url` or `command`"),
        ({"on": EVERYTHING, "url": "http://example.org", "command": ("x",)}, "either `url` or `command`"),
        ({"on": frozenset(), "url": "http://example.org"}, "name at least one event"),
        ({"on": EVERYTHING, "url": "ftp://example.org"}, "must be a web address"),
        ({"on": EVERYTHING, "url": "http://[::1"}, "must be a web address"),
        ({"on": EVERYTHING, "url": "http://example.org/[MESSAGE]", "secret": Secret("x")}, "signs JSON"),
        ({"on": EVERYTHING, "command": ("x",), "secret": Secret("x")}, "signs JSON"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_one_sentence(wrong: dict, sentence: str) -> None:
    with pytest.raises(NoticeSettingsError, match=sentence):
        NoticeSettings(**wrong)


def test_settings_do_not_show_addresses_or_secrets() -> None:
    settings = NoticeSettings(EVERYTHING, "https://example.org/token-in-path", secret=Secret("hush"))
    assert "token-in-path" not in repr(settings)
    assert "hush" not in repr(settings)
