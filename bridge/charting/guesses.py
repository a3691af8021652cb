"""How many wrong passwords and PINs one may try through the bridge; tscharts itself counts none.

Those count that were wrong, over the last hour: ten of one account from one network, which is room for slips; thirty
from one network, behind which a whole clinic may be; and thirty of one account from anywhere. As a PIN has four digits,
fifty wrong ones of an account in a day are all. Who is signed in already keeps their token whatever others try.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

PERIOD_SECONDS = 3600
DAY_SECONDS = 24 * 3600
MOST_OF_BOTH = 10
MOST_OF_A_NETWORK = 30
MOST_OF_AN_ACCOUNT = 30
MOST_PINS_A_DAY = 50
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
        self._wrong_pins: deque[Guess] = deque()

    def begin(self, account: str, network: str, *, is_pin: bool = False) -> Guess | None:
        """A guess that may be tried, or None: too many were wrong. It counts from now on, so that many at once are not
        more than the limit either.
        """
        guess = Guess(self._now(), account, network)
        with self._lock:
            self._forget()
            if not self._hears(guess) or (is_pin and not self._hears_pin(account)):
                return None
            self._wrong.append(guess)
            if is_pin:
                self._wrong_pins.append(guess)
        return guess

    def has_pins_left(self, account: str) -> bool:
        """Whether the account's PIN may be tried again today, as far as the limit of a day says."""
        with self._lock:
            self._forget()
            return self._hears_pin(account)

    def was_not_wrong(self, guess: Guess) -> None:
        """The guess was right, or nobody judged it: it no longer counts."""
        with self._lock:
            for kept in (self._wrong, self._wrong_pins):
                if guess in kept:
                    kept.remove(guess)

    def _forget(self) -> None:
        while self._wrong and self._now() - self._wrong[0].at >= PERIOD_SECONDS:
            self._wrong.popleft()
        while self._wrong_pins and self._now() - self._wrong_pins[0].at >= DAY_SECONDS:
            self._wrong_pins.popleft()

    def _hears_pin(self, account: str) -> bool:
        of_account = sum(each.account == account for each in self._wrong_pins)
        return of_account < MOST_PINS_A_DAY and len(self._wrong_pins) < _MOST_REMEMBERED

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
