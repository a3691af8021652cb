"""Later looks after moves: a chart may finish a request minutes after the bridge gave it up, and a copy comes twice.

What is removed has the very text that one move alone has sent, and is not the image that the move has recorded. And it
is removed only while the picture is in the chart where the move says that it is.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.charting.move_chain import last_move
from bridge.charting.move_pictures import is_sent, is_source
from bridge.charting.move_steps import read
from bridge.delivery import Desk
from bridge.photos import Move, MoveState, Store
from bridge.tscharts import ChartNotFoundError

_log = logging.getLogger(__name__)
_TIMES = (1, 5, 30)
"""Looks are so many times `first_look` after the last request."""


@dataclass(frozen=True)
class MoveLooks:
    """Looks again after moves that are over; for any thread."""

    store: Store
    first_look: timedelta
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def look(self, move: Move, desk: Desk) -> Move:
        """Remove what came late, and say when to look again. Raises ChartError, StoreError."""
        if move.sending is None or move.sending.mark is None:
            return self.store.put_off_move(move, None)
        for image_id in self._late(move, desk):
            self._remove(move, desk, image_id)
        return self.store.put_off_move(move, self._next(move))

    def _late(self, move: Move, desk: Desk) -> list[int]:
        target = move.wanted.target
        ids = desk.client.image_ids(target.patient, type=target.type, clinic=target.clinic, station=target.station)
        strangers = set(ids) - self.store.known_images(desk.chart.url, ids)
        return [each for each in sorted(strangers) if (image := read(desk, each)) is not None and is_sent(image, move)]

    def _remove(self, move: Move, desk: Desk, image_id: int) -> None:
        if not self._is_at_home(move, desk) or self.store.known_images(desk.chart.url, [image_id]):
            return
        self.store.keep_move(move)
        try:
            desk.client.delete_image(image_id)
        except ChartNotFoundError:
            return
        _log.warning("event=late-copy-removed move=%d image=%d", move.id, image_id)

    def _is_at_home(self, move: Move, desk: Desk) -> bool:
        """Whether the picture is where it is to be: at the end of all moves that came after this one, too."""
        if move.state is MoveState.FAILED:
            image = read(desk, move.wanted.image_id)
            return image is not None and is_source(image, move)
        last = self._last(move)
        image = read(desk, last.new_image_id) if last.new_image_id is not None else None
        return image is not None and is_sent(image, last)

    def _last(self, move: Move) -> Move:
        return last_move(self.store, move.wanted.chart, move.new_image_id or 0) or move

    def _next(self, move: Move) -> datetime | None:
        """When the answer to the one request came, one look is enough: for a line that passed it on twice."""
        if move.sent_at is None or (move.state is MoveState.MOVED and move.sends <= 1):
            return None
        times = [move.sent_at + self.first_look * number for number in _TIMES]
        return next((time for time in times if time > self.now()), None)
