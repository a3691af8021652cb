"""Power cuts and kills: what was accepted is whole, and what was not leaves nothing."""

import contextlib
import hashlib
import os
import random
import secrets
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from photo_makers import PRACTICES, add, photo_in, send, upload
from store_processes import accept_until_killed, children, hold_exclusively

from bridge.photos import BytesMissingError, PhotoState, SqliteStore, StoreError, StoreInUseError

KILLS = 30
OLD_SECONDS = 3700


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteStore]:
    with contextlib.closing(SqliteStore(folder)) as opened:
        opened.ensure_practices(PRACTICES)
        yield opened


def kept_files(folder: Path) -> dict[str, Path]:
    """All files of photos' bytes, by key."""
    return {path.name: path for path in (folder / "photos").rglob("*") if path.is_file()}


LOG_SYNC = "fdatasync" if hasattr(os, "fdatasync") else "fsync"
"""What brings SQLite's log to the disk."""


def leftover(folder: Path, place: str, age_seconds: float) -> Path:
    """A file as a crash leaves it."""
    path = folder / "photos" / place
    path.write_bytes(b"left over")
    os.utime(path, (time.time() - age_seconds,) * 2)
    return path


def tidy(folder: Path) -> None:
    """Start and stop a bridge on the folder."""
    SqliteStore(folder, exclusive=True).close()


