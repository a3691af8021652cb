"""The clock: jobs are called at their pace, however this computer's clock is set meanwhile."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bridge.scheduler import Clock, Every, start_clock
from phone import wait_until

DAY = timedelta(days=1)


class Bell:
    """Counts how often it is rung."""

    def __init__(self) -> None:
        self.rung = 0

    def __call__(self) -> None:
        self.rung += 1


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def clock(bell: Bell) -> Iterator[Clock]:
    clock = start_clock({"bell": (0.1, bell), "other": (3600, Bell())})
    yield clock
    clock.shutdown()


def plan(clock: Clock, at: datetime) -> None:
    """Plan the bell's next run for a time, as was done before the clock was set."""
    clock.scheduler.modify_job("bell", next_run_time=at)


def test_jobs_are_called_at_their_pace(clock: Clock, bell: Bell) -> None:
    started = time.monotonic()
    wait_until(lambda: bell.rung >= 5)
    assert time.monotonic() - started >= 0.4


def test_a_clock_that_was_set_back_stops_no_job(clock: Clock, bell: Bell) -> None:
    plan(clock, datetime.now(UTC) + DAY)
    rung = bell.rung
    wait_until(lambda: bell.rung > rung + 3, 5)


def test_a_clock_that_was_set_forward_by_years_calls_a_job_once_for_all_it_missed(clock: Clock, bell: Bell) -> None:
    wait_until(lambda: bell.rung > 0)
    worked, rung, began = time.process_time(), bell.rung, time.monotonic()
    plan(clock, datetime.now(UTC) - 600 * DAY)
    wait_until(lambda: bell.rung >= rung + 2)
    time.sleep(1)
    assert bell.rung - rung <= 3 + (time.monotonic() - began) / 0.1
    assert time.process_time() - worked < 0.5


def test_the_next_run_is_counted_from_now_and_not_from_the_last() -> None:
    now = datetime.now(UTC)
    for before in (None, now - 600 * DAY, now + DAY):
        assert Every(60).get_next_fire_time(before, now) == now + timedelta(seconds=60)


def test_a_job_whose_run_is_planned_as_it_should_be_is_left_alone(clock: Clock) -> None:
    planned = clock.scheduler.get_job("other").next_run_time
    time.sleep(2.5)
    assert clock.scheduler.get_job("other").next_run_time == planned


def test_nothing_is_called_after_a_shutdown_that_waited(bell: Bell) -> None:
    running, threads = start_clock({"bell": (0.1, bell)}), threading.active_count()
    wait_until(lambda: bell.rung > 0)
    running.shutdown(wait=True)
    rung = bell.rung
    time.sleep(0.4)
    assert bell.rung == rung
    assert threading.active_count() < threads
