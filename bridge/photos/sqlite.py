"""The store on one machine: SQLite for the rows, files beside it for the bytes.

WAL with `synchronous=NORMAL`, so that SQLite does not wait for the disk while it keeps other writers out. `writing`
waits afterwards, until the log is on the disk: what it returned from survives a power cut, and so does all that was
committed before. Writers take their turn on a lock within the process, because SQLite's own waiting is by sleeping;
between processes its busy timeout serves.
"""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.exc import DBAPIError

from bridge.holds import Hold
from bridge.photos import migrate
from bridge.photos.errors import (
    RowConflictError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
)
from bridge.photos.files import PhotoFiles, storing, sync_name
from bridge.photos.folder_lock import acquire, prepare_folder, serving_lock
from bridge.photos.records import NewUpload, Photo
from bridge.photos.reserve import set_aside
from bridge.photos.shared_sync import SharedSync, sync_data
from bridge.photos.sql import SqlStore
from bridge.photos.store import Incoming
from bridge.photos.tables import WITH_BYTES, photos

_log = logging.getLogger(__name__)
_READERS = 16
"""Readers beyond these wait: Python runs one thread at a time, so more connections would only cost memory."""

_WRITERS = 1
"""What SQLite has in its memory for a connection is good until another one writes, so all writers share one."""

_ORPHAN_AGE_SECONDS = 3600
_MEANINGS: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: StoreFullError,
    sqlite3.SQLITE_BUSY: StoreBusyError,
    sqlite3.SQLITE_CORRUPT: StoreDamagedError,
    sqlite3.SQLITE_NOTADB: StoreDamagedError,
}
_PRIMARY_CODE = 0xFF
"""SQLite's extended error codes hold the plain one in their lowest byte."""


