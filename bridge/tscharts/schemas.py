"""Schemas of every answer that the bridge reads (contract/tscharts.md). Fields not named here are ignored."""

from typing import Any, Generic, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from bridge.secret import Secret
from bridge.targets import ImageType
from bridge.tscharts.account import is_token
from bridge.tscharts.records import ChartImage, ChartPatient, Clinic, Consent, Login, Registration, Station

_LARGEST_ID = 2**63 - 1
_LONGEST_CURP = 100
_LONGEST_WORDS = 1000
_DATE = "%m/%d/%Y"

Record = TypeVar("Record")


def is_id(value: object) -> bool:
    """Whether a value is a number that tscharts can have given as an id; True and 1.0 are not."""
    return type(value) is int and 0 < value <= _LARGEST_ID


def is_curp(text: str) -> bool:
    """Whether a text can be looked for as a CURP: 1 to 100 visible characters."""
    return 0 < len(text.strip()) <= _LONGEST_CURP and text.isprintable()


def _check_token(text: str) -> None:
    if not is_token(text):
        raise ValidationError("Not a token.")


def _id(*, allow_none: bool = False) -> fields.Integer:
    return fields.Integer(
        required=True, strict=True, allow_none=allow_none, validate=validate.Range(min=1, max=_LARGEST_ID)
    )


def _date() -> fields.Date:
    return fields.Date(required=True, format=_DATE)


def _yes_or_no() -> fields.Boolean:
    return fields.Boolean(required=True, truthy={True}, falsy={False})


class _Words(fields.String):
    """A text for people: what no encoding can write is a question mark, and nothing is longer than a page."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        return text[:_LONGEST_WORDS].encode("utf-8", "replace").decode()


def _text() -> fields.String:
    return _Words(required=True)


def _text_or_none() -> fields.String:
    return _Words(load_default="", allow_none=True)


class AnswerSchema(Schema, Generic[Record]):
    """Reads one JSON object of an answer into a record."""

    record: type[Record]

    class Meta:
        unknown = EXCLUDE

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Record:
        """The record of checked values."""
        return self.record(**data)


class CreatedSchema(Schema):
    """`{"id": 5}`, the answer to a POST."""

    class Meta:
        unknown = EXCLUDE

    id = _id()


class LoginSchema(AnswerSchema[Login]):
    """`{"token": "...", "id": "1"}`; here alone the id is a text."""

    record = Login

    token = fields.String(required=True, validate=_check_token)
    id = fields.Integer(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Login:
        """The login of checked values."""
        return Login(Secret(data["token"]), data["id"])


class ClinicSchema(AnswerSchema[Clinic]):
    """A clinic, its days as MM/DD/YYYY."""

    record = Clinic

    id = _id()
    start = _date()
    end = _date()
    location = _text()


class StationSchema(AnswerSchema[Station]):
    """A station; its level is not used."""

    record = Station

    id = _id()
    name = _text()


class _DateOrNothing(fields.Date):
    """A date, or an empty text for none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return None if value == "" else super()._deserialize(value, attr, data, **kwargs)


class PatientSchema(AnswerSchema[ChartPatient]):
    """The part of a patient that the bridge shows or compares."""

    record = ChartPatient

    id = _id()
    paternal_last = _text_or_none()
    maternal_last = _text_or_none()
    first = _text_or_none()
    middle = _text_or_none()
    dob = _DateOrNothing(load_default=None, allow_none=True, format=_DATE)
    gender = _text_or_none()
    curp = _text_or_none()
    oldid = fields.Integer(load_default=None, allow_none=True, strict=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ChartPatient:
        """The patient, with "" for missing texts and no old id for -1."""
        for name in ("paternal_last", "maternal_last", "first", "middle", "gender", "curp"):
            data[name] = data[name] or ""
        data["oldid"] = data["oldid"] if is_id(data["oldid"]) else None
        return ChartPatient(**data)


class RegistrationSchema(AnswerSchema[Registration]):
    """A registration; its `timein` is local to the server and comes without a zone."""

    record = Registration

    id = _id()
    clinic = _id()
    patient = _id()
    timein = fields.NaiveDateTime(required=True, format="iso")
    state = _text()


class ConsentSchema(AnswerSchema[Consent]):
    """A consent; a text such as "yes" is neither true nor false."""

    record = Consent

    id = _id()
    registration = _id()
    clinic = _id()
    patient = _id()
    general_consent = _yes_or_no()
    photo_consent = _yes_or_no()


class ImageSchema(AnswerSchema[ChartImage]):
    """An image with its data."""

    record = ChartImage

    id = _id()
    patient = _id()
    clinic = _id(allow_none=True)
    station = _id(allow_none=True)
    type = fields.Enum(ImageType, required=True, by_value=True)
    data = fields.String(required=True)


def read_ids(data: object) -> list[int]:
    """A bare array of ids. Raises ValidationError when it is anything else."""
    if not isinstance(data, list) or not all(is_id(item) for item in data):
        raise ValidationError("Not a list of ids.")
    return data
