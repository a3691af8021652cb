"""Images that people move to another patient, over SQL: each step of a move is one change of its row.

Only who has claimed a move may change it, so that of several bridges one alone is at work on it. A claim has a name of
its own each time, and ends with the change that ends the work.
"""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.photos import changes, move_rows, rows
from bridge.photos.changes import now
from bridge.photos.charts import chart_key
from bridge.photos.errors import MoveLostError, NoSuchMoveError
from bridge.photos.move_records import Move, MoveState, NewMove, Sending
from bridge.photos.move_tables import NOT_OVER, moves
from bridge.photos.records import Event, PhotoState
from bridge.photos.sql_claims import LEASE_SECONDS, SqlClaims
from bridge.photos.tables import UtcTime, attempts, photos, receipts
from bridge.targets import ChartTarget

_LET_GO: dict[str, Any] = {"claimed_by": None, "lease_until": None}
_NOT_DONE = [state.value for state in PhotoState if not state.is_done]
_COPIES = (MoveState.COPIED.value, MoveState.STUCK.value, MoveState.MOVED.value)
_BY_ID = sa.select(moves).where(moves.c.id == sa.bindparam("wanted"))
_DUE_MOVES = (
    sa.select(moves)
    .where(
        moves.c.next_at.is_not(None),
        moves.c.next_at <= sa.bindparam("at", type_=UtcTime),
        moves.c.practice.not_in(sa.bindparam("leave_out", expanding=True)),
    )
    .order_by(moves.c.next_at, moves.c.id)
    .limit(sa.bindparam("most"))
)


