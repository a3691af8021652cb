"""Lets held photos go that the mapping file files now, after an edit that mended it.

A photo says by which version it was held. That version is read once more, so that no photo is tried again that is no
better off. A person who acts on a photo at the same moment is the one who counts.
"""

import logging
import time
from collections.abc import Callable, Iterator
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from threading import Event

from bridge.delivery.desk import Desk
from bridge.delivery.placing import place_of_reference
from bridge.holds import HoldReason
from bridge.mapping import Mapping, Requirement, TargetReference, photo_occasion, resolve, taken_at
from bridge.photos import Photo, Store, StoreError, is_doubtful
from bridge.tags import parse_name

_log = logging.getLogger(__name__)
_MENDABLE = frozenset(
    {
        HoldReason.NO_PATIENT,
        HoldReason.AMBIGUOUS_PATIENT,
        HoldReason.UNKNOWN_PATIENT,
        HoldReason.NO_TYPE,
        HoldReason.AMBIGUOUS_TYPE,
        HoldReason.AMBIGUOUS_STATION,
        HoldReason.AMBIGUOUS_CLINIC,
        HoldReason.UNKNOWN_STATION,
        HoldReason.UNKNOWN_CLINIC,
        HoldReason.NO_CLINIC_TODAY,
        HoldReason.NOT_REGISTERED,
        HoldReason.NO_CONSENT,
    }
)
"""Why a photo may be held so that another version of the mapping file can file it."""

_ASKED = {
    HoldReason.NOT_REGISTERED: Requirement.REGISTERED_TODAY,
    HoldReason.NO_CONSENT: Requirement.PHOTO_CONSENT,
}
_AGAIN_SECONDS = 60.0
"""How often it is looked for photos that another bridge, which has not seen the edit yet, has held meanwhile."""

_SOON_SECONDS = 5.0
"""Sooner after an edit: what was on its way then may be held by the version before."""

_AT_ONCE = 200
_Earlier = Callable[[str, str], Mapping | None]


@dataclass(frozen=True)
class _Filed:
    """Where a version files a photo, and what it asks for of that for want of which the photo is held."""

    reference: TargetReference
    asks_for: Requirement | None


@dataclass(frozen=True)
class _Tried:
    """The version that was tried last on a practice's held photos, and when to look again."""

    version: str
    again_at_seconds: float


@dataclass(frozen=True)
class _InForce:
    """The version of a practice that was in force at the last look, and since when, as far as was seen."""

    version: str
    since_seconds: float


