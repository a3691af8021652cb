"""A real file system of 20 MB to fill up: mounted, or mounted where only its own processes see it, or at the last a
limit that the system puts on the size of a process's files.
"""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

SIZE_BYTES = 20 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


class SmallDisk(Protocol):
    """A disk for a data folder. `shell` is the command in front of any process that is to use it; this process sees it
    at `seen`.
    """

    seen: Path
    shell: Sequence[str]

    def fill(self, pid: int, leave_bytes: int = 0) -> None:
        """Make it full but for so many bytes, for the process of this number at least."""

    def make_room(self, pid: int) -> None:
        """Take away again what `fill` put there."""


@contextlib.contextmanager
def small_disk(folder: Path, first: int = 0, size_bytes: int = SIZE_BYTES) -> Iterator[SmallDisk]:
    """The most real disk that this system lets us make in a new folder; `first` leaves so many of the ways untried.

    Raises AssertionError when there is none.
    """
    folder.mkdir()
    for make in (_mounted, _mounted_apart, _limited)[first:]:
        with contextlib.ExitStack() as ending:
            disk = make(folder, ending, size_bytes)
            if disk is not None:
                yield disk
                return
    raise AssertionError("this system has neither tmpfs nor prlimit: there is no way to fill a disk here")


class _Mounted:
    """A file system with a ballast file."""

    def __init__(self, seen: Path, shell: Sequence[str] = ()) -> None:
        self.seen = seen
        self.shell = shell
        self._ballast = seen / "ballast"

    def fill(self, pid: int, leave_bytes: int = 0) -> None:
        """Until the system says that it is full, and then less by so much."""
        size = _write_until_full(self._ballast)
        os.truncate(self._ballast, max(0, size - leave_bytes))

    def make_room(self, pid: int) -> None:
        """Remove the ballast."""
        self._ballast.unlink()


class _Limited:
    """No disk of its own, but no file of the process can grow any more (EFBIG in place of ENOSPC)."""

    shell: Sequence[str] = ()

    def __init__(self, seen: Path) -> None:
        self.seen = seen

    def fill(self, pid: int, leave_bytes: int = 0) -> None:
        """Not a byte more in any file: `leave_bytes` has no meaning here."""
        _limit(pid, 0)

    def make_room(self, pid: int) -> None:
        """Lift the limit."""
        _limit(pid, None)


def _tmpfs(size_bytes: int) -> list[str]:
    return ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs"]


def _mounted(folder: Path, ending: contextlib.ExitStack, size_bytes: int) -> SmallDisk | None:
    """For root."""
    if not _succeeds([*_tmpfs(size_bytes), str(folder)]):
        return None
    ending.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
    return _Mounted(folder)


def _mounted_apart(folder: Path, ending: contextlib.ExitStack, size_bytes: int) -> SmallDisk | None:
    """For anyone, in a namespace that a process holds open; from outside it is seen through /proc."""
    inside = f'{" ".join(_tmpfs(size_bytes))} "$0" && echo mounted && exec sleep infinity'
    with contextlib.suppress(OSError):
        holder = ending.enter_context(
            subprocess.Popen(["unshare", "-Urm", "sh", "-c", inside, str(folder)], stdout=subprocess.PIPE)
        )
        ending.callback(holder.kill)
        if holder.stdout is not None and holder.stdout.readline() == b"mounted\n":
            shell = ("nsenter", "--target", str(holder.pid), "--user", "--mount", "--preserve-credentials", "--")
            return _Mounted(Path(f"/proc/{holder.pid}/root{folder}"), shell)
    return None


def _limited(folder: Path, ending: contextlib.ExitStack, size_bytes: int) -> SmallDisk | None:
    with contextlib.suppress(ImportError):
        import resource  # Windows has none

        if hasattr(resource, "prlimit"):
            return _Limited(folder)
    return None


def _succeeds(command: list[str]) -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


def _write_until_full(file: Path) -> int:
    """How large the file has become."""
    with file.open("ab", buffering=0) as ballast:
        piece = bytes(_PIECE_BYTES)
        while piece:
            try:
                piece = piece[: ballast.write(piece)]
            except OSError as error:
                assert error.errno == errno.ENOSPC
                piece = piece[: len(piece) // 2]
        return ballast.tell()


def _limit(pid: int, size_bytes: int | None) -> None:
    import resource  # Windows has none

    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size_bytes is None else size_bytes, hard))