class SqlMoves(SqlClaims):
    """The methods of `bridge.photos.move_records.MoveStore`."""

    def begin_move(self, new: NewMove) -> tuple[Move, bool]:
        """See MoveStore. Moves of one chart are begun one after the other: each may have to do with another's image."""
        chart = chart_key(new.chart)
        has_to_do = sa.or_(
            moves.c.image_id == new.image_id,
            moves.c.new_image_id == new.image_id,
            sa.and_(moves.c.data_sha256 == new.source_sha256, moves.c.to_patient == new.source.patient),
        )
        others = sa.select(moves).where(sa.text(NOT_OVER), moves.c.chart == chart, has_to_do)
        with self.writing() as connection:
            self.take_turn(connection, f"moves {chart}")
            other = connection.execute(others.order_by(moves.c.id).limit(1)).one_or_none()
            if other is not None:
                return move_rows.move(other), False
            row = connection.execute(moves.insert().values(_columns(connection, new)).returning(*moves.c)).one()
        return move_rows.move(row), True

    def on_its_way(self, data_sha256: str) -> tuple[int, PhotoState] | None:
        """See MoveStore. A photo that is held may have made it, too, and nobody heard of it."""
        wanted = sa.select(photos.c.id, photos.c.state).join(attempts, attempts.c.photo_id == photos.c.id)
        wanted = wanted.where(photos.c.state.in_(_NOT_DONE), attempts.c.data_sha256 == data_sha256)
        with self.reading() as connection:
            row = connection.execute(wanted.order_by(photos.c.id).limit(1)).one_or_none()
        return None if row is None else (int(row.id), PhotoState(row.state))

    def move(self, move_id: int) -> Move:
        """See MoveStore."""
        with self.reading() as connection:
            return move_rows.move(_row(connection, move_id))

    def moves_from(self, chart: str, image_id: int) -> list[Move]:
        """See MoveStore."""
        wanted = sa.select(moves).where(moves.c.chart == chart_key(chart), moves.c.image_id == image_id)
        with self.reading() as connection:
            return [move_rows.move(row) for row in connection.execute(wanted.order_by(moves.c.id.desc()))]

    def move_in_hand(self, chart: str, image_id: int) -> Move | None:
        """See MoveStore."""
        is_its = sa.or_(moves.c.image_id == image_id, moves.c.new_image_id == image_id)
        wanted = sa.select(moves).where(sa.text(NOT_OVER), moves.c.chart == chart_key(chart), is_its)
        with self.reading() as connection:
            row = connection.execute(wanted.order_by(moves.c.id).limit(1)).one_or_none()
        return None if row is None else move_rows.move(row)

    def moves_wanted(
        self, chart: str, *, state: MoveState | None = None, before: int = 0, limit: int = 100
    ) -> list[Move]:
        """See MoveStore."""
        wanted = sa.select(moves).where(moves.c.chart == chart_key(chart)).order_by(moves.c.id.desc()).limit(limit)
        if state is not None:
            wanted = wanted.where(moves.c.state == state.value)
        if before:
            wanted = wanted.where(moves.c.id < before)
        with self.reading() as connection:
            return [move_rows.move(row) for row in connection.execute(wanted)]

    def due_moves(self, limit: int, leave_out: Collection[str] = ()) -> list[Move]:
        """See MoveStore."""
        of = {"at": now(), "leave_out": list(leave_out), "most": limit}
        with self.looking() as connection:
            return [move_rows.move(row) for row in connection.execute(_DUE_MOVES, of)]

    def claim_move(self, move_id: int) -> Move | None:
        """See MoveStore."""
        taken = moves.update().where(moves.c.id == move_id, moves.c.next_at.is_not(None), self._is_free())
        claim = f"{self.bridge_id}/{secrets.token_hex(8)}"
        values = {"claimed_by": claim, "lease_until": self.clock(LEASE_SECONDS)}
        with self.writing() as connection:
            row = connection.execute(taken.values(values).returning(*moves.c)).one_or_none()
        return None if row is None else move_rows.move(row)

    def keep_move(self, move: Move) -> None:
        """See MoveStore."""
        self._change(move, {"lease_until": self.clock(LEASE_SECONDS)})

    def send_move(self, move: Move, sending: Sending) -> Move:
        """See MoveStore."""
        values = {
            "state": MoveState.SENDING.value,
            "data_sha256": sending.data_sha256,
            "data_length": sending.data_length,
            "mark": sending.mark,
            "newest_before": sending.newest_before,
            "sends": move.sends + 1,
            "sent_at": now(),
            "lease_until": self.clock(LEASE_SECONDS),
        }
        return self._change(move, values)

    def copy_move(self, move: Move, new_image_id: int) -> Move:
        """See MoveStore."""
        values = {"state": MoveState.COPIED.value, "new_image_id": new_image_id, "trouble": None, "tries": 0}
        values |= {"lease_until": self.clock(LEASE_SECONDS)}
        with self.writing() as connection:
            copied = _changed(connection, move, values)
            photo_id = _follow(connection, copied, copied.wanted.image_id, new_image_id, copied.wanted.target)
            if photo_id is not None:
                return _changed(connection, copied, {"photo_id": photo_id})
        return copied

    def end_move(self, move: Move, failure: str | None = None, look_at: datetime | None = None) -> Move:
        """See MoveStore."""
        state = MoveState.MOVED if failure is None else MoveState.FAILED
        values = {"state": state.value, "trouble": failure, "next_at": look_at, "ended_at": now(), "tries": 0}
        with self.writing() as connection:
            if failure is not None and move.new_image_id is not None:
                _follow(connection, move, move.new_image_id, move.wanted.image_id, move.wanted.source)
            return _changed(connection, move, values | _LET_GO)

    def stick_move(self, move: Move, sentence: str, *, forget_new: bool = False) -> Move:
        """See MoveStore."""
        values: dict[str, Any] = {"state": MoveState.STUCK.value, "trouble": sentence, "next_at": None}
        with self.writing() as connection:
            if forget_new and move.new_image_id is not None:
                _follow(connection, move, move.new_image_id, move.wanted.image_id, move.wanted.source)
                values["new_image_id"] = None
            return _changed(connection, move, values | _LET_GO)

    def resume_move(self, move_id: int) -> Move:
        """See MoveStore."""
        with self.writing() as connection:
            move = move_rows.move(_row(connection, move_id))
            if move.state.is_over:
                return move
            values: dict[str, Any] = {"next_at": now()}
            if move.state is MoveState.STUCK:
                values |= {"state": _before(move).value, "trouble": None, "tries": 0}
            resumed = moves.update().where(moves.c.id == move_id, moves.c.state == move.state.value)
            row = connection.execute(resumed.values(values).returning(*moves.c)).one_or_none()
            return move_rows.move(row if row is not None else _row(connection, move_id))

    def give_up_move(self, move_id: int) -> Move:
        """See MoveStore."""
        is_stuck = sa.and_(moves.c.state == MoveState.STUCK.value, moves.c.new_image_id.is_(None))
        given_up = moves.update().where(moves.c.id == move_id, is_stuck)
        values = {"state": MoveState.FAILED.value, "next_at": moves.c.sent_at, "ended_at": now(), "tries": 0}
        with self.writing() as connection:
            connection.execute(given_up.values(values))
            return move_rows.move(_row(connection, move_id))

    def put_off_move(self, move: Move, until: datetime | None, trouble: str | None = None) -> Move:
        """See MoveStore."""
        values = {"next_at": until, "tries": move.tries + 1} | _LET_GO
        return self._change(move, values | ({} if move.state.is_over else {"trouble": trouble}))

    def stick_all_moves(self, sentence: str) -> None:
        """Let every move that is under way wait for a person."""
        under_way = [state.value for state in MoveState if state.is_under_way]
        values = {"state": MoveState.STUCK.value, "trouble": sentence, "next_at": None} | _LET_GO
        with self.writing() as connection:
            connection.execute(moves.update().where(moves.c.state.in_(under_way)).values(values))

    def copied_images(self, connection: sa.Connection, chart: str, image_ids: Iterable[int]) -> dict[int, str]:
        """Which of these chart images are what a move has made, with the hashes of what was sent."""
        some = moves.c.new_image_id.in_(list(image_ids))
        wanted = sa.select(moves.c.new_image_id, moves.c.data_sha256).where(moves.c.chart == chart_key(chart), some)
        found = connection.execute(wanted.where(moves.c.state.in_(_COPIES)))
        return {row.new_image_id: row.data_sha256 or "" for row in found}

    def _is_free(self) -> sa.ColumnElement[bool]:
        """Whether no other bridge or command has a move in hand."""
        is_lost = sa.or_(moves.c.lease_until.is_(None), moves.c.lease_until < self.clock())
        return sa.or_(is_lost, _held_by(self.bridge_id))

    def renew(self, in_hand: Collection[str] = ()) -> int:
        """See Store. A command may have moves in hand beside the one bridge, and the bridge beside a command."""
        with self.writing() as connection:
            self.renew_moves(connection)
        return super().renew(in_hand)

    def renew_moves(self, connection: sa.Connection, seconds: float = LEASE_SECONDS) -> None:
        """Say that this bridge has its moves in hand for so many seconds more.

        One that it holds without knowing stays due, and the bridge that holds it may claim it again.
        """
        own = moves.update().where(moves.c.next_at.is_not(None), _held_by(self.bridge_id))
        connection.execute(own.values(lease_until=self.clock(seconds)))

    def let_moves_go(self, gone: list[str] | None = None) -> None:
        """What these bridges had in hand is free; where one has the store (None), what any other had."""
        whose = sa.not_(_held_by(self.bridge_id)) if gone is None else sa.or_(*map(_held_by, gone))
        theirs = moves.update().where(moves.c.next_at.is_not(None), whose)
        with self.writing() as connection:
            connection.execute(theirs.values(_LET_GO))

    def _change(self, move: Move, values: dict[str, Any]) -> Move:
        with self.writing() as connection:
            return _changed(connection, move, values)


