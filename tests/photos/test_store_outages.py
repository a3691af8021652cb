"""Outages of the store on one machine: a disk that is full at every write there is, and a database that is locked."""

import contextlib
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from photo_makers import HOLD, PRACTICES, add, begun, claimed, receipt

from bridge.photos import Photo, PhotoState, SqliteStore, StoreBusyError, StoreError
from chaos.small_disk import small_disk

PAGE_BYTES = 4096
PAGES = 48
FULL = "The disk with the photo store is full; free some space, photos then flow again by themselves."
NO_ROOM = (
    "The photo store could not be read or written (disk I/O error); "
    "check the disk of the data folder, and who may write there."
)
LOCKED = "The photo store is kept busy, perhaps by another program; try again, and stop what else uses the data folder."
LOCK = (
    "import sqlite3, sys; database = sqlite3.connect(sys.argv[1], isolation_level=None);"
    "database.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()"
)


def live(store: SqliteStore, number: int, accepted: dict[int, bytes]) -> None:
    """One photo's whole life, and another's that is held; every step of it writes."""
    content = secrets.token_bytes(6000)
    photo = add(store, f"{number}.jpg", content)
    accepted[photo.id] = content
    store.set_trouble("clinic-a", f"trouble {number}")
    carried = claimed(store)
    attempt = begun(store, carried)
    store.deliver(carried, receipt(carried, carried.id), attempt)
    store.forget_bytes([store.photo(carried.id)])
    held = add(store, f"{number}-held.jpg", content)
    accepted[held.id] = content
    store.hold(claimed(store), HOLD)
    store.discard(held.id, "sofia", "a test")


def test_a_disk_that_is_full_at_any_write_refuses_that_write_and_keeps_all_that_was_accepted(tmp_path: Path) -> None:
    accepted: dict[int, bytes] = {}
    refusals: list[str] = []
    with small_disk(tmp_path / "disk") as disk, contextlib.closing(SqliteStore(disk.seen / "data")) as store:
        store.ensure_practices(PRACTICES)
        for pages in range(PAGES):
            disk.fill(0, pages * PAGE_BYTES)
            try:
                live(store, pages, accepted)
            except StoreError as error:
                refusals.append(str(error))
            disk.make_room(0)
            store.recover()
            for photo in store.photos(limit=1000):
                if photo.bytes_gone_at is None and photo.id in accepted:
                    assert store.bytes_of(photo) == accepted[photo.id]
            while (left := store.claim("worker-2")) is not None:
                store.deliver(left, receipt(left, left.id), begun(store, left))
        assert damages(disk.seen / "data" / "bridge.db") == []
        known = {photo.id for photo in store.photos(limit=1000)}
    assert accepted.keys() <= known
    assert len(set(refusals)) > 0
    assert set(refusals) <= {FULL, NO_ROOM}
    assert PAGES // 4 < len(refusals) < PAGES


def damages(database: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]


@contextlib.contextmanager
def locked_by_another_program(folder: Path) -> Iterator[None]:
    command = [sys.executable, "-c", LOCK, str(folder / "bridge.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline().strip() == b"locked"
        try:
            yield
        finally:
            program.communicate()


def test_a_database_that_stays_locked_is_given_up_with_a_sentence_and_leaves_nothing_behind(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder, busy_seconds=0.2)) as store:
        store.ensure_practices(PRACTICES)
        photo = add(store, "1.jpg")
        with locked_by_another_program(folder):
            for write in (lambda: add(store, "2.jpg"), lambda: store.claim("worker-1"), store.recover):
                with pytest.raises(StoreBusyError) as refused:
                    write()
                assert str(refused.value) == LOCKED
            assert store.bytes_of(store.photo(photo.id)) == b"a picture"
        files = [path for path in (folder / "photos").rglob("*") if path.is_file()]
        assert len(files) == 1
        assert add(store, "2.jpg").state is PhotoState.QUEUED
        assert isinstance(store.claim("worker-1"), Photo)
