"""Writes one copy into a folder: whole or not at all, never over another file."""

import itertools
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import BridgeError
from bridge.whole_files import write_whole


class FolderAwayError(BridgeError):
    """The folder for copies is not there; plug its drive in, or make the folder."""


def write_copy(folder: Path, parts: tuple[str, ...], content: bytes) -> Path:
    """Keep `content` at `folder/parts`, and give the path it has now.

    A file of that name with other content stays, and the copy becomes `name (2).jpg`; one with the same content is
    this copy already. The folder itself is never made: where a drive is away, its mount point may be a plain folder
    of this machine's own disk. Raises FolderAwayError, OSError.
    """
    if not folder.is_dir():
        raise FolderAwayError(f"The folder for copies {folder} is not there; plug its drive in, or make the folder.")
    place = folder.joinpath(*parts[:-1])
    place.mkdir(parents=True, exist_ok=True)
    for path in _names(place / parts[-1]):
        if _reserve(path):
            write_whole(path, content)
            return path
        if path.is_file() and _holds(path, content):
            return path
    raise AssertionError("names never end")


def _names(path: Path) -> Iterator[Path]:
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


def _reserve(path: Path) -> bool:
    """Take a name nobody has by an empty file; one that a crash left empty is taken again."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return path.is_file() and path.stat().st_size == 0
    return True


def _holds(path: Path, content: bytes) -> bool:
    return path.stat().st_size == len(content) and path.read_bytes() == content
