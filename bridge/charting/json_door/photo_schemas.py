"""What the JSON door says of photos of this bridge, and what it is told to do with them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from bridge.charting.json_door.event_operations import Moment
from bridge.charting.json_door.schemas import ChartId, Limit, Text
from bridge.holds import HoldReason
from bridge.mapping import ClinicReference
from bridge.photos import MOST_WAIT_SECONDS, Act, PhotoState
from bridge.targets import ImageType

_CLINIC = "Must be `today` (the day of the photo), `none`, or a clinic's number in the chart"


class ClinicChoice(fields.Field[ClinicReference | None]):
    """A clinic: the one of the photo's day, none, or one by its number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(load_default=ClinicReference(None), **options)
        words, numbers = {"type": "string", "enum": ["today", "none"]}, {"type": "integer", "minimum": 1}
        self.metadata = {**self.metadata, "oneOf": [words, numbers]}

    def _deserialize(self, value: Any, *_: object, **__: object) -> ClinicReference | None:
        if value == "none":
            return None
        if value == "today":
            return ClinicReference(None)
        if type(value) is int and 0 < value < 2**31:
            return ClinicReference(value)
        raise ValidationError(_CLINIC)


class WaitSchema(Schema):
    """What people may say and still take back for a while."""

    wait_seconds = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, MOST_WAIT_SECONDS),
        metadata={
            "description": "Do it after so many seconds; until then the photo stays held, and `undo` takes it back. "
            "For held photos alone."
        },
    )


class PhotoPath(Schema):
    """The number of a photo in the path."""

    photo_id = ChartId(required=True, metadata={"description": "The photo's number in this bridge."})


class HoldSchema(Schema):
    """Why a photo waits for a person."""

    reason = fields.Enum(HoldReason, by_value=True, required=True)
    sentence = fields.String(required=True, metadata={"description": "What is wrong, and what to do."})


class PlaceSchema(Schema):
    """A place in the chart."""

    patient = ChartId(required=True)
    type = fields.Enum(ImageType, by_value=True, required=True)
    clinic = ChartId(required=True, allow_none=True)
    station = ChartId(required=True, allow_none=True)


class PendingSchema(Schema):
    """What somebody said of a held photo that is not done yet."""

    act = fields.Enum(Act, by_value=True, required=True)
    actor = fields.String(required=True)
    due_at = fields.AwareDateTime(format="iso", required=True, metadata={"description": "When it will be done."})
    target = fields.Nested(PlaceSchema, required=True, allow_none=True)
    reason = fields.String(required=True)


class PhotoSchema(Schema):
    """A photo that came to this bridge."""

    id = ChartId(required=True)
    practice = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.Enum(PhotoState, by_value=True, required=True)
    hold = fields.Nested(HoldSchema, required=True, allow_none=True)
    received_at = fields.AwareDateTime(format="iso", required=True)
    captured_at = fields.String(required=True, allow_none=True, metadata={"description": "The phone's local time."})
    source = fields.String(required=True)
    media_type = fields.String(required=True)
    size_bytes = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    attempts = fields.Integer(required=True)
    mapping_version = fields.String(
        required=True, allow_none=True, metadata={"description": "The version of the mapping file that was used last."}
    )
    assigned = fields.Nested(PlaceSchema, required=True, allow_none=True)
    pending = fields.Nested(
        PendingSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What will become of it unless undone."},
    )
    bytes_gone_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    next_attempt_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    waiting_for = fields.String(
        required=True, allow_none=True, metadata={"description": "What keeps the photos of its practice waiting."}
    )


class PhotoPageSchema(Schema):
    """Some of the photos, the newest first."""

    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    next = ChartId(required=True, allow_none=True, metadata={"description": "Ask with this as `before` for the next."})


class PhotoEventSchema(Schema):
    """One change of a photo's state."""

    at = fields.AwareDateTime(format="iso", required=True)
    from_state = fields.Enum(PhotoState, by_value=True, required=True, allow_none=True)
    to_state = fields.Enum(PhotoState, by_value=True, required=True)
    reason = fields.String(required=True)
    detail = fields.String(required=True)
    actor = fields.String(required=True)


class ReceiptSchema(Schema):
    """The proof that a photo is in the chart."""

    image_id = ChartId(required=True)
    target = fields.Nested(PlaceSchema, required=True)
    data_sha256 = fields.String(required=True)
    data_length = fields.Integer(required=True)
    read_back = fields.Boolean(required=True)
    delivered_at = fields.AwareDateTime(format="iso", required=True)


class PhotoDetailSchema(PhotoSchema):
    """A photo with its history and its receipt."""

    events = fields.List(fields.Nested(PhotoEventSchema), required=True)
    receipt = fields.Nested(ReceiptSchema, required=True, allow_none=True)


class WantedPhotosSchema(Schema):
    """Which photos."""

    state = fields.Enum(PhotoState, by_value=True)
    reason = fields.Enum(HoldReason, by_value=True, metadata={"description": "Why they are held."})
    pending = fields.Boolean(
        attribute="is_pending",
        truthy={"true"},
        falsy={"false"},
        metadata={"description": "`true`: those that will be helped in a moment; `false`: none of those."},
    )
    practice = Text(40)
    since = Moment(metadata={"description": "Received at this time or later."})
    until = Moment(metadata={"description": "Received before this time."})
    before = ChartId(metadata={"description": "The `next` of the page before."})
    limit = Limit()


class PreviewSizeSchema(Schema):
    """How large a preview is to be."""

    edge = fields.Integer(
        load_default=1600,
        validate=validate.Range(16, 1600),
        metadata={"description": "Pixels of the longer edge."},
    )


class AsIsSchema(WaitSchema):
    """How a damaged picture is sent."""

    as_is = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Send a damaged picture as far as it can be read; look at its preview before."},
    )


class AssignSchema(AsIsSchema):
    """Where a held photo belongs."""

    patient = ChartId(required=True, metadata={"description": "The chart's number of the patient."})
    type = fields.Enum(ImageType, by_value=True, required=True)
    station = Text(
        100, load_default=None, allow_none=True, metadata={"description": "Its name in the chart; without it, none."}
    )
    clinic = ClinicChoice(metadata={"description": f"{_CLINIC}; without it, `today`."})


class RetrySchema(AsIsSchema):
    """How a photo is tried again."""


class ReasonSchema(WaitSchema):
    """Why something is done that cannot be undone."""

    reason = Text(500, required=True, metadata={"description": "Why; it is kept."})
