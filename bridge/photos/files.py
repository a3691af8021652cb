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
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bridge.photos.errors import BytesMissingError, StoreError, StoreFullError
from bridge.photos.store import Incoming

_KEY = re.compile(r"[0-9a-f]{32}\Z")
_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


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

    def make_durable(self) -> None:
        """Bring the bytes to the disk itself (fsync), and close the file."""
        with storing():
            os.fsync(self._file.fileno())
            self._file.close()

    def discard(self) -> None:
        """Close and remove the file; nothing happens when it was kept already."""
        self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


class PhotoFiles:
    """The folder of photos' bytes: `incoming/` for files being written, 256 folders for those kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        with storing():
            self._incoming.mkdir(parents=True, exist_ok=True)
            for number in range(256):
                (folder / f"{number:02x}").mkdir(exist_ok=True)
            _sync_folder(folder)

    def incoming(self) -> IncomingFile:
        """A new, empty file to write an upload into. Raises StoreError."""
        key = secrets.token_hex(16)
        with storing():
            return IncomingFile(self._incoming / key, key)

    def keep(self, incoming: Incoming) -> None:
        """Make the file durable under its key: fsync, rename, fsync of the folder."""
        incoming.make_durable()
        final = self.path(incoming.key)
        with storing():
            incoming.path.replace(final)
            _sync_folder(final.parent)

    def path(self, key: str) -> Path:
        """Where the bytes of `key` lie. Raises BytesMissingError for what is no key."""
        if not _KEY.match(key):
            raise BytesMissingError
        return self.folder / key[:2] / key

    def read(self, key: str) -> bytes:
        """All bytes of `key`. Raises BytesMissingError."""
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError:
            raise BytesMissingError from None
        except OSError as error:
            raise StoreError(f"The photo store cannot be read ({error.strerror}); check the disk.") from error

    def delete(self, key: str) -> None:
        """Remove the bytes of `key`, if they are there."""
        with storing():
            self.path(key).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Free space on the disk that holds the photos."""
        return shutil.disk_usage(self.folder).free

    def keys_older_than(self, age_seconds: float) -> Iterator[str]:
        """Keys of kept files at least so old: candidates for having no row, after a power cut before its commit."""
        before = time.time() - age_seconds
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            if _KEY.match(path.name) and path.stat().st_mtime < before:
                yield path.name

    def empty_incoming(self) -> None:
        """Remove what uploads left unfinished. Only for the one bridge that holds the data folder, before it serves."""
        with storing():
            for path in self._incoming.iterdir():
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def storing() -> Iterator[None]:
    """Turns the operating system's errors into the store's."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFullError from error
        raise StoreError(f"The photo store cannot be written ({error.strerror}); check the disk.") from error


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder durable. Windows has no such call, and needs none: NTFS journals its folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
