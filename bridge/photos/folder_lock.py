"""Locks on a data folder, which the system lets go of when their process dies."""

from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from bridge.photos.errors import StoreError, StoreInUseError
from bridge.photos.files import make_folder, storing

_WAIT_SECONDS = 1.0
"""Systems may take a moment to let go of the lock of a process that was killed."""


def serving_lock(folder: Path) -> BaseFileLock:
    """The lock of the one bridge that serves with a data folder; any thread may let it go."""
    return FileLock(folder / "bridge.lock", thread_local=False)


def prepare_folder(folder: Path, lock: BaseFileLock, *, exclusive: bool) -> None:
    """Make a data folder where there is none; `exclusive` is for the bridge that serves: it takes the lock.

    Raises StoreInUseError when another bridge has it, StoreError when the folder cannot be used.
    """
    with storing(f"The data folder {folder} cannot be used", "give another `data_folder` in the config"):
        make_folder(folder)
    if exclusive:
        take_serving_lock(lock, folder)


def take_serving_lock(lock: BaseFileLock, folder: Path) -> None:
    """Take it. Raises StoreInUseError when another bridge has it."""
    refusal = StoreInUseError(
        f"Another bridge already runs on the data folder {folder}; stop it first, "
        "or give this one its own `data_folder` in its config."
    )
    acquire(lock, _WAIT_SECONDS, refusal)


def acquire(lock: BaseFileLock, wait_seconds: float, refusal: StoreError) -> None:
    """Take a lock, or raise the refusal when another process keeps it for so long."""
    with storing():
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise refusal from None
