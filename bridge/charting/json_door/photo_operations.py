"""Photos of this bridge: what needs help, and help for it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from marshmallow import Schema

from bridge.charting.audit import Action, Audit, AuditEvent
from bridge.charting.json_door.byte_answers import Bytes, ConditionsSchema, byte_answers
from bridge.charting.json_door.frame import Answer, Call, Operation, Who
from bridge.charting.json_door.move_operations import actor_of
from bridge.charting.json_door.photo_schemas import (
    AssignSchema,
    PhotoDetailSchema,
    PhotoPageSchema,
    PhotoPath,
    PhotoSchema,
    PreviewSizeSchema,
    ReasonSchema,
    RetrySchema,
    WantedPhotosSchema,
)
from bridge.charting.messages import Reply
from bridge.charting.refusals import RefusedError
from bridge.delivery import Desk, NoPlaceError, NotShownError, located, shown, waits_for
from bridge.imaging import Workshop
from bridge.mapping import PatientForm, PatientReference, TargetReference
from bridge.photos import (
    BytesMissingError,
    NoSuchPhotoError,
    Photo,
    PhotoQuery,
    PhotoState,
    Store,
    WrongStateError,
)

_TAG = "Photos"
_NO_PHOTO = "There is no photo of this number at this address; look at the list again."
_HELD = frozenset({PhotoState.HELD})
_WAITING = frozenset({PhotoState.HELD, PhotoState.QUEUED})
_PHOTO = (Answer(200, PhotoSchema(), description="The photo as it is now"),)


def photo_operations(
    store: Store, desks: Mapping[str, Desk], workshop: Workshop, audit: Audit
) -> tuple[Operation, ...]:
    """The operations that show photos and repair them. `desks` are those of all practices."""
    photos = _Photos(store, workshop, audit)
    return (*_looking(photos), *_repairing(_Repairs(store, desks, photos)))


def _looking(photos: "_Photos") -> tuple[Operation, ...]:
    return (
        Operation(
            "GET",
            "photos",
            "listPhotos",
            "Photos that came to this bridge, the newest first",
            photos.page,
            (Answer(200, PhotoPageSchema(), description="A page of photos"),),
            query_schema=WantedPhotosSchema(),
            who=Who.NAMED,
            tag=_TAG,
        ),
        Operation(
            "GET",
            "photos/{photo_id}",
            "showPhoto",
            "One photo, with its history and its receipt",
            photos.one,
            (Answer(200, PhotoDetailSchema(), description="The photo"),),
            path_schema=PhotoPath(),
            who=Who.NAMED,
            tag=_TAG,
        ),
        Operation(
            "GET",
            "photos/{photo_id}/preview",
            "previewPhoto",
            "A JPEG of what can be read of a photo",
            photos.preview,
            byte_answers("image/jpeg"),
            path_schema=PhotoPath(),
            query_schema=PreviewSizeSchema(),
            headers_schema=ConditionsSchema(),
            refusals=frozenset({416, 422}),
            who=Who.NAMED,
            tag=_TAG,
        ),
    )


def _repairing(repairs: "_Repairs") -> tuple[Operation, ...]:
    def doing(name: str, summary: str, handler: Callable[[Call], object], schema: Schema) -> Operation:
        return Operation(
            "POST",
            f"photos/{{photo_id}}/{name}",
            f"{name}Photo",
            summary,
            handler,
            _PHOTO,
            path_schema=PhotoPath(),
            body_schema=schema,
            refusals=frozenset({409}),
            who=Who.NAMED,
            tag=_TAG,
        )

    return (
        doing("assign", "Say where a held photo belongs, and queue it", repairs.assign, AssignSchema()),
        doing("retry", "Try a held photo again, after its cause is mended", repairs.retry, RetrySchema()),
        doing("discard", "Give up a held photo for good", repairs.discard, ReasonSchema()),
    )


class _Photos:
    """Shows photos of the practice that the address names, or of all of its chart."""

    def __init__(self, store: Store, workshop: Workshop, audit: Audit) -> None:
        self._store = store
        self._workshop = workshop
        self._audit = audit

    def page(self, call: Call) -> Mapping[str, object]:
        wanted = dict(call.query)
        practices, named = _practices(call), wanted.pop("practice", None)
        if named is not None:
            practices &= {named}
        found = self._store.photos_wanted(PhotoQuery(practices, **wanted))
        troubles = self._store.troubles()
        return {
            "photos": [_shown(photo, troubles.get(photo.practice)) for photo in found],
            "next": found[-1].id if len(found) == call.query["limit"] else None,
        }

    def one(self, call: Call) -> Mapping[str, object]:
        photo = self.asked(call)
        events = [asdict(event) for event in self._store.events(photo.id)]
        receipt = self._store.receipt(photo.id)
        return {**self.told(photo), "events": events, "receipt": asdict(receipt) if receipt else None}

    def preview(self, call: Call) -> Reply:
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
        if photo.practice not in _practices(call):
            raise RefusedError(404, _NO_PHOTO)
        return photo

    def told(self, photo: Photo) -> dict[str, object]:
        """A photo as values of its schema."""
        return _shown(photo, self._store.troubles().get(photo.practice))

    def note(self, call: Call, action: Action, photo: Photo, reason: str = "", patient: int | None = None) -> None:
        """Note what the caller does to a photo."""
        now, who = datetime.now(UTC), call.caller
        key = call.chart.key
        self._audit.note(AuditEvent(who.username, who.mark, action, None, patient, now, key, reason, photo.id))


class _Repairs:
    """Does what people say to photos, with the checks that the command line makes."""

    def __init__(self, store: Store, desks: Mapping[str, Desk], photos: _Photos) -> None:
        self._store = store
        self._desks = desks
        self._photos = photos

    def assign(self, call: Call) -> Mapping[str, object]:
        photo, body = self._in_state(call, _WAITING, "assigned"), call.body
        patient = PatientReference(PatientForm.ID, str(body["patient"]))
        reference = TargetReference(patient, body["type"], body["station"], body["clinic"])
        desk = self._desks[photo.practice]
        try:
            target, _name = located(photo, reference, desk.client, desk.time_zone)
        except NoPlaceError as error:
            raise RefusedError(400, str(error)) from None
        self._photos.note(call, Action.ASSIGNED, photo, patient=target.patient)
        return self._told(lambda: self._store.assign(photo.id, target, actor_of(call.caller)))

    def retry(self, call: Call) -> Mapping[str, object]:
        photo = self._in_state(call, _WAITING, "retried")
        self._photos.note(call, Action.RETRIED, photo)
        return self._told(lambda: self._store.retry(photo.id, actor_of(call.caller), as_is=call.body["as_is"]))

    def discard(self, call: Call) -> Mapping[str, object]:
        photo, reason = self._in_state(call, _HELD, "discarded"), call.body["reason"]
        self._photos.note(call, Action.DISCARDED, photo, reason)
        return self._told(lambda: self._store.discard(photo.id, actor_of(call.caller), reason))

    def _in_state(self, call: Call, states: frozenset[PhotoState], done: str) -> Photo:
        """The photo, if this can be done to it now: what cannot be done is not noted."""
        photo = self._photos.asked(call)
        if photo.state not in states:
            wanted = " or ".join(sorted(states))
            sentence = f"Photo {photo.id} is {photo.state}, and only a photo that is {wanted} can be {done}."
            raise RefusedError(409, sentence)
        return photo

    def _told(self, do: Callable[[], Photo]) -> Mapping[str, object]:
        try:
            return self._photos.told(do())
        except WrongStateError as error:
            raise RefusedError(409, str(error)) from None


def _practices(call: Call) -> frozenset[str]:
    """Whose photos are meant: of the practice that the address names, else of all of the chart."""
    return call.chart.practices if call.practice is None else frozenset({call.practice})


def _shown(photo: Photo, trouble: str | None) -> dict[str, object]:
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
        "bytes_gone_at": photo.bytes_gone_at,
        "next_attempt_at": photo.next_attempt_at if waiting["next_attempt_at"] else None,
        "waiting_for": waiting["waiting_for"],
    }
