"""The store in PostgreSQL: opening it, its bytes, and what its errors say."""

import contextlib
import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from photo_makers import PRACTICES, add, in_threads, send, upload

from bridge.photos import (
    BytesMissingError,
    PhotoState,
    PostgresStore,
    RowConflictError,
    StoreAwayError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreInUseError,
    StoreNewerError,
)
from bridge.photos.postgres import PIECE_BYTES
from bridge.photos.tables import metadata, photo_pieces, photos
from bridge.secret import Secret
from phone import wait_until
from postgres_server import PostgresServer, new_database

SERVER_THREADS = 320
Opener = Callable[..., PostgresStore]


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(open_store: Opener) -> None:
    with open_store("a").reading() as connection:
        options = {"compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_bridges_opening_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    def open_and_close(number: int) -> None:
        with contextlib.closing(PostgresStore(Secret(url), tmp_path / str(number), exclusive=True)) as store:
            store.ensure_practices(PRACTICES)

    with new_database() as url, ThreadPoolExecutor(4) as threads:
        assert list(threads.map(open_and_close, range(4))) == [None] * 4


def test_a_database_of_a_newer_version_is_refused(open_store: Opener) -> None:
    with open_store("a").writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(StoreNewerError, match="database belongs to a newer version of the bridge; install that"):
        open_store("b")


def test_a_migration_that_fails_leaves_nothing_half_made(tmp_path: Path) -> None:
    with new_database() as url:
        engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with contextlib.closing(engine.raw_connection()) as connection:
            connection.cursor().execute("CREATE TABLE receipts (another_program text)")
            connection.commit()
        with pytest.raises(StoreError, match=r"refused what the bridge asked of it \(DuplicateTable 42P07\)"):
            PostgresStore(Secret(url), tmp_path / "a")
        assert sa.inspect(engine).get_table_names() == ["receipts"]
        engine.dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://bridge:hunter2@127.0.0.1:1/bridge", "does not answer (connection failed"),
        ("postgresql://bridge:hunter2@127.0.0.1:{port}/none", "takes no connection (connection failed"),
        ("postgresql://bridge:hunter2@nowhere.invalid/bridge", "does not answer ("),
        ("postgresql://bridge:hunter2@127.0.0.1:{port}/bridge?hunter2=1", "address of the photo store's database"),
        ("hunter2", "address of the photo store's database"),
    ],
)
def test_a_database_that_cannot_be_reached_is_said_so_and_the_password_never(
    url: str, said: str, server: PostgresServer, tmp_path: Path
) -> None:
    with pytest.raises(StoreError) as refused:
        PostgresStore(Secret(url.format(port=server.port)), tmp_path / "a", exclusive=True)
    assert said in str(refused.value)
    assert "hunter2" not in f"{refused.value}{refused.value.__cause__}"
    assert "\n" not in str(refused.value)


def test_two_bridges_do_not_share_a_data_folder(open_store: Opener) -> None:
    open_store("a", exclusive=True)
    with pytest.raises(StoreInUseError, match="give this one its own `data_folder`"):
        open_store("a", exclusive=True)
    open_store("b", exclusive=True)


def test_unfinished_uploads_go_when_a_bridge_starts(open_store: Opener, tmp_path: Path) -> None:
    left = tmp_path / "a" / "incoming" / ("0" * 32)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    open_store("b", exclusive=True)
    assert left.exists()
    open_store("a", exclusive=True)
    assert not left.exists()