def test_bytes_are_on_the_disk_under_their_name_before_the_row_is_committed(store: SqliteStore) -> None:
    calls: list[str] = []
    wanted = {"FileIO.write", "fsync", "replace", "Connection.commit", LOG_SYNC}

    def watch(_frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and function.__qualname__ in wanted:
            calls.append(function.__qualname__)

    incoming = store.incoming()
    sys.setprofile(watch)
    try:
        incoming.write(b"a picture")
        store.add(upload(), incoming)
    finally:
        sys.setprofile(None)
    assert calls == ["FileIO.write", "replace", "fsync", "fsync", "Connection.commit", LOG_SYNC]


def test_a_photo_that_comes_again_is_on_the_disk_before_anyone_is_told_so(store: SqliteStore) -> None:
    photo_in(store, PhotoState.QUEUED)
    calls: list[str] = []

    def watch(_frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and function.__qualname__ in {"fsync", LOG_SYNC}:
            calls.append(function.__qualname__)

    sys.setprofile(watch)
    try:
        send(store, upload())
    finally:
        sys.setprofile(None)
    assert calls == [LOG_SYNC]


def test_every_connection_writes_ahead(store: SqliteStore) -> None:
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(store.reading()) for _ in range(8)]
        connections.append(stack.enter_context(store.writing()))
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        settings = {
            tuple(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for pragma in pragmas)
            for connection in connections
        }
    normal = 1
    assert settings == {("wal", normal, 1)}


def test_what_a_power_cut_may_undo_is_on_the_disk_before_any_bytes_go(store: SqliteStore) -> None:
    calls: list[str] = []

    def watch(_frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and function.__qualname__ in {"unlink", "Connection.commit", LOG_SYNC}:
            calls.append(function.__qualname__)

    delivered = photo_in(store, PhotoState.DELIVERED)
    sys.setprofile(watch)
    try:
        store.forget_bytes([delivered])
    finally:
        sys.setprofile(None)
    assert calls == [LOG_SYNC, "unlink", "Connection.commit", LOG_SYNC]


def test_photos_accepted_before_a_kill_are_whole_and_nothing_else_survives(folder: Path) -> None:
    accepted: dict[int, str] = {}
    for _ in range(KILLS):
        with children(1, accept_until_killed, folder) as (child,):
            accepted |= [child.hear()]
            time.sleep(random.random() * 0.04)
            child.kill()
            accepted |= child.rest()
    for path in kept_files(folder).values():
        os.utime(path, (time.time() - OLD_SECONDS,) * 2)
    with contextlib.closing(SqliteStore(folder, exclusive=True)) as store:
        photos = {photo.id: photo for photo in store.photos(limit=1_000_000)}
        assert accepted.items() <= {photo.id: photo.sha256 for photo in photos.values()}.items()
        for photo in photos.values():
            assert hashlib.sha256(store.bytes_of(photo)).hexdigest() == photo.sha256
            assert len(store.events(photo.id)) == 1
        assert set(kept_files(folder)) == {photo.bytes_key for photo in photos.values()}


def test_a_file_without_a_row_goes_after_an_hour_when_a_bridge_starts(store: SqliteStore, folder: Path) -> None:
    photo = add(store)
    os.utime(kept_files(folder)[photo.bytes_key], (0, 0))
    old = leftover(folder, f"a/{secrets.token_hex(16)}", OLD_SECONDS)
    young = leftover(folder, f"a/{secrets.token_hex(16)}", 3500)
    strange = leftover(folder, "a/README.txt", OLD_SECONDS)
    store.close()
    tidy(folder)
    assert not old.exists()
    assert young.exists()
    assert strange.exists()
    assert store.bytes_of(photo) == b"a picture"


def test_unfinished_uploads_go_when_a_bridge_starts(store: SqliteStore, folder: Path) -> None:
    unfinished = leftover(folder, f"incoming/{secrets.token_hex(16)}", 0)
    (folder / "photos" / "incoming" / "a folder").mkdir()
    store.close()
    tidy(folder)
    assert not unfinished.exists()


def test_a_command_beside_a_bridge_tidies_nothing(store: SqliteStore, folder: Path) -> None:
    left = [leftover(folder, f"{place}/{secrets.token_hex(16)}", OLD_SECONDS) for place in ("incoming", "a")]
    SqliteStore(folder).close()
    assert all(path.exists() for path in left)


def test_a_rename_that_a_power_cut_undid_is_done_again(store: SqliteStore, folder: Path) -> None:
    photo = add(store)
    kept_files(folder)[photo.bytes_key].rename(folder / "photos" / "incoming" / photo.bytes_key)
    store.close()
    tidy(folder)
    assert store.bytes_of(photo) == b"a picture"


def test_lost_bytes_are_said_to_be_missing_and_come_back_when_the_photo_is_sent_again(
    store: SqliteStore, folder: Path
) -> None:
    photo = photo_in(store, PhotoState.HELD)
    kept_files(folder)[photo.bytes_key].unlink()
    with pytest.raises(BytesMissingError, match="not in the store"):
        store.bytes_of(photo)
    assert send(store, upload()) == (photo, False)
    assert store.bytes_of(photo) == b"a picture"


def test_bytes_that_cannot_be_read_are_no_missing_bytes(store: SqliteStore, folder: Path) -> None:
    photo = add(store)
    file = kept_files(folder)[photo.bytes_key]
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreError, match=r"cannot be read or written \(.+\); check the disk") as refused:
        store.bytes_of(photo)
    assert not isinstance(refused.value, BytesMissingError)


def test_only_one_bridge_serves_from_a_folder_until_it_is_killed(folder: Path) -> None:
    with children(1, hold_exclusively, folder) as (child,):
        assert child.hear() == "held"
        with pytest.raises(StoreInUseError) as refused:
            SqliteStore(folder, exclusive=True)
        assert str(refused.value) == (
            f"Another bridge already runs on the data folder {folder}; stop it first, "
            "or give this one its own `data_folder` in its config."
        )
        with contextlib.closing(SqliteStore(folder)) as beside:
            beside.ensure_practices(PRACTICES)
            assert add(beside).state is PhotoState.QUEUED
        child.kill()
        assert child.rest() == []
        tidy(folder)


def test_a_refused_bridge_leaves_the_first_one_its_lock(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder, exclusive=True)):
        with pytest.raises(StoreInUseError):
            SqliteStore(folder, exclusive=True)
        with children(1, hold_exclusively, folder) as (child,):
            assert child.rest() == []


def test_a_lock_can_be_let_go_by_another_thread(folder: Path) -> None:
    store = SqliteStore(folder, exclusive=True)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(store.close).result()
        thread.submit(tidy, folder).result()
