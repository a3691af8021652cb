"""The store over SQL: everything that is the same for every database engine.

An engine gives the SQLAlchemy engine, the bytes, how a write transaction begins, and what its errors mean.
"""

import contextlib
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from bridge.holds import Hold
from bridge.photos import changes, rows
from bridge.photos.by_person import Doing, assigning, discarding, retrying
from bridge.photos.changes import BRIDGE, move, now
from bridge.photos.errors import (
    MovedMeanwhileError,
    NoSuchPhotoError,
    RowConflictError,
    StoreBusyError,
    StoreError,
    WrongStateError,
)
from bridge.photos.records import (
    Attempt,
    Chores,
    ClaimOrder,
    Event,
    NewUpload,
    Outcome,
    Photo,
    PhotoState,
    Receipt,
)
from bridge.photos.sql_charting import SqlCharting
from bridge.photos.sql_chores import SqlChores
from bridge.photos.sql_held_queue import SqlHeldQueue
from bridge.photos.sql_image_facts import SqlImageFacts
from bridge.photos.sql_keeping import SqlKeeping
from bridge.photos.sql_late import record_outcome
from bridge.photos.sql_limits import SqlLimits
from bridge.photos.sql_order import SqlOrder, find_due, place_by_time
from bridge.photos.sql_pending import SqlPending
from bridge.photos.sql_practices import SqlPractices
from bridge.photos.sql_query import SqlQuery
from bridge.photos.sql_receipts import SqlReceipts
from bridge.photos.sql_release import SqlRelease
from bridge.photos.sql_shared import SqlShared
from bridge.photos.sql_today import SqlToday
from bridge.photos.sql_uploads import SqlUploads
from bridge.photos.store import Incoming, Listener
from bridge.photos.tables import attempts, copies, events, photos, receipts
from bridge.photos.turns import pass_turn
from bridge.tags import check_key
from bridge.targets import ChartTarget

_NEW_RECEIPT = receipts.insert()
_NEW_PHOTO = photos.insert().returning(photos)
_SAME_PHOTO = sa.select(photos).where(
    photos.c.practice == sa.bindparam("of_practice"),
    photos.c.name == sa.bindparam("of_name"),
    photos.c.sha256 == sa.bindparam("of_sha256"),
)
_UNDER_WAY = (PhotoState.QUEUED.value, PhotoState.SENDING.value)


