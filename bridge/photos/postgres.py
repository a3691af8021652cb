"""The store for several machines: rows and bytes in PostgreSQL; the data folder holds only what is just arriving.

A photo's bytes are written in the transaction that writes its row, so there is never one without the other.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from bridge.holds import Hold
from bridge.photos import migrate
from bridge.photos.charting_tables import repeated_posts
from bridge.photos.errors import BytesMissingError, RowConflictError, StoreError, StoreNewerError
from bridge.photos.files import Spool, storing
from bridge.photos.folder_lock import prepare_folder, serving_lock
from bridge.photos.postgres_connection import checked, make_engine, meaning
from bridge.photos.postgres_presence import CHANNEL, Presence, practice_lock
from bridge.photos.records import NewUpload, Photo, PhotoState
from bridge.photos.sql import SqlStore
from bridge.photos.sql_claims import LEASE_SECONDS, claimed_by
from bridge.photos.store import Incoming
from bridge.photos.tables import leases, photo_pieces, photos
from bridge.secret import Secret

PIECE_BYTES = 1024 * 1024
_MOST_IDS = 20
_log = logging.getLogger(__name__)


class PostgresStore(SqlStore):
    """The store in a PostgreSQL database, by its libpq URL, and a data folder of this bridge's own.

    `exclusive` is for a bridge that serves: it takes the folder's lock, removes what a crash left there, and listens
    for what other bridges ring. `busy_seconds` is how long a call waits for a free connection. A practice that no
    bridge has is nobody's `unserved_seconds` later: one machine may just be starting anew.
    Raises StoreInUseError when another bridge has the folder, StoreError when folder or database cannot be used.
    """

    def __init__(
        self,
        url: Secret,
        folder: Path,
        *,
        exclusive: bool = False,
        busy_seconds: float = 30.0,
        unserved_seconds: float = 3600.0,
    ) -> None:
        checked(url)
        super().__init__(make_engine(url, busy_seconds))
        self._reading_engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._calling_engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._is_closed = False
        sa.event.listen(self._engine, "checkin", self._close_if_over)
        self._presence: Presence | None = None
        self._unserved_seconds = unserved_seconds
        self._unserved_since: dict[str, float] = {}
        self._earlier_ids: list[str] = []
        self._ids_file = folder / "bridge-id"
        self._lock = serving_lock(folder)
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            prepare_folder(folder, self._lock, exclusive=exclusive)
            self._spool = Spool(folder / "incoming")
            self._bring_up_to_date()
            if exclusive:
                self._spool.empty()
                self._presence = Presence(url, self.bridge_id)
                self._earlier_ids = _ids_in(self._ids_file)
                self._note_ids()
            undo.pop_all()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """See SqlStore."""
        with self.translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """See SqlStore."""
        with self.translated(), self._reading_engine.connect() as connection, connection.begin():
            yield connection

    def explained(self, error: DBAPIError) -> StoreError:
        """See SqlStore."""
        return meaning(error)

    def cause(self, error: DBAPIError) -> DBAPIError | None:
        """See SqlStore. PostgreSQL's errors quote the rows that they are about."""
        return None

    def take_turn(self, connection: sa.Connection, name: str) -> None:
        """See SqlTransactions."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

    def clock(self, after_seconds: float = 0.0) -> Any:
        """See SqlTransactions. It is the database's, as those of machines differ."""
        return sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, after_seconds)

    def is_lost_post(self) -> sa.ColumnElement[bool]:
        """See SqlCharting."""
        return sa.or_(repeated_posts.c.lease_until.is_(None), repeated_posts.c.lease_until < self.clock())

    def ring(self) -> None:
        """See SqlTransactions. After the commit: commits with a message in them wait for one another.

        A message that is lost is no harm, as every bridge looks each second anyway.
        """
        with contextlib.suppress(StoreError), self.translated(), self._calling_engine.connect() as connection:
            connection.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))

    def listen(self, ring: Callable[[], None]) -> None:
        """See Store."""
        if self._presence is not None:
            self._presence.ring = ring

    def ensure_practices(self, guids: dict[str, str | None]) -> None:
        """See Store."""
        super().ensure_practices(guids)
        if self._presence is not None:
            self._presence.serve(guids)

    def is_nobodys(self, practice: str) -> bool:
        """See Store."""
        if not self._is_unlocked(practice_lock(practice)):
            self._unserved_since.pop(practice, None)
            return False
        since = self._unserved_since.setdefault(practice, time.monotonic())
        return time.monotonic() - since >= self._unserved_seconds

    def incoming(self) -> Incoming:
        """See Store."""
        return self._spool.incoming()

    def add(self, upload: NewUpload, incoming: Incoming, *, hold: Hold | None = None) -> tuple[Photo, bool]:
        """See Store. Row and bytes are committed together."""
        try:
            known = self._known(upload, incoming)
            return (self._add_row(upload, incoming, hold), True) if known is None else (known, False)
        except RowConflictError:
            known = self._same_photo(upload, incoming.sha256)
            if known is None:
                raise
            return known, False
        finally:
            incoming.discard()

    def keep_bytes(self, connection: sa.Connection, incoming: Incoming, key: str) -> None:
        """See SqlStore."""
        with storing(), incoming.path.open("rb") as file:
            for number, data in enumerate(iter(lambda: file.read(PIECE_BYTES), b"")):
                connection.execute(photo_pieces.insert().values(bytes_key=key, number=number, data=data))

    def bytes_of(self, photo: Photo) -> bytes:
        """See Store."""
        statement = "SELECT data FROM photo_pieces WHERE bytes_key = %s ORDER BY number"
        with self.reading() as connection:
            # Straight through the driver: bytes in text form would be twice as many.
            driver: Any = connection.connection.driver_connection
            with driver.cursor(binary=True) as cursor:
                pieces = [data for (data,) in cursor.execute(statement, [photo.bytes_key])]
        if not pieces and photo.size_bytes:
            raise BytesMissingError
        return b"".join(pieces)

    def original(self, photo: Photo) -> Path | bytes:
        """See Store."""
        return self.bytes_of(photo)

    def free_bytes(self) -> int:
        """See Store. That is the disk to which uploads come first; the database's own is its server's matter."""
        return self._spool.free_bytes()

    def recover(self) -> int:
        """See Store. What earlier runs with this data folder had in hand need not wait until its lease is over."""
        lost = sa.or_(photos.c.lease_until.is_(None), photos.c.lease_until < self.clock())
        gone = [each for each in self._earlier_ids if self._is_gone(each)]
        number = self.put_back(sa.or_(lost, *map(claimed_by, gone)))
        if gone:
            self.let_posts_go(gone)
            self.let_moves_go(gone)
            self._earlier_ids = [each for each in self._earlier_ids if each not in gone]
            self._note_ids()
        return number

    def _note_ids(self) -> None:
        """Write down this run and those before it whose photos are not put back: a run may end before it comes to that.

        On a full disk it is left: then the leases end by themselves.
        """
        with contextlib.suppress(OSError):
            self._ids_file.write_text("\n".join([self.bridge_id, *self._earlier_ids[: _MOST_IDS - 1]]), "utf-8")

    def _is_gone(self, bridge_id: str) -> bool:
        """Whether no bridge of this id is on the database. A copied data folder names one that may well be."""
        return self._is_unlocked(bridge_id)

    def _is_unlocked(self, lock: str) -> bool:
        """Whether no bridge that runs holds a lock of this name."""
        taken = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(lock, 0))
        with self.writing() as connection:
            return bool(connection.scalar(sa.select(taken)))

    def renew(self, in_hand: Collection[str] = ()) -> int:
        """See Store."""
        with self.writing() as connection:
            self.extend(connection, photos.c.claimed_by.in_(list(in_hand)))
            self.renew_posts(connection)
            self.renew_moves(connection)
            own = leases.update().where(leases.c.holder == self.bridge_id, leases.c.until > self.clock())
            connection.execute(own.values(until=self.clock(LEASE_SECONDS)))
        return self.put_back_strays(in_hand) + self.recover()

    def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
        """See Store. It is written again when half of its time is over, not each time it is asked for."""
        known = sa.select(leases.c.holder, leases.c.until > self.clock(), leases.c.until > self.clock(seconds / 2))
        with self.reading() as connection:
            row = connection.execute(known.where(leases.c.name == name)).one_or_none()
        if row is not None and row[1] and (row.holder != holder or row[2]):
            return bool(row.holder == holder)
        new = insert(leases).values(name=name, holder=holder, until=self.clock(seconds))
        is_free = sa.or_(leases.c.holder == holder, leases.c.until <= self.clock())
        values = {"holder": new.excluded.holder, "until": new.excluded.until}
        taken = new.on_conflict_do_update(index_elements=["name"], set_=values, where=is_free)
        with self.writing() as connection:
            return connection.execute(taken.returning(leases.c.name)).one_or_none() is not None

    def doubts(self) -> list[str]:
        """See Store."""
        with self.reading() as connection:
            is_off = [
                name
                for name in ("fsync", "full_page_writes")
                if connection.exec_driver_sql(f"SHOW {name}").scalar_one() == "off"
            ]
        return [f"the database runs with `{name}` off, so a power cut may lose photos; turn it on" for name in is_off]

    def close(self) -> None:
        """See Store. What this bridge has in hand, others may take at once."""
        if self._presence is not None:
            self._presence.close()
            self._presence = None
            with contextlib.suppress(StoreError):
                self._give_back()
        self._is_closed = True
        self._engine.dispose()
        self._lock.release()

    def _close_if_over(self, connection: Any, _record: Any) -> None:
        """What a thread gives back when the store is closed already would stay open for as long as it is remembered."""
        if self._is_closed and connection is not None:
            connection.close()

    def _give_back(self) -> None:
        with self.writing() as connection:
            connection.execute(leases.delete().where(leases.c.holder == self.bridge_id))
            connection.execute(photos.update().where(self._own()).values(lease_until=self.clock()))
            self.renew_posts(connection, 0)
            self.renew_moves(connection, 0)

    def _own(self) -> sa.ColumnElement[bool]:
        """Photos that this bridge has claimed."""
        return sa.and_(photos.c.state == PhotoState.SENDING.value, claimed_by(self.bridge_id))

    def _known(self, upload: NewUpload, incoming: Incoming) -> Photo | None:
        """The photo that this upload repeats; if its bytes are needed and were lost, it gets these."""
        known = self._same_photo(upload, incoming.sha256)
        if known is not None and not known.state.is_done:
            with self.writing() as connection:
                self.take_turn(connection, f"bytes {known.bytes_key}")
                of_it = sa.select(photo_pieces.c.number).where(photo_pieces.c.bytes_key == known.bytes_key)
                if connection.execute(of_it.limit(1)).one_or_none() is None:
                    self.keep_bytes(connection, incoming, known.bytes_key)
        return known

    def _bring_up_to_date(self) -> None:
        """Make or migrate the tables, one bridge at a time."""
        try:
            with self.translated():
                migrate.upgrade(self._engine, _without_hurry)
        except StoreNewerError:
            raise StoreNewerError(
                "The database belongs to a newer version of the bridge; install that version on this machine, too."
            ) from None


def _ids_in(file: Path) -> list[str]:
    with storing():
        return [line[:80] for line in file.read_text("utf-8", "replace").split()] if file.exists() else []


def _without_hurry(connection: sa.Connection) -> None:
    """A migration may take its time, and waits for one that another bridge makes."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))")
