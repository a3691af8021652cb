"""Wakes workers: a ring is never lost, and many rings in a row are no more than one for each worker."""

import threading


class Bell:
    """`ring` lets one waiting worker go on; at most `workers` rings are kept for those who are busy."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._rings = 0
        self._changed = threading.Condition()

    def ring(self, times: int = 1) -> None:
        """Let so many workers go on."""
        with self._changed:
            self._rings = min(self._workers, self._rings + times)
            self._changed.notify(times)

    def wait(self) -> None:
        """Wait for a ring and take it."""
        with self._changed:
            while not self._rings:
                self._changed.wait()
            self._rings -= 1