class SqlStore(
    SqlPending,
    SqlCharting,
    SqlChores,
    SqlHeldQueue,
    SqlImageFacts,
    SqlKeeping,
    SqlLimits,
    SqlOrder,
    SqlPractices,
    SqlQuery,
    SqlReceipts,
    SqlRelease,
    SqlShared,
    SqlToday,
    SqlUploads,
):
    """The store's methods (see `bridge.photos.store.Store`), over one SQLAlchemy engine."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__()
        self._engine = engine
        self._chores_of: Callable[[str], Chores] = lambda _practice: Chores()
        self.set_places(place_by_time)

    def keep_bytes(self, connection: sa.Connection, incoming: Incoming, key: str) -> None:
        """Keep an upload's bytes with its row. Nothing to do where they are files, kept before there is a row."""

    @abstractmethod
    def explained(self, error: DBAPIError) -> StoreError:
        """What the database driver's error means for the admin."""

    def cause(self, error: DBAPIError) -> DBAPIError | None:
        """The database driver's error, to be kept; None when it may quote what is stored."""
        return error

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turns the database's errors into the store's, keeping the cause. Errors of the bridge itself go through."""
        try:
            yield
        except IntegrityError as error:
            raise RowConflictError from self.cause(error)
        except DBAPIError as error:
            raise self.explained(error) from self.cause(error)
        except sa.exc.TimeoutError as error:
            raise StoreBusyError from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise StoreError("The photo store cannot hold this number or text; check what was typed.") from error

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A read transaction: one consistent view."""
        with self.translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    # photos

    def photo(self, photo_id: int) -> Photo:
        """See Store."""
        with self.reading() as connection:
            return self._photo(connection, photo_id)

    def photos(
        self, *, states: Collection[PhotoState] = (), practice: str | None = None, limit: int = 100, before_id: int = 0
    ) -> list[Photo]:
        """See Store."""
        wanted = sa.select(photos).order_by(photos.c.id.desc()).limit(limit)
        if states:
            wanted = wanted.where(photos.c.state.in_([state.value for state in states]))
        if practice is not None:
            wanted = wanted.where(photos.c.practice == practice)
        if before_id:
            wanted = wanted.where(photos.c.id < before_id)
        with self.reading() as connection:
            return [rows.photo(row) for row in connection.execute(wanted)]

    def waiting_after(self, photo_id: int, arrived_before: datetime, limit: int) -> list[Photo]:
        """See Store."""
        waiting = sa.select(photos).where(photos.c.state == PhotoState.QUEUED.value, photos.c.id > photo_id)
        is_unsettled = sa.or_(attempts.c.outcome.is_(None), attempts.c.outcome == Outcome.UNKNOWN.value)
        unsettled = sa.exists().where(attempts.c.photo_id == photos.c.id, is_unsettled)
        wanted = waiting.where(photos.c.received_at < arrived_before, sa.not_(unsettled))
        with self.reading() as connection:
            return [rows.photo(row) for row in connection.execute(wanted.order_by(photos.c.id).limit(limit))]

    def waiting_among(self, photo_ids: Collection[int]) -> set[int]:
        """See Store."""
        waiting = sa.select(photos.c.id).where(photos.c.id.in_(list(photo_ids)), photos.c.state.in_(_UNDER_WAY))
        with self.reading() as connection:
            return set(connection.scalars(waiting))

    def photos_named(self, name: str) -> list[Photo]:
        """See Store."""
        wanted = sa.select(photos).where(photos.c.check_key == check_key(name), photos.c.name == name)
        with self.reading() as connection:
            return [rows.photo(row) for row in connection.execute(wanted.order_by(photos.c.id))]

    def photos_checked(self, practice: str, name: str) -> list[Photo]:
        """See Store."""
        wanted = sa.select(photos).where(photos.c.check_key == check_key(name), photos.c.practice == practice)
        with self.reading() as connection:
            return [rows.photo(row) for row in connection.execute(wanted.order_by(photos.c.id))]

    def counts(self, practice: str | None = None) -> dict[PhotoState, int]:
        """See Store."""
        wanted = sa.select(photos.c.state, sa.func.count()).group_by(photos.c.state)
        if practice is not None:
            wanted = wanted.where(photos.c.practice == practice)
        with self.reading() as connection:
            found = {PhotoState(state): count for state, count in connection.execute(wanted)}
        return {state: found.get(state, 0) for state in PhotoState}

    def set_listener(self, listener: Listener) -> None:
        """See Store."""
        self._listener = listener

    def _tell(self, photo: Photo, state: PhotoState, hold: Hold | None = None) -> None:
        if self._listener is not None:
            self._listener.photo_changed(photo, state, hold)

    def set_chores(self, chores_of: Callable[[str], Chores]) -> None:
        """See Store."""
        self._chores_of = chores_of

    def _add_row(self, upload: NewUpload, incoming: Incoming, hold: Hold | None) -> Photo:
        """Insert a photo, queued or held, with its events. Raises RowConflictError when it is known already."""
        chores = self._chores_of(upload.practice)
        at = now()
        place = self.place_of(upload, at)
        with self.writing() as connection:
            values = rows.new_photo(upload, incoming.sha256, incoming.size_bytes, incoming.key, at)
            values |= {"offered": chores.offered} | self.place_columns(connection, upload.practice, place)
            photo = rows.photo(connection.execute(_NEW_PHOTO, values).one())
            event = Event(photo.id, at, None, PhotoState.QUEUED, "received", f"by {upload.source}", BRIDGE)
            changes.record(connection, event)
            self.keep_bytes(connection, incoming, incoming.key)
            for folder in chores.copies:
                connection.execute(copies.insert().values(photo_id=photo.id, folder=folder, due_at=at))
            if hold is not None:
                changes.hold(connection, photo.id, hold)
                photo = self._photo(connection, photo.id)
            pass_turn(connection, upload.practice, values["order_key"])
        self.ring()
        self._tell(photo, photo.state, hold)
        return photo

    def _same_photo(self, upload: NewUpload, sha256: str) -> Photo | None:
        of = {"of_practice": upload.practice, "of_name": upload.name, "of_sha256": sha256}
        with self.looking() as connection:
            row = connection.execute(_SAME_PHOTO, of).one_or_none()
        return None if row is None else rows.photo(row)

    # the queue

    def claim(
        self,
        worker: str,
        leave_out: Collection[str] = (),
        longest_wait_seconds: float = 86400.0,
        order: ClaimOrder = ClaimOrder.NEWEST_DAY,
    ) -> Photo | None:
        """See Store."""
        with self.hurrying() as connection:
            # The time is taken in here: while this waited for its turn, others have added what is due by now.
            row = find_due(connection, now(), leave_out, timedelta(seconds=longest_wait_seconds), order)
            if row is None:
                return None
            number = row.attempts + 1
            values = self.claim_columns(worker) | {"attempts": number}
            changes.claim(connection, row.id, f"try {number}", values)
            return replace(rows.photo(row), state=PhotoState.SENDING, attempts=number, claim=values["claimed_by"])

    def recover(self) -> int:
        """See Store."""
        self.let_moves_go()
        return self.put_back(sa.true())

    # changes of state

    def deliver(self, photo: Photo, receipt: Receipt, attempt: Attempt) -> None:
        """See Store."""
        with self.hurrying() as connection:
            mapped_by = {"mapping_version": photo.mapping_version}
            move(connection, photo.id, changes.DELIVER, _proof(receipt), columns=mapped_by, claimed=photo)
            connection.execute(_NEW_RECEIPT, rows.receipt_columns(receipt) | {"order_at": photo.place.order_at})
            record_outcome(connection, attempt, Outcome.DELIVERED)
        self._tell(photo, PhotoState.DELIVERED)

    def requeue(
        self, photo: Photo, next_attempt_at: datetime, reason: str, detail: str, *, is_failing: bool = False
    ) -> None:
        """See Store."""
        values: dict[str, Any] = {"next_attempt_at": next_attempt_at}
        if is_failing and photo.failing_since is None:
            values["failing_since"] = now()
        with self.writing() as connection:
            move(connection, photo.id, changes.PUT_BACK, detail, reason=reason, columns=values, claimed=photo)

    def hold(self, photo: Photo, hold: Hold) -> None:
        """See Store."""
        with self.writing() as connection:
            changes.hold(connection, photo.id, hold, claimed=photo)
        self._tell(photo, PhotoState.HELD, hold)

    def hold_waiting(self, photo: Photo, hold: Hold) -> bool:
        """See Store."""
        try:
            with self.writing() as connection:
                changes.hold(connection, photo.id, hold, change=changes.HOLD_WAITING)
        except WrongStateError:
            return False
        self._tell(photo, PhotoState.HELD, hold)
        return True

    def retry(self, photo_id: int, actor: str, *, as_is: bool = False) -> Photo:
        """See Store."""
        return self._by_person(photo_id, retrying(as_is=as_is), actor)

    def is_wanted_as_is(self, photo: Photo) -> bool:
        """See Store."""
        wanted = sa.select(events.c.id).where(events.c.photo_id == photo.id, events.c.reason == changes.SEND_AS_IS.done)
        with self.reading() as connection:
            return connection.execute(wanted.limit(1)).one_or_none() is not None

    def assign(self, photo_id: int, target: ChartTarget, actor: str, *, as_is: bool = False) -> Photo:
        """See Store."""
        return self._by_person(photo_id, assigning(target, as_is=as_is), actor)

    def discard(self, photo_id: int, actor: str, detail: str) -> Photo:
        """See Store."""
        return self._by_person(photo_id, discarding(detail, self.unsettled_attempts(self.photo(photo_id))), actor)

    def set_mapping_version(self, photo: Photo, version: str) -> None:
        """See Store."""
        is_same = photos.c.claimed_by.is_not_distinct_from(photo.claim)
        changed = photos.update().where(photos.c.id == photo.id, is_same).values(mapping_version=version)
        with self.hurrying() as connection:
            connection.execute(changed)

    def _by_person(self, photo_id: int, doing: Doing, actor: str) -> Photo:
        """What a person does; when the bridge has just let the photo go into another line, it is done there."""
        try:
            photo = self._moved(photo_id, doing, actor)
        except MovedMeanwhileError:
            photo = self._moved(photo_id, doing, actor)
        self.ring()
        return photo

    def _moved(self, photo_id: int, doing: Doing, actor: str) -> Photo:
        with self.writing() as connection:
            move(connection, photo_id, doing.change, doing.detail, actor=actor, columns=doing.columns)
            return self._photo(connection, photo_id)

    # history

    def events(self, photo_id: int) -> list[Event]:
        """See Store."""
        wanted = sa.select(events).where(events.c.photo_id == photo_id).order_by(events.c.id)
        with self.reading() as connection:
            return [rows.event(row) for row in connection.execute(wanted)]

    def _photo(self, connection: sa.Connection, photo_id: int) -> Photo:
        row = connection.execute(sa.select(photos).where(photos.c.id == photo_id)).one_or_none()
        if row is None:
            raise NoSuchPhotoError
        return rows.photo(row)


def _proof(receipt: Receipt) -> str:
    how = "read back and compared" if receipt.read_back else "not read back"
    return f"chart image {receipt.image_id}, {how}"
