"""Later looks: finds images that came into the chart behind the bridge's back, and removes its own duplicates.

A chart server may finish a request minutes after the bridge gave it up (contract/tscharts.md), and some lines pass a
request on twice. So each attempt that may have made an image is looked for again once its photo is delivered.

What is removed: an image of an attempt's own patient, type, clinic and station whose `data` text has the very hash of
that attempt. Attempts carry marks (bridge/delivery/marks.py), so no tablet, no other bridge and no other photo with the
same picture sends that text. Never what is a photo's receipt, and nothing unless the photo's own image is in the chart
at that moment: a photo is never taken from where it is alone. Attempts without a mark are not looked for at all.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from threading import Event

from bridge.delivery.desk import Desk
from bridge.delivery.settle import matches
from bridge.photos import Attempt, Outcome, Photo, PhotoState, Receipt, Store, StoreError
from bridge.settings import DeliverySettings
from bridge.targets import ChartTarget
from bridge.tscharts import ChartClient, ChartError, ChartImage, ChartImageUnreadableError, ChartNotFoundError

_log = logging.getLogger(__name__)
_TIMES = (1, 5, 30)
"""Looks are so many times `late_look_seconds` after the attempt. Each is planned from the one before it, and they are
counted, so that a clock that is set forward does not use up those that are left.
"""

_LONGEST_WAIT = 2 * _TIMES[-1]
"""What is put off for longer, in the same measure, was put off by a clock that has been set back since."""

_AT_ONCE = 500
_REMEMBERED = 20_000
_UNREADABLE = ""

_Look = tuple[Attempt, Photo]


class LateLooks:
    """Looks when `work` is called. `desks` need clients of their own, as `stop` cuts them."""

    def __init__(self, store: Store, desks: Mapping[str, Desk], settings: DeliverySettings) -> None:
        self._store = store
        self._desks = desks
        self._first = timedelta(seconds=settings.late_look_seconds)
        self._stopping = Event()
        self._hashes: OrderedDict[tuple[str, int], str] = OrderedDict()

    def work(self) -> None:
        """Make the looks that are due; never raises. Those of one patient and type are one question to the chart."""
        try:
            longest_wait = self._first * _LONGEST_WAIT
            due = sorted(self._store.due_looks(_AT_ONCE, longest_wait.total_seconds()), key=_place)
            away: set[str] = set()
            for (practice, _target), looks in groupby(due, key=_place):
                if not self._stopping.is_set():
                    self._look_safely(practice, list(looks), away)
        except StoreError as error:
            _log.error("event=store-trouble reason=%r", str(error))

    def stop(self) -> None:
        """End the look that is under way; it is made again later."""
        self._stopping.set()
        for desk in self._desks.values():
            desk.client.cut()

    def _look_safely(self, practice: str, looks: list[_Look], away: set[str]) -> None:
        """Look, or put the looks off when the chart does not answer: then for the whole practice."""
        desk = self._desks.get(practice)
        ready = [look for look in looks if self._is_ready(look)]
        if not ready:
            return
        if desk is None or practice in away:
            self._put_off(ready, self._first)
            return
        try:
            self._look(desk, ready)
        except ChartError as error:
            if not self._stopping.is_set():
                _log.info("event=late-look-failed practice=%s error=%s", practice, type(error).__name__)
                away.add(practice)
                self._put_off(ready, self._first)

    def _is_ready(self, look: _Look) -> bool:
        """Whether the photo is delivered. One still under way is looked for before it is sent again; of one that was
        discarded nothing is removed.
        """
        attempt, photo = look
        if photo.state is PhotoState.DELIVERED:
            return True
        if photo.state is PhotoState.DISCARDED:
            self._store.look_again([attempt.id], None)
        else:
            self._put_off([look], self._first * (_TIMES[-1] if photo.state is PhotoState.HELD else 1))
        return False

    def _look(self, desk: Desk, looks: list[_Look]) -> None:
        target = looks[0][0].target
        there = set(
            desk.client.image_ids(target.patient, type=target.type, clinic=target.clinic, station=target.station)
        )
        strangers = there - self._store.known_images(desk.chart.url, there)
        by_hash: dict[str, list[int]] = {}
        for image_id in sorted(strangers):
            by_hash.setdefault(self._hash_of(desk, image_id), []).append(image_id)
        for attempt, photo in looks:
            for image_id in by_hash.get(attempt.data_sha256, ()):
                self._remove(desk, attempt, photo, image_id)
        self._plan_next(looks)

    def _hash_of(self, desk: Desk, image_id: int) -> str:
        """The hash of an image's text, read once: images in the chart never change."""
        key = (desk.chart.url, image_id)
        if key not in self._hashes:
            image = _read(desk.client, image_id)
            self._hashes[key] = _UNREADABLE if image is None else image.data_sha256
            if len(self._hashes) > _REMEMBERED:
                self._hashes.popitem(last=False)
        return self._hashes[key]

    def _remove(self, desk: Desk, attempt: Attempt, photo: Photo, image_id: int) -> None:
        """Remove one image, once a last look has shown that it is ours and that the photo's own is there."""
        receipt = self._store.receipt(photo.id)
        image = _read(desk.client, image_id)
        if receipt is None or receipt.image_id == image_id or image is None or not matches(image, attempt):
            return
        if self._store.known_images(desk.chart.url, [image_id]) or not _is_there(desk.client, receipt):
            return
        try:
            desk.client.delete_image(image_id)
        except ChartNotFoundError:
            return
        self._store.record_removed(photo, image_id)
        _log.warning("event=late-duplicate-removed photo=%d image=%d", photo.id, image_id)

    def _plan_next(self, looks: Iterable[_Look]) -> None:
        """An attempt whose answer came is looked for once, for a request that the line passed on twice."""
        now = datetime.now(UTC)
        planned: dict[datetime | None, list[int]] = {}
        for attempt, _photo in looks:
            planned.setdefault(self._next(attempt, now), []).append(attempt.id)
        for time, attempt_ids in planned.items():
            self._store.look_again(attempt_ids, time, looked=True)

    def _next(self, attempt: Attempt, now: datetime) -> datetime | None:
        """When to look again for what has just been looked for; None: never."""
        made = attempt.looks + 1
        if made >= len(_TIMES) or attempt.outcome is Outcome.DELIVERED:
            return None
        return now + self._first * (_TIMES[made] - _TIMES[made - 1])

    def _put_off(self, looks: list[_Look], by: timedelta) -> None:
        self._store.look_again([attempt.id for attempt, _photo in looks], datetime.now(UTC) + by)


def _place(look: _Look) -> tuple[str, tuple[int, ...]]:
    """What one question to the chart is about: the practice, and the target in a form that can be sorted."""
    attempt, photo = look
    return photo.practice, _sortable(attempt.target)


def _sortable(target: ChartTarget) -> tuple[int, ...]:
    kinds = list(type(target.type))
    return target.patient, kinds.index(target.type), target.clinic or 0, target.station or 0


def _read(client: ChartClient, image_id: int) -> ChartImage | None:
    try:
        return client.read_image(image_id)
    except (ChartNotFoundError, ChartImageUnreadableError):
        return None


def _is_there(client: ChartClient, receipt: Receipt) -> bool:
    image = _read(client, receipt.image_id)
    return image is not None and image.data_sha256 == receipt.data_sha256
