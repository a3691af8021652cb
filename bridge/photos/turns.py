"""Turns: of a practice's photos of one patient and type, one alone may be on its way, and the earliest goes first.

They stand in a line, by `order_key`. One has the turn; the others have `waits` set, and no claim sees them. The turn is
the earliest's, or stays with one that is on its way already. It is passed on in the transaction that changes the line,
so each photo waits once and is called once, however long the line. An index keeps two from having it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from bridge.photos.records import PhotoState
from bridge.photos.tables import HAS_TURN, IN_LINE, photos

_QUEUED = sa.text("state = 'queued'")
_OF_LINE = (photos.c.practice == sa.bindparam("of_practice"), photos.c.order_key == sa.bindparam("of_line"))
_WAITING = sa.select(photos.c.id).where(*_OF_LINE, sa.text(IN_LINE), _QUEUED).limit(1)
_HOLDER = sa.select(photos.c.id).where(*_OF_LINE, sa.text(HAS_TURN))
_FIRST = _WAITING.order_by(photos.c.order_at, photos.c.id)
_LAST = _WAITING.order_by(photos.c.order_at.desc(), photos.c.id.desc())
_STANDING = sa.select(photos.c.id, photos.c.state, photos.c.order_at, photos.c.line_day, photos.c.waits).where(
    photos.c.id.in_(sa.union_all(*(each.subquery().select() for each in (_HOLDER, _FIRST, _LAST))))
)
"""Who has the turn in a line, the first and the last of those that are queued. It is made once: to make a statement
takes longer than to run it.
"""


def has_locks(connection: sa.Connection) -> bool:
    """Whether writers work side by side here. SQLite's take turns."""
    return connection.dialect.name == "postgresql"


def lock_lines(connection: sa.Connection, practice: str, *keys: str | None) -> None:
    """Keep others from changing these lines until the transaction ends. To be called before rows in them are locked."""
    if not has_locks(connection):
        return
    for key in sorted({key for key in keys if key is not None}):
        name = sa.func.hashtextextended(f"line {practice} {key}", 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))


def pass_turn(connection: sa.Connection, practice: str, key: str | None) -> None:
    """Give the turn in a line to the one it belongs to now. Who has just entered the line must have `waits` set."""
    if key is None:
        return
    standing = connection.execute(_STANDING, {"of_practice": practice, "of_line": key}).all()
    holder = next((row for row in standing if not row.waits), None)
    if holder is not None and holder.state == PhotoState.SENDING.value:
        return
    queued = sorted(standing, key=lambda row: (row.order_at, row.id))
    if not queued:
        return
    first, day = queued[0], _newest_day(queued)
    if holder is not None and holder.id != first.id and not _update(connection, holder.id, waits=True):
        return
    if holder is None or (holder.id, holder.line_day) != (first.id, day):
        _update(connection, first.id, waits=False, line_day=day, line_rank=-day.toordinal())


def _newest_day(queued: Sequence[Any]) -> date:
    """The day of the last in a line: the first one goes as early as that, or it would keep the last one waiting."""
    day: date = queued[-1].order_at.date()
    return day


def _update(connection: sa.Connection, photo_id: int, **values: object) -> bool:
    """Change a photo that is still queued; False when it has just been claimed."""
    change = photos.update().where(photos.c.id == photo_id, _QUEUED).values(values)
    return bool(connection.execute(change).rowcount)
