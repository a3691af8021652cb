"""The process of a picture worker: started with as little as it needs, killed when its time is over."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

from bridge.alarms import Alarms
from bridge.imaging.workshop_task import Task

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from bridge.imaging.workshop_child import main; main()"
)
_ALARMS = Alarms()
_ENVIRONMENT = (
    "PATH", "SYSTEMROOT", "WINDIR", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
)  # fmt: skip
"""What Python itself needs of the environment; whatever else is there may be a secret."""


_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Libraries for numbers would reserve memory for every core."""

_GIVES_BACK = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_ARENA_MAX": "2"}
"""Tells Linux's allocator to give a picture's memory back to the system at once, not to keep it in pieces."""


class WorkerProcess(subprocess.Popen[bytes]):
    """A Python of its own that has neither this one's files and sockets nor its environment, and no Ctrl-C."""

    def __init__(self, task: Task) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            flags |= subprocess.BELOW_NORMAL_PRIORITY_CLASS
        modules = json.dumps([str(Path(folder).absolute()) for folder in sys.path])
        super().__init__(
            [sys.executable, "-I", "-c", _BOOT, modules, json.dumps(dataclasses.asdict(task))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            process_group=0,
            pipesize=1_048_576,
            creationflags=flags,
        )

    def kill_group(self) -> None:
        """Kill it, if it has not been reaped, with all that it may have started."""
        if sys.platform != "win32" and self.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        self.kill()


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _ONE_THREAD | _GIVES_BACK


class Deadline:
    """Kills a process when its time is over, or half a second later, which ends every wait for its pipes, on every
    platform.
    """

    def __init__(self, process: WorkerProcess, seconds: float) -> None:
        self.is_over = False
        self._process = process
        self._lock = threading.Lock()
        self._is_done = False
        self._alarm = _ALARMS.alarm(seconds, self._strike)

    def __enter__(self) -> None:
        self._alarm.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._alarm.cancel()
        with self._lock:
            self._is_done = True

    def _strike(self) -> None:
        with self._lock:
            if not self._is_done:
                self.is_over = True
                self._process.kill_group()
