"""The store on one machine: SQLite for the rows, files beside it for the bytes.

WAL with `synchronous=FULL`: a commit that returned survives a power cut. Writers take their turn on a lock within
the process, because SQLite's own waiting is by sleeping; between processes its busy timeout serves.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import IntegrityError

from bridge.photos import migrate
from bridge.photos.errors import StoreInUseError
from bridge.photos.files import PhotoFiles, storing
from bridge.photos.records import NewUpload, Photo
from bridge.photos.sql import SqlStore, translated
from bridge.photos.store import Incoming
from bridge.photos.tables import photos

_log = logging.getLogger(__name__)
_BUSY_SECONDS = 30
_ORPHAN_AGE_SECONDS = 3600


class SqliteStore(SqlStore):
    """The store in a data folder: `bridge.db` and `photos/`.

    `exclusive` is for the one bridge that serves: it takes the folder's lock, and then tidies what a crash left.
    Raises StoreInUseError when another one has it, StoreError when the folder cannot be used.
    """

    def __init__(self, folder: Path, *, exclusive: bool = False) -> None:
        with storing():
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / "bridge.lock")
        if exclusive:
            self._take_lock(folder)
        self.files = PhotoFiles(folder / "photos")
        super().__init__(_engine(folder / "bridge.db"))
        self._writer = threading.Lock()
        self._writing_engine = self._engine.execution_options(begin="IMMEDIATE")
        with translated():
            migrate.upgrade(self._engine)
        if exclusive:
            self._tidy()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """See SqlStore."""
        with self._writer, translated(), self._writing_engine.connect() as connection, connection.begin():
            yield connection

    def incoming(self) -> Incoming:
        """See Store."""
        return self.files.incoming()

    def add(self, upload: NewUpload, incoming: Incoming) -> tuple[Photo, bool]:
        """See Store. The bytes are durable before the row; a crash between leaves an orphan file, tidied later."""
        known = self._same_photo(upload, incoming.sha256)
        if known is not None:
            incoming.discard()
            return known, False
        self.files.keep(incoming)
        try:
            return self._add_row(upload, incoming.sha256, incoming.size_bytes, incoming.key), True
        except IntegrityError:
            self.files.delete(incoming.key)
            known = self._same_photo(upload, incoming.sha256)
            if known is None:
                raise
            return known, False

    def bytes_of(self, photo: Photo) -> bytes:
        """See Store."""
        return self.files.read(photo.bytes_key)

    def free_bytes(self) -> int:
        """See Store."""
        return self.files.free_bytes()

    def close(self) -> None:
        """See Store."""
        self._engine.dispose()
        self._lock.release()

    def _take_lock(self, folder: Path) -> None:
        with storing():
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise StoreInUseError(
                    f"Another bridge already runs on the data folder {folder}; stop it first, "
                    "or give this one its own `data_folder` in its config."
                ) from None

    def _tidy(self) -> None:
        self.files.empty_incoming()
        orphans = [key for key in self.files.keys_older_than(_ORPHAN_AGE_SECONDS) if not self._has_row(key)]
        for key in orphans:
            self.files.delete(key)
        if orphans:
            _log.info("event=tidied orphan_files=%d", len(orphans))

    def _has_row(self, key: str) -> bool:
        with self.reading() as connection:
            return connection.scalar(sa.select(photos.c.id).where(photos.c.bytes_key == key)) is not None


def _engine(file: Path) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file)),
        poolclass=sa.pool.QueuePool,
        pool_size=8,
        max_overflow=56,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _prepare_connection)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare_connection(connection: Any, _record: Any) -> None:
    """Settings of one SQLite connection. Python's own transaction handling is off: `_begin` says BEGIN."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")
