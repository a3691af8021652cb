"""Files in a folder, of a bounded size together: those used longest ago go first."""

import contextlib
import logging
import os
import secrets
import threading
import time
from collections import OrderedDict
from pathlib import Path

_log = logging.getLogger(__name__)
MOST_BYTES = 200_000_000
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_PART = ".part"
_OLD_PART_SECONDS = 600.0


class FileCache:
    """Files by their names in a folder, together at most `most_bytes`. For any thread of one process.

    A disk that is full or broken is as if there were no cache. What a killed process left half written is removed.
    Folder and files are for the bridge's own user alone, as far as the system knows users.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] | None = None
        self._total = 0

    def get(self, name: str) -> bytes | None:
        """What is kept under a name, None when nothing is."""
        path = self._folder / name
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        with self._lock:
            if self._sizes is not None and name in self._sizes:
                self._sizes.move_to_end(name)
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keep something, and let go what was used longest ago when it is too much."""
        part = self._folder / f"{secrets.token_hex(8)}{_PART}"
        try:
            self._make_folder()
            with os.fdopen(os.open(part, _NEW, 0o600), "wb") as made:
                made.write(content)
            with self._lock:
                self._count(name, len(content))
                part.replace(self._folder / name)
                self._shrink()
        except OSError as error:
            _log.warning("event=thumbnail-not-kept reason=%s", type(error).__name__)
            with contextlib.suppress(OSError):
                part.unlink()

    def drop(self, name: str) -> None:
        """Keep this no longer."""
        with self._lock:
            if self._sizes is not None:
                self._total -= self._sizes.pop(name, 0)
            self._remove(name)

    def _make_folder(self) -> None:
        """Only when nothing was counted yet: a folder that went away meanwhile is made again."""
        if self._sizes is None or not self._folder.is_dir():
            self._folder.mkdir(0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)

    def _count(self, name: str, size_bytes: int) -> None:
        if self._sizes is None:
            self._sizes = self._found()
            self._total = sum(self._sizes.values())
        self._total += size_bytes - self._sizes.pop(name, 0)
        self._sizes[name] = size_bytes

    def _found(self) -> OrderedDict[str, int]:
        """What is there from before, used longest ago first."""
        files = []
        for path in self._folder.iterdir():
            stat = path.stat()
            if path.suffix != _PART:
                files.append((stat.st_mtime_ns, path.name, stat.st_size))
            elif time.time() - stat.st_mtime > _OLD_PART_SECONDS:
                path.unlink(missing_ok=True)
        return OrderedDict((name, size) for _, name, size in sorted(files))

    def _shrink(self) -> None:
        sizes = OrderedDict[str, int]() if self._sizes is None else self._sizes
        while self._total > self._most_bytes and len(sizes) > 1:
            name, size = sizes.popitem(last=False)
            self._total -= size
            self._remove(name)

    def _remove(self, name: str) -> None:
        """Windows keeps a file that is being read; it goes when the folder is next looked through."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError:
            _log.warning("event=thumbnail-not-removed")
