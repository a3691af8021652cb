"""Photos of this bridge: what needs help, and help for it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from marshmallow import Schema

from bridge.charting.audit import Action
from bridge.charting.json_door.byte_answers import ConditionsSchema, byte_answers
from bridge.charting.json_door.frame import Answer, Call, Operation, Who
from bridge.charting.json_door.move_operations import actor_of
from bridge.charting.json_door.photo_answers import Photos
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
from bridge.charting.refusals import RefusedError
from bridge.delivery import Desk, NoPlaceError, located
from bridge.mapping import PatientForm, PatientReference, TargetReference
from bridge.photos import Act, PendingAct, Photo, PhotoState, Store, WrongStateError
from bridge.targets import ChartTarget

_TAG = "Photos"
_SAID = (
    "`%(actor)s` has just said what is to become of photo %(photo)s; ask them to undo that first, or look at the photo "
    "in a minute."
)
_HELD = frozenset({PhotoState.HELD})
_WAITING = frozenset({PhotoState.HELD, PhotoState.QUEUED})
_PHOTO = (Answer(200, PhotoSchema(), description="The photo as it is now"),)


def photo_operations(store: Store, desks: Mapping[str, Desk], photos: Photos) -> tuple[Operation, ...]:
    """The operations that show photos and repair them. `desks` are those of all practices."""
    return (*_looking(photos), *_repairing(_Repairs(store, desks, photos)))


def _looking(photos: Photos) -> tuple[Operation, ...]:
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


class _Repairs:
    """Does what people say to photos, with the checks that the command line makes; or keeps it until it is due."""

    def __init__(self, store: Store, desks: Mapping[str, Desk], photos: Photos) -> None:
        self._store = store
        self._desks = desks
        self._photos = photos

    def assign(self, call: Call) -> Mapping[str, object]:
        photo, body, as_is = self._in_state(call, _WAITING), call.body, call.body["as_is"]
        patient = PatientReference(PatientForm.ID, str(body["patient"]))
        reference = TargetReference(patient, body["type"], body["station"], body["clinic"])
        desk = self._desks[photo.practice]
        try:
            target, _name = located(photo, reference, desk.client, desk.time_zone)
        except NoPlaceError as error:
            raise RefusedError(400, str(error)) from None
        if body["wait_seconds"]:
            return self._put_off(call, photo, Act.SEND_AS_IS if as_is else Act.ASSIGN, Action.ASSIGNED, target=target)
        self._photos.note(call, Action.ASSIGNED, photo, patient=target.patient)
        return self._told(lambda: self._store.assign(photo.id, target, actor_of(call.caller), as_is=as_is))

    def retry(self, call: Call) -> Mapping[str, object]:
        photo, as_is = self._in_state(call, _WAITING), call.body["as_is"]
        if call.body["wait_seconds"]:
            return self._put_off(call, photo, Act.SEND_AS_IS if as_is else Act.RETRY, Action.RETRIED)
        self._photos.note(call, Action.RETRIED, photo)
        return self._told(lambda: self._store.retry(photo.id, actor_of(call.caller), as_is=as_is))

    def discard(self, call: Call) -> Mapping[str, object]:
        photo, reason = self._in_state(call, _HELD), call.body["reason"]
        if call.body["wait_seconds"]:
            return self._put_off(call, photo, Act.DISCARD, Action.DISCARDED, reason=reason)
        self._photos.note(call, Action.DISCARDED, photo, reason)
        return self._told(lambda: self._store.discard(photo.id, actor_of(call.caller), reason))

    def _put_off(
        self, call: Call, photo: Photo, act: Act, action: Action, target: ChartTarget | None = None, reason: str = ""
    ) -> Mapping[str, object]:
        """Keep an act until it is due. Of several who say something at once, the first alone is noted; what cannot be
        noted is not done.
        """
        now = datetime.now(UTC)
        due_at = now + timedelta(seconds=call.body["wait_seconds"])
        pending = PendingAct(photo.id, act, actor_of(call.caller), now, due_at, target, reason)

        def keep() -> Photo:
            self._store.put_off(pending)
            try:
                self._photos.note(call, action, photo, reason, target.patient if target else None)
            except Exception:
                self._store.take_back(photo.id)
                raise
            return photo

        return self._told(keep)

    def _in_state(self, call: Call, states: frozenset[PhotoState]) -> Photo:
        """The photo, if this can be done to it now: what cannot be done is not noted."""
        photo = self._photos.asked(call)
        allowed = _HELD if call.body["wait_seconds"] else states
        if photo.state not in allowed:
            said = "Photo %(photo)s is `%(state)s` by now, so this cannot be done with it any more; look at it again."
            raise RefusedError(409, said, photo=photo.id, state=photo.state)
        pending = self._photos.pending(photo)
        if pending is not None:
            raise RefusedError(409, _SAID, photo=photo.id, actor=pending.actor)
        return photo

    def _told(self, do: Callable[[], Photo]) -> Mapping[str, object]:
        try:
            return self._photos.told(do())
        except WrongStateError as error:
            raise RefusedError(409, str(error)) from None
