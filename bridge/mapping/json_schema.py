"""The shape of a mapping file as a JSON Schema (draft 2020-12), made from `MappingSchema`, for editors' completion.

An editor takes `2` for a number and `true` for a boolean, where the bridge reads text (bridge/yamlfile/). So what is
text here may be any plain value there, and what is a number here may stand in quotes there.
"""

import json
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, TypeVar

from marshmallow import Schema, fields, validate

from bridge.mapping.digits import digits_pattern
from bridge.mapping.expectations import KNOWN_FROM_A_NAME
from bridge.mapping.meanings import MEANINGS
from bridge.mapping.model import PatientForm
from bridge.mapping.schema import CLINIC_PATTERN, MappingSchema
from bridge.targets import ImageType

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_Made = dict[str, Any]
_Rule = TypeVar("_Rule", bound=validate.Validator)

_CHOICES = MappingProxyType(
    {
        "patient.*.form": tuple(PatientForm),
        "defaults.type": tuple(ImageType),
        "examples.*.type": tuple(ImageType),
        "examples.*.held": KNOWN_FROM_A_NAME,
    }
)
"""Texts of which the loader, not the schema, says that they must be one of these."""
_NAMES = MappingProxyType({"types": tuple(ImageType)})
"""Names before a colon that the loader knows."""
_CLINICS = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
"""The numbers that CLINIC_PATTERN takes as text."""
_ANY_TEXT = ["string", "number", "boolean"]


def json_schema() -> _Made:
    """The schema as plain dicts and lists. Raises TypeError when `MappingSchema` uses what is not known here."""
    return {
        "$schema": DRAFT,
        "title": "Mapping file of the tscharts image bridge",
        "description": "What the words of a file name mean at a clinic; see docs/mappings.md.",
        **object_schema(MappingSchema(), ""),
    }


def json_schema_text() -> str:
    """The schema as the file `mappings/mapping.schema.json` has it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def object_schema(schema: Schema, path: str) -> _Made:
    """The settings of a marshmallow schema. `path` is theirs in dots, with `*` for names and items that people add."""
    settings = {field.data_key or name: field for name, field in schema.fields.items()}
    required = [name for name, field in settings.items() if field.required]
    return {
        "type": "object",
        "properties": {name: _setting(field, f"{path}.{name}".lstrip(".")) for name, field in settings.items()},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _setting(field: fields.Field[Any], path: str) -> _Made:
    """A setting with its meaning and, where a plain value holds without it, that default."""
    default = field.load_default
    told = {"default": default} if isinstance(default, bool) or (isinstance(default, str) and default) else {}
    return {"description": MEANINGS[path], **_value(field, path), **told}


def _item(field: fields.Field[Any], path: str) -> _Made:
    """What people add under a setting, as often as they like."""
    meaning = MEANINGS.get(f"{path}.*")
    return {**({"description": meaning} if meaning else {}), **_value(field, f"{path}.*")}


def _value(field: fields.Field[Any], path: str) -> _Made:
    shape = _shape(field, path)
    if not field.allow_none:
        return shape
    if "type" in shape:
        kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
        return {**shape, "type": [*kinds, "null"]}
    return {"anyOf": [*shape.get("anyOf", [shape]), {"type": "null"}]}


def _shape(field: fields.Field[Any], path: str) -> _Made:
    if isinstance(field, fields.Nested):
        settings = object_schema(field.schema, path)
        short_form = getattr(field, "short_form", None)
        return {"anyOf": [*_text(short_form, path)["anyOf"], settings]} if short_form else settings
    if isinstance(field, fields.List):
        return {"type": "array", "items": _item(field.inner, path), **_lengths(field, "Items")}
    if isinstance(field, fields.Dict):
        return {"type": "object", **_named(field, path), **_lengths(field, "Properties")}
    if isinstance(field, fields.Boolean):
        return _yes_or_no(field)
    if isinstance(field, fields.Integer):
        return _whole(field)
    if isinstance(field, fields.String):
        return _text(field, path)
    raise _unknown(field)


def _named(field: fields.Dict, path: str) -> _Made:
    """Settings under names that people choose, or under those that the loader knows."""
    if field.value_field is None or field.key_field is None:
        raise _unknown(field)
    value = _item(field.value_field, path)
    if path in _NAMES:
        return {"properties": {str(name): value for name in _NAMES[path]}, "additionalProperties": False}
    names = [_ecma(rule) for rule in _rules(field.key_field, validate.Regexp)]
    return {**({"propertyNames": {"pattern": names[0]}} if names else {}), "additionalProperties": value}


def _text(field: fields.Field[Any], path: str) -> _Made:
    """Text: one of a few, of a pattern, of a length, or any."""
    choices = _CHOICES.get(path) or next((rule.choices for rule in _rules(field, validate.OneOf)), ())
    if choices:
        return {"enum": [str(choice) for choice in choices]}
    for only in _rules(field, validate.Equal):
        return {"anyOf": [{"const": int(only.comparable)}, {"const": only.comparable}]}
    for rule in _rules(field, validate.Regexp):
        numbers = [_CLINICS] if str(rule.regex.pattern).endswith(CLINIC_PATTERN) else []
        return {"anyOf": [{"type": "string", "pattern": _ecma(rule)}, *numbers]}
    return {"type": _ANY_TEXT, **_lengths(field, "Length")}


def _whole(field: fields.Integer) -> _Made:
    """A whole number from and to, also in quotes."""
    for rule in _rules(field, validate.Range):
        low, high = int(rule.min), int(rule.max)
        quoted = {"type": "string", "pattern": f"^{digits_pattern(low, high)}$"}
        return {"anyOf": [{"type": "integer", "minimum": low, "maximum": high}, quoted]}
    raise _unknown(field)


def _yes_or_no(field: fields.Boolean) -> _Made:
    """true or false, and the other words for them that the bridge understands."""
    words = sorted(word for word in field.truthy | field.falsy if isinstance(word, str))
    return {
        "anyOf": [
            {"type": "boolean"},
            {"type": "string", "pattern": f"^(?:{'|'.join(words)})$"},
            {"type": "integer", "minimum": 0, "maximum": 1},
        ]
    }


def _lengths(field: fields.Field[Any], what: str) -> _Made:
    """How many items, settings or characters a value has: `minItems`, `maxItems` and the like."""
    found: _Made = {}
    for rule in _rules(field, validate.Length):
        limits = {f"min{what}": rule.min, f"max{what}": rule.max}
        found |= {name: limit for name, limit in limits.items() if limit is not None}
    return found


def _rules(field: fields.Field[Any], kind: type[_Rule]) -> Iterator[_Rule]:
    """The validators of one kind."""
    return (rule for rule in field.validators if isinstance(rule, kind))


def _ecma(rule: validate.Regexp) -> str:
    """A pattern as JSON Schema writes it: anchored at its start, and with `$` for Python's end of text."""
    return f"^(?:{rule.regex.pattern!s})".replace(r"\Z", "$")


def _unknown(field: fields.Field[Any]) -> TypeError:
    return TypeError(f"a mapping file's JSON Schema cannot be made of a {type(field).__name__} like this")