class Releases:
    """Lets photos go when `work` is called, once for each new version; of several bridges one is to call it.

    `earlier` gives a version of a practice's mapping by its hash, None when it is not known any more: then whatever
    that version held and the new one files is let go. `clock` gives monotonic seconds; a version lets nothing go before
    it has been in force for `stands_seconds`, as what is saved by mistake is mostly mended at once.
    """

    STANDS_SECONDS = 10.0

    def __init__(
        self,
        store: Store,
        desks: ReadOnlyMapping[str, Desk],
        earlier: _Earlier,
        clock: Callable[[], float] = time.monotonic,
        stands_seconds: float = STANDS_SECONDS,
    ) -> None:
        self._store = store
        self._desks = desks
        self._earlier = earlier
        self._clock = clock
        self._stands_seconds = stands_seconds
        self._in_force: dict[str, _InForce] = {}
        self._stopping = Event()
        self._tried: dict[str, _Tried] = {}

    def work(self) -> None:
        """Look at what is held where a version is new; never raises."""
        for practice, desk in self._desks.items():
            try:
                self._work_for(practice, desk)
            except StoreError as error:
                _log.warning("event=not-released practice=%s reason=%r", practice, str(error))

    def stop(self) -> None:
        """End after the photo in hand; the rest is looked at after the next start."""
        self._stopping.set()

    def _work_for(self, practice: str, desk: Desk) -> None:
        mapping, now = desk.mapping(), self._clock()
        tried = self._tried.get(practice) or _Tried(self._noted(practice), now + _SOON_SECONDS)
        self._tried[practice] = tried
        is_new = tried.version != mapping.version_hash
        if not self._has_stood(practice, mapping.version_hash, now):
            return
        if not is_new and now < tried.again_at_seconds:
            return
        if not self._look_at_all(practice, desk, mapping):
            return
        if is_new:
            self._note(practice, mapping.version_hash)
        self._tried[practice] = _Tried(mapping.version_hash, now + (_SOON_SECONDS if is_new else _AGAIN_SECONDS))

    def _has_stood(self, practice: str, version: str, now: float) -> bool:
        seen = self._in_force.get(practice)
        if seen is None or seen.version != version:
            seen = self._in_force[practice] = _InForce(version, now)
        return now - seen.since_seconds >= self._stands_seconds

    def _noted(self, practice: str) -> str:
        """What was tried last before this start, or by another bridge; "" when nothing ever was."""
        return self._store.change_shared(_note_name(practice), lambda known: known).decode("ascii", "replace")

    def _note(self, practice: str, version: str) -> None:
        self._store.change_shared(_note_name(practice), lambda _known: version.encode("ascii"))

    def _look_at_all(self, practice: str, desk: Desk, mapping: Mapping) -> bool:
        """Whether all were looked at; not when the bridge stops or a newer version has taken over meanwhile."""
        earlier = cache(lambda version: self._earlier(practice, version))
        released = 0
        for photo in self._held(practice, mapping.version_hash):
            if self._stopping.is_set() or desk.mapping() is not mapping:
                return False
            released += self._let_go(photo, desk, mapping, earlier)
        if released:
            _log.info("event=released practice=%s version=%s photos=%d", practice, mapping.version_hash, released)
        return True

    def _held(self, practice: str, version: str) -> Iterator[Photo]:
        photos = self._store.held_by_others(practice, version, _MENDABLE, 0, _AT_ONCE)
        while photos:
            yield from (photo for photo in photos if not is_doubtful(photo))
            photos = self._store.held_by_others(practice, version, _MENDABLE, photos[-1].id, _AT_ONCE)

    def _let_go(self, photo: Photo, desk: Desk, mapping: Mapping, earlier: Callable[[str], Mapping | None]) -> bool:
        """Put a photo back into its line if this version files it, and the one that held it did not, or elsewhere."""
        filed = _filed(photo, desk, mapping)
        if filed is None:
            return False
        held_by = earlier(photo.mapping_version) if photo.mapping_version else None
        if not _is_better(photo, filed, _filed(photo, desk, held_by) if held_by else None):
            return False
        order_at = taken_at(parse_name(photo.name), photo.received_at, desk.time_zone, datetime.now(UTC))
        return self._store.release(photo, place_of_reference(filed.reference, order_at), _detail(photo, mapping))


def _is_better(photo: Photo, filed: _Filed, before: _Filed | None) -> bool:
    """Whether a version files a photo otherwise than the one that held it did; None when that did not, or is not known.

    Whom the chart does not know stays unknown unless another patient is read. The version that read this one must be
    known for that: a number that was typed wrong is to stay with the person who looks for it.
    """
    if photo.hold_reason is HoldReason.UNKNOWN_PATIENT:
        return before is not None and before.reference.patient != filed.reference.patient
    return before != filed


def _filed(photo: Photo, desk: Desk, mapping: Mapping) -> _Filed | None:
    tags = parse_name(photo.name)
    occasion = photo_occasion(tags, photo.practice, photo.received_at, desk.time_zone, datetime.now(UTC))
    try:
        reference = resolve(tags, mapping, occasion).reference
        asked = _ASKED.get(photo.hold_reason) if photo.hold_reason else None
        return None if reference is None else _Filed(reference, asked if asked in mapping.require else None)
    except Exception as error:
        _log.error("event=bridge-fault in=releasing photo=%d error=%s", photo.id, type(error).__name__)
        return None


def _detail(photo: Photo, mapping: Mapping) -> str:
    before = f"version {photo.mapping_version}" if photo.mapping_version else "an unknown version"
    return f"version {mapping.version_hash} of the mapping file says where it belongs; it was held by {before}"


def _note_name(practice: str) -> str:
    return f"mapping tried {practice}"
