"""move-store: a data folder's photos into PostgreSQL, whole, resumable, and with no bridge on either side."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from photo_makers import CHART, PRACTICES, add, begun, claimed, deliver, photo_in

from bridge.photos import (
    Chores,
    PhotoState,
    PostgresStore,
    SqliteStore,
    StoreError,
    StoreInUseError,
    after_restore,
    back_up,
    move_store,
    open_store,
)
from bridge.photos.tables import photo_pieces, photos
from bridge.secret import Secret

PHOTOS = 60


@pytest.fixture
def filled(folder: Path) -> Path:
    """A data folder with photos in every state, one of them of several pieces, and all that belongs to them."""
    with contextlib.closing(SqliteStore(folder)) as store:
        store.ensure_practices(PRACTICES)
        store.set_chores(lambda _practice: Chores(("/copies/one", "/copies/two"), offered=True))
        photo_in(store, PhotoState.HELD)
        for number in range(5):
            add(store, f"delivered-{number}.jpg", b"%d" % number)
            deliver(store, claimed(store), 100 + number)
        add(store, "large.jpg", bytes(range(256)) * 10_000)
        begun(store, claimed(store))
        for number in range(PHOTOS - 7):
            add(store, f"{number}.jpg", b"x" * number or b"-")
        store.set_trouble("clinic-b", "The chart is away.")
    return folder


@contextlib.contextmanager
def moved_store(database: Secret, folder: Path) -> Iterator[PostgresStore]:
    with contextlib.closing(PostgresStore(database, folder.with_name("machine"))) as store:
        yield store


def test_everything_is_in_the_database_afterwards_and_new_photos_follow_on(filled: Path, database: Secret) -> None:
    begun_with: list[str] = []
    moved = move_store(filled, database, begun_with.append)
    assert (moved.photos, moved.without_bytes) == (PHOTOS, 0)
    assert {"practices", "photos", "events"} < set(begun_with)
    assert begun_with[-1] == "verification"
    with contextlib.closing(SqliteStore(filled)) as old, moved_store(database, filled) as new:
        everything = new.photos(limit=1000)
        assert everything == old.photos(limit=1000)
        for photo in everything:
            assert new.bytes_of(photo) == old.bytes_of(photo)
            assert new.events(photo.id) == old.events(photo.id)
            assert new.receipt(photo.id) == old.receipt(photo.id)
            assert new.unsettled_attempts(photo) == old.unsettled_attempts(photo)
        assert new.due_copies(1000) == old.due_copies(1000)
        assert new.troubles() == old.troubles()
        assert new.known_images(CHART, range(200)) == {100, 101, 102, 103, 104}
        assert add(new, "after.jpg").id == PHOTOS + 1
        assert new.recover() == 1


def test_a_move_that_was_cut_off_goes_on(filled: Path, database: Secret) -> None:
    def cut(table: str) -> None:
        if table == "events":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        move_store(filled, database, cut)
    with moved_store(database, filled) as half, half.writing() as connection:
        some = sa.select(photos.c.bytes_key).where(photos.c.id > 20)
        connection.execute(photo_pieces.delete().where(photo_pieces.c.bytes_key.in_(some)))
        for table in ("copies", "receipts", "attempts", "events"):
            connection.execute(sa.text(f"DELETE FROM {table} WHERE photo_id > 20"))
        connection.execute(photos.delete().where(photos.c.id > 20))
    with pytest.raises(StoreError, match="not moved into the database to the end; run `tscharts-bridge move-store`"):
        open_store(filled.with_name("machine"), database, exclusive=True)
    assert move_store(filled, database).photos == PHOTOS
    open_store(filled.with_name("machine"), database, exclusive=True).close()


def test_bytes_that_change_on_the_way_are_noticed(filled: Path, database: Secret) -> None:
    def spoil(what: str) -> None:
        if what == "verification":
            with moved_store(database, filled) as store, store.writing() as connection:
                connection.execute(sa.text("UPDATE photo_pieces SET data = 'other' WHERE number = 2"))

    with pytest.raises(StoreError, match="The bytes of photo 7 did not arrive whole"):
        move_store(filled, database, spoil)


def test_photos_whose_bytes_were_lost_before_are_moved_and_counted(filled: Path, database: Secret) -> None:
    with contextlib.closing(SqliteStore(filled)) as store:
        store.files.path(store.photo(1).bytes_key).unlink()
        store.files.path(store.photo(2).bytes_key).write_bytes(b"damaged")
    assert move_store(filled, database).without_bytes == 2


def test_nothing_is_moved_while_a_bridge_runs_on_either_side(filled: Path, database: Secret) -> None:
    with contextlib.closing(SqliteStore(filled, exclusive=True)), pytest.raises(StoreInUseError, match="data folder"):
        move_store(filled, database)
    machine = filled.with_name("machine")
    with (
        contextlib.closing(PostgresStore(database, machine, exclusive=True)),
        pytest.raises(StoreInUseError, match="A bridge runs on this database; stop all that do"),
    ):
        move_store(filled, database)

    def start_a_bridge(table: str) -> None:
        with pytest.raises(StoreInUseError, match="Photos are just being moved"):
            PostgresStore(database, machine, exclusive=True)

    assert move_store(filled, database, start_a_bridge).photos == PHOTOS


def test_two_data_folders_are_never_mixed_and_a_moved_one_serves_no_more(filled: Path, database: Secret) -> None:
    other = filled.with_name("other")
    shutil.copytree(filled, other)
    with contextlib.closing(SqliteStore(other)) as store:
        store.shared_key("this store")
    move_store(filled, database)
    with pytest.raises(StoreError, match="There are other photos in the database already"):
        move_store(other, database)
    with pytest.raises(StoreError, match="were moved into a database already"):
        move_store(filled, database)
    with pytest.raises(StoreError, match="were moved into a database; name it in the config under `database:`"):
        open_store(filled, exclusive=True)


def test_a_moved_folder_is_a_dead_copy_that_no_command_reads_or_changes(filled: Path, database: Secret) -> None:
    move_store(filled, database)
    for use in (open_store, after_restore, lambda folder: back_up(folder, folder.with_name("backup.tar"))):
        with pytest.raises(StoreError, match="were moved into a database; name it in the config under `database:`"):
            use(filled)
    assert not list(filled.parent.glob("backup.tar*"))
    with contextlib.closing(open_store(filled.with_name("machine"), database)) as moved:
        assert moved.counts()[PhotoState.HELD] == 1


def test_a_half_moved_database_is_read_and_changed_by_no_command(filled: Path, database: Secret) -> None:
    def cut(_table: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        move_store(filled, database, cut)
    for use in (open_store, after_restore):
        with pytest.raises(
            StoreError, match="not moved into the database to the end; run `tscharts-bridge move-store`"
        ):
            use(filled.with_name("machine"), database)
    open_store(filled).close()


def test_a_move_does_not_go_on_when_the_folder_was_used_meanwhile(filled: Path, database: Secret) -> None:
    def cut(what: str) -> None:
        if what == "verification":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        move_store(filled, database, cut)
    with contextlib.closing(open_store(filled)) as store:
        store.retry(1, "sofia")
    with pytest.raises(StoreError, match=r"was used after the move .* had begun.*; empty the database and move again"):
        move_store(filled, database)


def test_a_folder_without_a_store_has_nothing_to_move(folder: Path, database: Secret) -> None:
    with pytest.raises(StoreError, match=r"no photo store in the data folder .*; nothing to move"):
        move_store(folder, database)
    assert not folder.exists()
