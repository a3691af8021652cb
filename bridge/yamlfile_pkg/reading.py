"""YAML files that people write: read with every value's place, checked by a marshmallow schema.

Every scalar is handed on as text, so that a patient number `0123` stays `0123` and the schema alone decides what
is a number. Empty values and `null` are None. Anchors, aliases and tags are refused: nobody here needs them, and
they can make a small file huge.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from marshmallow import Schema, ValidationError, fields
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from bridge.errors import InputProblemsError, Problem

KeyPath = tuple[str | int, ...]
"""Where a value stands in a document: keys and list positions from the top, `("practices", 0, "guid")`."""

_LARGEST_BYTES = 1024 * 1024
_DEEPEST = 20
_NAME_PART = 40
"""Characters shown of one key in a field's name; a file that is no config may have lines for keys."""
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_PLAIN = "holds a line break or control character; write it as one plain line"
_NO_SETTINGS = "must start with settings of the form `name: value`"
_NULLS = {"", "~", "null", "Null", "NULL"}
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "map", "seq")
}


@dataclass(frozen=True)
class Document:
    """A parsed file: dicts, lists, text and None, and the place (line, column) of each value and key."""

    file: Path
    data: Any
    places: Mapping[KeyPath, tuple[int, int]] = field(repr=False)

    def place(self, path: KeyPath) -> tuple[int | None, int | None]:
        """The line and column of a value, or of the nearest thing above it that has one."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return None, None

    def problem(self, path: KeyPath, message: str, *, warning: bool = False) -> Problem:
        """A Problem standing at `path` in this document."""
        line, column = self.place(path)
        return Problem(self.file, message, line, column, field_name(path), warning)


def field_name(path: KeyPath) -> str:
    """`("practices", 0, "guid")` as people write it: `practices[0].guid`. Odd keys are shown short and plain."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" if name else _shown(part)
    return name


def read_yaml(file: Path) -> Document:
    """Read one YAML file. Raises InputProblemsError, one sentence each, when it cannot be read or parsed."""
    return _whole(read_leniently(file))


def parse_yaml(text: str, file: Path) -> Document:
    """Parse YAML text as if it stood in `file`. Raises InputProblemsError as `read_yaml` does."""
    return _whole(_parse(text, file))


def read_leniently(file: Path) -> tuple[Document, list[Problem]]:
    """Read one YAML file, leaving out what is refused (repeated keys, anchors, tags), which comes as problems.

    Raises InputProblemsError when it is not YAML with settings at all.
    """
    document, problems = _parse(_text(file), file)
    if not isinstance(document.data, dict):
        raise InputProblemsError(tuple(problems) or (document.problem((), _NO_SETTINGS),))
    return document, problems


def load_document(document: Document, schema: Schema) -> Any:
    """Check a document by a schema and give what the schema makes of it.

    Raises InputProblemsError with one Problem for each wrong value, in the order of the file's lines.
    """
    values, problems = check_document(document, schema)
    if problems:
        raise InputProblemsError(in_order(problems))
    return values


def check_document(document: Document, schema: Schema) -> tuple[Any, list[Problem]]:
    """What a schema makes of a document, without the values that it refuses, and a Problem for each of those."""
    if not isinstance(document.data, dict):
        return {}, [document.problem((), _NO_SETTINGS)]
    try:
        return schema.load(document.data), []
    except ValidationError as error:
        return error.valid_data or {}, [
            document.problem(path, _friendly(message, schema, path)) for path, message in _flatten(error.messages, ())
        ]


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems in the order of the file's lines, each one once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line or 0, problem.column or 0)))


def did_you_mean(word: str, known: list[str]) -> str:
    """`did you mean X?` when a known word is near, else `use one of: ...`, else "" when none are known."""
    near = [name for name in known if name.startswith(f"{word}_")] or difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return "use one of: " + ", ".join(sorted(known)) if known else ""


def _parse(text: str, file: Path) -> tuple[Document, list[Problem]]:
    reader = _Reader(file)
    node = _compose(text, file)
    data = reader.value(node, ()) if node is not None else None
    document = Document(file, {} if data is None else data, {(): (1, 1)} | reader.places)
    return document, reader.problems


def _whole(parsed: tuple[Document, list[Problem]]) -> Document:
    document, problems = parsed
    if problems:
        raise InputProblemsError(in_order(problems))
    return document


