"""Which phones sent lately: counted without a cost, told apart for a day, known by no name (bridge/medimage)."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.medimage import Sender, SenderDay, SenderKind, Senders, senders_lately
from bridge.medimage.senders import DAYS, MOST_SENDERS
from bridge.photos import PostgresStore, SqliteStore, StoreAwayError
from bridge.secret import Secret
from postgres_server import shared_server

ZONE = ZoneInfo("America/Tijuana")
ZONES = {"clinic-a": ZONE, "clinic-b": ZONE}
NOON = datetime(2026, 11, 21, 20, tzinfo=UTC)
GALAXY = "Dalvik/2.1.0 (Linux; U; Android 10; SM-A505F Build/QP1A)"
MOTO = "Dalvik/2.1.0 (Linux; U; Android 9; moto g(7))"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_1 like Mac OS X) AppleWebKit/605.1.15"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) AppleWebKit/605.1.15"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140"


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with contextlib.closing(SqliteStore(tmp_path / "data")) as opened:
        yield opened


@pytest.fixture
def senders(store: SqliteStore, clock: Clock) -> Senders:
    return Senders(store, ZONES, frozenset({"10.0.0.1"}), clock)


def send(senders: Senders, address: str = "192.168.1.5", agent: str = GALAXY, times: int = 1, via: str = "") -> None:
    for _ in range(times):
        senders.sent("clinic-a", address, via, agent)


def counted(days: list[SenderDay]) -> list[list[tuple[str, int, int]]]:
    return [sorted((each.kind.value, each.number, each.photos) for each in day.senders) for day in days]


def test_phones_are_told_apart_by_address_and_by_what_they_say_they_are(senders: Senders, store: SqliteStore) -> None:
    send(senders, times=3)
    send(senders, agent=MOTO)
    send(senders, "192.168.1.6", times=2)
    for agent in (IPHONE, IPAD, LAPTOP, ""):
        send(senders, agent=agent)
    senders.write()
    (day,) = senders_lately(store, "clinic-a")
    assert day.day.isoformat() == "2026-11-21"
    androids = [each.photos for each in day.senders if each.kind is SenderKind.ANDROID]
    assert sorted(androids) == [1, 2, 3]
    assert {each.kind for each in day.senders} == set(SenderKind)
    assert {each.last_at for each in day.senders} == {NOON}
    assert senders_lately(store, "clinic-b") == []


def test_counts_of_one_phone_add_up_over_the_day(senders: Senders, store: SqliteStore, clock: Clock) -> None:
    send(senders, times=2)
    senders.write()
    clock.at += timedelta(hours=2)
    send(senders)
    send(senders, agent=MOTO)
    senders.write()
    (day,) = senders_lately(store, "clinic-a")
    assert [(each.number, each.photos, each.last_at) for each in sorted(day.senders, key=lambda each: each.number)] == [
        (1, 3, clock.at),
        (2, 1, clock.at),
    ]


def test_behind_a_web_server_the_phone_s_own_address_counts(senders: Senders, store: SqliteStore) -> None:
    send(senders, "10.0.0.1", via="192.168.1.5")
    send(senders, "10.0.0.1", via="1.2.3.4, 192.168.1.5")
    send(senders, "10.0.0.1", via="192.168.1.6")
    senders.write()
    assert counted(senders_lately(store, "clinic-a")) == [[("android", 1, 2), ("android", 2, 1)]]


def test_what_is_kept_holds_no_address_and_no_user_agent(senders: Senders, store: SqliteStore) -> None:
    send(senders, "192.168.1.5", GALAXY, via="203.0.113.9")
    senders.write()
    note = store.shared_note("senders of clinic-a").decode()
    assert '"photos":1' in note
    for secret in ("192.168", "203.0", "Dalvik", "SM-A505F"):
        assert secret not in note


def test_the_next_day_begins_anew_and_nothing_tells_yesterday_s_phones(
    senders: Senders, store: SqliteStore, clock: Clock
) -> None:
    send(senders, times=2)
    senders.write()
    before = store.shared_note("senders of clinic-a").decode()
    clock.at += timedelta(days=1)
    send(senders)
    senders.write()
    after = store.shared_note("senders of clinic-a").decode()
    key, digest = before.split('"key":"')[1][:32], before.split('"open":{"')[1][:16]
    assert key not in after
    assert digest not in after
    assert counted(senders_lately(store, "clinic-a")) == [[("android", 1, 1)], [("android", 1, 2)]]


def test_a_day_is_the_clinic_s_and_the_last_ones_with_photos_are_kept(
    senders: Senders, store: SqliteStore, clock: Clock
) -> None:
    clock.at = datetime(2026, 11, 22, 7, 59, tzinfo=UTC)
    for _ in range(DAYS + 2):
        send(senders)
        senders.write()
        clock.at += timedelta(days=30)
    days = senders_lately(store, "clinic-a")
    assert len(days) == DAYS
    assert days[0].day > days[-1].day
    assert days[0].day.isoformat() == (clock.at - timedelta(days=30)).astimezone(ZONE).date().isoformat()


def test_a_day_that_was_over_by_a_clock_that_was_wrong_goes_on(
    senders: Senders, store: SqliteStore, clock: Clock
) -> None:
    send(senders)
    senders.write()
    clock.at += timedelta(days=400)
    send(senders)
    senders.write()
    clock.at = NOON
    send(senders)
    senders.write()
    today = senders_lately(store, "clinic-a")[1]
    assert today.day.isoformat() == "2026-11-21"
    assert counted([today]) == [[("android", 1, 1), ("android", 2, 1)]]


def test_past_the_most_all_others_count_as_one(senders: Senders, store: SqliteStore) -> None:
    for number in range(MOST_SENDERS + 7):
        send(senders, agent=f"Android {number}")
    senders.write()
    (day,) = senders_lately(store, "clinic-a")
    assert len(day.senders) == MOST_SENDERS + 1
    assert [(each.kind, each.photos) for each in day.senders if each.number == 0] == [(SenderKind.OTHER, 7)]


def test_memory_has_an_end_whatever_senders_call_themselves(senders: Senders, store: SqliteStore) -> None:
    for number in range(5000):
        send(senders, agent=f"{number} " + "x" * 1000)
    senders.write()
    (day,) = senders_lately(store, "clinic-a")
    assert sum(each.photos for each in day.senders) == 5000
    assert len(store.shared_note("senders of clinic-a")) < 50_000


class AwayOnce:
    """A store that is away at first."""

    def __init__(self, store: SqliteStore) -> None:
        self.shared_note = store.shared_note
        self._change_shared = store.change_shared
        self.is_away = True

    def change_shared(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
        if self.is_away:
            raise StoreAwayError
        return self._change_shared(name, change)


def test_what_could_not_be_written_is_written_later(store: SqliteStore, clock: Clock) -> None:
    notes = AwayOnce(store)
    senders = Senders(notes, ZONES, frozenset(), clock)
    send(senders, times=2)
    senders.write()
    send(senders)
    assert senders_lately(store, "clinic-a") == []
    notes.is_away = False
    senders.write()
    assert counted(senders_lately(store, "clinic-a")) == [[("android", 1, 3)]]


def test_nothing_is_written_while_nobody_sends(clock: Clock) -> None:
    class NoNotes:
        def shared_note(self, name: str) -> bytes:
            raise AssertionError(name)

        def change_shared(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
            raise AssertionError(name)

    Senders(NoNotes(), ZONES, frozenset(), clock).write()


def test_several_bridges_on_one_database_add_up(tmp_path: Path, clock: Clock) -> None:
    server = shared_server()
    url = Secret(server.url(server.new_database()))
    with contextlib.ExitStack() as opened:
        stores = [opened.enter_context(contextlib.closing(PostgresStore(url, tmp_path / name))) for name in "ab"]
        bridges = [Senders(store, ZONES, frozenset(), clock) for store in stores]

        def work(bridge: Senders) -> None:
            for _ in range(10):
                send(bridge)
                bridge.write()

        threads = [threading.Thread(target=work, args=(bridge,)) for bridge in bridges]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counted(senders_lately(stores[0], "clinic-a")) == [[("android", 1, 20)]]
        assert senders_lately(stores[1], "clinic-a")[0].senders == (Sender(SenderKind.ANDROID, 1, 20, NOON),)
