"""Reads what a request brings, by an operation's schemas: whatever does not fit is 400 with the field's name.

A path's value that does not fit is 404: there is nothing at such an address.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from bridge.charting.refusals import RefusedError

MOST_BODY_BYTES = 64 * 1024
NOTHING_HERE = "There is nothing at this address; check it against the list at /api/v1/."
_NO_OBJECT = "The body must be one JSON object, in UTF-8; correct it and send it again."
_LONGEST_NAME = 40


def read_path(schema: Schema | None, values: Mapping[str, str]) -> Mapping[str, Any]:
    """The values in the path."""
    if schema is None:
        return {}
    try:
        loaded: Mapping[str, Any] = schema.load(values)
        return loaded
    except ValidationError:
        raise RefusedError(404, NOTHING_HERE) from None


def read_query(schema: Schema | None, pairs: Iterable[tuple[str, str]]) -> Mapping[str, Any]:
    """The values in the query. Each name stands there once: of two values one would be left out without a word."""
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise RefusedError(400, f"`{_shown(name)}` is given twice; give it once.")
        given[name] = value
    values: Mapping[str, Any] = _loaded(schema or Schema(), given)
    return values


def read_headers(schema: Schema | None, headers: Mapping[str, str]) -> Mapping[str, Any]:
    """The values of the headers that the schema names."""
    if schema is None:
        return {}
    names = [each.data_key or name for name, each in schema.fields.items()]
    values: Mapping[str, Any] = _loaded(schema, {name: headers[name] for name in names if name in headers})
    return values


def read_body(schema: Schema | None, body: bytes) -> Any:
    """The value of a JSON body; an empty one is an object without members."""
    if schema is None:
        return {}
    try:
        value = json.loads(body.decode("utf-8-sig") or "{}", parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise RefusedError(400, _NO_OBJECT) from None
    if not isinstance(value, dict):
        raise RefusedError(400, _NO_OBJECT)
    return _loaded(schema, value)


def _loaded(schema: Schema, values: Mapping[str, Any]) -> Any:
    try:
        return schema.load(values)
    except ValidationError as error:
        raise RefusedError(400, _sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    """One sentence about the first field that does not fit."""
    messages: Any = error.messages
    path: list[str] = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        path.append(str(name))
    why = str(messages[0] if isinstance(messages, list) and messages else messages).rstrip(".")
    where = _shown(".".join(each for each in path if each != "_schema"))
    return f"`{where}` does not fit: {why}; correct it and ask again." if where else f"{why}; correct it."


def _shown(name: str) -> str:
    """A name that anyone may have written, fit to stand in a sentence."""
    shown = "".join(each if each.isprintable() and each != "`" else "?" for each in name[:_LONGEST_NAME])
    return shown.encode("utf-8", "replace").decode()


def _refuse(name: str) -> None:
    raise ValueError(name)
