"""How many wrong passwords and PINs one may try through the bridge; tscharts itself counts none.

Those count that were wrong, over the last hour: ten of one account from one network, which is room for slips; thirty
from one network, behind which a whole clinic may be; and thirty of one account from anywhere, as a PIN has four digits.
Who is signed in already keeps their token whatever others try.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

PERIOD_SECONDS = 3600
MOST_OF_BOTH = 10
MOST_OF_A_NETWORK = 30
MOST_OF_AN_ACCOUNT = 30
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, eq=False)
class Guess:
    """One password that is being tried: when, for which account, from which network."""

    at: float
    account: str
    network: str


class GuessLimits:
    """Counts wrong guesses. For any thread. `now` gives seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._wrong: deque[Guess] = deque()

    def begin(self, account: str, network: str) -> Guess | None:
        """A guess that may be tried, or None: too many were wrong. It counts from now on, so that many at once are not
        more than the limit either.
        """
        guess = Guess(self._now(), account, network)
        with self._lock:
            self._forget()
            if not self._hears(guess):
                return None
            self._wrong.append(guess)
        return guess

    def was_not_wrong(self, guess: Guess) -> None:
        """The guess was right, or nobody judged it: it no longer counts."""
        with self._lock:
            if guess in self._wrong:
                self._wrong.remove(guess)

    def _forget(self) -> None:
        while self._wrong and self._now() - self._wrong[0].at >= PERIOD_SECONDS:
            self._wrong.popleft()

    def _hears(self, guess: Guess) -> bool:
        of_network = [each for each in self._wrong if each.network == guess.network]
        of_account = [each for each in self._wrong if each.account == guess.account]
        of_both = [each for each in of_network if each.account == guess.account]
        return (
            len(self._wrong) < _MOST_REMEMBERED
            and len(of_network) < MOST_OF_A_NETWORK
            and len(of_account) < MOST_OF_AN_ACCOUNT
            and len(of_both) < MOST_OF_BOTH
        )
