"""One sync for all who wait at once: nobody returns before a sync that began after he came has ended well."""

import threading
from pathlib import Path

import pytest

from bridge.photos.shared_sync import SharedSync, sync_data
from phone import wait_until


class Disk:
    """A disk whose syncs end when they are told to. `is_full` makes them fail."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = threading.Semaphore(0)
        self.is_full = False

    def sync(self) -> None:
        self.begun += 1
        assert self.may_end.acquire(timeout=10)
        if self.is_full:
            raise OSError("no space left")


class Waiter(threading.Thread):
    """Waits for a sync; `error` is what that raised."""

    def __init__(self, shared: SharedSync) -> None:
        super().__init__()
        self.error: OSError | None = None
        self._shared = shared
        self.start()

    def run(self) -> None:
        try:
            self._shared.wait()
        except OSError as error:
            self.error = error


def test_all_who_come_during_a_sync_share_the_next_one() -> None:
    disk = Disk()
    shared = SharedSync(disk.sync)
    first = Waiter(shared)
    wait_until(lambda: disk.begun == 1, 10)
    others = [Waiter(shared) for _ in range(5)]
    disk.may_end.release()
    first.join(10)
    wait_until(lambda: disk.begun == 2, 10)
    assert all(other.is_alive() for other in others)
    disk.may_end.release(2)
    for other in others:
        other.join(10)
    assert disk.begun in (2, 3), "five threads may have come in two groups, but not each alone"


def test_a_sync_that_fails_is_tried_again_for_those_who_waited_for_it() -> None:
    disk = Disk()
    shared = SharedSync(disk.sync)
    disk.is_full = True
    first = Waiter(shared)
    wait_until(lambda: disk.begun == 1, 10)
    second = Waiter(shared)
    disk.may_end.release()
    first.join(10)
    wait_until(lambda: disk.begun == 2, 10)
    disk.is_full = False
    disk.may_end.release()
    second.join(10)
    assert isinstance(first.error, OSError)
    assert second.error is None
    assert not second.is_alive()


def test_a_file_that_is_not_there_cannot_be_synced(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"bytes")
    sync_data(tmp_path / "there")
    with pytest.raises(FileNotFoundError):
        sync_data(tmp_path / "gone")
