"""What helps people to decide about a held photo, and the way back from what they said."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from marshmallow import Schema, fields

from bridge.charting.audit import Action
from bridge.charting.chart_reader import ChartReader
from bridge.charting.json_door.frame import Answer, Call, Operation, Who
from bridge.charting.json_door.patient_operations import PatientSchema
from bridge.charting.json_door.photo_answers import Photos
from bridge.charting.json_door.photo_schemas import PhotoPath, PhotoSchema
from bridge.charting.likely_patients import LikelyPatient, LikelyPatients, hints_of
from bridge.charting.refusals import RefusedError
from bridge.charting.slips import Slip
from bridge.delivery import Desk
from bridge.mapping import Account, Explanation, clinic_day, explain, photo_occasion
from bridge.photos import Photo, Store, WrongStateError
from bridge.tags import parse_name

_TAG = "Photos"
_NOTHING = "What was said of photo %(photo)s is done, or was taken back; look at it again."


class MeaningSchema(Schema):
    """What words were read as."""

    kind = fields.String(
        required=True, metadata={"description": "id, curp or oldid of a patient, type, station, clinic, ignored"}
    )
    value = fields.String(required=True)


class ReadWordsSchema(Schema):
    """Words of a name, what the mapping file reads in them, and why."""

    words = fields.List(fields.String(), required=True)
    means = fields.Nested(MeaningSchema, required=True, allow_none=True)
    sentence = fields.String(required=True)
    why = fields.String(required=True)


class ExplanationSchema(Schema):
    """What a photo's name says by the mapping file now in force."""

    name = fields.String(required=True)
    steps = fields.List(fields.Nested(ReadWordsSchema), required=True)
    taken_at = fields.String(required=True, allow_none=True, metadata={"description": "By the clinic's clocks."})
    result = fields.String(required=True, metadata={"description": "Where it goes, or why it is held, in a line."})
    fix = fields.String(required=True, metadata={"description": "What to type next time; nothing where all is said."})
    type_stations = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "The stations of types, where the file gives them one."},
    )


class LikelyPatientSchema(PatientSchema):
    """A patient whose the photo may be."""

    number_slip = fields.Enum(
        Slip,
        by_value=True,
        required=True,
        allow_none=True,
        metadata={"description": "How the patient's number became the one in the photo's name; null: it is far off."},
    )
    fits_name = fields.Boolean(required=True)
    is_registered = fields.Boolean(required=True, metadata={"description": "At the clinic of the photo's day."})


class LikelyPatientsSchema(Schema):
    """Patients whose a photo may be, the likeliest first."""

    patients = fields.List(fields.Nested(LikelyPatientSchema), required=True)


def held_operations(
    store: Store, desks: Mapping[str, Desk], photos: Photos, likely: LikelyPatients
) -> tuple[Operation, ...]:
    """The operations. `desks` are those of all practices."""
    helping = _Helping(store, desks, photos, likely)
    return (
        Operation(
            "GET",
            "photos/{photo_id}/explanation",
            "explainPhoto",
            "What a photo's name says, word by word",
            helping.explanation,
            (Answer(200, ExplanationSchema(), description="The explanation"),),
            path_schema=PhotoPath(),
            who=Who.NAMED,
            tag=_TAG,
        ),
        Operation(
            "GET",
            "photos/{photo_id}/likely-patients",
            "listLikelyPatients",
            "Whose a photo may be: by slips in its number, and by who is registered that day",
            helping.likely,
            (Answer(200, LikelyPatientsSchema(), description="The patients"),),
            path_schema=PhotoPath(),
            who=Who.NAMED,
            tag=_TAG,
        ),
        Operation(
            "POST",
            "photos/{photo_id}/undo",
            "undoPhoto",
            "Take back what was said of a held photo, as long as it is not done",
            helping.undo,
            (Answer(200, PhotoSchema(), description="The photo, which stays held"),),
            path_schema=PhotoPath(),
            refusals=frozenset({409}),
            who=Who.NAMED,
            tag=_TAG,
        ),
    )


class _Helping:
    def __init__(self, store: Store, desks: Mapping[str, Desk], photos: Photos, likely: LikelyPatients) -> None:
        self._store = store
        self._desks = desks
        self._photos = photos
        self._likely = likely

    def explanation(self, call: Call) -> Mapping[str, object]:
        explained = self._explained(self._photos.asked(call))
        taken = explained.occasion.taken_at
        return {
            "name": explained.tags.name,
            "steps": [_step(each) for each in explained.accounts],
            "taken_at": taken.isoformat() if taken else None,
            "result": explained.result,
            "fix": explained.fix,
            "type_stations": {kind.value: each.value for kind, each in explained.mapping.type_stations.items()},
        }

    def likely(self, call: Call) -> Mapping[str, object]:
        photo = self._photos.asked(call)
        explained = self._explained(photo)
        unused = [word for each in explained.accounts if not each.step.rule for word in each.step.words]
        now = datetime.now(UTC)
        day = clinic_day(explained.tags, photo.received_at, self._desks[photo.practice].time_zone, now)
        hints = hints_of((word.text for word in explained.tags.words), unused, day)
        found = self._likely.find(ChartReader(call.chart, call.authorization), hints)
        return {"patients": [_likely(each) for each in found]}

    def undo(self, call: Call) -> Mapping[str, object]:
        photo = self._photos.asked(call)
        if self._photos.pending(photo) is None:
            raise RefusedError(409, _NOTHING, photo=photo.id)
        self._photos.note(call, Action.UNDONE, photo)
        try:
            self._store.take_back(photo.id)
        except WrongStateError as error:
            raise RefusedError(409, str(error)) from None
        return self._photos.told(photo)

    def _explained(self, photo: Photo) -> Explanation:
        desk = self._desks[photo.practice]
        tags = parse_name(photo.name)
        occasion = photo_occasion(tags, photo.practice, photo.received_at, desk.time_zone, datetime.now(UTC))
        return explain(photo.name, desk.mapping(), occasion)


def _step(account: Account) -> dict[str, object]:
    means = {"kind": account.means[0], "value": account.means[1]} if account.means else None
    step = account.step
    return {"words": step.words, "means": means, "sentence": step.sentence, "why": account.why}


def _likely(found: LikelyPatient) -> dict[str, object]:
    rest = {"number_slip": found.number_slip, "fits_name": found.fits_name, "is_registered": found.is_registered}
    return asdict(found.patient) | rest
