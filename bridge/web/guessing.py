"""How many wrong passwords are looked at, and how many at once.

A shared password has 8 characters or more and was chosen by people, so guesses must be few. Only those count that were
looked at and wrong, over the last hour: ten of a network, which is room for the slips of a clinic behind one address,
and 60 for the name of a practice, which is 1 440 a day, from wherever they come. A flood of guesses at a practice
therefore shuts this way in for its people, too, but not for those of other practices, and never that of the bridge's
admin, who needs no password. Names that no practice has are counted alike, or the counting would tell which ones are
here; 6 000 in all are counted, so that memory has an end. A check costs a tenth of a second and 32 MiB, so two run at
once and no more, however many ask.
"""

import hashlib
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum

MOST_OF_A_NETWORK = 10
MOST_OF_A_PRACTICE = 60
MOST_IN_ALL = 6000
PERIOD_SECONDS = 3600
MOST_AT_ONCE = 2


class Judgement(Enum):
    """What became of a password."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_MANY = "too-many"
    BUSY = "busy"


class GuessGuard:
    """Lets passwords be checked. For any thread. `now` gives seconds; after `wait_seconds` it is too busy for one."""

    def __init__(self, now: Callable[[], float], wait_seconds: float = 2.0) -> None:
        self._now = now
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._checking = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._wrong: deque[tuple[float, str, bytes]] = deque()

    def judge(self, network: str, practice: str, check: Callable[[], bool]) -> Judgement:
        """Whether a password is right; `check` runs only when this network is heard. `practice` is the name as typed.

        A guess counts from before its check, so that guesses at once are not more than the limit either.
        """
        guess = (self._now(), network, hashlib.sha256(practice.encode("utf-8", "replace")).digest())
        with self._lock:
            if not self._hears(*guess):
                return Judgement.TOO_MANY
            self._wrong.append(guess)
        judgement = self._checked(check)
        if judgement is not Judgement.WRONG:
            with self._lock:
                self._wrong.remove(guess)
        return judgement

    def _checked(self, check: Callable[[], bool]) -> Judgement:
        if not self._checking.acquire(timeout=self._wait_seconds):
            return Judgement.BUSY
        try:
            return Judgement.RIGHT if check() else Judgement.WRONG
        finally:
            self._checking.release()

    def _hears(self, now: float, network: str, practice: bytes) -> bool:
        while self._wrong and now - self._wrong[0][0] >= PERIOD_SECONDS:
            self._wrong.popleft()
        of_network = sum(each == network for _, each, _ in self._wrong)
        of_practice = sum(each == practice for _, _, each in self._wrong)
        in_all = len(self._wrong)
        return in_all < MOST_IN_ALL and of_practice < MOST_OF_A_PRACTICE and of_network < MOST_OF_A_NETWORK
