"""The gate in front of one practice's chart: shut while the chart is away, with one probe at a time through it."""

from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES_THAT_MEAN_AWAY = 3
"""So many different photos failing one after another, with no success between, are the chart's fault, not theirs."""


@dataclass
class Gate:
    """Opens and shuts by what happened to the photos sent through it. Not thread-safe: the deliverer locks.

    `clock` gives monotonic seconds; waits grow from `first_seconds` to `longest_seconds` while probes fail. Photos that
    went through before it shut and fail only now change nothing: they tell of the same trouble.
    """

    clock: Callable[[], float]
    first_seconds: float
    longest_seconds: float
    shut_until: float | None = None
    probe: int | None = None
    _failed_probes: int = 0
    _failed_photos: set[int] = field(default_factory=set)

    @property
    def is_shut(self) -> bool:
        """True while no photo may pass: the wait is not over, or a probe is on its way."""
        return self.shut_until is not None and (self.probe is not None or self.clock() < self.shut_until)

    def enter(self, photo_id: int) -> None:
        """A photo goes through; when the gate was shut, it is the probe."""
        self.probe = photo_id if self.shut_until is not None else None

    def enter_if_open(self, photo_id: int) -> bool:
        """The same, unless the gate is shut; whether it went through."""
        if self.is_shut:
            return False
        self.enter(photo_id)
        return True

    def leave(self, photo_id: int) -> None:
        """A photo is done without the chart having been asked anything that tells."""
        if self.probe == photo_id:
            self.probe = None

    def succeeded(self) -> bool:
        """The chart answered as it should. True when that opened the gate."""
        was_shut = self.shut_until is not None
        self.shut_until, self.probe, self._failed_probes = None, None, 0
        self._failed_photos.clear()
        return was_shut

    def failed(self, photo_id: int) -> bool:
        """One photo failed in a way that may be its own fault. True when the chart now counts as away."""
        self._failed_photos.add(photo_id)
        return len(self._failed_photos) >= FAILURES_THAT_MEAN_AWAY or self.shut_until is not None

    def shut(self, photo_id: int, at_least_seconds: float = 0.0) -> float:
        """Shut the gate, for longer each time a probe fails; gives back in how many seconds a probe may go."""
        if self.shut_until is not None and self.probe != photo_id:
            return max(at_least_seconds, self.shut_until - self.clock(), 0.0)
        grown = self.first_seconds * 2.0 ** min(self._failed_probes, 30)
        wait = max(at_least_seconds, min(self.longest_seconds, grown))
        self._failed_probes += 1
        self.probe = None
        self.shut_until = self.clock() + wait
        return wait
