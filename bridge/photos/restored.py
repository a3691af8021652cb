"""What a store needs that comes from a backup, which knows nothing of what was done after it was made.

Photos that were waiting may have been delivered since, and those that were held assigned and delivered. Sent again,
they would be in the chart twice. So a person looks at all of them, and at moves that were under way.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bridge.holds import Hold, HoldReason
from bridge.photos import changes
from bridge.photos.errors import StoreError
from bridge.photos.opening import refuse_half_moved, refuse_moved_away
from bridge.photos.pending_tables import pending_acts
from bridge.photos.postgres import PostgresStore
from bridge.photos.postgres_presence import without_bridges
from bridge.photos.records import Event, Photo, PhotoState
from bridge.photos.sql import SqlStore
from bridge.photos.sqlite import SqliteStore
from bridge.photos.tables import photos
from bridge.secret import Secret

_LOOK_FIRST = "From a backup; look in the chart first"
_WAITED = Hold(
    HoldReason.CHART_DIFFERS,
    f"{_LOOK_FIRST}: this photo was waiting when the backup was made, and may have come there since; "
    "discard it if it is there, else retry it.",
)
_WAS_HELD = f"{_LOOK_FIRST}: somebody may have sent this photo there since, so discard it if it is there. Else: "
_MOVE = (
    "This move was under way when a backup was made, and comes from that backup; look where the image is in the chart, "
    "and ask again if it is to be moved."
)
_AT_ONCE = 100


def is_doubtful(photo: Photo) -> bool:
    """Whether a held photo comes from a backup, so that it may be in the chart."""
    return (photo.hold_sentence or "").startswith(_LOOK_FIRST)


@dataclass(frozen=True)
class Doubtful:
    """How many photos of a restored store wait for a person: `waiting` were on their way and are held now, `held` were
    held already and now say to look in the chart first.
    """

    waiting: int = 0
    held: int = 0


def after_restore(data_folder: Path, database: Secret | None = None) -> Doubtful:
    """Hold what waits in a store that was brought back by other means than `restore`. Again, it does nothing more.

    Raises StoreError, also while a bridge runs on the store.
    """
    with _alone(data_folder, database) as store:
        return hold_doubtful(store)


def hold_doubtful(store: SqlStore) -> Doubtful:
    """Hold what was waiting, mark what was held, end acts that were put off, stop moves. No bridge may run on it."""
    not_marked = sa.func.coalesce(photos.c.hold_sentence, "").not_like(f"{_LOOK_FIRST}%")
    held = _change_all(store, [PhotoState.HELD], not_marked, _mark)
    waiting = _change_all(store, [PhotoState.QUEUED, PhotoState.SENDING], sa.true(), _hold)
    store.stick_all_moves(_MOVE)
    with store.writing() as connection:
        connection.execute(pending_acts.delete())
    return Doubtful(waiting, held)


@contextlib.contextmanager
def _alone(data_folder: Path, database: Secret | None) -> Iterator[SqlStore]:
    with contextlib.ExitStack() as opened:
        if database is not None:
            opened.enter_context(without_bridges(database))
            in_database = opened.enter_context(contextlib.closing(PostgresStore(database, data_folder)))
            refuse_half_moved(in_database)
            yield in_database
            return
        if not (data_folder / "bridge.db").exists():
            raise StoreError(f"There is no photo store in the data folder {data_folder}; restore one first.")
        in_folder = opened.enter_context(contextlib.closing(SqliteStore(data_folder, exclusive=True)))
        refuse_moved_away(in_folder, data_folder)
        yield in_folder


def _change_all(
    store: SqlStore,
    states: Collection[PhotoState],
    which: sa.ColumnElement[bool],
    change: Callable[[sa.Connection, int], None],
) -> int:
    """Change all such photos, none of which is such a one afterwards; how many."""
    some = sa.select(photos.c.id).where(photos.c.state.in_([state.value for state in states]), which)
    number = 0
    while True:
        with store.writing() as connection:
            ids = list(connection.scalars(some.order_by(photos.c.id).limit(_AT_ONCE)))
            for photo_id in ids:
                change(connection, photo_id)
        number += len(ids)
        if not ids:
            return number


def _hold(connection: sa.Connection, photo_id: int) -> None:
    changes.hold(connection, photo_id, _WAITED)


def _mark(connection: sa.Connection, photo_id: int) -> None:
    sentence = _WAS_HELD + sa.func.coalesce(photos.c.hold_sentence, "")
    connection.execute(photos.update().where(photos.c.id == photo_id).values(hold_sentence=sentence))
    held = PhotoState.HELD
    detail = "it may have come into the chart since; look there first"
    changes.record(connection, Event(photo_id, changes.now(), held, held, "from-backup", detail, changes.BRIDGE))
