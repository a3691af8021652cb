"""Moves images to other patients: takes orders, and sees each through to its end, whatever crashes or breaks.

A move is done with the bridge's own account of the chart, as it must go on when the caller is long gone; who may ask
for one is the doors' matter. An image has one move at a time, and the first who asks wins.
"""

import logging
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunningError
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from bridge.charting.audit import Action, Audit, AuditEvent
from bridge.charting.move_chain import just_moving, last_move
from bridge.charting.move_looks import MoveLooks
from bridge.charting.move_pictures import place_of
from bridge.charting.move_steps import Steps, read
from bridge.charting.refusals import RefusedError
from bridge.delivery import ChartAway, Desk, Failure, HoldPhoto, TryLater, backoff_seconds, decide
from bridge.photos import Move, MoveLostError, MoveState, NewMove, PhotoState, Store, StoreError
from bridge.settings import DeliverySettings
from bridge.tscharts import ChartError, ChartImage, ChartImageUnreadableError, ChartNotFoundError

_log = logging.getLogger(__name__)
_AT_ONCE = 200
_THREADS = 4
_LARGEST_ID = 2**63 - 1
_NO_PRACTICE_SECONDS = 3600.0
_NO_IMAGE = "The chart has no image %(image)s; check its number."
_NO_PRACTICE = "The practice that asked for this is not in the bridge's config any more; put it back, or leave it."

Gone = Callable[[str, int], None]
"""Hears that an image is gone from the chart at an address."""


@dataclass(frozen=True)
class MoveOrder:
    """What somebody asks for: image `image_id` of the practice's chart is to be `patient`'s. `asked_by` is their chart
    username, None for one who signed in elsewhere; `token_mark` tells such people apart.
    """

    practice: str
    image_id: int
    patient: int
    reason: str
    asked_by: str | None
    token_mark: str = ""


