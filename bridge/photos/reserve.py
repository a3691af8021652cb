"""Room set aside on a data folder's disk, so that a bridge that was stopped can start when the disk has filled up.

SQLite makes two files when a database is opened, removes them when it is closed, and cannot do without. So a bridge
that stops sets as much room aside, and gives it up if it cannot start otherwise. Then it serves: it refuses photos,
which phones keep, and goes on by itself.
"""

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from shutil import disk_usage
from typing import TypeVar

from bridge.photos.errors import StoreError, StoreFullError

T = TypeVar("T")
_log = logging.getLogger(__name__)
_RESERVE = "room-to-start"
_RESERVE_BYTES = 256 * 1024
_FULL_BYTES = 1024 * 1024
"""With less room than this, a store that cannot be opened is taken for full: SQLite itself says "disk I/O error"."""


def with_reserve(folder: Path, open_store: Callable[[], T]) -> T:
    """Open the serving bridge's store, with the reserve given up where it cannot be opened otherwise.

    Raises StoreFullError when that does not help, and what opening raises where the disk is not full.
    """
    try:
        return or_full(folder, open_store)
    except StoreFullError:
        if not _give_up(folder / _RESERVE):
            raise
    _log.warning("event=disk-full; started with the room that was set aside")
    return or_full(folder, open_store)


def set_aside(folder: Path) -> None:
    """Write the reserve where it is not whole; when there is no room for it, there is none. Never raises."""
    reserve = folder / _RESERVE
    with contextlib.suppress(OSError):
        if reserve.exists() and reserve.stat().st_size == _RESERVE_BYTES:
            return
        try:
            with reserve.open("wb") as file:
                file.write(os.urandom(_RESERVE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            reserve.unlink(missing_ok=True)


def or_full(folder: Path, open_store: Callable[[], T]) -> T:
    """Open a store. Raises StoreFullError when that fails on a full disk."""
    try:
        return open_store()
    except StoreError as error:
        if type(error) is StoreError and _is_full(folder):
            raise StoreFullError from error
        raise


def _is_full(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return disk_usage(folder).free < _FULL_BYTES
    return False


def _give_up(reserve: Path) -> bool:
    with contextlib.suppress(OSError):
        reserve.unlink()
        return True
    return False
