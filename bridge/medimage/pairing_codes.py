"""The bridge's own pairing codes, for clinics without internet: made, looked up, and kept from being guessed.

Codes. Four of 28 signs: the digits 2 to 9 and the letters that look like no other sign. 0, O, 1, I and L are left out;
Z, S and B, when typed, are read as 2, 5 and 8; small letters count as capitals. That is 28**4 = 614 656 codes. A code
opens for an hour and for as many phones as come, as that of the real service does: a clinic pairs all its phones with
the code on the screen, and asking for a second one each time would only teach people to leave codes lying about. A
practice may have a few open at once, so that two people who press the button do not take each other's code away. No
code differs from another open one in a single sign, so no slip of a finger pairs a phone with another clinic. (Who
knows five open codes can leave out 545 others when guessing; 600 of the rest are still under one in a thousand.)

Guesses. A typed code is *heard* (looked up) or not; who is not heard gets the same answer as who guessed wrongly.
Only wrong codes that were heard count, by the network they came from (one IPv4 address, or an IPv6 /64, which is what
one household gets) and in all, over the last 24 hours:

1. In all, MOST_WRONG = 600 are heard in any 24 hours, from however many addresses. So a code that is open all day is
   found with a probability of at most 600 / 614 656 = 0.00098, under one in a thousand; likewise one that is renewed
   every hour, since each guess hits with 1 / 614 656 whatever the code is. This does not depend on addresses at all,
   so it holds against forged headers, too. It is for each open code: of ten that are open all day, one is found with
   less than one in a hundred.
2. One network is heard 5 times at once, then after 1, 2, 4, 8, ... minutes: 15 times a day. That is room for the
   slips of a whole clinic behind one address, and a guesser there finds a code with 15 / 614 656 = 0.00003 a day.
3. From ATTACK = 90 wrong codes in all, a network that typed 2 wrong ones is not heard until a day later. So with M
   networks a guesser gets at most 90 + 2 M wrong codes counted in 24 hours. As long as that is under 600, which is
   so for M up to 254, the hosts of a whole /24, rule 1 never begins, and a phone from an address that has not
   guessed is heard at once, right code in, clinic out. A right code counts for nothing and costs nothing.

What no limit can do: a guesser with more than 254 networks looks like so many new phones. He is held to rule 1 and
can then hold up codes for phones, and he who shares an address with a guesser waits with him (rule 2). Those phones
are paired by QR code or by hand, which need no code. Nobody is made to wait inside a request: threads are for photos.

State is in memory and bounded: 500 codes, 600 wrong guesses. A restart closes all codes, so the fresh count of
guesses that it brings is of use to nobody. Several machines keep one book together, in their database.
"""

import json
import logging
import secrets
import string
import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from bridge.asking import network_of
from bridge.medimage.pairing import CODE_SECONDS, PairingCode, PairingError, PairingInputError, server_address
from bridge.tags import GUID_PATTERN

ALPHABET = "23456789ACDEFGHJKMNPQRTUVWXY"
"""The signs of a code. Not one of them can be taken for another."""

CODE_LENGTH = 4
MOST_WRONG = 600
ATTACK = 90
TRIES_UNDER_ATTACK = 2
FREE_TRIES = 5
FIRST_PAUSE_SECONDS = 60
MOST_CODES = 500
MOST_CODES_OF_A_PRACTICE = 5
COUNTRY = "your clinic"
"""What the fourth field of our answers says: a stock server shows it as the place of its paired server."""

_DAY = timedelta(days=1)
_READ_AS = str.maketrans("ZSB", "258")
_GUID_LENGTH = 18
_log = logging.getLogger(__name__)
T = TypeVar("T")


class TooManyCodesError(PairingError):
    """Too many pairing codes are open at once; wait until some have run out, at most an hour, and ask again."""


class CodeBook(Protocol):
    """Open codes. For any thread."""

    def open(self, guid: str | None, address: str) -> PairingCode:
        """A new code that leads to `ADDRESS/write/GUID` for an hour; with None, of a new guid.

        Raises PairingInputError for an address or a guid that phones cannot use, and TooManyCodesError.
        """

    def find(self, typed: str, asker: str) -> PairingCode | None:
        """The open code that was typed, or None: there is none, or the asker's address has guessed too often."""


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


