"""Alarms ring once their time is over, all in one thread, which is there only while there are any."""

import threading
import time

import pytest

from bridge.alarms import Alarms


def watchers() -> int:
    return sum(thread.name == "alarms" for thread in threading.enumerate())


def eventually_none() -> bool:
    end = time.monotonic() + 5
    while watchers() and time.monotonic() < end:
        time.sleep(0.02)
    return watchers() == 0


@pytest.fixture(autouse=True)
def nobody_elses() -> None:
    assert eventually_none()


def test_an_alarm_rings_once_and_a_cancelled_one_never() -> None:
    alarms, rung = Alarms(), []
    wanted, cancelled, later = (alarms.alarm(seconds, lambda: rung.append(1)) for seconds in (0.1, 0.1, 60))
    for alarm in (wanted, cancelled, later):
        alarm.start()
    cancelled.cancel()
    time.sleep(1.3)
    assert rung == [1]
    later.cancel()
    assert eventually_none()


def test_however_many_there_are_one_thread_watches() -> None:
    alarms = Alarms()
    many = [alarms.alarm(60, lambda: None) for _ in range(200)]
    for alarm in many:
        alarm.start()
    assert watchers() == 1
    for alarm in many:
        alarm.cancel()
    assert eventually_none()


def test_after_a_pause_it_watches_again() -> None:
    alarms, rang = Alarms(), threading.Event()
    first = alarms.alarm(60, lambda: None)
    first.start()
    first.cancel()
    assert eventually_none()
    alarms.alarm(0.01, rang.set).start()
    assert rang.wait(5)
    assert eventually_none()
