"""Photos' bytes as files: written, fsynced and renamed, so that a power cut leaves a whole file or none.

Names are random keys made here. Nothing of an upload's own name ever becomes a path.
"""

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from bridge.photos.errors import BytesMissingError, StoreError, StoreFullError
from bridge.photos.store import Incoming

_KEY = re.compile(r"[0-9a-f]{32}\Z")
_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_FOLDERS_OPEN = os.name != "nt"
"""Windows cannot open a folder to fsync it; NTFS writes the rename of a file out with the file's next fsync."""


class IncomingFile:
    """Bytes on their way in. `write` them, then the store's `add` keeps them; otherwise `discard` removes them."""

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.key = key
        self.size_bytes = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO = path.open("xb", buffering=0)

    @property
    def sha256(self) -> str:
        """SHA-256 of what was written so far, in hex."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Add bytes. Raises StoreFullError or StoreError when the disk does not take them."""
        with storing():
            view = memoryview(chunk)
            while view:
                view = view[self._file.write(view) :]
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    def end(self) -> None:
        """Close the file: this was all."""
        with storing():
            self._file.close()

    def discard(self) -> None:
        """Close and remove the file; nothing happens when it was kept already. Never raises."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


class Spool:
    """The folder of uploads that are being written. One bridge has it for itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with storing(f"The folder {folder} cannot be used", "move away what is in its place"):
            make_folder(folder)
            sync_name(folder)

    def incoming(self) -> IncomingFile:
        """A new, empty file to write an upload into. Raises StoreError."""
        key = secrets.token_hex(16)
        with storing():
            return IncomingFile(self.folder / key, key)

    def empty(self) -> None:
        """Remove what a crash left, before the bridge serves."""
        with storing():
            for path in self.folder.iterdir():
                if _KEY.match(path.name) and path.is_file():
                    path.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Free space on the disk that uploads go to."""
        with storing():
            return shutil.disk_usage(self.folder).free


class PhotoFiles:
    """The folder of photos' bytes: `incoming/` for files being written, `0/` to `f/` for those kept.

    All of them are durable from the start, so that keeping a file has only its own name to wait for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with storing(f"The folder {folder} cannot be used", "move away what is in its place"):
            make_folder(folder)
            for digit in "0123456789abcdef":
                (folder / digit).mkdir(exist_ok=True)
        self._spool = Spool(folder / "incoming")

    def incoming(self) -> IncomingFile:
        """A new, empty file to write an upload into. Raises StoreError."""
        return self._spool.incoming()

    def keep(self, incoming: Incoming, key: str = "") -> None:
        """Make the file durable under its key, or another: rename, fsync of the file, fsync of the folder.

        In this order, as what writes the file out writes its new name out, too, on the usual file systems: the folder
        has little left to do. Until this has returned nobody looks for the key.
        """
        incoming.end()
        with storing():
            self._move_in(incoming.path, key or incoming.key)

    def has(self, key: str) -> bool:
        """True when there are bytes of `key`."""
        with storing():
            return self.path(key).exists()

    def path(self, key: str) -> Path:
        """Where the bytes of `key` lie. Raises BytesMissingError for what is no key."""
        if not _KEY.match(key):
            raise BytesMissingError
        return self.folder / key[0] / key

    def read(self, key: str) -> bytes:
        """All bytes of `key`. Raises BytesMissingError."""
        with storing():
            try:
                return self.path(key).read_bytes()
            except FileNotFoundError:
                raise BytesMissingError from None

    def delete(self, key: str) -> None:
        """Remove the bytes of `key`, if they are there."""
        with storing():
            self.path(key).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Free space on the disk that holds the photos."""
        return self._spool.free_bytes()

    def tidy(self, known: Collection[str], age_seconds: float) -> int:
        """Remove what a crash left; how many files that had been kept. `known` are the keys that have a row.

        Only for the one bridge that holds the data folder, before it serves. A kept file without a row goes when it
        is at least so old: another process may be about to add its row.
        """
        with storing():
            self._empty_incoming(known)
            orphans = list(self._unknown_before(known, time.time() - age_seconds))
            for path in orphans:
                path.unlink(missing_ok=True)
        return len(orphans)

    def _empty_incoming(self, known: Collection[str]) -> None:
        """Remove unfinished uploads. One that has its row was kept, and a power cut undid its rename: rename again."""
        for path in self._spool.folder.iterdir():
            if path.name in known and not self.path(path.name).exists():
                self._move_in(path, path.name)
            elif path.is_file():
                path.unlink(missing_ok=True)

    def _unknown_before(self, known: Collection[str], time_seconds: float) -> Iterator[Path]:
        """Kept files without a row. Only these are asked for their time: there may be a hundred thousand others."""
        for digit in "0123456789abcdef":
            with os.scandir(self.folder / digit) as entries:
                for entry in entries:
                    if entry.name not in known and _KEY.match(entry.name) and entry.stat().st_mtime < time_seconds:
                        yield Path(entry.path)

    def _move_in(self, path: Path, key: str) -> None:
        final = self.path(key)
        path.replace(final)
        _sync(final, os.O_RDWR)
        sync_name(final)


@contextlib.contextmanager
def storing(
    trouble: str = "The photo store cannot be read or written",
    advice: str = "check the disk of the data folder, and who may write there",
) -> Iterator[None]:
    """Turns the operating system's errors into the store's: what the trouble is, its cause, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFullError from error
        raise StoreError(f"{trouble} ({error.strerror or type(error).__name__}); {advice}.") from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that they are there after a power cut. Raises OSError.

    It is its owner's alone (on Windows, as the folder above says); those above it are as usual.
    """
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    for path in reversed(missing):
        path.mkdir(0o700 if path == folder else 0o777, exist_ok=True)
        sync_name(path)


def sync_name(path: Path, *, folders_open: bool = _FOLDERS_OPEN) -> None:
    """Make the new name of a file or folder durable. Raises OSError.

    That is an fsync of the folder it is in; where folders cannot be opened, of the file under its new name.
    """
    if folders_open:
        _sync(path.parent, os.O_RDONLY)
    elif path.is_file():
        _sync(path, os.O_RDWR)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