@pytest.mark.parametrize("size", [1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_bytes_come_back_whole_whatever_their_size(open_store: Opener, size: int) -> None:
    content = secrets.token_bytes(size)
    photo = add(open_store("a"), content=content)
    other = open_store("b")
    assert other.bytes_of(photo) == other.original(photo) == content


def test_an_upload_leaves_nothing_in_the_data_folder_whether_it_is_new_or_known(
    open_store: Opener, tmp_path: Path
) -> None:
    store = open_store("a")
    for _ in range(2):
        add(store)
    with pytest.raises(RowConflictError):
        add(store, practice="gone")
    assert list((tmp_path / "a" / "incoming").iterdir()) == []
    with store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(photo_pieces)) == 1


def test_lost_bytes_are_said_to_be_missing_and_come_back_when_the_photo_is_sent_again(open_store: Opener) -> None:
    store = open_store("a")
    photo = add(store)
    with store.writing() as connection:
        connection.execute(photo_pieces.delete())
    with pytest.raises(BytesMissingError):
        store.bytes_of(photo)
    assert send(store, upload()) == (photo, False)
    assert store.bytes_of(photo) == b"a picture"


def test_all_threads_of_the_server_storing_at_once_succeed(open_store: Opener) -> None:
    store = open_store("a")
    added = in_threads(SERVER_THREADS, lambda: add(store, content=secrets.token_bytes(2_000)))
    assert len({photo.id for photo in added}) == SERVER_THREADS


def test_the_same_upload_on_two_machines_at_once_is_one_photo(open_store: Opener) -> None:
    stores = [open_store("a"), open_store("b")]
    for number in range(10):
        both = iter(stores)
        results = in_threads(2, lambda both=both, number=number: send(next(both), upload(f"{number}.jpg"), b"x" * 5000))
        assert sorted(is_new for _, is_new in results) == [False, True]
        assert results[0][0] == results[1][0]


def test_a_server_that_goes_and_comes_back_needs_no_restart_of_the_bridge(
    server: PostgresServer, own: Secret, open_store: Opener
) -> None:
    here, there = (open_store(name, own, exclusive=True) for name in ("a", "b"))
    rung = threading.Event()
    there.listen(rung.set)
    photo = add(here)
    rung.wait(2)
    server.stop()
    try:
        for _ in range(2):
            with pytest.raises(StoreAwayError, match=r"does not answer .*photos flow again by themselves"):
                add(here, "2.jpg")
        with pytest.raises(StoreAwayError):
            here.claim("worker-1")
    finally:
        server.start()
    assert here.bytes_of(photo) == b"a picture"
    rung.clear()
    wait_until(lambda: bool(add(here, secrets.token_hex(4))) and rung.wait(0.2), 20)


def test_photos_accepted_before_a_server_is_killed_are_whole(
    server: PostgresServer, own: Secret, open_store: Opener
) -> None:
    accepted: dict[int, str] = {}
    store = open_store("a", own)
    for _ in range(2):
        stopping = threading.Event()

        def accept(stopping: threading.Event = stopping) -> None:
            while not stopping.is_set():
                content = secrets.token_bytes(300_000)
                with contextlib.suppress(StoreError):
                    photo = add(store, secrets.token_hex(4), content)
                    accepted[photo.id] = hashlib.sha256(content).hexdigest()

        threads = [threading.Thread(target=accept) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.4)
        server.kill()
        stopping.set()
        for thread in threads:
            thread.join()
        server.start()
    found = {photo.id: photo for photo in store.photos(limit=100_000)}
    assert accepted
    assert accepted.items() <= {photo.id: photo.sha256 for photo in found.values()}.items()
    for photo in found.values():
        assert hashlib.sha256(store.bytes_of(photo)).hexdigest() == photo.sha256


def test_a_server_without_free_connections_is_said_to_be_busy_or_away(
    server: PostgresServer, own: Secret, open_store: Opener
) -> None:
    import psycopg

    store = open_store("a", own)
    add(store)
    with contextlib.ExitStack() as others:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                others.enter_context(psycopg.connect(own.reveal()))
        with pytest.raises(StoreAwayError, match=r"too many clients already|connection slots"):
            open_store("b", own)
        assert store.counts()[PhotoState.QUEUED] == 1
    open_store("b", own)


def test_a_database_that_takes_no_writes_is_not_served_from(
    server: PostgresServer, own: Secret, open_store: Opener
) -> None:
    store = open_store("a", own)
    name = own.reveal().rpartition("/")[2]
    server.do(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StoreAwayError, match="session is read-only"):
        open_store("b", own, exclusive=True)
    server.do(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    assert add(store).state is PhotoState.QUEUED


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("53100", StoreFullError, "disk of the photo store's database is full; free some space"),
        ("40P01", StoreBusyError, r"kept busy \(DeadlockDetected\); try again"),
        ("40001", StoreBusyError, "kept busy"),
        ("57014", StoreBusyError, r"kept busy \(QueryCanceled\)"),
        ("53200", StoreBusyError, "kept busy"),
        ("53300", StoreAwayError, r"does not answer \(TooManyConnections\)"),
        ("57P01", StoreAwayError, r"does not answer \(AdminShutdown\)"),
        ("25006", StoreAwayError, "does not answer"),
        ("XX001", StoreDamagedError, "database is damaged"),
        ("42501", StoreError, "check the rights of the bridge's user there"),
    ],
)
def test_what_the_database_says_is_told_in_one_sentence(
    open_store: Opener, code: str, error: type[StoreError], said: str
) -> None:
    statement = f"DO $$ BEGIN RAISE EXCEPTION 'Ana-Lopez.jpg' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(error, match=said) as refused, open_store("a").writing() as connection:
        connection.exec_driver_sql(statement)
    assert "Ana" not in f"{refused.value}{refused.value.__cause__}"


def test_a_row_that_another_keeps_too_long_is_given_up_with_a_sentence(open_store: Opener) -> None:
    store = open_store("a")
    photo = add(store)
    with store.writing() as keeping:
        keeping.execute(sa.select(photos).with_for_update())
        with pytest.raises(StoreBusyError, match="LockNotAvailable"), store.writing() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            connection.execute(photos.update().where(photos.c.id == photo.id).values(attempts=1))


@pytest.mark.parametrize("name", ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"])
def test_nothing_waits_for_ever(open_store: Opener, name: str) -> None:
    store = open_store("a")
    for transaction in (store.writing, store.reading):
        with transaction() as connection:
            assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() not in ("0", "")


@pytest.mark.parametrize("ask", [lambda store: store.photo(10**30), lambda store: store.photos_named("\udcff")])
def test_a_number_or_text_that_no_database_holds_is_refused_in_one_sentence(
    open_store: Opener, ask: Callable[[PostgresStore], object]
) -> None:
    with pytest.raises(StoreError, match="cannot hold this number or text; check what was typed"):
        ask(open_store("a"))


def test_commits_wait_for_the_disk_even_where_the_server_would_not(
    server: PostgresServer, own: Secret, open_store: Opener
) -> None:
    name = own.reveal().rpartition("/")[2]
    server.do(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with open_store("a", own).writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_a_server_on_which_a_power_cut_loses_photos_is_doubted(own: Secret, open_store: Opener) -> None:
    assert open_store("b", own).doubts() == []
    doubts = open_store("a").doubts()
    assert [doubt.split("`")[1] for doubt in doubts] == ["fsync", "full_page_writes"]


def test_a_connection_that_is_given_back_after_the_end_is_closed(open_store: Opener) -> None:
    store = open_store("a")
    with store.reading() as connection:
        driver = connection.connection.driver_connection
        store.close()
        assert driver is not None
        assert not driver.closed
    assert driver.closed
