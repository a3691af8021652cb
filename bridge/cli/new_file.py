"""Files that commands make: there whole or not at all, and never in the place of another one unasked."""

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from bridge.errors import BridgeError


@contextlib.contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A file to be written, which has its name once the block has ended well; otherwise nothing is left of it.

    Raises BridgeError when there is one already, which stays unless `overwrite`, and when it cannot be made.
    """
    _check(path, overwrite)
    part = path.with_name(f"{secrets.token_hex(8)}.part")
    with explained(path):
        file = part.open("xb")
    try:
        yield file
        with explained(path):
            file.flush()
            os.fsync(file.fileno())
            file.close()
            _give_name(part, path, overwrite)
    finally:
        with contextlib.suppress(OSError):
            file.close()
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_all(file: BinaryIO, pieces: Iterable[bytes], what: object) -> None:
    """Write pieces to a file that people know as `what`. Raises BridgeError when they do not fit."""
    for piece in pieces:
        with explained(what):
            file.write(piece)


@contextlib.contextmanager
def explained(what: object, advice: str = "mend that, or give another path") -> Iterator[None]:
    """Says what could not be written. A reader that has gone away is no failure to explain."""
    try:
        yield
    except BrokenPipeError:
        raise
    except FileExistsError:
        raise BridgeError(_there(what)) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BridgeError(f"{what} cannot be written ({why}); {advice}.") from error


def _check(path: Path, overwrite: bool) -> None:
    with explained(path):
        is_there, is_file = os.path.lexists(path), path.is_file()
    if is_there and not is_file:
        raise BridgeError(f"{path} is no file that can be replaced; give another path.")
    if is_there and not overwrite:
        raise BridgeError(_there(path))


def _give_name(part: Path, path: Path, overwrite: bool) -> None:
    """Some file systems (FAT) know no second names; there the name is taken first."""
    if overwrite:
        part.replace(path)
        return
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        path.open("xb").close()
        part.replace(path)


def _there(what: object) -> str:
    return f"{what} is there already, and stays as it is; give another path, or --force to replace it."
