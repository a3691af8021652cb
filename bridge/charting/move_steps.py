"""The steps of a move: file the picture at the right patient, read it back, delete the wrong image.

Each step is recorded before the next begins, and each may be taken again: what was recorded as begun is looked for in
the chart before it is done once more. The old image goes only after the new one was read back, and found equal.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.charting.audit import Action, Audit, AuditEvent
from bridge.charting.move_pictures import first_post, is_sent, is_source, plain_post, same_post
from bridge.delivery import Desk, body_limit_bytes
from bridge.photos import Move, MoveState, RowConflictError, Sending, Store
from bridge.tscharts import (
    ChartError,
    ChartForbiddenError,
    ChartImage,
    ChartImageUnreadableError,
    ChartLostError,
    ChartNotFoundError,
    ChartRefusedError,
    ChartTooLargeError,
    ImagePost,
)

_log = logging.getLogger(__name__)
_LEFT = "so it was not moved"


@dataclass(frozen=True)
class Steps:
    """Takes moves that are in hand from step to step; for any thread. `first_look` is how long after a request the
    chart is looked through for what arrived late. `gone` hears of each old image that is deleted: the chart's address,
    and its number there.
    """

    store: Store
    audit: Audit
    first_look: timedelta
    gone: Callable[[str, int], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def go(self, move: Move, desk: Desk) -> Move:
        """As far as it goes: moved, failed or stuck. Raises ChartError when it must be taken up again later, and
        StoreError, MoveLostError among them.
        """
        if move.state is MoveState.ASKED:
            move = self._begin(move, desk)
        elif move.state is MoveState.SENDING and move.sending is not None:
            move = self._settle(move, move.sending, desk)
        return self._finish(move, desk) if move.state is MoveState.COPIED else move

    def _begin(self, move: Move, desk: Desk) -> Move:
        source = self._source(move, desk)
        if not isinstance(source, ChartImage):
            return source
        chart, target = desk.chart, move.wanted.target
        there = desk.client.image_ids(
            target.patient, type=target.type, clinic=target.clinic, station=target.station, newest_first=False
        )
        limit = body_limit_bytes(self.store.learned_limit(chart.url), chart.body_limit_bytes)
        return self._send(move, desk, source.data, first_post(move, source.data, limit, max(there, default=0)))

    def _settle(self, move: Move, sending: Sending, desk: Desk) -> Move:
        """The picture may have been filed already, though nobody heard of it."""
        found = self._find(move, sending, desk)
        if found is not None:
            _log.info("event=move-found move=%d image=%d", move.id, found)
            return self._copied(move, found)
        source = self._source(move, desk)
        if not isinstance(source, ChartImage):
            return source
        return self._send(move, desk, source.data, same_post(move, sending, source.data))

    def _find(self, move: Move, sending: Sending, desk: Desk) -> int | None:
        """The image that an earlier send has made. Without a mark it may be anybody's, if it was there before."""
        target = move.wanted.target
        ids = desk.client.image_ids(target.patient, type=target.type, clinic=target.clinic, station=target.station)
        known = self.store.known_images(desk.chart.url, ids)
        for image_id in ids:
            may_be_ours = image_id not in known and (sending.mark is not None or image_id > sending.newest_before)
            if may_be_ours and (image := read(desk, image_id)) is not None and is_sent(image, move):
                return image_id
        return None

    def _source(self, move: Move, desk: Desk) -> ChartImage | Move:
        """The image that is to be moved; or the move, ended, when that is gone or is not what it was."""
        image_id = move.wanted.image_id
        try:
            source = desk.client.read_image(image_id)
        except ChartNotFoundError:
            return self._failed(
                move, f"Somebody deleted image {image_id} in the chart, {_LEFT}; nothing is to be done."
            )
        except ChartImageUnreadableError:
            return self._failed(
                move,
                f"The chart cannot read image {image_id} any more, {_LEFT}; ask the chart's operator for its file.",
            )
        if not is_source(source, move):
            return self._failed(move, f"Image {image_id} is not what it was, {_LEFT}; look at it, then ask again.")
        return source

    def _send(self, move: Move, desk: Desk, text: str, post: tuple[ImagePost, Sending]) -> Move:
        """`text` is the picture, for another POST if this one is too large by no more than its mark."""
        body, sending = post
        move = self.store.send_move(move, sending)
        try:
            image_id = desk.client.create_image(body)
        except ChartTooLargeError:
            if sending.mark is not None and move.sends == 1:
                return self._send(move, desk, text, plain_post(move, text, sending.newest_before))
            return self._failed(move, _too_large(move))
        except (ChartNotFoundError, ChartRefusedError, ChartForbiddenError) as error:
            return self._failed(move, _refused(move, error))
        return self._confirm(move, desk, image_id)

    def _confirm(self, move: Move, desk: Desk, image_id: int) -> Move:
        try:
            image = desk.client.read_image(image_id)
        except ChartNotFoundError:
            raise ChartLostError(_gone(image_id), outcome_unknown=True, status=404) from None
        except ChartImageUnreadableError:
            return self.store.stick_move(move, _differs(move, image_id))
        if not is_sent(image, move):
            return self.store.stick_move(move, _differs(move, image_id))
        return self._copied(move, image_id)

    def _copied(self, move: Move, image_id: int) -> Move:
        try:
            return self.store.copy_move(move, image_id)
        except RowConflictError:
            raise ChartLostError(_taken(image_id), outcome_unknown=True) from None

    def _finish(self, move: Move, desk: Desk) -> Move:
        """Delete the wrong image, once a last look has shown that the right one is there and equal."""
        old, new = move.wanted.image_id, move.new_image_id or 0
        copy = read(desk, new)
        if copy is None:
            return self._without_copy(move, desk, new)
        if not is_sent(copy, move):
            return self.store.stick_move(move, _differs(move, new), forget_new=True)
        try:
            source = desk.client.read_image(old)
            if not is_source(source, move):
                return self.store.stick_move(move, _not_the_same(move))
        except (ChartNotFoundError, ChartImageUnreadableError):
            _log.info("event=move-source-gone move=%d", move.id)
        self.store.keep_move(move)
        try:
            desk.client.delete_image(old)
        except ChartNotFoundError:
            pass
        except (ChartRefusedError, ChartForbiddenError) as error:
            return self.store.stick_move(move, _not_deleted(move, error))
        return self._moved(move)

    def _without_copy(self, move: Move, desk: Desk, new: int) -> Move:
        """The new image is gone, or cannot be read. The old one stays in any case."""
        try:
            desk.client.read_image(new)
        except ChartNotFoundError:
            return self._failed(
                move,
                f"Somebody deleted image {new}, to which image {move.wanted.image_id} was being moved, {_LEFT}; ask "
                "again if it is to be moved.",
            )
        except ChartImageUnreadableError:
            return self.store.stick_move(move, _differs(move, new), forget_new=True)
        raise ChartLostError(_gone(new))

    def _moved(self, move: Move) -> Move:
        wanted = move.wanted
        event = AuditEvent(
            who=wanted.asked_by,
            token_mark=wanted.token_mark,
            action=Action.MOVED,
            image_id=move.new_image_id,
            patient=wanted.to_patient,
            at=self.now(),
            chart=wanted.chart,
            reason=wanted.reason,
            photo_id=move.photo_id,
        )
        self.audit.note(event)
        self.gone(wanted.chart, wanted.image_id)
        _log.info("event=moved move=%d image=%d", move.id, move.new_image_id)
        return self.store.end_move(move, None, self._look_at(move))

    def _failed(self, move: Move, sentence: str) -> Move:
        _log.warning("event=move-failed move=%d", move.id)
        return self.store.end_move(move, sentence, self._look_at(move))

    def _look_at(self, move: Move) -> datetime | None:
        return move.sent_at + self.first_look if move.sent_at is not None else None


