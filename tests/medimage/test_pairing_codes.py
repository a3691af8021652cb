"""The bridge's own pairing codes: what they look like, how long they open, and what a typed one finds."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bridge.medimage.pairing import PairingInputError
from bridge.medimage.pairing_codes import (
    ALPHABET,
    MOST_CODES,
    MOST_CODES_OF_A_PRACTICE,
    CodeBook,
    MemoryCodeBook,
    SharedCodeBook,
    TooManyCodesError,
    as_code,
    network_of,
    new_guid,
)
from bridge.tags import GUID_PATTERN

GUID = "uPSE4UWHmJ8XqFUqvf"
OTHER_GUID = "aB3dE5fG7hI9jK1lM3"
BRIDGE = "http://192.168.1.20:5566"
PHONE = "192.168.1.77"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def go(self, **step: float) -> None:
        self.time += timedelta(**step)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Note:
    """A note that several books change, one after the other."""

    def __init__(self) -> None:
        self.text = b""
        self._lock = threading.Lock()

    def change(self, new: Callable[[bytes], bytes]) -> None:
        with self._lock:
            self.text = new(self.text)


def shared_book(clock: Clock) -> SharedCodeBook:
    return SharedCodeBook(Note().change, clock)


@pytest.fixture(params=[MemoryCodeBook, shared_book], ids=["memory", "shared"])
def book(request: pytest.FixtureRequest, clock: Clock) -> CodeBook:
    made: CodeBook = request.param(clock)
    return made


def test_a_code_has_four_signs_that_cannot_be_taken_for_others(book: CodeBook) -> None:
    codes = [book.open(None, BRIDGE).code for _ in range(300)]
    assert {len(code) for code in codes} == {4}
    used = set("".join(codes))
    assert used == set(ALPHABET)
    for alike in ("0OQ", "1IL", "2Z", "5S", "8B"):
        assert len(used & set(alike)) <= 1
    assert len(ALPHABET) == len(set(ALPHABET)) == 28


def test_every_sign_is_about_as_likely(book: CodeBook) -> None:
    count = Counter("".join(MemoryCodeBook().open(None, BRIDGE).code for _ in range(2000)))
    assert min(count.values()) > 8000 / 28 / 2
    assert max(count.values()) < 8000 / 28 * 2


def test_a_code_finds_the_address_that_it_was_opened_for(book: CodeBook) -> None:
    made = book.open(GUID, BRIDGE)
    found = book.find(made.code, PHONE)
    assert found is not None
    assert found.write_address == f"{BRIDGE}/write/{GUID}"


def test_many_phones_use_one_code(book: CodeBook) -> None:
    made = book.open(GUID, BRIDGE)
    assert all(book.find(made.code, f"192.168.1.{number}") == made for number in range(1, 255))
    assert all(book.find(made.code, PHONE) == made for _ in range(200))


def test_a_code_opens_for_an_hour_and_no_longer(book: CodeBook, clock: Clock) -> None:
    made = book.open(GUID, BRIDGE)
    assert made.expires_at == clock.time + timedelta(hours=1)
    clock.go(minutes=59, seconds=59)
    assert book.find(made.code, PHONE) == made
    clock.go(seconds=1)
    assert book.find(made.code, PHONE) is None


def test_a_code_is_found_however_it_is_typed(book: CodeBook) -> None:
    made = book.open(GUID, BRIDGE)
    looks_like = made.code.replace("2", "Z").replace("5", "S").replace("8", "B")
    for typed in (made.code.lower(), f" {made.code}\n", looks_like, looks_like.lower()):
        assert book.find(typed, PHONE) == made


@pytest.mark.parametrize(
    "typed", ["", "ABC", "ACDEF", "A0CD", "AIOL", "A-CD", "A CD", "ＡＣＤＥ", "AC\0D", "ß2", "'; --"]
)
def test_what_is_no_code_finds_nothing_and_costs_nothing(book: CodeBook, typed: str) -> None:
    made = book.open(GUID, BRIDGE)
    assert as_code(typed) is None
    assert all(book.find(typed, PHONE) is None for _ in range(1000))
    assert book.find(made.code, PHONE) == made


def test_two_who_ask_for_a_practice_have_each_their_code(book: CodeBook) -> None:
    first, second = book.open(GUID, BRIDGE), book.open(GUID, BRIDGE)
    assert first.code != second.code
    assert book.find(first.code, PHONE) == first
    assert book.find(second.code, PHONE) == second


def test_of_very_many_codes_of_a_practice_the_oldest_close(book: CodeBook) -> None:
    other = book.open(OTHER_GUID, BRIDGE)
    made = [book.open(GUID, BRIDGE) for _ in range(MOST_CODES_OF_A_PRACTICE + 2)]
    found = [each for each in made if book.find(each.code, f"10.0.0.{made.index(each)}")]
    assert found == made[2:]
    assert book.find(other.code, PHONE) == other


def test_a_slip_in_one_sign_never_finds_another_clinic(book: CodeBook) -> None:
    codes = [book.open(None, BRIDGE).code for _ in range(MOST_CODES)]
    neighbours = Counter(code[:at] + "?" + code[at + 1 :] for code in codes for at in range(4))
    assert max(neighbours.values()) == 1


def test_a_full_book_opens_no_more_until_codes_run_out(book: CodeBook, clock: Clock) -> None:
    for _ in range(MOST_CODES):
        book.open(None, BRIDGE)
    with pytest.raises(TooManyCodesError, match="wait until some have run out"):
        book.open(None, BRIDGE)
    clock.go(hours=1)
    assert book.open(None, BRIDGE)


@pytest.mark.parametrize("guid", ["", "short", GUID + "xyz", "../" + GUID, f"{GUID}\n", "é" * 18])
def test_a_guid_that_phones_do_not_know_is_refused(book: CodeBook, guid: str) -> None:
    with pytest.raises(PairingInputError, match="16 to 20 letters or digits"):
        book.open(guid, BRIDGE)


def test_an_address_that_phones_cannot_use_is_refused(book: CodeBook) -> None:
    with pytest.raises(PairingInputError, match="Phones cannot use"):
        book.open(GUID, "http://server/path")


def test_new_guids_have_the_form_and_never_repeat(book: CodeBook) -> None:
    guids = {new_guid() for _ in range(1000)}
    assert len(guids) == 1000
    assert all(GUID_PATTERN.fullmatch(guid) and len(guid) == 18 for guid in guids)
    assert book.open(None, BRIDGE).guid != book.open(None, BRIDGE).guid


def test_a_book_serves_many_threads_at_once(book: CodeBook) -> None:
    found = []

    def pair(number: int) -> None:
        for _ in range(15):
            made = book.open(None, BRIDGE)
            found.append(book.find(made.code, f"10.0.0.{number}") == made)

    threads = [threading.Thread(target=pair, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 240


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.77", "192.168.1.77"),
        ("::ffff:192.168.1.77", "192.168.1.77"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_guesses_count_by_address_and_of_ipv6_by_its_64(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_code_of_one_machine_is_found_on_another_and_guesses_count_on_all(clock: Clock) -> None:
    note = Note()
    here, there = SharedCodeBook(note.change, clock), SharedCodeBook(note.change, clock)
    made = here.open(GUID, BRIDGE)
    assert there.find(made.code.lower(), PHONE) == made
    wrong = next(code for code in ("2222", "3333") if code != made.code)
    for book in (here, there, here, there, here):
        assert book.find(wrong, PHONE) is None
    assert there.find(made.code, PHONE) is None
    assert there.find(made.code, "192.168.1.78") == made
    clock.go(hours=2)
    assert there.find(made.code, "192.168.1.78") is None


def test_a_refused_code_leaves_the_shared_book_as_it_was(clock: Clock) -> None:
    note = Note()
    book = SharedCodeBook(note.change, clock)
    book.open(GUID, BRIDGE)
    before = note.text
    with pytest.raises(PairingInputError):
        book.open("short", BRIDGE)
    assert note.text == before
