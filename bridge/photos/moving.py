"""Moves photos from a data folder into a PostgreSQL database: rows table by table, with photos also their bytes.

Each batch is one transaction, and what is there already is left alone, so a move that was cut off is begun again and
goes on. No bridge may run on either while the move lasts. One that ran on the data folder between its parts has changed
what was copied before, so then the move does not go on.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bridge.photos.charting_tables import audit
from bridge.photos.errors import BytesMissingError, StoreError
from bridge.photos.move_tables import moves
from bridge.photos.opening import MOVED, MOVING
from bridge.photos.postgres import PIECE_BYTES, PostgresStore
from bridge.photos.postgres_presence import without_bridges
from bridge.photos.sql import SqlStore
from bridge.photos.sqlite import SqliteStore
from bridge.photos.tables import events, leases, metadata, photo_pieces, photos, shared
from bridge.secret import Secret

_ROWS_AT_ONCE = 500
_PHOTOS_AT_ONCE = 20
_OWN = {photo_pieces.name, leases.name, shared.name}
_TABLES = [table for table in metadata.sorted_tables if table.name not in _OWN]
_HASHES = sa.text(
    "SELECT id, bytes_key, sha256, (SELECT encode(sha256(string_agg(data, '' ORDER BY number)), 'hex')"
    " FROM photo_pieces WHERE photo_pieces.bytes_key = photos.bytes_key) AS arrived"
    " FROM photos WHERE id > :last AND size_bytes > 0 AND bytes_gone_at IS NULL ORDER BY id LIMIT :most"
)


@dataclass(frozen=True)
class Moved:
    """What was moved: rows in all, photos, and how many of these had lost their bytes, or had them damaged, before."""

    rows: int
    photos: int
    without_bytes: int


def move_store(folder: Path, url: Secret, told: Callable[[str], object] = bool) -> Moved:
    """Move all photos of a data folder into a database that has none of its own. `told` hears what is begun.

    Raises StoreInUseError while a bridge runs on either, StoreError when there are other photos in the database, or
    when what arrived there is not what was sent.
    """
    if not (folder / "bridge.db").exists():
        raise StoreError(f"There is no photo store in the data folder {folder}; nothing to move.")
    with contextlib.ExitStack() as opened:
        source = opened.enter_context(contextlib.closing(SqliteStore(folder, exclusive=True)))
        opened.enter_context(without_bridges(url))
        target = opened.enter_context(contextlib.closing(PostgresStore(url, folder)))
        _begin(source, target)
        for table in _TABLES:
            told(table.name)
            _move_table(table, source, target)
        told("verification")
        _set_sequences(target)
        moved = _verified(source, target)
        source.change_shared(MOVED, lambda _note: b"to a database")
        target.change_shared(MOVING, lambda _note: b"")
        return moved


def _begin(source: SqliteStore, target: PostgresStore) -> None:
    """Mark the database as half moved, by the folder's own key. Another folder's photos would get mixed up."""
    key = source.shared_key("this store")
    if source.shared_note(MOVED) and not target.shared_note(MOVING):
        raise StoreError("The photos of this data folder were moved into a database already.")
    with target.reading() as connection:
        is_empty = connection.execute(sa.select(photos.c.id).limit(1)).one_or_none() is None
    stands = key + _standing(source)
    begun = target.change_shared(MOVING, lambda note: note or (stands if is_empty else b""))
    if not begun.startswith(key):
        raise StoreError("There are other photos in the database already; move into an empty one.")
    if begun not in (key, stands):
        raise StoreError(
            "The data folder was used after the move into the database had begun, so the copy there is out of date; "
            "empty the database and move again."
        )


def _standing(source: SqliteStore) -> bytes:
    """What is another after any change that a bridge or a person makes to photos, or to moves of images."""
    counted = sa.select(
        sa.select(sa.func.max(events.c.id)).scalar_subquery(),
        sa.select(sa.func.max(audit.c.id)).scalar_subquery(),
        sa.select(sa.func.sum(moves.c.sends)).scalar_subquery(),
        sa.select(sa.func.count(moves.c.ended_at)).scalar_subquery(),
    )
    with source.reading() as connection:
        return repr(tuple(connection.execute(counted).one())).encode()


def _move_table(table: sa.Table, source: SqliteStore, target: PostgresStore) -> None:
    """Copy the rows that are not there yet, in the order of their keys."""
    key = list(table.primary_key.columns)
    later = _from_last(key[0], target)
    with target.reading() as connection:
        there = {tuple(row) for row in connection.execute(sa.select(*key).where(later))}
    with source.reading() as connection:
        rows = connection.execute(sa.select(table).where(later).order_by(*key)).mappings()
        for batch in rows.partitions(_PHOTOS_AT_ONCE if table is photos else _ROWS_AT_ONCE):
            new = [_let_go(row) for row in batch if tuple(row[column.name] for column in key) not in there]
            if new:
                _put(table, new, source, target)


def _let_go(row: sa.RowMapping) -> dict[str, Any]:
    """A row as it is; of a photo that a bridge had in hand, that bridge is gone."""
    return {**row, "lease_until": None} if "lease_until" in row else dict(row)


def _from_last(column: sa.Column[Any], target: PostgresStore) -> sa.ColumnElement[bool]:
    """What may still be missing: rows with the last number that is there, and those after it. Of texts, any."""
    if column.type.python_type is not int:
        return sa.true()
    with target.reading() as connection:
        last = connection.scalar(sa.select(sa.func.max(column)))
    return sa.true() if last is None else column >= last


def _put(table: sa.Table, new: list[dict[str, Any]], source: SqliteStore, target: PostgresStore) -> None:
    with target.writing() as connection:
        connection.execute(table.insert(), new)
        if table is photos:
            _move_bytes(connection, new, source)


def _move_bytes(connection: sa.Connection, new: list[dict[str, Any]], source: SqliteStore) -> None:
    for row in new:
        with contextlib.suppress(BytesMissingError):
            whole = source.files.read(row["bytes_key"])
            for number, start in enumerate(range(0, len(whole), PIECE_BYTES)):
                piece = {"number": number, "data": whole[start : start + PIECE_BYTES]}
                connection.execute(photo_pieces.insert().values(bytes_key=row["bytes_key"], **piece))


def _verified(source: SqliteStore, target: PostgresStore) -> Moved:
    """Count each table on both sides, and hash all bytes in the database. Raises StoreError."""
    rows = 0
    for table in _TABLES:
        here, there = _count(table, source), _count(table, target)
        if here != there:
            raise StoreError(f"Of `{table.name}`, {there} rows arrived of {here}; empty the database and move again.")
        rows += here
    without_bytes = 0
    for photo_id, key, sha256, arrived in _hashes(target):
        if arrived == sha256:
            continue
        if arrived != _hash_here(source, key):
            raise StoreError(f"The bytes of photo {photo_id} did not arrive whole; empty the database and move again.")
        without_bytes += 1
    return Moved(rows, _count(photos, target), without_bytes)


def _count(table: sa.Table, store: SqlStore) -> int:
    with store.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _hashes(target: PostgresStore) -> Iterator[tuple[int, str, str, str | None]]:
    """Of each photo with bytes: its number, their key, their SHA-256 as it was, and as the database finds it."""
    last = 0
    while True:
        with target.reading() as connection:
            found = connection.execute(_HASHES, {"last": last, "most": _PHOTOS_AT_ONCE}).all()
        yield from ((row.id, row.bytes_key, row.sha256, row.arrived) for row in found)
        if not found:
            return
        last = found[-1].id


def _hash_here(source: SqliteStore, key: str) -> str | None:
    with contextlib.suppress(BytesMissingError):
        return hashlib.sha256(source.files.read(key)).hexdigest()
    return None


def _set_sequences(target: PostgresStore) -> None:
    """New rows get numbers after those that were moved."""
    with target.writing() as connection:
        for table in _TABLES:
            if table.primary_key.columns.keys() == ["id"]:
                last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
                sequence = sa.func.pg_get_serial_sequence(table.name, "id")
                connection.execute(sa.select(sa.func.setval(sequence, last, sa.false())))