class Mover:
    """Takes orders and carries them out; for any thread. `desks` are those of all practices, with clients of their own,
    as `stop` cuts them.
    """

    def __init__(self, store: Store, desks: Mapping[str, Desk], settings: DeliverySettings, audit: Audit) -> None:
        first_look = timedelta(seconds=settings.late_look_seconds)
        self._store = store
        self.desks = desks
        self._settings = settings
        self._audit = audit
        self._gone: Gone = _nobody_hears
        self._steps = Steps(store, audit, first_look, lambda chart, image_id: self._gone(chart, image_id))
        self._looks = MoveLooks(store, first_look)
        self._luck = random.Random()
        self._lock = threading.Lock()
        self._in_hand: set[int] = set()
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="moves")

    def tells(self, gone: Gone) -> None:
        """From now on, this hears of each old image that is gone."""
        self._gone = gone

    def order(self, order: MoveOrder) -> Move:
        """The move, recorded: it will come to an end whatever happens. Asked for again, it is the same one.

        Raises RefusedError (404 no such image, 400 no such patient or the image's own, 409 when it is in a state that
        does not allow it), ChartError, StoreError; then nothing is recorded as begun.
        """
        desk = self.desks[order.practice]
        if not 0 < order.image_id <= _LARGEST_ID:
            raise RefusedError(404, _NO_IMAGE, image=order.image_id)
        under_way = self._store.move_in_hand(desk.chart.url, order.image_id)
        if under_way is not None and (again := self._again(under_way, order)) is not None:
            return again
        image = self._image(order, desk)
        if not isinstance(image, ChartImage):
            return image
        self._check(order, image, desk)
        self._note(order, image, desk)
        new = NewMove(
            chart=desk.chart.url,
            practice=order.practice,
            image_id=image.id,
            source=place_of(image),
            source_sha256=image.data_sha256,
            source_length=len(image.data),
            to_patient=order.patient,
            reason=order.reason,
            asked_by=order.asked_by,
            token_mark=order.token_mark,
        )
        move, is_new = self._store.begin_move(new)
        return move if is_new else self._again(move, order) or self._elsewhere(move, order)

    def carry_out(self, move: Move, wait_seconds: float) -> Move:
        """Work on a move now, and tell how far it is when it ends or so many seconds are over; it goes on by itself."""
        if not move.state.is_under_way or self._stopping.is_set():
            return move
        try:
            self._threads.submit(self._take, move.id, set()).result(wait_seconds)
        except RuntimeError:
            _log.info("event=move-waits-for-the-next-start move=%d", move.id)
        except StillRunningError:
            _log.info("event=move-goes-on move=%d", move.id)
        return self._store.move(move.id)

    def work(self) -> None:
        """Go on with all that is due; never raises."""
        away: set[str] = set()
        try:
            for move in self._store.due_moves(_AT_ONCE):
                if move.wanted.practice not in away and not self._stopping.is_set():
                    self._take(move.id, away)
        except StoreError as error:
            _log.error("event=store-trouble reason=%r", str(error))

    def stop(self) -> None:
        """End what is under way; a later start goes on with it."""
        self._stopping.set()
        for desk in self.desks.values():
            desk.client.cut()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _again(self, move: Move, order: MoveOrder) -> Move | None:
        """A move that is not over, if it is the one that is asked for. None for one to another patient that was stuck
        and of which there is no copy: it is given up.
        """
        wanted = move.wanted
        if (wanted.image_id, wanted.to_patient) == (order.image_id, order.patient):
            return self._store.resume_move(move.id)
        if wanted.image_id == order.image_id and self._store.give_up_move(move.id).state.is_over:
            return None
        return self._elsewhere(move, order)

    def _elsewhere(self, move: Move, order: MoveOrder) -> NoReturn:
        wanted = move.wanted
        if move.state is MoveState.STUCK:
            said = "Move %(move)s of this picture to patient %(patient)s is stuck: %(trouble)s"
            raise RefusedError(409, said, move=move.id, patient=wanted.to_patient, trouble=move.trouble)
        if wanted.image_id == order.image_id:
            said = (
                "Image %(image)s is just being moved to another patient (move %(move)s); look how that ends, then ask "
                "again."
            )
            raise RefusedError(409, said, image=order.image_id, move=move.id)
        raise just_moving(order.image_id, move)

    def _image(self, order: MoveOrder, desk: Desk) -> ChartImage | Move:
        """The image to be moved; or the move that has done it already."""
        try:
            return desk.client.read_image(order.image_id)
        except ChartImageUnreadableError:
            said = "The chart cannot read image %(image)s, so it cannot be moved; ask the chart's operator."
            raise RefusedError(409, said, image=order.image_id) from None
        except ChartNotFoundError:
            last = last_move(self._store, desk.chart.url, order.image_id)
        if last is not None and last.wanted.to_patient == order.patient:
            return last
        raise _gone(order.image_id, last, desk)

    def _check(self, order: MoveOrder, image: ChartImage, desk: Desk) -> None:
        if image.patient == order.patient:
            said = "Image %(image)s is patient %(patient)s's already; check the numbers."
            raise RefusedError(400, said, image=image.id, patient=order.patient)
        try:
            patient = desk.client.patient(order.patient)
        except ValueError:
            patient = None
        if patient is None:
            raise RefusedError(400, "The chart has no patient %(patient)s; check the number.", patient=order.patient)
        photo = self._store.on_its_way(image.data_sha256)
        if photo is not None:
            raise _on_its_way(*photo)

    def _note(self, order: MoveOrder, image: ChartImage, desk: Desk) -> None:
        event = AuditEvent(
            who=order.asked_by,
            token_mark=order.token_mark,
            action=Action.MOVING,
            image_id=image.id,
            patient=image.patient,
            at=datetime.now(UTC),
            chart=desk.chart.url,
            reason=order.reason,
        )
        self._audit.note(event)

    def _take(self, move_id: int, away: set[str]) -> None:
        """Go on with a move, unless another thread or bridge is at it. Never raises; `away` gets the practices whose
        chart does not answer.
        """
        with self._lock:
            if move_id in self._in_hand:
                return
            self._in_hand.add(move_id)
        try:
            move = self._store.claim_move(move_id)
            if move is not None:
                self._go(move, away)
        except MoveLostError:
            _log.warning("event=move-lost move=%d", move_id)
        except StoreError as error:
            _log.error("event=store-trouble move=%d reason=%r", move_id, str(error))
        finally:
            with self._lock:
                self._in_hand.discard(move_id)

    def _go(self, move: Move, away: set[str]) -> None:
        desk = self.desks.get(move.wanted.practice)
        if desk is None:
            self._store.put_off_move(move, _later(_NO_PRACTICE_SECONDS), _NO_PRACTICE)
            return
        try:
            if move.state.is_over:
                self._looks.look(move, desk)
            else:
                self._steps.go(move, desk)
        except ChartError as error:
            self._put_off(self._as_it_is(move), error, away)

    def _as_it_is(self, move: Move) -> Move:
        """The move with what was recorded of it meanwhile, still in hand."""
        now = self._store.move(move.id)
        if now.claim != move.claim:
            raise MoveLostError
        return now

    def _put_off(self, move: Move, error: ChartError, away: set[str]) -> None:
        if self._stopping.is_set():
            self._store.put_off_move(move, datetime.now(UTC), move.trouble)
            return
        _log.info("event=move-put-off move=%d error=%s", move.id, type(error).__name__)
        tries, luck = move.tries + 1, self._luck.random()
        decision = decide(Failure(error, tries, tries * self._settings.retry_longest_seconds, luck), self._settings)
        pause = backoff_seconds(tries, luck, self._settings)
        match decision:
            case ChartAway(at_least_seconds=seconds):
                away.add(move.wanted.practice)
                pause = max(pause, seconds)
            case TryLater(seconds=seconds):
                pause = seconds
            case HoldPhoto() if not move.state.is_over:
                self._store.stick_move(move, f"{error} When that is mended, ask again.")
                return
        self._store.put_off_move(move, _later(pause), str(error))


def _nobody_hears(_chart: str, _image_id: int) -> None:
    """While nobody is told."""


def _on_its_way(photo_id: int, state: PhotoState) -> RefusedError:
    said = "The bridge is just delivering this image's photo (%(photo)s); ask again when it is delivered."
    if state is PhotoState.HELD:
        said = (
            "This image may be that of photo %(photo)s, which waits for a person; retry or discard the photo first, "
            "then ask again."
        )
    return RefusedError(409, said, photo=photo_id)


def _gone(image_id: int, last: Move | None, desk: Desk) -> RefusedError:
    """That an image is not there; with where it is if it was moved, though it may have been deleted since."""
    if last is None or last.new_image_id is None:
        return RefusedError(404, _NO_IMAGE, image=image_id)
    said = (
        "The chart has no image %(image)s; it was moved to become image %(new)s of patient %(patient)s, which is gone, "
        "too; check its number."
    )
    if read(desk, last.new_image_id) is not None:
        said = "The chart has no image %(image)s; it is image %(new)s of patient %(patient)s now; check its number."
    return RefusedError(404, said, image=image_id, new=last.new_image_id, patient=last.wanted.to_patient)


def _later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
