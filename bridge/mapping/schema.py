"""The shape of a mapping file; what the words in it mean together is checked in `loader`."""

from typing import Any

from marshmallow import Schema, fields, validate

from bridge.mapping.model import LateHeadshots, Requirement
from bridge.yamlfile import did_you_mean

CLINIC_PATTERN = r"(?:today|[1-9][0-9]{0,8})\Z"
_CLINIC = validate.Regexp(CLINIC_PATTERN, error="must be `today` or the number of a clinic in the chart, such as 2")
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
DATES_PATTERN = rf"{_DAY}(?:\.\.{_DAY})?\Z"
TIME_PATTERN = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]\Z"
UNTIL_PATTERN = r"(?:(?:[01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)\Z"
LONGEST_PATTERN = 200
MOST_PATIENT_RULES = 20
_MOST_HOURS = 48
_MOST_DATES = 400
_EMPTY_NAME = "is empty; put the name in quotes, because an unquoted `#` begins a comment"


def _at_least_one(what: str) -> validate.Length:
    return validate.Length(min=1, error=f"must hold at least one {what}")


def _at_most(most: int, what: str) -> validate.Length:
    return validate.Length(max=most, error=f"holds too many {what}; {most} are the most")


class _OneOf(validate.OneOf):
    """One of a few words; a misspelt one is told which was meant."""

    def _format_error(self, value: Any) -> str:
        words = [str(choice) for choice in self.choices]
        hint = did_you_mean(str(value), words)
        meant = f"; {hint}" if "did you mean" in hint else ""
        return f"must be {' or '.join(f'`{word}`' for word in words)}{meant}"


class _PatientSchema(Schema):
    form = fields.String(required=True)
    prefix = fields.List(fields.String(), load_default=list)
    pattern = fields.String(
        load_default="",
        validate=validate.Length(
            1, LONGEST_PATTERN, error=f"must be an expression of 1 to {LONGEST_PATTERN} characters; make it shorter"
        ),
    )
    check_digit = fields.Boolean(load_default=False)


def _whole(low: int, high: int) -> fields.Integer:
    return fields.Integer(load_default=None, validate=validate.Range(low, high, error=f"must be from {low} to {high}"))


class _TypeSchema(Schema):
    aliases = fields.List(fields.String(), load_default=list)
    station = fields.String(load_default=None)
    longest_edge = _whole(200, 20_000)
    lowest_quality = _whole(20, 95)


class _StationSchema(Schema):
    aliases = fields.List(fields.String(), load_default=list)


class _ClinicSchema(Schema):
    tags = fields.Dict(fields.String(), fields.String(validate=_CLINIC), load_default=dict)
    dates = fields.Dict(
        fields.String(
            validate=validate.Regexp(DATES_PATTERN, error="must be a day, `2026-11-21`, or `2026-11-21..2026-11-23`")
        ),
        fields.String(validate=_CLINIC),
        load_default=dict,
        validate=_at_most(_MOST_DATES, "dates"),
    )
    otherwise = fields.String(load_default="today", validate=_CLINIC)


class _ClinicField(fields.Nested):
    """`today`, a clinic's number, or settings with tags and dates."""

    short_form = fields.String(validate=_CLINIC)
    """What may stand here in place of the settings (see `json_schema`)."""

    def _deserialize(self, value: Any, attr: Any, data: Any, partial: Any = None, **kwargs: Any) -> Any:
        if isinstance(value, str):
            _CLINIC(value)
            return {"tags": {}, "dates": {}, "otherwise": value}
        return super()._deserialize(value, attr, data, partial, **kwargs)


class _HoursSchema(Schema):
    start = fields.String(
        data_key="from",
        required=True,
        validate=validate.Regexp(TIME_PATTERN, error="must be a time of the day such as `08:00`"),
    )
    end = fields.String(
        data_key="until",
        required=True,
        validate=validate.Regexp(UNTIL_PATTERN, error="must be a time of the day such as `12:00`, at most `24:00`"),
    )
    station = fields.String(required=True)


class _DefaultsSchema(Schema):
    type = fields.String(load_default=None)
    station = fields.String(load_default=None)
    station_by_practice = fields.Dict(fields.String(), fields.String(), load_default=dict)
    station_by_time = fields.List(
        fields.Nested(_HoursSchema), load_default=list, validate=_at_most(_MOST_HOURS, "times of the day")
    )


class _ExampleSchema(Schema):
    name = fields.String(required=True, error_messages={"null": _EMPTY_NAME})
    patient = fields.String(load_default=None)
    type = fields.String(load_default=None)
    station = fields.String(load_default=None)
    clinic = fields.String(
        load_default=None,
        validate=validate.Regexp(rf"none\Z|{CLINIC_PATTERN}", error="must be `today`, a clinic's number, or `none`"),
    )
    held = fields.String(load_default=None)


class MappingSchema(Schema):
    """A whole mapping file; every scalar arrives as text (bridge/yamlfile/)."""

    version = fields.String(
        required=True, validate=validate.Equal("1", error="must be 1, the only version of this file format so far")
    )
    patient = fields.Dict(
        fields.String(),
        fields.Nested(_PatientSchema),
        required=True,
        validate=[_at_least_one("way to name a patient"), _at_most(MOST_PATIENT_RULES, "ways to name a patient")],
    )
    types = fields.Dict(
        fields.String(),
        fields.Nested(_TypeSchema, allow_none=True),
        required=True,
        validate=_at_least_one("image type"),
    )
    stations = fields.Dict(fields.String(), fields.Nested(_StationSchema, allow_none=True), load_default=dict)
    clinic = _ClinicField(_ClinicSchema, load_default=None)
    defaults = fields.Nested(_DefaultsSchema, load_default=lambda: _DefaultsSchema().load({}))
    late_headshots = fields.String(
        load_default=LateHeadshots.HOLD,
        validate=_OneOf(list(LateHeadshots)),
    )
    require = fields.List(
        fields.String(validate=_OneOf(list(Requirement))),
        load_default=list,
    )
    ignore = fields.List(fields.String(), load_default=list)
    examples = fields.List(fields.Nested(_ExampleSchema), load_default=list)
