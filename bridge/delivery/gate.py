"""The gate in front of one practice's chart: shut while the chart is away, with one probe at a time through it."""

from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES_THAT_MEAN_AWAY = 3
"""So many different photos failing one after another, with no success between, are the chart's fault, not theirs."""


@dataclass
class Gate:
    """Opens and shuts by what happened to the photos sent through it. Not thread-safe: the deliverer locks.

    `clock` gives monotonic seconds; waits grow from `first_seconds` to `longest_seconds` while probes fail.
    """

    clock: Callable[[], float]
    first_seconds: float
    longest_seconds: float
    shut_until: float | None = None
    probing: bool = False
    _failed_probes: int = 0
    _failed_photos: set[int] = field(default_factory=set)

    @property
    def is_shut(self) -> bool:
        """True while no photo may pass: the wait is not over, or a probe is on its way."""
        return self.shut_until is not None and (self.probing or self.clock() < self.shut_until)

    def enter(self) -> None:
        """A photo goes through; when the gate was shut, it is the probe."""
        self.probing = self.shut_until is not None

    def leave(self) -> None:
        """A photo is done without the chart having been asked anything that tells."""
        self.probing = False

    def succeeded(self) -> bool:
        """The chart answered as it should. True when that opened the gate."""
        was_shut = self.shut_until is not None
        self.shut_until, self.probing, self._failed_probes = None, False, 0
        self._failed_photos.clear()
        return was_shut

    def failed(self, photo_id: int) -> bool:
        """One photo failed in a way that may be its own fault. True when the chart now counts as away."""
        self.probing = False
        self._failed_photos.add(photo_id)
        return len(self._failed_photos) >= FAILURES_THAT_MEAN_AWAY or self.shut_until is not None

    def shut(self, at_least_seconds: float = 0.0) -> float:
        """Shut the gate for longer each time in a row; gives back for how many seconds."""
        wait = max(
            at_least_seconds, min(self.longest_seconds, self.first_seconds * 2.0 ** min(self._failed_probes, 30))
        )
        self._failed_probes += 1
        self.probing = False
        self.shut_until = self.clock() + wait
        return wait