class MemoryCodeBook:
    """A CodeBook of this process. `now` gives aware times."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._codes: dict[str, PairingCode] = {}
        self._guesses = GuessLimit()

    def open(self, guid: str | None, address: str) -> PairingCode:
        """See CodeBook."""
        if guid is not None and not GUID_PATTERN.fullmatch(guid):
            raise PairingInputError("A clinic's guid is 16 to 20 letters or digits; give it so, or none for a new one.")
        base, now = server_address(address), self._now()
        with self._lock:
            self._forget(now)
            if guid is not None:
                self._make_room(guid)
            if len(self._codes) >= MOST_CODES:
                raise TooManyCodesError
            until = now + timedelta(seconds=CODE_SECONDS)
            made = PairingCode(self._unlike_others(), guid or new_guid(), base, COUNTRY, until)
            self._codes[made.code] = made
        return made

    def find(self, typed: str, asker: str) -> PairingCode | None:
        """See CodeBook. What is no code at all tells a guesser nothing, and does not count."""
        code, now, network = as_code(typed), self._now(), network_of(asker)
        if code is None:
            return None
        with self._lock:
            self._forget(now)
            found = self._codes.get(code)
            if not self._guesses.hears(network, now):
                return None
            if found is None and self._guesses.add_wrong(network, now):
                _log.warning("event=pairing-codes-guessed wrong=%d", ATTACK)
        return found

    def written(self) -> bytes:
        """All that the book holds, for `read`."""
        codes = [
            (each.code, each.guid, each.address, each.country, each.expires_at.isoformat())
            for each in self._codes.values()
        ]
        return json.dumps({"codes": codes, "wrong": self._guesses.written()}).encode()

    def read(self, note: bytes) -> None:
        """Take over what another book has written."""
        kept = json.loads(note or b'{"codes": [], "wrong": []}')
        for code, guid, address, country, until in kept["codes"]:
            self._codes[code] = PairingCode(code, guid, address, country, datetime.fromisoformat(until))
        for at, network in kept["wrong"]:
            self._guesses.add_wrong(network, datetime.fromisoformat(at))

    def _forget(self, now: datetime) -> None:
        self._codes = {code: each for code, each in self._codes.items() if now < each.expires_at}

    def _make_room(self, guid: str) -> None:
        """Close a practice's oldest codes: dicts keep the order in which codes were made."""
        own = [code for code, each in self._codes.items() if each.guid == guid]
        for code in own[: max(0, len(own) - MOST_CODES_OF_A_PRACTICE + 1)]:
            del self._codes[code]

    def _unlike_others(self) -> str:
        """A random code two signs away from every open one. Those leave nine codes in ten when the book is full."""
        while True:
            code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
            if all(sum(a != b for a, b in zip(code, other, strict=True)) > 1 for other in self._codes):
                return code


class SharedCodeBook:
    """A CodeBook that several bridges keep together in one note, by the rules of MemoryCodeBook for all of them.

    `change` changes that note, one bridge after the other, and may raise what it will. `now` gives aware times.
    """

    def __init__(
        self, change: Callable[[Callable[[bytes], bytes]], object], now: Callable[[], datetime] = utc_now
    ) -> None:
        self._change = change
        self._now = now

    def open(self, guid: str | None, address: str) -> PairingCode:
        """See CodeBook."""
        return self._with_book(lambda book: book.open(guid, address))

    def find(self, typed: str, asker: str) -> PairingCode | None:
        """See CodeBook."""
        return self._with_book(lambda book: book.find(typed, asker)) if as_code(typed) else None

    def _with_book(self, use: Callable[[MemoryCodeBook], T]) -> T:
        answers: list[T] = []

        def change(note: bytes) -> bytes:
            book = MemoryCodeBook(self._now)
            book.read(note)
            answers.append(use(book))
            return book.written()

        self._change(change)
        return answers[-1]


class GuessLimit:
    """Who is heard: the module's three rules, over the wrong guesses of the last 24 hours. Not for several threads."""

    def __init__(self) -> None:
        self._wrong: deque[tuple[datetime, str]] = deque()
        self._count: Counter[str] = Counter()
        self._last: dict[str, datetime] = {}

    def hears(self, network: str, now: datetime) -> bool:
        """Whether a code typed in this network is looked up."""
        self._forget(now)
        wrong = self._count[network]
        if len(self._wrong) >= MOST_WRONG:
            return False
        if len(self._wrong) >= ATTACK:
            return wrong < TRIES_UNDER_ATTACK
        return wrong < FREE_TRIES or now - self._last[network] >= pause_after(wrong)

    def add_wrong(self, network: str, now: datetime) -> bool:
        """Count a code that was looked up in vain. True when an attack begins with it."""
        self._wrong.append((now, network))
        self._count[network] += 1
        self._last[network] = now
        return len(self._wrong) == ATTACK

    def written(self) -> list[tuple[str, str]]:
        """The wrong guesses, oldest first: when, and in which network."""
        return [(at.isoformat(), network) for at, network in self._wrong]

    def _forget(self, now: datetime) -> None:
        while self._wrong and now - self._wrong[0][0] >= _DAY:
            _, network = self._wrong.popleft()
            self._count[network] -= 1
            if not self._count[network]:
                del self._count[network], self._last[network]


def pause_after(wrong: int) -> timedelta:
    """How long a network waits after so many wrong codes: nothing at first, then a minute, doubled each time."""
    return timedelta(seconds=FIRST_PAUSE_SECONDS * 2 ** (wrong - FREE_TRIES)) if wrong >= FREE_TRIES else timedelta()


def as_code(typed: str) -> str | None:
    """A typed code as it stands in the book, or None when none is like it."""
    code = typed.strip().upper().translate(_READ_AS) if typed.isascii() else ""
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else None


def new_guid() -> str:
    """A guid for a practice, in MedImage's form: 18 letters and digits, which nobody guesses."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(_GUID_LENGTH))