def read(desk: Desk, image_id: int) -> ChartImage | None:
    """An image of the chart, None when it is not there or cannot be read. Raises ChartError."""
    try:
        return desk.client.read_image(image_id)
    except (ChartNotFoundError, ChartImageUnreadableError):
        return None


def _gone(image_id: int) -> str:
    return f"The chart took image {image_id} but does not know it any more; the bridge will look and file it again."


def _taken(image_id: int) -> str:
    return f"Image {image_id} has become another photo's; the bridge will look and file it again."


def _too_large(move: Move) -> str:
    return (
        f"The chart server takes no request as large as image {move.wanted.image_id} any more, {_LEFT}; ask its "
        "operator to allow larger requests (`tscharts-bridge check` says how), then ask again."
    )


def _refused(move: Move, error: ChartError) -> str:
    if isinstance(error, ChartNotFoundError):
        why = f"The chart has no patient {move.wanted.to_patient} any more, or not this image's clinic or station"
        return f"{why}, {_LEFT}; check them in the chart, then ask again."
    return f"The chart refused it: {error} Image {move.wanted.image_id} is where it was."


def _differs(move: Move, image_id: int) -> str:
    wanted = move.wanted
    return (
        f"The chart does not give image {image_id} of patient {wanted.to_patient} back as it was sent, so image "
        f"{wanted.image_id} was left where it is; delete image {image_id} in the chart, then ask again."
    )


def _not_the_same(move: Move) -> str:
    wanted = move.wanted
    return (
        f"The picture is with patient {wanted.to_patient} as image {move.new_image_id}, but image {wanted.image_id} is "
        "not what it was, so it was not deleted; look at it, and delete it in the chart if it is the same picture."
    )


def _not_deleted(move: Move, error: ChartError) -> str:
    wanted = move.wanted
    return (
        f"The picture is with patient {wanted.to_patient} as image {move.new_image_id}, but the chart did not delete "
        f"image {wanted.image_id}: {error} Delete it in the chart, or ask again."
    )
