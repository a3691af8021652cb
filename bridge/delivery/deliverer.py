"""The workers that take queued photos to the chart, one at a time each, woken by uploads and by the clock."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import TypeVar

from bridge.delivery.bell import Bell
from bridge.delivery.claims import ClaimKeeper
from bridge.delivery.courier import Courier
from bridge.delivery.desk import Desk
from bridge.delivery.gate import Gate
from bridge.delivery.idle_probes import NO_PHOTO, IdleProbes
from bridge.delivery.other_practices import OtherPractices
from bridge.delivery.policy import (
    FAILED,
    ChartAway,
    Failure,
    HoldPhoto,
    TryLater,
    backoff_seconds,
    decide,
    failing_seconds,
    own_failures,
)
from bridge.delivery.trouble import Trouble
from bridge.holds import Hold, HoldReason
from bridge.imaging import WorkshopError
from bridge.photos import (
    ClaimLostError,
    ClaimOrder,
    NoSuchPhotoError,
    Photo,
    Receipt,
    Store,
    StoreError,
    WrongStateError,
)
from bridge.settings import DeliverySettings, DrainOrder
from bridge.tscharts import ChartError

_log = logging.getLogger(__name__)
_STORE_TROUBLE_SECONDS = 1.0
_STOP_SECONDS = 8.0
_WORKERS_BESIDE = 2
"""While as many photos as a chart takes at once are there, so many more are made ready. More would be in their way."""

_LONGEST_RETRY_AFTER_SECONDS = 3600.0
_SAID_BY_THE_CHART = {
    HoldReason.UNKNOWN_PATIENT,
    HoldReason.AMBIGUOUS_PATIENT,
    HoldReason.UNKNOWN_STATION,
    HoldReason.UNKNOWN_CLINIC,
    HoldReason.NO_CLINIC_TODAY,
    HoldReason.NOT_REGISTERED,
    HoldReason.NO_CONSENT,
    HoldReason.CHART_DIFFERS,
}
"""Holds that need a working chart to be said."""
_CLAIMS = {
    DrainOrder.NEWEST_DAY_FIRST: (*3 * (ClaimOrder.NEWEST_DAY,), ClaimOrder.LATEST),
    DrainOrder.OLDEST_FIRST: (ClaimOrder.OLDEST,),
}
"""What one claim after another takes. Of a day on which thousands wait, what has just come in need not wait for all."""
T = TypeVar("T")


class Deliverer:
    """Delivers photos until stopped. `desks` are the practices by name; `clock` gives monotonic seconds."""

    def __init__(
        self,
        store: Store,
        desks: Mapping[str, Desk],
        settings: DeliverySettings,
        courier: Courier,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._desks = desks
        self._settings = settings
        self._courier = courier
        self._gates = {
            name: Gate(clock, settings.retry_first_seconds, settings.retry_longest_seconds) for name in desks
        }
        self._claiming = threading.Lock()
        self._must_recover = False
        self._in_flight: Counter[str] = Counter()
        self._trouble = Trouble(store)
        self._others = OtherPractices(store, desks, clock)
        self._probes = IdleProbes(store, self._probe, clock)
        self._longest_wait_seconds = 2 * max(settings.retry_longest_seconds, _LONGEST_RETRY_AFTER_SECONDS)
        self._luck = random.Random()
        self._orders = cycle(_CLAIMS[settings.order])
        self._most_in_flight = settings.workers + _WORKERS_BESIDE
        self._worker_count = self._most_in_flight + (len(self._gates) > 1)
        self._bell = Bell(self._worker_count)
        self._claims = ClaimKeeper(store, self.wake)
        self._stopping = threading.Event()
        self._is_cut_off = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the workers; the first of them puts back what an earlier run left half done."""
        self._must_recover = True
        for number in range(self._worker_count):
            thread = threading.Thread(target=self._work, args=(f"worker-{number + 1}",), name=f"delivery-{number + 1}")
            thread.start()
            self._threads.append(thread)
        self._claims.start()
        self._store.listen(self.wake)
        self.wake()

    def stop(self, patience_seconds: float = _STOP_SECONDS) -> None:
        """Let each worker finish the photo in its hands; after `patience_seconds` the requests to the chart are cut, so
        that their outcome is unknown, and the next start looks. Until this returns the store must stay open, and its
        folder locked: another bridge would send those photos again.
        """
        self._stopping.set()
        self._bell.ring(len(self._threads))
        ends = time.monotonic() + patience_seconds
        self._say_what_it_waits_for(patience_seconds)
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            self._cut_off()
        for thread in self._threads:
            thread.join()
        self._claims.stop()

    def wake(self) -> None:
        """Tell one worker that there may be something to do; it wakes the next when there is more."""
        self._bell.ring()

    def arrived(self, practice: str) -> None:
        """Tell of a new photo that is stored. Nobody is woken in vain: when as many are at work for this practice as
        may be, they look for the next one themselves; when its chart is away, whoever finds that it is back rings.
        """
        gate = self._gates.get(practice)
        if gate is None or (self._has_room(practice) and not gate.is_shut):
            self.wake()

    def deliver_next(self, worker: str = "here") -> bool:
        """Claim one due photo and carry it. False when nothing is due, or every gate is shut."""
        if (photo := self._claim(worker)) is None:
            self._probes.work()
            return False
        if self._has_room(photo.practice):
            self.wake()
        self._carry_safely(photo)
        return True

    def _say_what_it_waits_for(self, patience_seconds: float) -> None:
        with self._claiming:
            photos = self._in_flight.total()
        if photos:
            _log.info("event=stopping waits-for=chart photos=%d seconds=%g", photos, patience_seconds)

    def _cut_off(self) -> None:
        self._is_cut_off = True
        for desk in self._desks.values():
            desk.client.cut()

    def _work(self, worker: str) -> None:
        while not self._stopping.is_set():
            self._bell.wait()
            try:
                while not self._stopping.is_set() and self.deliver_next(worker):
                    pass
            except Exception as error:
                _log.error("event=worker-trouble worker=%s error=%s", worker, type(error).__name__)
                self._stopping.wait(_STORE_TROUBLE_SECONDS)

    def _claim(self, worker: str) -> Photo | None:
        with self._claiming:
            self._recover_once()
            photo = self._store.claim(worker, self._left_out(), self._longest_wait_seconds, next(self._orders))
            if photo is not None:
                self._claims.took(photo)
                self._in_flight[photo.practice] += 1
                if photo.practice in self._gates:
                    self._gates[photo.practice].enter(photo.id)
            return photo

    def _recover_once(self) -> None:
        """Put back what an earlier run left half done, before the first claim. A full disk may delay it."""
        if self._must_recover:
            recovered = self._store.recover()
            self._must_recover = False
            if recovered:
                _log.info("event=recovered photos=%d", recovered)

    def _left_out(self) -> list[str]:
        """Practices whose gate is shut, those that would take the worker that stands by for the others, and those that
        only other bridges have.
        """
        shut = [name for name, gate in self._gates.items() if gate.is_shut or not self._has_room(name)]
        return shut + self._others.left_out()

    def _has_room(self, practice: str) -> bool:
        """Whether one more worker may carry for a practice. If not, waking one is in vain until a photo comes in."""
        return self._in_flight[practice] < self._most_in_flight

    def _carry_safely(self, photo: Photo) -> None:
        """Carry a photo and record how it went. Nothing that goes wrong with one photo ends a worker."""
        try:
            self._carry_or_hold(photo)
        except ClaimLostError:
            _log.info("event=claim-lost photo=%d", photo.id)
        except (StoreError, WorkshopError) as error:
            _log.error("event=store-trouble photo=%d reason=%r", photo.id, str(error))
            self._put_back(photo)
        finally:
            self._claims.left(photo)
            with self._claiming:
                self._in_flight[photo.practice] -= 1
                if photo.practice in self._gates:
                    self._gates[photo.practice].leave(photo.id)

    def _carry_or_hold(self, photo: Photo) -> None:
        try:
            self._carry(photo, time.monotonic())
        except (StoreError, WorkshopError):
            raise
        except Exception as error:
            _log.error("event=bridge-fault photo=%d error=%s", photo.id, type(error).__name__)
            _log.debug("event=bridge-fault photo=%d", photo.id, exc_info=True)
            self._hold(photo, _bridge_fault(error))

    def _carry(self, photo: Photo, started: float) -> None:
        desk = self._desks.get(photo.practice)
        if desk is None:
            self._leave_to_others(photo)
            return
        try:
            outcome = self._courier.carry(photo, desk)
        except ChartError as error:
            self._failed(photo, error)
        else:
            self._finish(photo, outcome, time.monotonic() - started)

    def _leave_to_others(self, photo: Photo) -> None:
        """A photo of a practice that this bridge does not have is another bridge's, or waits for a person."""
        if self._others.is_nobodys(photo.practice):
            self._hold(photo, _NO_PRACTICE)
        else:
            self._requeue(photo, 0.0, "this bridge does not have the practice")

    def _finish(self, photo: Photo, outcome: Receipt | Hold | None, seconds: float) -> None:
        if outcome is None:
            return
        if isinstance(outcome, Hold):
            self._hold(photo, outcome)
            if outcome.reason in _SAID_BY_THE_CHART:
                self._chart_answered(photo.practice)
            return
        took = round(seconds, 3)
        _log.info(
            "event=delivered photo=%d practice=%s image=%d seconds=%s", photo.id, photo.practice, outcome.image_id, took
        )
        self._chart_answered(photo.practice)

    def _chart_answered(self, practice: str) -> None:
        """The chart does its work: the gate opens, and trouble told of is over."""
        if self._with_gate(practice, Gate.succeeded):
            _log.info("event=chart-back practice=%s", practice)
        self._trouble.is_over(practice)

    def _failed(self, photo: Photo, error: ChartError) -> None:
        if self._is_cut_off:
            self._requeue(photo, 0.0, "the bridge stopped")
            return
        failed_at = own_failures(self._store.events(photo.id)) if photo.failing_since else []
        failing = failing_seconds([*failed_at, datetime.now(UTC)], self._settings)
        decision = decide(Failure(error, photo.attempts, failing, self._luck.random()), self._settings)
        _log.warning(
            "event=attempt-failed photo=%d practice=%s try=%d error=%s status=%s decision=%s",
            photo.id, photo.practice, photo.attempts, type(error).__name__, error.status, type(decision).__name__,
        )  # fmt: skip
        match decision:
            case HoldPhoto(hold):
                self._hold(photo, hold)
                self._chart_answered(photo.practice)
            case ChartAway(at_least_seconds, sentence):
                self._chart_away(photo, at_least_seconds, sentence)
            case TryLater(seconds):
                self._try_later(photo, seconds, error)

    def _try_later(self, photo: Photo, seconds: float, error: ChartError) -> None:
        if self._with_gate(photo.practice, lambda gate: gate.failed(photo.id)):
            self._chart_away(photo, seconds, str(error))
        else:
            self._requeue(photo, seconds, type(error).__name__, is_failing=True)

    def _chart_away(self, photo: Photo, at_least_seconds: float, sentence: str) -> None:
        wait = self._shut(photo.practice, photo.id, at_least_seconds, sentence)
        self._requeue(photo, wait, "chart-away")

    def _shut(self, practice: str, photo_id: int, at_least_seconds: float, sentence: str) -> float:
        wait = self._with_gate(practice, lambda gate: gate.shut(photo_id, at_least_seconds))
        if self._trouble.tell(practice, sentence):
            _log.error("event=chart-away practice=%s reason=%r", practice, sentence)
        return wait

    def _probe(self, practice: str) -> bool:
        """Ask a chart that was away how it is, if its gate lets a probe through; whether it was asked."""
        if practice not in self._gates or not self._with_gate(practice, lambda gate: gate.enter_if_open(NO_PHOTO)):
            return False
        try:
            self._desks[practice].client.check()
        except ChartError as error:
            if not self._is_cut_off:
                self._shut(practice, NO_PHOTO, _at_least_seconds(error, self._settings), str(error))
        else:
            self._chart_answered(practice)
        finally:
            self._with_gate(practice, lambda gate: gate.leave(NO_PHOTO))
        return True

    def _requeue(self, photo: Photo, seconds: float, detail: str, *, is_failing: bool = False) -> None:
        again_at = datetime.now(UTC) + timedelta(seconds=seconds)
        self._store.requeue(photo, again_at, FAILED if is_failing else "put-back", detail, is_failing=is_failing)

    def _hold(self, photo: Photo, hold: Hold) -> None:
        self._store.hold(photo, hold)
        _log.warning("event=held photo=%d practice=%s reason=%s", photo.id, photo.practice, hold.reason)

    def _put_back(self, photo: Photo) -> None:
        """Return a claimed photo to the queue, waiting until the store takes it or the bridge stops."""
        while not self._stopping.is_set():
            try:
                wait = backoff_seconds(photo.attempts, 1.0, self._settings)
                self._requeue(photo, wait, "store trouble")
                return
            except (NoSuchPhotoError, WrongStateError):
                # It had been recorded after all, or a person was faster.
                return
            except StoreError:
                self._stopping.wait(_STORE_TROUBLE_SECONDS)

    def _with_gate(self, practice: str, change: Callable[[Gate], T]) -> T:
        with self._claiming:
            return change(self._gates[practice])


def _at_least_seconds(error: ChartError, settings: DeliverySettings) -> float:
    """How long no probe is to go out, by what the chart said."""
    decision = decide(Failure(error, 1, 0.0, 1.0), settings)
    return decision.at_least_seconds if isinstance(decision, ChartAway) else 0.0


_NO_PRACTICE = Hold(
    HoldReason.NO_PRACTICE,
    "The practice of this photo is not in the config any more; add it again, then retry the photo.",
)


def _bridge_fault(error: Exception) -> Hold:
    return Hold(
        HoldReason.BRIDGE_FAULT,
        f"The bridge itself failed on this photo ({type(error).__name__}); retry it, "
        "and report it to the bridge's makers when it fails again.",
    )
