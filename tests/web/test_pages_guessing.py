"""How many wrong passwords are looked at, in time and at once."""

import threading
import time

import pytest

from bridge.passwords import LONGEST, PasswordRefusedError, hashed, is_hash, is_password
from bridge.secret import Secret
from bridge.web.guessing import (
    MOST_AT_ONCE,
    MOST_IN_ALL,
    MOST_OF_A_NETWORK,
    MOST_OF_A_PRACTICE,
    PERIOD_SECONDS,
    GuessGuard,
    Judgement,
)


def wrong() -> bool:
    """A check of a wrong password."""
    return False


def right() -> bool:
    """A check of the right one."""
    return True


class Clock:
    """A clock that stands until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_right_passwords_cost_nothing() -> None:
    guard = GuessGuard(Clock())
    assert {guard.judge("1.2.3.4", "clinic-a", right) for _ in range(3 * MOST_IN_ALL)} == {Judgement.RIGHT}


def test_a_network_waits_after_its_wrong_ones_and_is_heard_again_after_the_period() -> None:
    clock = Clock()
    guard = GuessGuard(clock)
    judged = [guard.judge("1.2.3.4", "clinic-a", wrong) for _ in range(MOST_OF_A_NETWORK + 1)]
    assert judged == [Judgement.WRONG] * MOST_OF_A_NETWORK + [Judgement.TOO_MANY]
    assert guard.judge("1.2.3.4", "clinic-a", right) is Judgement.TOO_MANY
    assert guard.judge("1.2.3.5", "clinic-a", right) is Judgement.RIGHT
    clock.seconds = PERIOD_SECONDS
    assert guard.judge("1.2.3.4", "clinic-a", right) is Judgement.RIGHT


def test_a_day_of_guessing_from_everywhere_is_bounded() -> None:
    clock = Clock()
    guard = GuessGuard(clock)
    heard = 0
    for number in range(24 * 200):
        clock.seconds = number * 18
        heard += guard.judge(f"network {number}", "clinic-a", wrong) is Judgement.WRONG
    assert heard <= 24 * MOST_OF_A_PRACTICE


def test_guesses_at_one_practice_do_not_shut_out_another() -> None:
    guard = GuessGuard(Clock())
    for number in range(MOST_OF_A_PRACTICE + 10):
        guard.judge(f"network {number % 7}", "clinic-a", wrong)
    assert guard.judge("1.2.3.4", "clinic-a", right) is Judgement.TOO_MANY
    assert guard.judge("1.2.3.4", "clinic-b", right) is Judgement.RIGHT


def test_guesses_at_names_that_are_not_here_have_an_end_too() -> None:
    guard = GuessGuard(Clock())
    heard = [guard.judge(f"network {number}", f"name {number}", wrong) for number in range(MOST_IN_ALL + 5)]
    assert heard == [Judgement.WRONG] * MOST_IN_ALL + [Judgement.TOO_MANY] * 5


def test_who_is_not_heard_costs_no_check() -> None:
    guard, checked = GuessGuard(Clock()), list[int]()

    def check() -> bool:
        checked.append(1)
        return False

    for _ in range(50):
        guard.judge("1.2.3.4", "clinic-a", check)
    assert len(checked) == MOST_OF_A_NETWORK


def test_no_more_than_a_few_passwords_are_checked_at_once() -> None:
    guard, lock = GuessGuard(time.monotonic), threading.Lock()
    running, most = 0, 0

    def check() -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return False

    threads = [
        threading.Thread(target=guard.judge, args=(f"network {number}", "clinic-a", check)) for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == MOST_AT_ONCE


def test_guesses_at_once_are_no_more_than_the_limit() -> None:
    guard, judged = GuessGuard(time.monotonic), list[Judgement]()
    threads = [
        threading.Thread(target=lambda: judged.append(guard.judge("1.2.3.4", "clinic-a", wrong)))
        for _ in range(3 * MOST_OF_A_NETWORK)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert judged.count(Judgement.WRONG) == MOST_OF_A_NETWORK


def test_who_finds_the_checks_busy_is_told_so_and_it_does_not_count() -> None:
    guard, release = GuessGuard(time.monotonic, wait_seconds=0.1), threading.Event()

    def slow() -> bool:
        release.wait(20)
        return True

    threads = [threading.Thread(target=guard.judge, args=("1.2.3.4", "clinic-a", slow)) for _ in range(MOST_AT_ONCE)]
    for thread in threads:
        thread.start()
    judged = guard.judge("1.2.3.5", "clinic-a", wrong)
    release.set()
    for thread in threads:
        thread.join()
    assert judged is Judgement.BUSY
    assert [guard.judge("1.2.3.5", "clinic-a", wrong) for _ in range(MOST_OF_A_NETWORK)] == [
        Judgement.WRONG
    ] * MOST_OF_A_NETWORK


def test_a_hash_is_of_its_password_alone_and_of_nobody_without_one() -> None:
    kept = hashed(Secret("seven green kites"))
    assert is_hash(kept)
    assert is_password(Secret("seven green kites"), kept)
    assert not is_password(Secret("seven green kite"), kept)
    assert not is_password(Secret("seven green kites"), None)
    assert not is_password(Secret("x" * (LONGEST + 1)), kept)
    assert kept != hashed(Secret("seven green kites"))


def test_without_a_hash_it_takes_as_long_to_say_no() -> None:
    kept, times = hashed(Secret("seven green kites")), list[float]()
    for each in (kept, None):
        begun = time.process_time()
        is_password(Secret("wrong password"), each)
        times.append(time.process_time() - begun)
    assert times[1] > times[0] / 4


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201, " " * 9, "two\nlines", "nul\0nul nul"])
def test_a_password_that_serves_nobody_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefusedError, match="8 to 200"):
        hashed(Secret(password))


@pytest.mark.parametrize(
    "text",
    ["", "plain", "pbkdf2:sha256:1$abcdefgh$00", "scrypt:1048576:8:1$abcdefgh$" + "0" * 128, "scrypt:32768:8:1$a$0"],
)
def test_other_hashes_are_not_taken(text: str) -> None:
    assert not is_hash(text)