def _held_by(bridge_id: str) -> sa.ColumnElement[bool]:
    return moves.c.claimed_by.startswith(f"{bridge_id}/", autoescape=True)


def _row(connection: sa.Connection, move_id: int) -> sa.Row[Any]:
    row = connection.execute(_BY_ID, {"wanted": move_id}).one_or_none()
    if row is None:
        raise NoSuchMoveError
    return row


def _changed(connection: sa.Connection, move: Move, values: dict[str, Any]) -> Move:
    """Change a move that is in hand."""
    is_ours = sa.and_(moves.c.id == move.id, moves.c.claimed_by == move.claim, moves.c.state == move.state.value)
    row = connection.execute(moves.update().where(is_ours).values(values).returning(*moves.c)).one_or_none()
    if row is None:
        raise MoveLostError
    return move_rows.move(row)


def _follow(connection: sa.Connection, move: Move, old: int, new: int, target: ChartTarget) -> int | None:
    """The receipt of the photo whose image `old` was is of the image `new` from now on; the photo, if there is one."""
    receipt = sa.select(receipts.c.photo_id).where(receipts.c.chart == move.wanted.chart, receipts.c.image_id == old)
    photo_id = connection.scalar(receipt)
    if photo_id is None:
        return None
    is_back = new == move.wanted.image_id
    sent = None if is_back else move.sending
    sha256, length = (sent.data_sha256, sent.data_length) if sent else _source(move)
    values = rows.target_columns(target) | {"image_id": new, "data_sha256": sha256, "data_length": length}
    connection.execute(receipts.update().where(receipts.c.photo_id == photo_id).values(values | {"read_back": True}))
    detail = f"chart image {old} is image {new} of {'the same patient as before' if is_back else 'another patient'} now"
    actor = (move.wanted.asked_by or f"token {move.wanted.token_mark}")[:80]
    state = PhotoState.DELIVERED
    changes.record(connection, Event(int(photo_id), now(), state, state, "moved", detail, actor))
    return int(photo_id)


def _before(move: Move) -> MoveState:
    """How far a move had come when it got stuck."""
    if move.new_image_id is not None:
        return MoveState.COPIED
    return MoveState.ASKED if move.sending is None else MoveState.SENDING


def _source(move: Move) -> tuple[str, int]:
    return move.wanted.source_sha256, move.wanted.source_length


def _columns(connection: sa.Connection, new: NewMove) -> dict[str, Any]:
    photo = sa.select(receipts.c.photo_id).where(
        receipts.c.chart == chart_key(new.chart), receipts.c.image_id == new.image_id
    )
    return move_rows.new_columns(new, now(), connection.scalar(photo))
