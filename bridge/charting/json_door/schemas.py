"""Fields and schemas that several operations have in common."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

LARGEST_ID = 2**53 - 1
"""The largest whole number that every reader of JSON takes as it is."""

_DIGITS = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)


class _Whole(fields.Integer):
    """A whole number within bounds. In texts, digits and nothing else; a JSON number with a fraction is none."""

    def __init__(self, most: int, **options: Any) -> None:
        words: dict[str, Any] = {"invalid": "Must be a whole number from 1"}
        super().__init__(strict=True, validate=validate.Range(1, most), error_messages=words, **options)

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return int(value)
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        return value


class ChartId(_Whole):
    """A number that the chart or the bridge gave: 1 or more."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LARGEST_ID, **options)


class Limit(_Whole):
    """How many to give at most, 1 to 100; 50 where nothing is said."""

    def __init__(self, **options: Any) -> None:
        super().__init__(100, load_default=50, **options)


class Text(fields.String):
    """A text that a person wrote: of `most` letters, without control characters, spaces around it taken off."""

    def __init__(self, most: int, *, least: int = 1, **options: Any) -> None:
        super().__init__(validate=validate.Length(min=least, max=most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        text = text.strip() if text is not None else ""
        if not all(each.isprintable() for each in text):
            raise ValidationError("Must hold no control characters.")
        return text


class Words(Text):
    """A text of one line, whatever stands between its words: people copy names from tables."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        return super()._deserialize(" ".join(value.split()) if isinstance(value, str) else value, attr, data, **more)


class ImagePath(Schema):
    """The number of an image in the path."""

    image_id = ChartId(required=True, metadata={"description": "The image's number in the chart."})


class PatientPath(Schema):
    """The number of a patient in the path."""

    patient_id = ChartId(required=True, metadata={"description": "The patient's number in the chart."})


class ProblemSchema(Schema):
    """What went wrong (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "One sentence: what is wrong, and what to do."})
