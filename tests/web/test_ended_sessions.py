"""Sessions that were ended: known to all bridges of a store, after restarts, and while the store is away."""

import contextlib
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
    assert "a" not in there
    here.add("a", clock() + DAY)
    assert "a" in here
    clock.seconds += 2.0
    assert "a" in there
    assert "b" not in there
    assert "a" in sessions(notes, clock)


def test_two_bridges_that_end_sessions_keep_each_others(notes: MemoryNotes, clock: Clock) -> None:
    here, there = sessions(notes, clock), sessions(notes, clock)
    here.add("a", clock() + DAY)
    there.add("b", clock() + DAY)
    assert {name for name in "ab" if name in sessions(notes, clock)} == {"a", "b"}


def test_what_is_ended_while_the_store_is_away_is_ended_here_at_once_and_noted_later(
    notes: MemoryNotes, clock: Clock
) -> None:
    here = sessions(notes, clock)
    here.add("a", clock() + DAY)
    notes.is_away = True
    here.add("b", clock() + DAY)
    clock.seconds += 2.0
    assert {name for name in "abc" if name in here} == {"a", "b"}
    notes.is_away = False
    clock.seconds += 2.0
    assert "c" not in here
    assert {name for name in "ab" if name in sessions(notes, clock)} == {"a", "b"}


def test_the_store_is_asked_now_and_then_however_often_it_is_looked_up(notes: MemoryNotes, clock: Clock) -> None:
    here = sessions(notes, clock)
    for _ in range(1000):
        assert "a" not in here
    assert notes.asked == 1
    clock.seconds += 2.0
    assert "a" not in here
    assert notes.asked == 2


def test_what_ran_out_is_forgotten(notes: MemoryNotes, clock: Clock) -> None:
    here = sessions(notes, clock)
    here.add("old", clock() + DAY)
    clock.seconds += DAY
    here.add("new", clock() + DAY)
    assert notes.shared_note("ended-sessions") == b'{"new": %.1f}' % (clock() + DAY)


def test_it_is_kept_in_a_real_store(tmp_path: Path) -> None:
    for is_ended in (False, True):
        with contextlib.closing(open_store(tmp_path)) as store:
            ended = EndedSessions(store)
            assert ("a" in ended) == is_ended
            ended.add("a", 9_999_999_999.0)
