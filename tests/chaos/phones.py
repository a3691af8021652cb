"""Phones that send a day's photos to bridges that may die at any time, and forget a photo only when they may."""

import contextlib
import http.client
import itertools
import random
import threading
import time
from collections.abc import Sequence
from typing import Self

from clinic import Shot

from phone import check, post_photo, wait_until

_PAUSE_SECONDS = (0.02, 0.3)
_GAP_SECONDS = 0.02


class Phones:
    """So many phones, as a context manager; they take the photos in turn, each as soon as it is let go by `allow`.

    `ports` are the bridges'; each try goes to another one, as behind a load balancer. A photo that is answered 200 is
    in `accepted`, and is not sent again; `refusals` counts the answers that were not 200, by their status.
    """

    def __init__(self, shots: Sequence[Shot], ports: Sequence[int], seed: int, number: int = 4) -> None:
        self.shots = shots
        self.allowed = 0
        self.accepted: list[Shot] = []
        self.refusals: dict[int, int] = {}
        self._ports = itertools.cycle(ports)
        self._luck = random.Random(seed)
        self._lock = threading.Lock()
        self._waiting = iter(shots)
        self._let_go = threading.Semaphore(0)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(number)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._let_go.release(len(self._threads))
        for thread in self._threads:
            thread.join()

    def allow(self, number: int) -> None:
        """Let so many more photos be sent."""
        if number:
            self.allowed += number
            self._let_go.release(number)

    def wait_until_all_are_accepted(self, seconds: float) -> None:
        """Wait for the last 200. Raises AssertionError when it does not come."""
        wait_until(lambda: len(self.accepted) == len(self.shots), seconds)

    def wait_until_all_may_be_forgotten(self, seconds: float) -> None:
        """Wait until `/check=` answers `false` for every photo: all are in the chart, says the bridge."""
        deadline = time.monotonic() + seconds
        left = {shot.name for shot in self.shots}
        while left:
            left = {name for name in left if not self._may_forget(name)}
            assert time.monotonic() < deadline, f"{len(left)} photos are not delivered after {seconds} s"
            time.sleep(0.1)

    def _may_forget(self, name: str) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return check(self._port(), name).body == b"false"
        return False

    def _send(self) -> None:
        while True:
            self._let_go.acquire()
            shot = self._next()
            if shot is None or not self._send_until_taken(shot):
                return

    def _next(self) -> Shot | None:
        with self._lock:
            return next(self._waiting, None)

    def _send_until_taken(self, shot: Shot) -> bool:
        """False when the phones are switched off before."""
        while not self._stopping.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                status = post_photo(self._port(), shot.name, shot.content).status
                if status == 200:
                    self._note_accepted(shot)
                    return not self._stopping.wait(_GAP_SECONDS)
                self._note_refusal(status)
            self._stopping.wait(self._pause())
        return False

    def _port(self) -> int:
        with self._lock:
            return next(self._ports)

    def _pause(self) -> float:
        with self._lock:
            return self._luck.uniform(*_PAUSE_SECONDS)

    def _note_accepted(self, shot: Shot) -> None:
        with self._lock:
            self.accepted.append(shot)

    def _note_refusal(self, status: int) -> None:
        with self._lock:
            self.refusals[status] = self.refusals.get(status, 0) + 1
