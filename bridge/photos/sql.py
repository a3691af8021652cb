"""The store over SQL: everything that is the same for every database engine.

An engine gives the SQLAlchemy engine, the bytes, and how a write transaction begins.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bridge.holds import Hold, HoldReason
from bridge.photos import rows
from bridge.photos.errors import NoSuchPhotoError, StoreError, StoreFullError, WrongStateError
from bridge.photos.records import Attempt, Event, NewUpload, Outcome, Photo, PhotoState, Receipt
from bridge.photos.tables import attempts, events, photos, practices, receipts
from bridge.targets import ChartTarget

_ACTOR = "bridge"


class SqlStore(ABC):
    """The store's methods (see `bridge.photos.store.Store`), over one SQLAlchemy engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @abstractmethod
    def writing(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """A write transaction: committed at its end, rolled back on an exception."""

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A read transaction: one consistent view."""
        with translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    # practices

    def ensure_practices(self, guids: dict[str, str | None]) -> None:
        """See Store."""
        with self.writing() as connection:
            known = set(connection.scalars(sa.select(practices.c.name)))
            for name, guid in guids.items():
                if name not in known:
                    values = {"name": name, "guid": guid, "created_at": now()}
                    connection.execute(practices.insert().values(values))
                elif guid is not None:
                    connection.execute(practices.update().where(practices.c.name == name).values(guid=guid))

    def practice_of_guid(self, guid: str) -> str | None:
        """See Store."""
        with self.reading() as connection:
            return connection.scalar(sa.select(practices.c.name).where(practices.c.guid == guid))

    def set_trouble(self, practice: str, sentence: str | None) -> bool:
        """See Store."""
        since = now() if sentence else None
        changed = (
            practices.update()
            .where(practices.c.name == practice, practices.c.trouble.is_distinct_from(sentence))
            .values(trouble=sentence, trouble_since=since)
        )
        with self.writing() as connection:
            return bool(connection.execute(changed).rowcount)

    def troubles(self) -> dict[str, str]:
        """See Store."""
        wanted = sa.select(practices.c.name, practices.c.trouble).where(practices.c.trouble.is_not(None))
        with self.reading() as connection:
            return {row.name: row.trouble for row in connection.execute(wanted)}

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

    def photos_named(self, name: str) -> list[Photo]:
        """See Store."""
        with self.reading() as connection:
            return [rows.photo(row) for row in connection.execute(sa.select(photos).where(photos.c.name == name))]

    def counts(self, practice: str | None = None) -> dict[PhotoState, int]:
        """See Store."""
        wanted = sa.select(photos.c.state, sa.func.count()).group_by(photos.c.state)
        if practice is not None:
            wanted = wanted.where(photos.c.practice == practice)
        with self.reading() as connection:
            found = {PhotoState(state): count for state, count in connection.execute(wanted)}
        return {state: found.get(state, 0) for state in PhotoState}

    def _add_row(self, upload: NewUpload, sha256: str, size_bytes: int, bytes_key: str) -> Photo:
        """Insert a photo, queued, with its first event. Raises IntegrityError when it is known already."""
        at = now()
        values = rows.new_photo(upload, sha256, size_bytes, bytes_key, at)
        with self.writing() as connection:
            photo_id = connection.execute(photos.insert().values(values).returning(photos.c.id)).scalar_one()
            _record(connection, photo_id, at, None, PhotoState.QUEUED, "received", f"by {upload.source}", _ACTOR)
            return self._photo(connection, photo_id)

    def _same_photo(self, upload: NewUpload, sha256: str) -> Photo | None:
        wanted = sa.select(photos).where(
            photos.c.practice == upload.practice, photos.c.name == upload.name, photos.c.sha256 == sha256
        )
        with self.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else rows.photo(row)

    # the queue

    def claim(self, worker: str, leave_out: Collection[str] = ()) -> Photo | None:
        """See Store."""
        due = sa.select(photos).where(photos.c.state == PhotoState.QUEUED.value, photos.c.next_attempt_at <= now())
        if leave_out:
            due = due.where(photos.c.practice.not_in(list(leave_out)))
        due = due.order_by(photos.c.next_attempt_at, photos.c.id).limit(1).with_for_update(skip_locked=True)
        with self.writing() as connection:
            row = connection.execute(due).one_or_none()
            if row is None:
                return None
            number = row.attempts + 1
            values = {"claimed_by": worker, "attempts": number}
            _move(connection, row.id, {PhotoState.QUEUED}, PhotoState.SENDING, "claimed", f"try {number}", values)
            return self._photo(connection, row.id)

    def recover(self) -> int:
        """See Store."""
        stuck = sa.select(photos.c.id).where(photos.c.state == PhotoState.SENDING.value)
        with self.writing() as connection:
            ids = list(connection.scalars(stuck))
            for photo_id in ids:
                detail = "the bridge stopped while this photo was on its way"
                values = {"next_attempt_at": now(), "claimed_by": None}
                _move(connection, photo_id, {PhotoState.SENDING}, PhotoState.QUEUED, "recovered", detail, values)
        return len(ids)

    def start_attempt(self, photo: Photo, target: ChartTarget, data_sha256: str, data_length: int) -> Attempt:
        """See Store."""
        values: dict[str, Any] = {"photo_id": photo.id, "number": photo.attempts, "started_at": now()}
        values |= rows.target_columns(target) | {"data_sha256": data_sha256, "data_length": data_length}
        with self.writing() as connection:
            inserted = attempts.insert().values(values).returning(*attempts.c)
            return rows.attempt(connection.execute(inserted).one())

    def end_attempt(self, attempt: Attempt, outcome: Outcome) -> None:
        """See Store."""
        with self.writing() as connection:
            _end_attempt(connection, attempt, outcome)

    def unsettled_attempts(self, photo: Photo) -> list[Attempt]:
        """See Store."""
        unsettled = sa.or_(attempts.c.outcome.is_(None), attempts.c.outcome == Outcome.UNKNOWN.value)
        wanted = sa.select(attempts).where(attempts.c.photo_id == photo.id, unsettled).order_by(attempts.c.id)
        with self.reading() as connection:
            return [rows.attempt(row) for row in connection.execute(wanted)]

    def known_images(self, chart: str, image_ids: Iterable[int]) -> set[int]:
        """See Store."""
        wanted = sa.select(receipts.c.image_id).where(
            receipts.c.chart == chart, receipts.c.image_id.in_(list(image_ids))
        )
        with self.reading() as connection:
            return set(connection.scalars(wanted))

    # changes of state

    def deliver(self, photo: Photo, receipt: Receipt, attempt: Attempt) -> None:
        """See Store."""
        with self.writing() as connection:
            _move(connection, photo.id, {PhotoState.SENDING}, PhotoState.DELIVERED, "delivered", _proof(receipt))
            connection.execute(receipts.insert().values(rows.receipt_columns(receipt)))
            _end_attempt(connection, attempt, Outcome.DELIVERED)

    def requeue(self, photo: Photo, next_attempt_at: datetime, reason: str, detail: str) -> None:
        """See Store."""
        values = {"next_attempt_at": next_attempt_at, "claimed_by": None}
        with self.writing() as connection:
            _move(connection, photo.id, {PhotoState.SENDING}, PhotoState.QUEUED, reason, detail, values)

    def hold(self, photo: Photo, hold: Hold) -> None:
        """See Store."""
        before = {PhotoState.SENDING, PhotoState.QUEUED}
        values = {"hold_reason": hold.reason.value, "hold_sentence": hold.sentence, "claimed_by": None}
        with self.writing() as connection:
            _move(connection, photo.id, before, PhotoState.HELD, hold.reason, "", values)

    def retry(self, photo_id: int, actor: str) -> Photo:
        """See Store."""
        return self._by_person(photo_id, PhotoState.QUEUED, "retried", "", actor, _due_now())

    def assign(self, photo_id: int, target: ChartTarget, actor: str) -> Photo:
        """See Store."""
        values = _due_now() | rows.target_columns(target, "assigned_")
        return self._by_person(photo_id, PhotoState.QUEUED, "assigned", "target chosen by a person", actor, values)

    def discard(self, photo_id: int, actor: str, detail: str) -> Photo:
        """See Store."""
        return self._by_person(photo_id, PhotoState.DISCARDED, "discarded", detail, actor)

    def set_mapping_version(self, photo: Photo, version: str) -> None:
        """See Store."""
        with self.writing() as connection:
            changed = photos.update().where(photos.c.id == photo.id).values(mapping_version=version)
            connection.execute(changed)

    def _by_person(
        self,
        photo_id: int,
        to_state: PhotoState,
        reason: str,
        detail: str,
        actor: str,
        columns: dict[str, Any] | None = None,
    ) -> Photo:
        before = {PhotoState.HELD} | ({PhotoState.QUEUED} if to_state is PhotoState.QUEUED else set())
        with self.writing() as connection:
            _move(connection, photo_id, before, to_state, reason, detail, columns, actor)
            return self._photo(connection, photo_id)

    # history

    def events(self, photo_id: int) -> list[Event]:
        """See Store."""
        wanted = sa.select(events).where(events.c.photo_id == photo_id).order_by(events.c.id)
        with self.reading() as connection:
            return [rows.event(row) for row in connection.execute(wanted)]

    def receipt(self, photo_id: int) -> Receipt | None:
        """See Store."""
        with self.reading() as connection:
            row = connection.execute(sa.select(receipts).where(receipts.c.photo_id == photo_id)).one_or_none()
        return None if row is None else rows.receipt(row)

    def _photo(self, connection: sa.Connection, photo_id: int) -> Photo:
        row = connection.execute(sa.select(photos).where(photos.c.id == photo_id)).one_or_none()
        if row is None:
            raise NoSuchPhotoError
        return rows.photo(row)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turns the database's errors into the store's, keeping the cause; a repeated key goes through as it is."""
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", "") or "")
        if "disk is full" in cause:
            raise StoreFullError from error
        raise StoreError from error


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def _move(
    connection: sa.Connection,
    photo_id: int,
    before: set[PhotoState],
    after: PhotoState,
    reason: str,
    detail: str,
    columns: dict[str, Any] | None = None,
    actor: str = _ACTOR,
) -> None:
    """Change a photo's state, if it is in one of `before`, and record the event. Raises WrongStateError."""
    state = connection.scalar(sa.select(photos.c.state).where(photos.c.id == photo_id).with_for_update())
    if state is None:
        raise NoSuchPhotoError
    current = PhotoState(state)
    if current not in before:
        wanted = " or ".join(sorted(before))
        raise WrongStateError(f"Photo {photo_id} is {current}, and only a photo that is {wanted} can be {reason}.")
    values = {"hold_reason": None, "hold_sentence": None, "state": after.value} | (columns or {})
    connection.execute(photos.update().where(photos.c.id == photo_id).values(values))
    _record(connection, photo_id, now(), current, after, reason, detail, actor)


def _record(
    connection: sa.Connection,
    photo_id: int,
    at: datetime,
    before: PhotoState | None,
    after: PhotoState,
    reason: str | HoldReason,
    detail: str,
    actor: str,
) -> None:
    values: dict[str, Any] = {"from_state": before and before.value, "to_state": after.value, "actor": actor}
    values |= {"photo_id": photo_id, "at": at, "reason": str(reason), "detail": detail}
    connection.execute(events.insert().values(values))


def _end_attempt(connection: sa.Connection, attempt: Attempt, outcome: Outcome) -> None:
    connection.execute(attempts.update().where(attempts.c.id == attempt.id).values(outcome=outcome.value))


def _due_now() -> dict[str, Any]:
    return {"next_attempt_at": now(), "claimed_by": None}


def _proof(receipt: Receipt) -> str:
    how = "read back and compared" if receipt.read_back else "not read back"
    return f"chart image {receipt.image_id}, {how}"
