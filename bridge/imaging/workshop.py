"""The workshop: worker processes prepare pictures, and may hang, crash or swell without harm to the bridge."""

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from bridge.imaging.errors import damaged
from bridge.imaging.limits import Limits, Prepared
from bridge.imaging.workshop_answers import T
from bridge.imaging.workshop_memory import DEFAULT_GUARD, MemoryGuard
from bridge.imaging.workshop_task import Task
from bridge.imaging.workshop_worker import Wish, Worker, WorkerDiedError, WorkshopError

_log = logging.getLogger(__name__)
_TRIES = 2


class Workshop:
    """A pool of worker processes. Any number of threads may call it.

    `workers`: how many pictures at once, None for one on each core. `seconds` and `memory_bytes`: what one picture may
    take; a large phone photo (48 megapixels) takes 300 MB. `module`: the one whose `prepare`, `prove` and `preview`
    the workers call. `guard`: who keeps a worker within its memory.
    """

    def __init__(
        self,
        workers: int | None = None,
        seconds: float = 10.0,
        memory_bytes: int = 400_000_000,
        module: str = "bridge.imaging.prepare",
        guard: MemoryGuard = DEFAULT_GUARD,
    ) -> None:
        self._size = workers or os.cpu_count() or 1
        self._task = Task(module, seconds, memory_bytes, guard)
        self._places = threading.Semaphore(self._size)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._is_closed = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start one worker, without waiting, so that it is warm when the first photo comes. Raises WorkshopError."""
        with self._worker():
            pass

    def prepare(self, file: Path | bytes, limits: Limits, *, as_is: bool = False, is_proved: bool = False) -> Prepared:
        """Make the picture in a file ready for the chart, as `bridge.imaging.prepare` does, in a worker.

        Waits for a free worker. Raises PictureError: what `prepare` raises; TOO_LARGE when it takes too long or too
        much memory; DAMAGED_PICTURE when it brings down two workers; BRIDGE_FAULT when `prepare` itself fails. Raises
        OSError when the file cannot be read (FileNotFoundError when it is gone), and WorkshopError when no worker can
        be started, or after `close`: the photo is not to blame, and may be tried later.
        """
        return self._made(file, Wish(limits, as_is, is_proved), Prepared)

    def prove(self, file: Path | bytes, limits: Limits) -> None:
        """See whether a file holds a whole picture. Waits and raises as `prepare` does."""
        self._made(file, Wish(limits, only_prove=True), bool)

    def preview(self, file: Path | bytes, edge: int) -> bytes:
        """A JPEG for people to look at, as `bridge.imaging.preview` makes it. Waits and raises as `prepare` does."""
        return self._made(file, Wish(Limits(0), edge=edge), bytes)

    def _made(self, file: Path | bytes, wish: Wish, kind: type[T]) -> T:
        for _ in range(_TRIES):
            with self._worker() as worker:
                try:
                    return worker.work(file, wish, kind)
                except WorkerDiedError as error:
                    _log.warning("event=picture-worker-died exit_code=%d", error.code)
        raise damaged("decoding it brings the bridge's picture worker down")

    def close(self) -> None:
        """Wait for the pictures in work, and end all workers."""
        self._is_closed = True
        for _ in range(self._size):
            self._places.acquire()
        for worker in self._idle:
            worker.end()
        self._idle.clear()
        self._places.release(self._size)

    @contextlib.contextmanager
    def _worker(self) -> Iterator[Worker]:
        """A worker that nobody else has; given back, or replaced when its time is over."""
        with self._places:
            if self._is_closed:
                raise WorkshopError("The bridge is stopping; it prepares this picture after its next start.")
            worker = self._take()
            try:
                yield worker
            finally:
                self._give_back(worker)

    def _take(self) -> Worker:
        """The worker used last, as its memory is warm."""
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_usable:
                    return worker
                worker.end()
        return Worker(self._task)

    def _give_back(self, worker: Worker) -> None:
        """In place of one that is used up another starts at once, to be warm when it is needed."""
        if not worker.is_usable:
            worker.end()
            try:
                worker = Worker(self._task)
            except WorkshopError as error:
                _log.error("event=no-picture-worker reason=%r", str(error))
                return
        with self._lock:
            self._idle.append(worker)
