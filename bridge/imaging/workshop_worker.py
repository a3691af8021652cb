"""The bridge's side of one picture worker: its process, its pipes, its deadline and its end."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from typing import IO

from bridge.errors import BridgeError
from bridge.imaging.errors import too_large, too_much_memory
from bridge.imaging.limits import Limits
from bridge.imaging.workshop_answers import Answer, T, read_answer, read_ready
from bridge.imaging.workshop_memory import TOO_BIG_EXIT_CODE
from bridge.imaging.workshop_process import Deadline, WorkerProcess
from bridge.imaging.workshop_task import Task
from bridge.imaging.workshop_wire import WireError, write_message

_START_SECONDS = 60.0
_MOST_PICTURES = 500
_MOST_PREVIEW_BYTES = 20_000_000
_AGAIN = "restart the bridge, and install it anew if that does not help."


class WorkshopError(BridgeError):
    """The bridge cannot start a picture worker; restart the bridge, and install it anew if that does not help."""


class WorkerDiedError(Exception):
    """A worker ended in the middle of a picture, or said what makes no sense. `code`: its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Ending(Enum):
    TOO_SLOW = auto()
    TOO_BIG = auto()
    DIED = auto()


class _EndedError(Exception):
    def __init__(self, ending: _Ending, code: int) -> None:
        super().__init__(ending, code)
        self.ending = ending
        self.code = code


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a worker shall make of a picture: one for the chart, or, of `edge` pixels at the most, a preview.

    With `only_prove` nothing: it shall see whether the picture is whole.
    """

    limits: Limits
    as_is: bool = False
    is_proved: bool = False
    edge: int = 0
    only_prove: bool = False

    @property
    def most_bytes(self) -> int:
        """The most bytes that the result may have."""
        return _MOST_PREVIEW_BYTES if self.edge else self.limits.max_image_bytes


class Worker:
    """A worker process. For one thread at a time. `end` it, whatever happens. Raises WorkshopError."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._process = _started(task)
        self._pictures = 0
        self._is_ready = False
        self._is_worn = False

    @property
    def is_usable(self) -> bool:
        """Whether it can take another picture. It is replaced in good time, as memory may trickle away."""
        return not self._is_worn and self._pictures < _MOST_PICTURES and self._process.poll() is None

    def work(self, file: Path | bytes, wish: Wish, kind: type[T]) -> T:
        """What is wished of the picture in a file; its `kind` is what the wish makes.

        Raises what Workshop does, and WorkerDiedError.
        """
        self._is_worn = True
        self._await_start()
        try:
            answer = self._ask(file, wish, kind)
        except _EndedError as error:
            if error.ending is _Ending.TOO_SLOW:
                raise _too_slow(self._task.seconds) from None
            if error.ending is _Ending.TOO_BIG:
                raise too_much_memory() from None
            raise WorkerDiedError(error.code) from None
        self._is_worn = answer.kept_bytes > self._task.memory_bytes // 2
        if isinstance(answer.result, Exception):
            raise answer.result
        return answer.result

    def end(self) -> int:
        """Kill the process, with all that it may have started, and close its pipes. Its exit code."""
        self._process.kill_group()
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return code

    def _await_start(self) -> None:
        """A slow machine's start is no picture's fault, and has a bound of its own."""
        if self._is_ready:
            return
        try:
            with self._within(_START_SECONDS):
                trouble = read_ready(_open(self._process.stdout))
        except _EndedError as error:
            raise WorkshopError(f"A picture worker ended while it started (exit code {error.code}); {_AGAIN}") from None
        if trouble:
            raise WorkshopError(f"A picture worker cannot start ({trouble}); {_AGAIN}")
        self._is_ready = True

    def _ask(self, file: Path | bytes, wish: Wish, kind: type[T]) -> Answer[T]:
        self._pictures += 1
        path, body = (os.fsencode(file.absolute()).hex(), b"") if isinstance(file, Path) else (None, file)
        request = {"number": self._pictures, "path": path, **dataclasses.asdict(wish)}
        with self._within(self._task.seconds):
            write_message(_open(self._process.stdin), request, body)
            return read_answer(_open(self._process.stdout), self._pictures, wish.most_bytes, kind)

    @contextlib.contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Talk to the worker for so long at the most. Raises _EndedError, with the worker ended."""
        deadline = Deadline(self._process, seconds)
        try:
            with deadline:
                yield
            if deadline.is_over:
                raise EOFError
        except (EOFError, OSError, WireError):
            code = self.end()
            if deadline.is_over:
                raise _EndedError(_Ending.TOO_SLOW, code) from None
            raise _EndedError(_Ending.TOO_BIG if code == TOO_BIG_EXIT_CODE else _Ending.DIED, code) from None


def _started(task: Task) -> WorkerProcess:
    try:
        return WorkerProcess(task)
    except (OSError, ValueError) as error:
        raise WorkshopError(f"A picture worker cannot be started ({type(error).__name__}); {_AGAIN}") from error


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise EOFError
    return stream


def _too_slow(seconds: float) -> Exception:
    return too_large(
        f"was not decoded after {seconds:g} seconds",
        "retry it once when the bridge is less busy, or send a smaller copy of it and discard this one",
    )
