"""Sessions that were ended: known to all bridges of a store, after restarts, and while the store is away."""

import contextlib
import json
import threading
from pathlib import Path

import pytest
from shared_notes import MemoryNotes

from bridge.photos import open_store
from bridge.web.ended_sessions import EndedSessions

DAY = 86_400.0


class Clock:
    """Seconds, set by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notes() -> MemoryNotes:
    return MemoryNotes()


def sessions(notes: MemoryNotes, clock: Clock) -> EndedSessions:
    """A bridge's."""
    return EndedSessions(notes, clock, clock)


def test_what_one_bridge_ends_the_others_know_within_seconds_and_later_ones_at_once(
    notes: MemoryNotes, clock: Clock
) -> None:
    here, there = sessions(notes, clock), sessions(notes, clock)
    assert not there.has("a")
    here.add("a", clock() + DAY)
    assert here.has("a")
    clock.seconds += 2.0
    assert there.has("a")
    assert not there.has("b")
    assert sessions(notes, clock).knows("a")


def test_two_bridges_that_end_sessions_keep_each_others(notes: MemoryNotes, clock: Clock) -> None:
    here, there = sessions(notes, clock), sessions(notes, clock)
    here.add("a", clock() + DAY)
    there.add("b", clock() + DAY)
    assert {name for name in "abc" if sessions(notes, clock).has(name)} == {"a", "b"}


def test_what_is_ended_while_the_store_is_away_is_ended_here_at_once_and_noted_later(
    notes: MemoryNotes, clock: Clock
) -> None:
    here = sessions(notes, clock)
    here.add("a", clock() + DAY)
    notes.is_away = True
    here.add("b", clock() + DAY)
    here.refresh()
    clock.seconds += 2.0
    assert {name for name in "abc" if here.has(name)} == {"a", "b"}
    notes.is_away = False
    here.refresh()
    assert {name for name in "abc" if sessions(notes, clock).has(name)} == {"a", "b"}


def test_who_asks_without_waiting_is_told_what_others_ended_after_the_next_refresh(
    notes: MemoryNotes, clock: Clock
) -> None:
    here, there = sessions(notes, clock), sessions(notes, clock)
    here.add("a", clock() + DAY)
    clock.seconds += 60.0
    asked = notes.asked
    assert not there.knows("a")
    assert notes.asked == asked
    there.refresh()
    assert there.knows("a")


def test_the_store_is_asked_now_and_then_however_often_it_is_looked_up_and_never_for_nobody(
    notes: MemoryNotes, clock: Clock
) -> None:
    here = sessions(notes, clock)
    clock.seconds += 2.0
    asked = notes.asked
    for _ in range(1000):
        assert not here.has("a")
    assert notes.asked == asked + 1
    here.refresh()
    asked = notes.asked
    for _ in range(10):
        clock.seconds += 2.0
        here.refresh()
    assert notes.asked == asked


def test_while_one_waits_for_the_store_the_others_go_on(clock: Clock) -> None:
    class Slow(MemoryNotes):
        """Answers when it is let."""

        def __init__(self) -> None:
            super().__init__()
            self.inside = threading.Event()
            self.answer = threading.Event()
            self.answer.set()

        def shared_note(self, name: str) -> bytes:
            self.inside.set()
            assert self.answer.wait(20)
            return super().shared_note(name)

    notes = Slow()
    here = sessions(notes, clock)
    notes.answer.clear()
    notes.inside.clear()
    clock.seconds += 2.0
    asking = threading.Thread(target=here.has, args=("a",))
    asking.start()
    try:
        assert notes.inside.wait(10)
        assert [here.has("a") for _ in range(8)] == [False] * 8
        assert asking.is_alive()
    finally:
        notes.answer.set()
        asking.join()


def test_what_ran_out_a_day_ago_is_forgotten(notes: MemoryNotes, clock: Clock) -> None:
    here = sessions(notes, clock)
    here.add("old", clock() + 100)
    clock.seconds += DAY
    here.add("late", clock() + 100)
    clock.seconds += 101
    here.add("new", clock() + 100)
    assert set(json.loads(notes.shared_note("ended-sessions"))) == {"late", "new"}


def test_a_damaged_note_is_made_anew(notes: MemoryNotes, clock: Clock) -> None:
    notes.change_shared("ended-sessions", lambda _: b"{")
    here = sessions(notes, clock)
    assert not here.has("a")
    here.add("a", clock() + DAY)
    assert sessions(notes, clock).has("a")


def test_it_is_kept_in_a_real_store(tmp_path: Path) -> None:
    for is_ended in (False, True):
        with contextlib.closing(open_store(tmp_path)) as store:
            ended = EndedSessions(store)
            assert ended.has("a") == is_ended
            ended.add("a", 9_999_999_999.0)
