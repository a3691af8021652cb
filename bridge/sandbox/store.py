"""The chart's state, kept in SQLite: in memory, or in a file that a later server can go on with."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bridge.errors import BridgeError
from bridge.sandbox.tables import images, metadata

_LARGEST_ID = 2**63 - 1
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True)
class StoredImage:
    """One image as the chart keeps it.

    `data` is the whole text as it was posted (the API gives its first line only), None when its file is lost;
    `saved` is the server's local time, without zone.
    """

    id: int
    patient: int
    clinic: int | None
    station: int | None
    type: str
    data: str | None
    saved: datetime


class Store:
    """One SQLite database, one user at a time. `mysql_family` follows the collation of a MySQL-family database
    and its order of rows (contract/tscharts.md, "Where the database matters"). Raises BridgeError for a file that
    is no database.
    """

    def __init__(self, database: Path | None = None, *, mysql_family: bool = False) -> None:
        self.mysql_family = mysql_family
        self._lock = threading.Lock()
        self._engine = _engine(database)
        try:
            with self.begin() as connection:
                metadata.create_all(connection)
        except sa.exc.DatabaseError:
            self.close()
            raise BridgeError(f"{database} cannot be used as the chart's database; name another file.") from None

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction: kept when the block ends, undone when it raises. Others wait meanwhile."""
        with self._lock, self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close the database. What was in memory is gone."""
        with self._lock:
            self._engine.dispose()

    def images(self, patient: int | None = None) -> tuple[StoredImage, ...]:
        """The stored images by id, of one patient or of all."""
        wanted = sa.select(images).order_by(images.c.id)
        if patient is not None:
            wanted = wanted.where(images.c.patient == patient)
        with self.begin() as connection:
            rows = connection.execute(wanted).mappings().all()
        return tuple(
            StoredImage(
                row["id"],
                row["patient"],
                row["clinic"],
                row["station"],
                row["type"],
                row["data"],
                datetime.fromisoformat(row["saved"]),
            )
            for row in rows
        )

    def lose_file(self, image_id: int) -> None:
        """Lose an image's file, as from the server's disk: the row stays, its data cannot be read any more."""
        with self.begin() as connection:
            connection.execute(sa.update(images).where(images.c.id == image_id).values(data=None))

    def equal(self, left: str, right: str) -> bool:
        """Whether the database holds two texts for the same."""
        return left == right or (self.mysql_family and _folded(left) == _folded(right))

    def searchable(self, text: str) -> str:
        """A text as searches compare it: SQLite folds the case of ASCII letters alone."""
        return _folded(text) if self.mysql_family else text.translate(_ASCII_LOWER)


def row_by_id(connection: sa.Connection, table: sa.Table, row_id: int) -> dict[str, Any] | None:
    """One row as the API shows it, or None. An id that is out of SQLite's range is no row's."""
    if not 0 < row_id <= _LARGEST_ID:
        return None
    rows = shown_rows(connection, sa.select(table).where(table.c.id == row_id))
    return rows[0] if rows else None


def shown_rows(connection: sa.Connection, wanted: sa.Select[Any]) -> list[dict[str, Any]]:
    """Rows as the API shows them: dates as MM/DD/YYYY, all else as it is."""
    return [
        {name: us_date(value) if isinstance(value, date) else value for name, value in row.items()}
        for row in connection.execute(wanted).mappings()
    ]


def us_date(day: date) -> str:
    """A day as the chart writes it, MM/DD/YYYY."""
    return day.strftime("%m/%d/%Y")


def parse_us_date(text: str) -> date:
    """A day written MM/DD/YYYY, leading zeros optional. Raises ValueError for anything else."""
    return datetime.strptime(text, "%m/%d/%Y").date()


def local_text(moment: datetime) -> str:
    """A local time as the chart writes it: to the microsecond, without a zone."""
    return moment.isoformat(timespec="microseconds")


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _engine(database: Path | None) -> sa.Engine:
    url = sa.URL.create("sqlite+pysqlite", database=str(database) if database else ":memory:")
    engine = sa.create_engine(
        url, poolclass=sa.StaticPool, connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 30}
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    # A sandbox may lose its last writes in a power cut; it may not lose them when the process is killed.
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
