"""Where a file from a MedImage proxy is kept while it comes, and until the store has it.

The proxy deletes a file as it sends it, so a bridge that was killed meanwhile finds here, when it starts again, all
that had arrived. A spooled file begins with its label, one line of JSON; the bytes follow.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from bridge.photos import StoreError

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Label:
    """What the proxy called a file: its `file-name` header as it came.

    `is_certain` is False when the GET had none, and this is what the HEAD before it had: that may be another file's.
    """

    file_name: str
    is_certain: bool


@dataclass(frozen=True)
class Spooled:
    """A file that came from a proxy and is not in the store yet. `ended_whole`: its transfer ended as it should."""

    label: Label
    ended_whole: bool
    size_bytes: int
    path: Path
    starts_at: int

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, a mebibyte at a time. Raises StoreError."""
        with _spooling(self.path), self.path.open("rb") as file:
            file.seek(self.starts_at)
            while piece := file.read(_PIECE_BYTES):
                yield piece


class Slot:
    """Room for one file on its way from one proxy. `key` is the proxy's own; only one thread may use it at a time.

    Every method may raise StoreError.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._coming = folder / f"{key}.coming"
        self._come = folder / f"{key}.come"

    @contextlib.contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The empty slot, open for `fill`: before the file is asked for, so that it has a place to go."""
        with _spooling(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._coming.open("wb")
        try:
            yield file
        finally:
            with _spooling(self._folder):
                file.close()

    def fill(self, file: BinaryIO, label: Label, pieces: Iterable[bytes], most_bytes: int) -> None:
        """Write a file as it comes, each piece at once out of this process; of one that is too long, the beginning."""
        with _spooling(self._folder):
            file.write(json.dumps(asdict(label)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            left = most_bytes
            for piece in pieces:
                file.write(piece[:left])
                file.flush()
                left -= len(piece)
                if left <= 0:
                    return

    def mark_whole(self) -> None:
        """Remember that the transfer ended as it should. After `opened` has closed the file."""
        with _spooling(self._folder):
            self._coming.replace(self._come)

    def spooled(self) -> Spooled | None:
        """The file in the slot, or None when nothing came."""
        with _spooling(self._folder):
            for path in (self._come, self._coming):
                found = _read(path, ended_whole=path is self._come)
                if found is not None:
                    return found
        return None

    def clear(self) -> None:
        """Empty the slot; after the store has the file."""
        with _spooling(self._folder):
            self._come.unlink(missing_ok=True)
            self._coming.unlink(missing_ok=True)


def _read(path: Path, *, ended_whole: bool) -> Spooled | None:
    """What a file in the slot holds; None when there is none, or not so much as its label came to the disk."""
    try:
        with path.open("rb") as file:
            line = file.readline()
            fields = json.loads(line)
    except (FileNotFoundError, ValueError):
        return None
    label = Label(str(fields["file_name"]), bool(fields["is_certain"]))
    return Spooled(label, ended_whole, path.stat().st_size - len(line), path, len(line))


@contextlib.contextmanager
def _spooling(place: Path) -> Iterator[None]:
    """Turns the operating system's errors into the store's."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"{place} cannot be read or written ({reason}); check its disk and who may write there."
        ) from error
