"""Turns: of a practice's photos of one patient and type, one alone may be on its way, and the earliest goes first.

They stand in a line, by `order_key`. One has the turn; the others have `waits` set, and no claim sees them. The turn is
the earliest's, or stays with one that is on its way already. It is passed on in the transaction that changes the line,
so each photo waits once and is called once, however long the line. An index keeps two from having it.
"""

from datetime import date

import sqlalchemy as sa

from bridge.photos.records import PhotoState
from bridge.photos.tables import HAS_TURN, IN_LINE, photos

_QUEUED = sa.text("state = 'queued'")
_LINE = sa.select(photos.c.id, photos.c.state, photos.c.order_at, photos.c.line_day).where(
    photos.c.practice == sa.bindparam("of_practice"), photos.c.order_key == sa.bindparam("of_line")
)
_HOLDER = _LINE.where(sa.text(HAS_TURN))
_WAITING = _LINE.where(sa.text(IN_LINE), _QUEUED).limit(1)
_FIRST = _WAITING.order_by(photos.c.order_at, photos.c.id)
_LAST = _WAITING.order_by(photos.c.order_at.desc(), photos.c.id.desc())
"""Statements of every delivery are made once: to make one takes longer than to run it."""


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
    line = {"of_practice": practice, "of_line": key}
    holder = connection.execute(_HOLDER, line).one_or_none()
    if holder is not None and holder.state == PhotoState.SENDING.value:
        return
    first = connection.execute(_FIRST, line).first()
    if first is None:
        return
    day = _newest_day(connection, line)
    if holder is not None and holder.id != first.id and not _update(connection, holder.id, waits=True):
        return
    if holder is None or (holder.id, holder.line_day) != (first.id, day):
        _update(connection, first.id, waits=False, line_day=day, line_rank=-day.toordinal())


def _newest_day(connection: sa.Connection, line: dict[str, str]) -> date:
    """The day of the last in a line: the first one goes as early as that, or it would keep the last one waiting."""
    day: date = connection.execute(_LAST, line).one().order_at.date()
    return day


def _update(connection: sa.Connection, photo_id: int, **values: object) -> bool:
    """Change a photo that is still queued; False when it has just been claimed."""
    change = photos.update().where(photos.c.id == photo_id, _QUEUED).values(values)
    return bool(connection.execute(change).rowcount)