def _compose(text: str, file: Path) -> Node | None:
    try:
        return cast("Node | None", YAML(typ="safe", pure=True).compose(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"is not valid YAML ({_reason(error)}); check indentation, colons and quotes near here"
        raise _unreadable(file, message, mark.line + 1 if mark else None) from None
    except ReaderError as error:
        message = "is not valid YAML (a control character); remove it, or start again from an example file"
        raise _unreadable(file, message, text.count("\n", 0, error.position) + 1) from None
    except RecursionError:
        message = "is not valid YAML of any use (nested too deeply); compare it with the example file"
        raise _unreadable(file, message) from None
    except (YAMLError, ValueError):
        message = "is not valid YAML; check it for odd characters, or start again from an example file"
        raise _unreadable(file, message) from None


def _reason(error: MarkedYAMLError) -> str:
    """The parser's own reason on one line; its `but ...` is the second half of a sentence."""
    problem = error.problem or "it does not follow YAML's rules"
    whole = f"{error.context}, {problem}" if problem.startswith("but ") and error.context else problem
    return " ".join(whole.split())


class _Reader:
    """Turns YAML nodes into plain values, and collects places and problems on the way."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def value(self, node: Node, path: KeyPath) -> Any:
        self.places.setdefault(path, _mark(node))
        if id(node) in self._seen or node.anchor:
            return self._refuse(node, path, "anchors (&) and aliases (*) are not used here; write the value out")
        self._seen.add(id(node))
        if str(node.tag) not in _PLAIN_TAGS:
            return self._refuse(node, path, f"the YAML tag `{_shown(str(node.tag))}` is not used here; remove it")
        if len(path) > _DEEPEST:
            return self._refuse(node, path, "is nested too deeply; compare with the example file")
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or _UNSHOWABLE.search(str(key_node.value)):
                self._refuse(key_node, path, "a name before a colon must be plain text")
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key in result:
                message = f"is written twice (first on line {first_lines[key]}); remove one of the two"
                self.problems.append(Problem(self.file, message, *_mark(key_node), field_name(here)))
                continue
            first_lines[key] = _mark(key_node)[0]
            self.places[here] = _mark(key_node)
            result[key] = self.value(value_node, here)
        return result

    def _scalar(self, node: Node, path: KeyPath) -> str | None:
        text = str(node.value)
        if _UNSHOWABLE.search(text):
            self._refuse(node, path, _NOT_PLAIN)
            return None
        plain = getattr(node, "style", None) is None
        return None if plain and text in _NULLS else text

    def _refuse(self, node: Node, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self.file, message, *_mark(node), field_name(path)))


def _shown(key: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in key)
    return plain if len(plain) <= _NAME_PART else f"{plain[:_NAME_PART]}…"


def _mark(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise _unreadable(file, "does not exist; check the path, or make it with `tscharts-bridge init`") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
        raise _unreadable(file, f"cannot be read ({reason}); check the path and its permissions") from None
    if len(raw) > _LARGEST_BYTES:
        raise _unreadable(file, "is larger than 1 MiB, which no such file needs; check that it is the right one")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _unreadable(file, "is not UTF-8 text; save it again as UTF-8", line) from None


def _unreadable(file: Path, message: str, line: int | None = None) -> InputProblemsError:
    return InputProblemsError((Problem(file, message, line),))


def _flatten(messages: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """marshmallow's nested messages as (path, sentence) pairs. `_schema` is the mapping itself."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            here = path if key in ("_schema", "key", "value") and not isinstance(key, int) else (*path, key)
            yield from _flatten(inner, here)
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield path, str(message)


def _friendly(message: str, schema: Schema, path: KeyPath) -> str:
    if message == "Unknown field.":
        hint = did_you_mean(str(path[-1]), _known_keys(schema, path[:-1]))
        return f"is not a setting; {hint}" if hint else "is not a setting; remove it"
    return _PLAINER.get(message, message)


_PLAINER = {
    "Missing data for required field.": "is missing; add it",
    "Field may not be null.": "is empty; give it a value or remove it",
    "Special numeric values (nan or infinity) are not permitted.": "must be a number",
    "Not a valid integer.": "must be a whole number",
    "Not a valid number.": "must be a number",
    "Not a valid boolean.": "must be true or false",
    "Not a valid string.": "must be text",
    "Not a valid list.": "must be a list, each item on its own line after `- `",
    "Not a valid mapping type.": "must hold settings of the form `name: value`",
    "Invalid input type.": "must hold settings of the form `name: value`",
}


def _known_keys(schema: Schema, path: KeyPath) -> list[str]:
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
