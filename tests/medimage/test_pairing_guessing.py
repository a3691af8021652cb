"""A day of guessing finds no code that is always open, and a guesser keeps no real phone from pairing.

The days are simulated second by second on the limits themselves: what is not heard is not looked up, which the last
tests show on the book. The probability of a find is the number of guesses heard in any 24 hours over all codes.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bridge.medimage.pairing_codes import (
    ALPHABET,
    ATTACK,
    CODE_LENGTH,
    FREE_TRIES,
    MOST_WRONG,
    TRIES_UNDER_ATTACK,
    GuessLimit,
    MemoryCodeBook,
    network_of,
    pause_after,
)

CODES = len(ALPHABET) ** CODE_LENGTH
BAR = 1 / 1000
START = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)
LAN = [f"192.168.1.{host}" for host in range(1, 255)]
"""Every host of a /24, the bridge's own and the real phone's among them."""

PHONE = "192.168.2.7"


@dataclass
class Day:
    """Guessers at the limits, and what was heard of them."""

    limit: GuessLimit = field(default_factory=GuessLimit)
    heard: list[datetime] = field(default_factory=list)
    phone_refused: list[datetime] = field(default_factory=list)

    def guess(self, address: str, now: datetime) -> None:
        network = network_of(address)
        if self.limit.hears(network, now):
            self.limit.add_wrong(network, now)
            self.heard.append(now)
        if not self.limit.hears(PHONE, now):
            self.phone_refused.append(now)

    def most_in_24_hours(self) -> int:
        first, most = 0, 0
        for last, when in enumerate(self.heard):
            while when - self.heard[first] >= DAY:
                first += 1
            most = max(most, last - first + 1)
        return most

    def probability(self) -> float:
        return self.most_in_24_hours() / CODES


def moments(length: timedelta, step: timedelta) -> Iterator[datetime]:
    now = START
    while now < START + length:
        yield now
        now += step


def attacked(addresses: Iterable[str], length: timedelta, step: timedelta) -> Day:
    """Everyone guesses at every step."""
    day = Day()
    everyone = list(addresses)
    for now in moments(length, step):
        for address in everyone:
            day.guess(address, now)
    return day


def test_the_arithmetic_of_the_docstring() -> None:
    assert CODES == 614_656
    assert MOST_WRONG / CODES < BAR
    assert ATTACK + TRIES_UNDER_ATTACK * 254 < MOST_WRONG


def test_one_address_guesses_fifteen_times_a_day() -> None:
    day = attacked(["192.168.1.66"], 3 * DAY, timedelta(seconds=20))
    assert day.most_in_24_hours() == 15
    assert day.probability() < BAR / 40
    assert not day.phone_refused


def test_one_ipv6_network_guesses_no_more_than_one_address_whatever_addresses_it_has() -> None:
    numbers = random.Random(1)
    day = Day()
    for now in moments(DAY, timedelta(seconds=10)):
        day.guess(f"2001:db8:0:1:{numbers.getrandbits(16):x}::{numbers.getrandbits(16):x}", now)
    assert day.most_in_24_hours() == 15


def test_all_the_addresses_of_a_clinic_network_find_nothing_and_stop_nobody() -> None:
    day = attacked(LAN, 2 * DAY, timedelta(minutes=2))
    assert day.most_in_24_hours() <= ATTACK + TRIES_UNDER_ATTACK * len(LAN)
    assert day.probability() < BAR
    assert day.phone_refused == []


def test_guessers_who_spare_their_addresses_stop_nobody() -> None:
    """Six addresses use up what is heard in peace, over a day; then all others use up what is heard under attack."""
    day = Day()
    for now in moments(DAY - timedelta(hours=2), timedelta(minutes=1)):
        for address in LAN[:6]:
            day.guess(address, now)
    assert day.most_in_24_hours() > ATTACK * 0.9
    for minute in range(90):
        for address in LAN:
            day.guess(address, START + timedelta(hours=22, minutes=minute))
    assert day.most_in_24_hours() > 550
    assert day.probability() < BAR
    assert day.phone_refused == []


@pytest.mark.parametrize("seed", range(5))
def test_guessers_at_random_moments_stop_nobody(seed: int) -> None:
    chance = random.Random(seed)
    eager = LAN[: chance.randint(10, 254)]
    day = Day()
    now = START
    while now < START + 3 * DAY:
        now += timedelta(seconds=chance.expovariate(1 / chance.choice((5, 60, 600))))
        day.guess(chance.choice(eager), now)
    assert day.probability() < BAR
    assert day.phone_refused == []


@pytest.mark.parametrize("addresses", [2_000, 50_000])
def test_any_number_of_addresses_finds_nothing(addresses: int) -> None:
    """With so many, phones may be held up; they are then paired by QR code. The code is found by nobody."""
    day = Day()
    for number, now in enumerate(moments(2 * DAY, timedelta(seconds=2))):
        day.guess(f"10.{number % addresses >> 16}.{number % addresses >> 8 & 255}.{number % addresses & 255}", now)
    assert day.most_in_24_hours() == MOST_WRONG
    assert day.probability() < BAR


def test_peace_comes_back_a_day_after_the_attack() -> None:
    day = attacked(LAN, timedelta(hours=1), timedelta(minutes=1))
    later = START + timedelta(hours=25)
    assert all(day.limit.hears(address, later) for address in LAN)


def test_pauses_are_doubled() -> None:
    assert [pause_after(wrong) for wrong in range(FREE_TRIES)] == [timedelta()] * FREE_TRIES
    assert [pause_after(FREE_TRIES + more) for more in range(4)] == [timedelta(minutes=m) for m in (1, 2, 4, 8)]


def test_a_clock_that_is_set_back_opens_nothing() -> None:
    day = attacked(["192.168.1.66"], timedelta(minutes=1), timedelta(seconds=1))
    before = START - timedelta(days=30)
    assert not day.limit.hears("192.168.1.66", before)
    assert day.limit.hears(PHONE, before)


def typing(book: MemoryCodeBook, address: str, times: int) -> None:
    """Type codes that are not open."""
    for number in range(times):
        assert book.find(ALPHABET[number % 28] + "222", address) is None


def book_with_code() -> tuple[MemoryCodeBook, str]:
    """A book whose open code is none of those that `typing` types."""
    while True:
        book = MemoryCodeBook(lambda: START)
        code = book.open(None, "http://192.168.1.20:5566").code
        if not code.endswith("222"):
            return book, code


def test_the_right_code_is_not_told_to_who_guessed_too_often() -> None:
    book, code = book_with_code()
    typing(book, "192.168.1.66", FREE_TRIES)
    assert book.find(code, "192.168.1.66") is None
    assert book.find(code, PHONE) is not None


def test_a_right_code_does_not_wipe_out_wrong_ones() -> None:
    book, code = book_with_code()
    for _ in range(FREE_TRIES):
        typing(book, "192.168.1.66", 1)
        book.find(code, "192.168.1.66")
    assert book.find(code, "192.168.1.66") is None


def test_under_attack_a_phone_may_still_mistype_once() -> None:
    book, code = book_with_code()
    for address in LAN:
        typing(book, address, 10)
    assert book.find(code, LAN[0]) is None
    typing(book, PHONE, 1)
    assert book.find(code, PHONE) is not None
    typing(book, PHONE, 1)
    assert book.find(code, PHONE) is None


def test_beyond_the_most_wrong_codes_of_a_day_nobody_is_told() -> None:
    book, code = book_with_code()
    for number in range(700):
        typing(book, f"10.0.{number // 250}.{number % 250}", 1)
    assert book.find(code, PHONE) is None


def test_an_attack_is_told_to_the_admin_once_and_without_addresses(caplog: pytest.LogCaptureFixture) -> None:
    book = MemoryCodeBook(lambda: START)
    for address in LAN:
        typing(book, address, 3)
    (record,) = caplog.records
    assert record.getMessage() == f"event=pairing-codes-guessed wrong={ATTACK}"
