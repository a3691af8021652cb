"""What a schema's refusals mean, and what to write instead, for people who are no programmers."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields

_Path = tuple[str | int, ...]
_DEEPEST = 6
_PLAIN_WORD = re.compile(r"[^\W_][\w.-]{0,60}")

UNKNOWN = "Unknown field."
MISSING = "Missing data for required field."
_EMPTY = "Field may not be null."
_NO_LIST = "Not a valid list."
"""What marshmallow says of settings that a schema does not know, and of those that are not there."""


_LIST = "must be a list, each item on its own line after `- `"
_SETTINGS = "must hold settings of the form `name: value`"
OF_A_KIND = (_LIST, _SETTINGS)
"""What is told of a value of the wrong kind."""


def did_you_mean(word: str, known: list[str]) -> str:
    """`did you mean X?` when a known word is near, else `use one of: ...`, else "" when none are known.

    Case does not count.
    """
    folded = {name.casefold(): name for name in reversed(known)}
    near = [name for name in known if name.startswith(f"{word}_")]
    near = near or [folded[name] for name in difflib.get_close_matches(word.casefold(), folded, n=1)]
    if near:
        return f"did you mean `{near[0]}`?"
    return "use one of: " + ", ".join(sorted(known)) if known else ""


def sensible(told: list[tuple[_Path, str]], data: Any) -> list[tuple[_Path, str]]:
    """What marshmallow tells, without what only follows from another mistake: a setting is "missing" that was misspelt,
    or "empty" because what belongs to it is not indented.
    """
    unknown = [path for path, message in told if message == UNKNOWN]
    wrong = {path[:length] for path, _ in told for length in range(len(path) + 1)}
    return [
        (path, _as_list(path, data) if message == _NO_LIST else message)
        for path, message in told
        if not (message == MISSING and any(path[:-1] == odd[:-1] and _stands_for(odd[-1], path[-1]) for odd in unknown))
        and not (message == _EMPTY and _after(path, data) in wrong)
    ]


def _as_list(path: _Path, data: Any) -> str:
    """What to write where a list should be, if one plain word is there: `prefix: [old]` for `prefix: old`."""
    value = data
    for part in path:
        value = value[part]
    is_word = isinstance(value, str) and _PLAIN_WORD.fullmatch(value)
    return f"must be a list; write `[{value}]`" if is_word else _NO_LIST


def _stands_for(word: str | int, name: str | int) -> bool:
    """Whether an unknown word is likely to be a name misspelt, or run together with its value: `form:id`."""
    return "did you mean" in did_you_mean(str(word).partition(":")[0], [str(name)])


def _after(path: _Path, data: Any) -> _Path | None:
    """The place of the setting after this one."""
    for part in path[:-1]:
        data = data[part]
    keys = list(data) if isinstance(data, dict) else []
    following = keys[keys.index(path[-1]) + 1 :] if path[-1] in keys else []
    return (*path[:-1], following[0]) if following else None


def as_item(text: str | None) -> str:
    """What to write for a text that stands where settings or a list should: `form id` lacks a colon."""
    name, _, rest = (text or "").partition(" ")
    if text is None or not name.isidentifier() or not rest:
        return ""
    return f"has no colon after `{name}`; write `{name}: {rest}`"


def plainly(message: str, schema: Schema, path: _Path) -> str:
    """A message of marshmallow about the value at `path` as the end of a sentence; others as they are."""
    if message == UNKNOWN:
        return f"is not a setting{_unknown(str(path[-1]), schema, path[:-1])}"
    return _PLAINER.get(message, message)


def _unknown(key: str, schema: Schema, path: _Path) -> str:
    name, colon, rest = key.partition(":")
    if colon:
        return f"; write a space after the colon: `{name}: {rest}`"
    known = _known_keys(schema, path)
    hint = did_you_mean(key, known)
    if "did you mean" not in hint:
        home = next((home for known_key, home in _homes(schema, "", 0) if known_key == key), "")
        hint = f"it belongs {home}, so check how far it is indented" if home else hint
        return f" here; {hint}" if home else f"; {hint or 'remove it'}"
    return f"; {hint}"


_PLAINER = {
    MISSING: "is missing; add it",
    _EMPTY: "is empty; give it a value or remove it",
    "Special numeric values (nan or infinity) are not permitted.": "must be a number",
    "Not a valid integer.": "must be a whole number",
    "Not a valid number.": "must be a number",
    "Not a valid boolean.": "must be true or false",
    "Not a valid string.": "must be text",
    _NO_LIST: _LIST,
    "Not a valid mapping type.": _SETTINGS,
    "Invalid input type.": _SETTINGS,
}


def _known_keys(schema: Schema, path: _Path) -> list[str]:
    """The settings a schema knows at a place, for "did you mean"."""
    current: Any = schema
    for part in path:
        if isinstance(current, Schema):
            current = current.fields.get(str(part))
        elif isinstance(current, fields.List):
            current = current.inner
        elif isinstance(current, fields.Dict):
            current = current.value_field
        if isinstance(current, fields.Nested):
            current = current.schema
    return [f.data_key or name for name, f in current.fields.items()] if isinstance(current, Schema) else []


def _homes(schema: Schema, above: str, depth: int) -> Iterator[tuple[str, str]]:
    """Each setting of a schema with where it belongs: `under `clinic``, `to one of the `types``."""
    for name, field in schema.fields.items():
        key = field.data_key or name
        yield key, above or "at the beginning of a line"
        inner, where = _inner(field), f"under `{key}`"
        if isinstance(field, fields.Dict | fields.List):
            where = f"to one of the `{key}`"
        if isinstance(inner, fields.Nested) and isinstance(inner.schema, Schema) and depth < _DEEPEST:
            yield from _homes(inner.schema, where, depth + 1)


def _inner(field: Any) -> Any:
    """The field of what a list or dict holds, else the field itself."""
    if isinstance(field, fields.List):
        return field.inner
    return field.value_field if isinstance(field, fields.Dict) else field
