"""A patient's images, one image, its bytes, and its small picture."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from bridge.charting.audit import Action
from bridge.charting.catalogue import ImageObject, ImagePage, Wanted
from bridge.charting.chart_reader import ChartReader
from bridge.charting.image_file import ImageFile
from bridge.charting.json_door.byte_answers import OTHER_TYPE, PICTURE_TYPES, Bytes, ConditionsSchema, byte_answers
from bridge.charting.json_door.frame import Answer, Call, Operation
from bridge.charting.json_door.schemas import ChartId, ImagePath, Limit
from bridge.charting.messages import Reply
from bridge.charting.noting import Notes
from bridge.charting.thumbnails import Thumbnails
from bridge.photos import ImageFacts
from bridge.targets import ImageType

_TAG = "Images"
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


class LocalTime(fields.String):
    """A time without a zone, as a text."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return value.isoformat() if isinstance(value, datetime) else None


class ImageSchema(Schema):
    """An image in the chart. Where it cannot be read, most of it is null."""

    id = ChartId(required=True, metadata={"description": "The image's number in the chart."})
    patient = ChartId(required=True, allow_none=True)
    type = fields.String(required=True, allow_none=True, validate=validate.OneOf([each.value for each in ImageType]))
    clinic = ChartId(required=True, allow_none=True)
    station = ChartId(required=True, allow_none=True)
    media_type = fields.String(required=True, allow_none=True, metadata={"description": "Told from the bytes."})
    size_bytes = fields.Integer(required=True, allow_none=True)
    width = fields.Integer(required=True, allow_none=True, metadata={"description": "Pixels; null for no picture."})
    height = fields.Integer(required=True, allow_none=True, metadata={"description": "Pixels; null for no picture."})
    is_readable = fields.Boolean(required=True, metadata={"description": "Whether the chart can still give its bytes."})
    is_ours = fields.Boolean(required=True, metadata={"description": "Whether this bridge sent it."})
    photo_id = ChartId(required=True, allow_none=True, metadata={"description": "This bridge's photo."})
    practice = fields.String(required=True, allow_none=True)
    taken_at = LocalTime(
        required=True, allow_none=True, metadata={"description": "The phone's local time, without a zone."}
    )


class ImagePageSchema(Schema):
    """Some of a patient's images, the newest first."""

    images = fields.List(fields.Nested(ImageSchema), required=True)
    total = fields.Integer(required=True, metadata={"description": "How many there are in all."})
    next = ChartId(required=True, allow_none=True, metadata={"description": "Ask with this as `before` for the next."})


class WantedSchema(Schema):
    """Which images."""

    patient = ChartId(required=True)
    type = fields.Enum(ImageType, by_value=True)
    clinic = ChartId()
    station = ChartId()
    limit = Limit()
    before = ChartId(attribute="after", metadata={"description": "The `next` of the page before."})

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """The type as its word."""
        return {**data, "type": data["type"].value} if "type" in data else data


def image_operations(thumbnails: Thumbnails, notes: Notes) -> tuple[Operation, ...]:
    """The operations that show images."""
    images = _Images(thumbnails, notes)
    return (
        Operation(
            "GET",
            "images",
            "listImages",
            "A patient's images, the newest first",
            images.page,
            (Answer(200, ImagePageSchema(), description="A page of images"),),
            query_schema=WantedSchema(),
            tag=_TAG,
            description="A page may hold fewer than `limit` and still have a `next`.",
        ),
        Operation(
            "GET",
            "images/{image_id}",
            "showImage",
            "One image, without its bytes",
            images.one,
            (Answer(200, ImageSchema(), description="The image"),),
            path_schema=ImagePath(),
            tag=_TAG,
        ),
        _of_bytes(
            "file", "fetchImage", "An image's bytes, as they are in the chart", images.file, *PICTURE_TYPES, OTHER_TYPE
        ),
        _of_bytes(
            "thumbnail",
            "fetchThumbnail",
            "A JPEG of an image, 256 pixels wide and high at most",
            images.thumbnail,
            "image/jpeg",
        ),
    )


def _of_bytes(what: str, name: str, summary: str, handler: Callable[[Call], object], *media_types: str) -> Operation:
    return Operation(
        "GET",
        f"images/{{image_id}}/{what}",
        name,
        summary,
        handler,
        byte_answers(*media_types),
        path_schema=ImagePath(),
        headers_schema=ConditionsSchema(),
        refusals=frozenset({416, 422}),
        tag=_TAG,
    )


class _Images:
    def __init__(self, thumbnails: Thumbnails, notes: Notes) -> None:
        self._catalogue = thumbnails.catalogue
        self._thumbnails = thumbnails
        self._notes = notes

    def page(self, call: Call) -> ImagePage:
        return self._catalogue.page(_reader(call), Wanted(**call.query))

    def one(self, call: Call) -> ImageObject:
        return self._catalogue.image(_reader(call), call.path["image_id"])

    def file(self, call: Call) -> Reply:
        image = self._catalogue.fetched(_reader(call), call.path["image_id"])
        try:
            self._note(call, image.facts)
        except BaseException:
            image.close()
            raise
        return _bytes(image).reply(call.headers)

    def thumbnail(self, call: Call) -> Reply:
        facts, small = self._thumbnails.get(_reader(call), call.path["image_id"])
        self._note(call, facts)
        digest, name = hashlib.sha256(small).hexdigest(), f"image-{facts.image_id}-small.jpg"
        return Bytes("image/jpeg", digest, len(small), name, lambda start, end: (small[start:end],)).reply(call.headers)

    def _note(self, call: Call, facts: ImageFacts) -> None:
        self._notes.note(call.caller, call.chart, Action.SEEN, facts.image_id, facts.patient)


def _reader(call: Call) -> ChartReader:
    return ChartReader(call.chart, call.authorization)


def _bytes(image: ImageFile) -> Bytes:
    facts = image.facts
    name = f"image-{facts.image_id}.{_EXTENSIONS.get(facts.media_type, 'bin')}"
    return Bytes(facts.media_type, facts.sha256, facts.size_bytes, name, image.pieces, image.close)
