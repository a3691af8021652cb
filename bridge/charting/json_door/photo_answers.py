"""Photos of this bridge, as the operations on them find and show them."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from bridge.charting.audit import Action, Audit, AuditEvent
from bridge.charting.json_door.byte_answers import Bytes
from bridge.charting.json_door.frame import Call
from bridge.charting.messages import Reply
from bridge.charting.refusals import RefusedError
from bridge.delivery import NotShownError, shown, waits_for
from bridge.imaging import Workshop
from bridge.photos import BytesMissingError, NoSuchPhotoError, PendingAct, Photo, PhotoQuery, Store

_NO_PHOTO = "There is no photo of this number at this address; look at the list again."


class Photos:
    """Shows photos of the practice that the address names, or of all of its chart."""

    def __init__(self, store: Store, workshop: Workshop, audit: Audit) -> None:
        self._store = store
        self._workshop = workshop
        self._audit = audit

    def page(self, call: Call) -> Mapping[str, object]:
        """A page of photos."""
        wanted = dict(call.query)
        practices, named = practices_of(call), wanted.pop("practice", None)
        if named is not None:
            practices &= {named}
        found = self._store.photos_wanted(PhotoQuery(practices, **wanted))
        troubles, pending = self._store.troubles(), self._store.pending_acts([photo.id for photo in found])
        return {
            "photos": [_shown(photo, troubles.get(photo.practice), pending.get(photo.id)) for photo in found],
            "next": found[-1].id if len(found) == call.query["limit"] else None,
        }

    def one(self, call: Call) -> Mapping[str, object]:
        """One photo, with its history and its receipt."""
        photo = self.asked(call)
        events = [asdict(event) for event in self._store.events(photo.id)]
        receipt = self._store.receipt(photo.id)
        return {**self.told(photo), "events": events, "receipt": asdict(receipt) if receipt else None}

    def preview(self, call: Call) -> Reply:
        """A picture of a photo. Raises RefusedError (404, 422)."""
        photo = self.asked(call)
        try:
            small = shown(self._store, photo, self._workshop, call.query["edge"])
        except NotShownError as error:
            raise RefusedError(422, str(error)) from None
        except BytesMissingError as error:
            raise RefusedError(404, str(error)) from None
        self.note(call, Action.SEEN, photo)
        digest, name = hashlib.sha256(small).hexdigest(), f"photo-{photo.id}-preview.jpg"
        return Bytes("image/jpeg", digest, len(small), name, lambda start, end: (small[start:end],)).reply(call.headers)

    def asked(self, call: Call) -> Photo:
        """The photo that a call names. Raises RefusedError (404) for those of other practices, too."""
        try:
            photo = self._store.photo(call.path["photo_id"])
        except NoSuchPhotoError:
            raise RefusedError(404, _NO_PHOTO) from None
        if photo.practice not in practices_of(call):
            raise RefusedError(404, _NO_PHOTO)
        return photo

    def told(self, photo: Photo) -> dict[str, object]:
        """A photo as values of its schema."""
        return _shown(photo, self._store.troubles().get(photo.practice), self.pending(photo))

    def pending(self, photo: Photo) -> PendingAct | None:
        """What somebody said of a photo that is not done yet."""
        return self._store.pending_acts([photo.id]).get(photo.id)

    def note(self, call: Call, action: Action, photo: Photo, reason: str = "", patient: int | None = None) -> None:
        """Note what the caller does to a photo."""
        now, who = datetime.now(UTC), call.caller
        key = call.chart.key
        self._audit.note(AuditEvent(who.username, who.mark, action, None, patient, now, key, reason, photo.id))


def practices_of(call: Call) -> frozenset[str]:
    """Whose photos are meant: of the practice that the address names, else of all of the chart."""
    return call.chart.practices if call.practice is None else frozenset({call.practice})


def _shown(photo: Photo, trouble: str | None, pending: PendingAct | None) -> dict[str, object]:
    waiting = waits_for(photo, trouble)
    return {
        "id": photo.id,
        "practice": photo.practice,
        "name": photo.name,
        "state": photo.state,
        "hold": photo.hold,
        "received_at": photo.received_at,
        "captured_at": photo.captured_at.isoformat() if photo.captured_at else None,
        "source": photo.source.value,
        "media_type": photo.media_type,
        "size_bytes": photo.size_bytes,
        "sha256": photo.sha256,
        "attempts": photo.attempts,
        "mapping_version": photo.mapping_version,
        "assigned": photo.assigned,
        "pending": pending,
        "bytes_gone_at": photo.bytes_gone_at,
        "next_attempt_at": photo.next_attempt_at if waiting["next_attempt_at"] else None,
        "waiting_for": waiting["waiting_for"],
    }
