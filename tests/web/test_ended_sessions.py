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


def known(notes: MemoryNotes, clock: Clock) -> set[str]:
    """Which of three sessions have ended, as a bridge knows that has just started."""
    here = EndedSessions(notes, clock)
    return {name for name in "abc" if name in here}


def test_what_one_bridge_ends_the_others_know_after_their_next_refresh_and_later_ones_at_once(
    notes: MemoryNotes, clock: Clock
) -> None:
    here, there = EndedSessions(notes, clock), EndedSessions(notes, clock)
    here.add("a", clock() + DAY)
    assert "a" in here
    there.refresh()
    assert "a" in there
    assert "b" not in there
    assert known(notes, clock) == {"a"}


def test_two_bridges_that_end_sessions_keep_each_others(notes: MemoryNotes, clock: Clock) -> None:
    here, there = EndedSessions(notes, clock), EndedSessions(notes, clock)
    here.add("a", clock() + DAY)
    there.add("b", clock() + DAY)
    assert known(notes, clock) == {"a", "b"}
    assert "a" in there


def test_what_is_ended_while_the_store_is_away_is_ended_here_at_once_and_noted_later(
    notes: MemoryNotes, clock: Clock
) -> None:
    here = EndedSessions(notes, clock)
    here.add("a", clock() + DAY)
    notes.is_away = True
    here.add("b", clock() + DAY)
    here.refresh()
    assert {name for name in "abc" if name in here} == {"a", "b"}
    notes.is_away = False
    assert known(notes, clock) == {"a"}
    here.refresh()
    assert known(notes, clock) == {"a", "b"}


def test_where_nothing_can_be_written_what_others_ended_is_known(notes: MemoryNotes, clock: Clock) -> None:
    here, there = EndedSessions(notes, clock), EndedSessions(notes, clock)
    there.add("a", clock() + DAY)
    notes.is_full = True
    here.add("b", clock() + DAY)
    assert {name for name in "abc" if name in here} == {"a", "b"}


def test_looking_a_session_up_asks_nobody(notes: MemoryNotes, clock: Clock) -> None:
    here = EndedSessions(notes, clock)
    asked = notes.asked
    assert not any("a" in here for _ in range(1000))
    assert notes.asked == asked


def test_while_one_waits_for_the_store_others_sign_out_and_go_on(clock: Clock) -> None:
    inside, answer = threading.Event(), threading.Event()

    class Slow(MemoryNotes):
        """Answers when it is let."""

        def shared_note(self, name: str) -> bytes:
            inside.set()
            assert answer.wait(20)
            return super().shared_note(name)

    answer.set()
    here = EndedSessions(Slow(), clock)
    answer.clear()
    inside.clear()
    asking = threading.Thread(target=here.refresh)
    asking.start()
    try:
        assert inside.wait(10)
        here.add("a", clock() + DAY)
        assert "a" in here
        assert asking.is_alive()
    finally:
        answer.set()
        asking.join()


def test_what_ran_out_a_day_ago_is_forgotten(notes: MemoryNotes, clock: Clock) -> None:
    here = EndedSessions(notes, clock)
    here.add("old", clock() + 100)
    clock.seconds += DAY
    here.add("late", clock() + 100)
    clock.seconds += 101
    here.add("new", clock() + 100)
    assert set(json.loads(notes.shared_note("ended-sessions"))) == {"late", "new"}


@pytest.mark.parametrize("damaged", [b"{", b"null", b"[]", b'{"a": "x"}', b'{"a": null}', b"\xff"])
def test_a_damaged_note_is_made_anew_and_nothing_that_is_known_is_forgotten(
    notes: MemoryNotes, clock: Clock, damaged: bytes
) -> None:
    here = EndedSessions(notes, clock)
    here.add("a", clock() + DAY)
    notes.change_shared("ended-sessions", lambda _: damaged)
    here.refresh()
    assert "a" in here
    assert known(notes, clock) == set()
    here.add("b", clock() + DAY)
    assert known(notes, clock) == {"a", "b"}


def test_it_is_kept_in_a_real_store(tmp_path: Path) -> None:
    for is_ended in (False, True):
        with contextlib.closing(open_store(tmp_path)) as store:
            ended = EndedSessions(store)
            assert ("a" in ended) == is_ended
            ended.add("a", 9_999_999_999.0)