class SqliteStore(SqlStore):
    """The store in a data folder: `bridge.db` and `photos/`.

    `exclusive` is for the one bridge that serves: it takes the folder's lock, and then tidies what a crash left.
    `busy_seconds` is how long a call waits for a writer in another process, and for its turn in this one.
    Raises StoreInUseError when another one has the lock, StoreError when the folder cannot be used.
    """

    def __init__(self, folder: Path, *, exclusive: bool = False, busy_seconds: float = 30.0) -> None:
        super().__init__(_engine(folder / "bridge.db", busy_seconds, _READERS))
        self._writing_engine = _engine(folder / "bridge.db", busy_seconds, _WRITERS)
        self._log_file = folder / "bridge.db-wal"
        self._log_on_disk = SharedSync(lambda: sync_data(self._log_file))
        self._busy_seconds = busy_seconds
        self._writer = threading.Lock()
        self._lock = serving_lock(folder)
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            prepare_folder(folder, self._lock, exclusive=exclusive)
            self.files = PhotoFiles(folder / "photos")
            self._bring_up_to_date(folder)
            if exclusive:
                self._tidy()
            undo.pop_all()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """See SqlStore."""
        with self.hurrying() as connection:
            yield connection
        self._await_disk()

    @contextlib.contextmanager
    def hurrying(self) -> Iterator[sa.Connection]:
        """See SqlTransactions. The next of `writing` takes this one along: they are in one file."""
        with self._turn(), self.translated(), _transaction(self._writing_engine, "IMMEDIATE") as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """See SqlStore."""
        with self.translated(), _transaction(self._engine, "DEFERRED") as connection:
            yield connection

    @contextlib.contextmanager
    def looking(self) -> Iterator[sa.Connection]:
        """See SqlTransactions. To SQLite a statement outside of a transaction is one of its own."""
        with self.translated(), self._engine.connect() as connection:
            yield connection

    def explained(self, error: DBAPIError) -> StoreError:
        """See SqlStore."""
        meaning = _MEANINGS.get(getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY_CODE)
        if meaning is not None:
            return meaning()
        return StoreError(
            f"The photo store could not be read or written ({error.orig}); "
            "check the disk of the data folder, and who may write there."
        )

    def take_turn(self, connection: sa.Connection, name: str) -> None:
        """See SqlTransactions. Writers take turns anyway."""

    def ring(self) -> None:
        """See SqlTransactions. There is one bridge, and it knows."""

    def incoming(self) -> Incoming:
        """See Store."""
        return self.files.incoming()

    def add(self, upload: NewUpload, incoming: Incoming, *, hold: Hold | None = None) -> tuple[Photo, bool]:
        """See Store. The bytes are durable before the row; a crash between leaves an orphan file, tidied later."""
        known = self._known(upload, incoming)
        if known is not None:
            incoming.discard()
            self._await_disk()
            return known, False
        self.files.keep(incoming)
        try:
            return self._add_row(upload, incoming, hold), True
        except (RowConflictError, StoreFullError, StoreBusyError):
            # After other errors the commit may yet turn out to have happened, so then the bytes stay.
            self.files.delete(incoming.key)
            known = self._same_photo(upload, incoming.sha256)
            if known is None:
                raise
            return known, False

    def bytes_of(self, photo: Photo) -> bytes:
        """See Store."""
        return self.files.read(photo.bytes_key)

    def remove_bytes(self, connection: sa.Connection, keys: Collection[str]) -> None:
        """See SqlKeeping. After a crash in between they go again, and then the row says so.

        What says that they may go comes to the disk itself before: `deliver` did not wait for it.
        """
        self._await_disk()
        for key in keys:
            self.files.delete(key)

    def original(self, photo: Photo) -> Path | bytes:
        """See Store."""
        return self.files.path(photo.bytes_key)

    def free_bytes(self) -> int:
        """See Store."""
        return self.files.free_bytes()

    def close(self) -> None:
        """See Store."""
        self._writing_engine.dispose()
        self._engine.dispose()
        if self._lock.is_locked:
            set_aside(self._log_file.parent)
        self._lock.release()

    def _known(self, upload: NewUpload, incoming: Incoming) -> Photo | None:
        """The photo that this upload repeats; if its bytes were lost and are still needed, it gets these."""
        known = self._same_photo(upload, incoming.sha256)
        if known is not None and not known.state.is_done and not self.files.has(known.bytes_key):
            self.files.keep(incoming, known.bytes_key)
        return known

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=self._busy_seconds):
            raise StoreBusyError
        try:
            yield
        finally:
            self._writer.release()

    def _await_disk(self) -> None:
        """Wait until all that was committed is on the disk. When SQLite's log is gone, it is: in the database.

        A commit has happened when this fails, so it never says that the disk is full, after which bytes would go.
        """
        try:
            self._log_on_disk.wait()
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(
                f"The photo store cannot be brought to the disk ({error.strerror or type(error).__name__}); "
                "check the disk of the data folder."
            ) from error

    def _bring_up_to_date(self, folder: Path) -> None:
        """Make or migrate the tables, one process at a time: SQLite cannot wait while a new file is turned to WAL."""
        opening = FileLock(folder / "opening.lock")
        acquire(opening, self._busy_seconds, StoreBusyError())
        try:
            with self.translated():
                migrate.upgrade(self._engine, _begin)
            with storing():
                sync_name(folder / "bridge.db")
            self._await_disk()
        finally:
            opening.release()

    def _tidy(self) -> None:
        with self.reading() as connection:
            known = set(connection.scalars(sa.select(photos.c.bytes_key).where(sa.text(WITH_BYTES))))
        orphans = self.files.tidy(known, _ORPHAN_AGE_SECONDS)
        if orphans:
            _log.info("event=tidied orphan_files=%d", orphans)


def _engine(file: Path, busy_seconds: float, connections: int) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file)),
        poolclass=sa.pool.QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=busy_seconds,
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _prepare_connection)
    return engine


def _prepare_connection(connection: Any, _record: Any) -> None:
    """Settings of one SQLite connection. Python's own transaction handling is off: `_transaction` says BEGIN."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


@contextlib.contextmanager
def _transaction(engine: sa.Engine, kind: str) -> Iterator[sa.Connection]:
    """A transaction of SQLite's own. SQLAlchemy's event for this would slow down each statement."""
    with engine.connect() as connection, connection.begin():
        _begin(connection, kind)
        yield connection


def _begin(connection: sa.Connection, kind: str = "IMMEDIATE") -> None:
    connection.exec_driver_sql(f"BEGIN {kind}")
