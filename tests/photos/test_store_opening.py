"""Opening a data folder: migrations, and one sentence for every folder that cannot be used."""

import contextlib
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from photo_makers import PRACTICES, add

from bridge.photos import PhotoState, SqliteStore, StoreDamagedError, StoreError, StoreNewerError
from bridge.photos.tables import metadata

CHECK_DISK = "check the disk of the data folder, and who may write there."


def sql(folder: Path, statement: str) -> list[tuple[str, ...]]:
    """Run one statement on a data folder's database."""
    with contextlib.closing(sqlite3.connect(folder / "bridge.db")) as database, database:
        return database.execute(statement).fetchall()


def made_by(folder: Path) -> set[frozenset[str]]:
    """Each table and index of a database as its columns and constraints, whose order says nothing."""
    rows = sql(folder, "select sql from sqlite_master where sql is not null and tbl_name != 'alembic_version'")
    between = re.compile(r",\s+(?![^(]*\))|\n")
    return {frozenset(part.strip(" \t,)") for part in between.split(statement)) - {""} for (statement,) in rows}


@pytest.fixture
def filled(folder: Path) -> Path:
    """A data folder with some photos in it."""
    with contextlib.closing(SqliteStore(folder)) as store:
        store.ensure_practices(PRACTICES)
        for number in range(50):
            add(store, f"{number}.jpg")
    return folder


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(folder: Path, tmp_path: Path) -> None:
    with contextlib.closing(SqliteStore(folder)) as store, store.reading() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    tmp_path.joinpath("plain").mkdir()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'plain' / 'bridge.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert made_by(folder) == made_by(tmp_path / "plain")


def test_a_current_data_folder_opens_fast_and_keeps_what_is_in_it(filled: Path) -> None:
    before = (filled / "bridge.db").read_bytes()
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        with contextlib.closing(SqliteStore(filled)) as store:
            seconds.append(time.perf_counter() - started)
            assert store.counts()[PhotoState.QUEUED] == 50
    assert min(seconds) < 0.2
    assert (filled / "bridge.db").read_bytes() == before


def test_a_migration_that_fails_leaves_nothing_half_made(folder: Path) -> None:
    folder.mkdir()
    sql(folder, "create table receipts (another_program text)")
    with pytest.raises(StoreError, match=r"\(table receipts already exists\); check the disk"):
        SqliteStore(folder)
    assert sql(folder, "select name from sqlite_master") == [("receipts",)]
    sql(folder, "drop table receipts")
    SqliteStore(folder).close()


def test_a_data_folder_of_a_newer_version_is_refused_and_left_alone(filled: Path) -> None:
    sql(filled, "update alembic_version set version_num = '0099'")
    before = (filled / "bridge.db").read_bytes()
    for _ in range(2):
        with pytest.raises(StoreNewerError) as refused:
            SqliteStore(filled, exclusive=True)
        assert str(refused.value) == (
            "The data folder belongs to a newer version of the bridge; "
            "install that version, or use another data folder."
        )
    assert (filled / "bridge.db").read_bytes() == before


def put_file(path: Path) -> None:
    shutil.rmtree(path)
    put_text(path)


def put_text(path: Path) -> None:
    path.write_text("something else " * 5000)


def put_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


UNUSABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file in place of the folder": (
        put_file,
        "The data folder {folder} cannot be used (File exists); give another `data_folder` in the config.",
    ),
    "a file in place of the photos": (
        lambda folder: put_file(folder / "photos"),
        "The folder {folder}/photos cannot be used (File exists); move away what is in its place.",
    ),
    "a folder in place of the database": (
        lambda folder: put_folder(folder / "bridge.db"),
        "The photo store could not be read or written (unable to open database file); " + CHECK_DISK,
    ),
    "a folder in place of the lock": (
        lambda folder: put_folder(folder / "bridge.lock"),
        "The photo store cannot be read or written (Is a directory); " + CHECK_DISK,
    ),
    "a text in place of the database": (
        lambda folder: put_text(folder / "bridge.db"),
        "The database `bridge.db` in the data folder is damaged; stop the bridge and restore it from a backup.",
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_folder_that_cannot_be_used_is_refused_in_one_sentence(filled: Path, case: str) -> None:
    spoil, sentence = UNUSABLE[case]
    spoil(filled)
    for _ in range(2):
        with pytest.raises(StoreError) as refused:
            SqliteStore(filled, exclusive=True)
        assert str(refused.value) == sentence.format(folder=filled)


def test_a_folder_below_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be used .*; give another `data_folder`"):
        SqliteStore(tmp_path / "file" / "data")


def test_a_damaged_database_is_said_to_be_damaged(filled: Path) -> None:
    database = filled / "bridge.db"
    page_bytes = 4096
    whole = database.read_bytes()
    database.write_bytes(whole[:page_bytes] + b"\xa5" * (len(whole) - page_bytes))
    with pytest.raises(StoreDamagedError, match=r"`bridge.db` in the data folder is damaged; .* from a backup"):
        SqliteStore(filled)


def test_damage_found_while_the_bridge_runs_is_said_to_be_damage(filled: Path) -> None:
    with contextlib.closing(SqliteStore(filled)) as store:
        (root,) = sql(filled, "select rootpage from sqlite_master where name = 'photos_by_state'")[0]
        with (filled / "bridge.db").open("r+b") as database:
            database.seek((int(root) - 1) * 4096)
            database.write(b"\xa5" * 4096)
        with pytest.raises(StoreDamagedError):
            store.counts()


def test_a_database_that_takes_no_writes_is_said_so(filled: Path) -> None:
    with contextlib.closing(SqliteStore(filled)) as store:
        with store.writing() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match=r"\(attempt to write a readonly database\); check the disk"):
            add(store)
        assert store.counts()[PhotoState.QUEUED] == 50


def test_a_folder_of_any_name_and_depth_can_be_used(tmp_path: Path) -> None:
    folder = tmp_path / "clínica #1" / "50% {x} & 'so'" / "data"
    with contextlib.closing(SqliteStore(folder, exclusive=True)) as store:
        store.ensure_practices(PRACTICES)
        assert store.bytes_of(add(store)) == b"a picture"


@pytest.mark.parametrize("ask", [lambda store: store.photo(10**30), lambda store: store.photos_named("\udcff")])
def test_a_number_or_text_that_no_database_holds_is_refused_in_one_sentence(
    filled: Path, ask: Callable[[SqliteStore], object]
) -> None:
    sentence = "cannot hold this number or text; check what was typed"
    with contextlib.closing(SqliteStore(filled)) as store, pytest.raises(StoreError, match=sentence):
        ask(store)


def test_an_old_sqlite_that_takes_few_values_at_once_is_enough(filled: Path) -> None:
    with contextlib.closing(SqliteStore(filled)) as store:
        with store.reading() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        assert store.known_images("https://chart.example.org", range(5_000)) == set()


def test_errors_never_quote_what_was_stored(filled: Path) -> None:
    with contextlib.closing(SqliteStore(filled)) as store:
        with pytest.raises(StoreError) as refused:
            add(store, "Ana-Lopez.jpg", practice="gone")
        assert "Ana" not in f"{refused.value} {refused.value.__cause__}"
