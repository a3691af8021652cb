"""Says in words what a schema of the OpenAPI document lets in, for the page for people."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from bridge.charting.json_door.schemas import LARGEST_ID

_KINDS = {
    ("string", "date"): "date",
    ("string", "date-time"): "time with its zone",
    ("string", "binary"): "bytes",
    ("string", ""): "text",
    ("integer", ""): "whole number",
    ("boolean", ""): "true or false",
    ("null", ""): "null",
    ("object", ""): "object",
}
_LINK = Markup('<a href="#{0}">{0}</a>')
_CODE = Markup("<code>{}</code>")


def kind_of(schema: Mapping[str, Any]) -> Markup:
    """What a value may be, as HTML: its kind, its bounds, and what it is where nothing is given."""
    words = _value(schema)
    if schema.get("default") is not None:
        words += Markup("; without it {}").format(_shown(schema["default"]))
    return words


def _value(schema: Mapping[str, Any]) -> Markup:
    if "$ref" in schema:
        return _LINK.format(str(schema["$ref"]).rsplit("/", maxsplit=1)[-1])
    if "enum" in schema:
        return Markup("one of {}").format(Markup(", ").join(_shown(each) for each in schema["enum"]))
    for either in ("oneOf", "anyOf"):
        if either in schema:
            return Markup(" or ").join(_value(each) for each in schema[either])
    if "items" in schema:
        return Markup("list of {}").format(_value(schema["items"]))
    types = schema.get("type", "")
    names = types if isinstance(types, list) else [types]
    return Markup(" or ").join(_named(name, schema) for name in names)


def _named(name: str, schema: Mapping[str, Any]) -> Markup:
    kind = _KINDS.get((name, str(schema.get("format", "")))) or _KINDS.get((name, ""), name)
    bounds = _length(schema) if name == "string" else _range(schema) if name == "integer" else ""
    return escape(f"{kind}{bounds}")


def _length(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    return "" if most is None else f" of {least} to {most} letters"


def _range(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None:
        return ""
    return f", {least} or more" if most is None or most >= LARGEST_ID else f", {least} to {most}"


def _shown(value: object) -> Markup:
    return _CODE.format("null" if value is None else str(value).lower() if isinstance(value, bool) else str(value))
