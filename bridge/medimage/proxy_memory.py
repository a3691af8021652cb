"""What a reader of a MedImage proxy keeps in mind between two requests: names just taken, and how patient to be."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class TakenNames:
    """Names of files that were just taken: the proxy still lists each for a moment, and would send garbage for it
    (contract/medimage.md, surprise 6). Times are seconds of one clock.

    A name that was asked for is blocked for `settle_seconds`, whatever the answer: the proxy may have sent the file
    into a broken connection. One that was taken is blocked on until the proxy has shown something else, or
    `again_seconds` passed.
    """

    settle_seconds: float
    again_seconds: float
    _asked_at: dict[str, float] = field(default_factory=dict)
    _still_shown: set[str] = field(default_factory=set)

    def asked(self, answered: str | None, offered: str, at: float) -> None:
        """A GET ended at that time: it gave a file of this name, or none while that one was offered."""
        if answered is None:
            self._asked_at[offered] = at
        else:
            self.taken(answered, at)

    def taken(self, name: str, at: float) -> None:
        """The file of this name was taken at that time."""
        self._asked_at[name] = at
        self._still_shown.add(name)

    def saw(self, shown: str | None, at: float) -> None:
        """The proxy shows this name now, or nothing."""
        self._still_shown &= {shown}
        self._asked_at = {name: then for name, then in self._asked_at.items() if at - then < self.again_seconds}

    def blocks(self, name: str, at: float) -> bool:
        """Whether the file of this name must not be asked for yet."""
        age_seconds = at - self._asked_at.get(name, float("-inf"))
        return age_seconds < (self.again_seconds if name in self._still_shown else self.settle_seconds)


@dataclass
class Patience:
    """When to ask a proxy again: at once while it answers, and ever more rarely while it is away."""

    clock: Callable[[], float]
    first_seconds: float
    longest_seconds: float
    failures: int = 0
    _until: float = float("-inf")

    @property
    def is_over(self) -> bool:
        """True when the proxy may be asked."""
        return self.clock() >= self._until

    def failed(self) -> None:
        """Wait twice as long as before, spread by half so that bridges do not all come back at once."""
        whole = min(self.longest_seconds, self.first_seconds * 2.0 ** min(self.failures, 30))
        self.failures += 1
        self._until = self.clock() + whole * (0.5 + 0.5 * random.random())

    def succeeded(self) -> None:
        """Forget the failures."""
        self.failures = 0
        self._until = float("-inf")
