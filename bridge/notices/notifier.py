"""The front of the room: hears of everything, and hands it to the workers of those who want to know."""

import threading
import time
from collections.abc import Iterable

from bridge.notices.notice import Notice, NoticeKind
from bridge.notices.settings import NoticeSettings
from bridge.notices.worker import Pace, Worker

_GRACE_SECONDS = 1.0
"""For what follows a time limit: killing a command, a line in the log."""


class Notifier:
    """Tells every target of `settings` what it wants to know.

    An outage is known by its practice and its reason: its beginning is told once, however often it is reported, and
    its end only after a beginning. `ongoing` are the outages that an earlier run already told of.
    """

    def __init__(
        self,
        settings: tuple[NoticeSettings, ...],
        ongoing: Iterable[tuple[str | None, str]] = (),
        pace: Pace | None = None,
    ) -> None:
        used_pace = pace or Pace()
        self._workers = [Worker(number, each, used_pace) for number, each in enumerate(settings, start=1)]
        self._ongoing = set(ongoing)
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the targets' threads. What was told before waits for them."""
        for worker in self._workers:
            worker.start()

    def tell(self, notice: Notice) -> None:
        """Pass a notice on; returns at once and never raises."""
        with self._lock:
            if not self._is_news(notice):
                return
            for worker in self._workers:
                if worker.settings.wants(notice):
                    worker.put(notice)

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Tell what waits, for at most so long, and let the notice in each thread's hands end by its own time limit."""
        until = time.monotonic() + timeout_seconds
        for worker in self._workers:
            worker.close()
        for worker in self._workers:
            worker.join(until - time.monotonic())
            worker.abandon()
        longest = max((worker.settings.timeout_seconds for worker in self._workers), default=0.0)
        for worker in self._workers:
            worker.join(until + longest + _GRACE_SECONDS - time.monotonic())

    def _is_news(self, notice: Notice) -> bool:
        outage = notice.practice, notice.reason
        if notice.kind is NoticeKind.OUTAGE_BEGINS:
            is_news = outage not in self._ongoing
            self._ongoing.add(outage)
            return is_news
        if notice.kind is NoticeKind.OUTAGE_ENDS:
            is_news = outage in self._ongoing
            self._ongoing.discard(outage)
            return is_news
        return True
