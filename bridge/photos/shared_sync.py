"""One sync of a file for all who wait for it at once."""

import os
import threading
from collections.abc import Callable
from pathlib import Path


class SharedSync:
    """Syncs by `sync`, one at a time. Who comes while one runs waits for the next, together with all who come then.

    For any thread.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._changed = threading.Condition()
        self._is_running = False
        self._begun = 0
        self._done = 0

    def wait(self) -> None:
        """Return when a sync that began after this call has ended well. Raises what the caller's own sync raises; one
        that failed for another caller is tried again.
        """
        with self._changed:
            wanted = self._begun + 1
            while self._is_running and self._done < wanted:
                self._changed.wait()
            if self._done >= wanted:
                return
            self._begun += 1
            number = self._begun
            self._is_running = True
        self._run(number)

    def _run(self, number: int) -> None:
        done = 0
        try:
            self._sync()
            done = number
        finally:
            with self._changed:
                self._is_running = False
                self._done = max(self._done, done)
                self._changed.notify_all()


def sync_data(file: Path) -> None:
    """Bring a file's bytes to the disk itself, and what is needed to find them. Raises OSError."""
    handle = os.open(file, os.O_RDWR)
    try:
        # What fsync does beyond that is to write the time of the last change, for which the whole journal waits.
        getattr(os, "fdatasync", os.fsync)(handle)
    finally:
        os.close(handle)
