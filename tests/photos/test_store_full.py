"""A full disk: nothing is half stored, and photos flow again when there is room, without a restart."""

import contextlib
import errno
import os
from pathlib import Path

import pytest
from photo_makers import PRACTICES, add, claimed, send, upload
from store_processes import add_within_a_file_size, children

from bridge.photos import PhotoState, SqliteStore, StoreError, StoreFullError
from bridge.photos.files import storing

MEBIBYTE = 1024 * 1024
FULL = "The disk with the photo store is full; free some space, photos then flow again by themselves."


def limit_pages(store: SqliteStore, more_pages: int) -> None:
    """Let the database grow by so many pages: SQLite then says what it says of a full disk."""
    with store.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more_pages}")


def kept(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "photos").rglob("*"))


def test_a_full_database_refuses_photos_and_keeps_none_of_their_bytes(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder)) as store:
        store.ensure_practices(PRACTICES)
        limit_pages(store, 2)
        stored = 0
        with pytest.raises(StoreFullError) as refused:
            while stored < 100:
                add(store, f"{stored}-{'x' * 2000}.jpg")
                stored += 1
        assert str(refused.value) == FULL
        assert kept(folder) == sum(store.counts().values()) == stored
        for _ in range(3):
            with pytest.raises(StoreFullError):
                add(store, "y" * 9000)
        assert kept(folder) == stored
        limit_pages(store, 1000)
        assert send(store, upload("y" * 9000))[1]
        assert claimed(store).state is PhotoState.SENDING


def test_a_photo_sent_again_is_known_even_while_the_database_is_full(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder)) as store:
        store.ensure_practices(PRACTICES)
        photo = add(store)
        limit_pages(store, 0)
        with pytest.raises(StoreFullError):
            add(store, "y" * 9000)
        assert send(store, upload()) == (photo, False)


def test_bytes_that_the_system_does_not_take_are_refused_and_removed(folder: Path) -> None:
    with children(1, add_within_a_file_size, folder, MEBIBYTE) as (child,):
        child.tell(2 * MEBIBYTE)
        assert child.hear() == (
            "The photo store cannot be read or written (File too large); "
            "check the disk of the data folder, and who may write there."
        )
        assert kept(folder) == 0
        child.tell(1000)
        assert child.hear() == 1000
        child.tell(-2 * MEBIBYTE)
        assert child.hear() == 2 * MEBIBYTE
        assert kept(folder) == 2


def test_rows_that_the_system_does_not_take_are_refused_until_there_is_room(folder: Path) -> None:
    with children(1, add_within_a_file_size, folder, 100_000) as (child,):
        answers = []
        for size in range(1, 100):
            child.tell(size)
            answers.append(child.hear())
            if answers[-1] != size:
                break
        assert answers[-1] == (
            "The photo store could not be read or written (disk I/O error); "
            "check the disk of the data folder, and who may write there."
        )
        child.tell(-500)
        assert child.hear() == 500
        child.tell(0)
        child.rest()
    with contextlib.closing(SqliteStore(folder)) as store:
        assert sum(store.counts().values()) == len(answers)
        assert all(store.bytes_of(photo) for photo in store.photos())


@pytest.mark.parametrize("name", ["ENOSPC", "EDQUOT"])
def test_a_full_disk_or_quota_is_told_from_other_trouble(name: str) -> None:
    number = getattr(errno, name)
    with pytest.raises(StoreFullError) as refused, storing():
        raise OSError(number, os.strerror(number))
    assert str(refused.value) == FULL
    with pytest.raises(StoreError, match=r"\(Input/output error\)") as other, storing():
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    assert not isinstance(other.value, StoreFullError)
