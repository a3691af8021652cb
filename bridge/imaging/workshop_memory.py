"""How much memory a picture worker may take, and how much it has."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

TOO_BIG_EXIT_CODE = 77
"""A worker that ends itself with this code had taken too much memory."""

_LOOK_SECONDS = 0.02
_STATM = Path("/proc/self/statm")


class MemoryGuard(StrEnum):
    """Who sees to it that a worker stays within its memory."""

    KERNEL = "kernel"
    """The operating system hands out no more; the decoder meets MemoryError. Only Linux counts what matters."""

    WATCHER = "watcher"
    """A thread of the worker looks every few milliseconds, and ends the worker when it has too much."""


DEFAULT_GUARD = MemoryGuard.KERNEL if sys.platform == "linux" else MemoryGuard.WATCHER


class MemoryBound:
    """The bound of this process. With the guard KERNEL it holds from now on, else while `watching`."""

    def __init__(self, guard: MemoryGuard, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._at_work = threading.Event()
        _leave_no_core_dump()
        if guard is MemoryGuard.KERNEL:
            _limit(most_bytes)
        else:
            threading.Thread(target=self._watch, name="memory", daemon=True).start()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """While a picture is prepared; between pictures nobody looks, so that an idle bridge lets the machine sleep."""
        self._at_work.set()
        try:
            yield
        finally:
            self._at_work.clear()

    def _watch(self) -> None:
        pause = threading.Event()
        while self._at_work.wait():
            if memory_bytes() > self._most_bytes:
                os._exit(TOO_BIG_EXIT_CODE)
            pause.wait(_LOOK_SECONDS)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS of the Windows API."""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("page_faults", wintypes.DWORD),
            ("peak_working_set", ctypes.c_size_t),
            ("working_set", ctypes.c_size_t),
            ("quota_peak_paged_pool", ctypes.c_size_t),
            ("quota_paged_pool", ctypes.c_size_t),
            ("quota_peak_non_paged_pool", ctypes.c_size_t),
            ("quota_non_paged_pool", ctypes.c_size_t),
            ("pagefile", ctypes.c_size_t),
            ("peak_pagefile", ctypes.c_size_t),
        )

    _THIS_PROCESS = wintypes.HANDLE(-1)

    def memory_bytes() -> int:
        """The memory of this process; 0 when the system does not tell."""
        counters = _Counters(cb=ctypes.sizeof(_Counters))
        told = ctypes.windll.kernel32.K32GetProcessMemoryInfo(_THIS_PROCESS, ctypes.byref(counters), counters.cb)
        return int(counters.pagefile) if told else 0

    def _limit(most_bytes: int) -> None:
        """Windows has no such limit; see MemoryGuard.WATCHER."""

    def _leave_no_core_dump() -> None:
        """Windows writes none, unless it is told to."""

else:
    import resource

    def memory_bytes() -> int:
        """The memory of this process; where the system does not tell, the most it ever had."""
        try:
            return int(_STATM.read_text("ascii").split()[1]) * resource.getpagesize()
        except OSError:
            unit = 1 if sys.platform == "darwin" else 1024
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

    def _limit(most_bytes: int) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))

    def _leave_no_core_dump() -> None:
        """A core dump would hold a patient's picture."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
