"""What people said to held photos and may still take back, over SQL."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bridge.photos import changes, rows
from bridge.photos.by_person import Doing, assigning, discarding, retrying
from bridge.photos.errors import NoSuchPhotoError, WrongStateError
from bridge.photos.pending import MOST_WAIT_SECONDS, Act, PendingAct
from bridge.photos.pending_tables import pending_acts
from bridge.photos.records import Photo, PhotoState, target_from_columns
from bridge.photos.sql_late import SqlLate
from bridge.photos.tables import photos
from bridge.photos.turns import lock_lines

_NOT_HELD = "Photo {} is {}, and only a photo that is held can be helped; look at it again."
_HAS_ONE = "Somebody has just said what is to become of photo {}; undo that first, or look at the photo in a minute."
_DONE = "What was said of photo {} is done, or was taken back; look at it again."


class SqlPending(SqlLate):
    """The methods of `bridge.photos.pending.PendingStore`."""

    def put_off(self, pending: PendingAct) -> None:
        """See PendingStore."""
        photo_id = pending.photo_id
        as_it_is = sa.select(photos.c.state).where(photos.c.id == photo_id).with_for_update()
        with self.writing() as connection:
            state = connection.scalar(as_it_is)
            if state is None:
                raise NoSuchPhotoError
            if state != PhotoState.HELD.value:
                raise WrongStateError(_NOT_HELD.format(photo_id, state))
            if is_pending(connection, photo_id):
                raise WrongStateError(_HAS_ONE.format(photo_id))
            connection.execute(pending_acts.insert(), _columns(pending))

    def take_back(self, photo_id: int) -> PendingAct:
        """See PendingStore."""
        gone = pending_acts.delete().where(pending_acts.c.photo_id == photo_id).returning(*pending_acts.c)
        with self.writing() as connection:
            row = connection.execute(gone).one_or_none()
        if row is None:
            raise WrongStateError(_DONE.format(photo_id))
        return _pending(row)

    def pending_acts(self, photo_ids: Collection[int]) -> dict[int, PendingAct]:
        """See PendingStore."""
        wanted = sa.select(pending_acts).where(pending_acts.c.photo_id.in_(list(photo_ids)))
        with self.reading() as connection:
            return {row.photo_id: _pending(row) for row in connection.execute(wanted)}

    def due_acts(self, limit: int = 100) -> list[PendingAct]:
        """See PendingStore."""
        now, due_at = changes.now(), pending_acts.c.due_at
        is_due = sa.or_(due_at <= now, due_at > now + timedelta(seconds=MOST_WAIT_SECONDS))
        wanted = sa.select(pending_acts).where(is_due).order_by(due_at).limit(limit)
        with self.reading() as connection:
            return [_pending(row) for row in connection.execute(wanted)]

    def do_act(self, pending: PendingAct) -> Photo | None:
        """See PendingStore. Lines are locked before photos, as everywhere."""
        doing = self._doing(pending)
        of_photo = sa.select(photos).where(photos.c.id == pending.photo_id)
        same = (pending_acts.c.photo_id == pending.photo_id, pending_acts.c.asked_at == pending.asked_at)
        with self.writing() as connection:
            before = connection.execute(of_photo).one()
            lock_lines(connection, before.practice, before.order_key, doing.columns.get("order_key"))
            locked = connection.execute(of_photo.with_for_update()).one()
            is_ours = connection.execute(pending_acts.delete().where(*same)).rowcount
            if not is_ours or locked.state != PhotoState.HELD.value:
                return None
            changes.move(
                connection, pending.photo_id, doing.change, doing.detail, actor=pending.actor, columns=doing.columns
            )
            photo = rows.photo(connection.execute(of_photo).one())
        self.ring()
        return photo

    def _doing(self, pending: PendingAct) -> Doing:
        if pending.target is not None:
            return assigning(pending.target, as_is=pending.act is Act.SEND_AS_IS)
        if pending.act is Act.DISCARD:
            photo = rows.photo(self._row_of(pending.photo_id))
            return discarding(pending.reason, self.unsettled_attempts(photo))
        return retrying(as_is=pending.act is Act.SEND_AS_IS)

    def _row_of(self, photo_id: int) -> sa.Row[Any]:
        with self.reading() as connection:
            return connection.execute(sa.select(photos).where(photos.c.id == photo_id)).one()


def has_pending() -> sa.ColumnElement[bool]:
    """Whether a photo of the statement has an act that is not done yet."""
    return sa.exists().where(pending_acts.c.photo_id == photos.c.id)


def is_pending(connection: sa.Connection, photo_id: int) -> bool:
    """Whether this photo has one. Who has locked the photo's row can rely on it."""
    wanted = sa.select(pending_acts.c.photo_id).where(pending_acts.c.photo_id == photo_id)
    return connection.execute(wanted).one_or_none() is not None


def _columns(pending: PendingAct) -> dict[str, Any]:
    none = dict.fromkeys(("patient", "type", "clinic", "station"))
    target = rows.target_columns(pending.target) if pending.target else none
    return target | {
        "photo_id": pending.photo_id,
        "act": pending.act.value,
        "actor": pending.actor,
        "asked_at": pending.asked_at,
        "due_at": pending.due_at,
        "reason": pending.reason,
    }


def _pending(row: sa.Row[Any]) -> PendingAct:
    return PendingAct(
        photo_id=row.photo_id,
        act=Act(row.act),
        actor=row.actor,
        asked_at=row.asked_at,
        due_at=row.due_at,
        target=target_from_columns(row.patient, row.type, row.clinic, row.station),
        reason=row.reason,
    )
