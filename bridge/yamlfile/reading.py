"""Reading: from a file to a document with every value's place, and from that to checked data.

Every scalar is handed on as text, so that a patient number `0123` stays `0123` and the schema alone decides what
is a number. Empty values and `null` are None. Anchors, aliases and tags are refused: nobody here needs them, and
they can make a small file huge.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from marshmallow import Schema, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from bridge.errors import InputProblemsError, Problem
from bridge.yamlfile.document import Document, KeyPath, field_name, shown
from bridge.yamlfile.hints import plainly, sensible
from bridge.yamlfile.lines import Mistake, Stop
from bridge.yamlfile.mistakes import comment_after, find_mistake, joined_lines, plain_mistake

_LARGEST_BYTES = 1024 * 1024
_DEEPEST = 20
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_PLAIN = "holds a line break or control character; write it as one plain line"
_NO_SETTINGS = "must start with settings of the form `name: value`"
_NULLS = {"", "~", "null", "Null", "NULL"}
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "map", "seq")
}


def read_yaml(file: Path) -> Document:
    """Read one YAML file. Raises InputProblemsError, one sentence each, when it cannot be read or parsed."""
    return _whole(read_leniently(file))


def parse_yaml(text: str | bytes, file: Path) -> Document:
    """Parse YAML text, or bytes of `read_bytes`, as if it stood in `file`. Raises InputProblemsError as `read_yaml`."""
    return _whole(_parse(text if isinstance(text, str) else _decoded(text, file), file))


def read_leniently(file: Path) -> tuple[Document, list[Problem]]:
    """Read one YAML file, leaving out what is refused (repeated keys, anchors, tags), which comes as problems.

    Raises InputProblemsError when it is not YAML with settings at all.
    """
    document, problems = _parse(_decoded(read_bytes(file), file), file)
    if not isinstance(document.data, dict):
        raise InputProblemsError(tuple(problems) or (document.problem((), _NO_SETTINGS),))
    return document, problems


def read_bytes(file: Path) -> bytes:
    """The bytes of a file, read once. Raises InputProblemsError when it cannot be read, is far too large, or is no file
    at all: a pipe, which would be waited for, a folder or a device.
    """
    try:
        raw = _beginning(file)
    except FileNotFoundError:
        raise _unreadable(file, "does not exist; check the path, or make it with `tscharts-bridge init`") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
        raise _unreadable(file, f"cannot be read ({reason}); check the path and its permissions") from None
    if len(raw) > _LARGEST_BYTES:
        raise _unreadable(file, "is larger than 1 MiB, which no such file needs; check that it is the right one")
    return raw


def _beginning(file: Path) -> bytes:
    """Looks before it opens, as opening alone may do something to a device; and after, as it may be another by then."""
    _check_regular(file, file.stat())
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(file, flags), "rb") as opened:
        _check_regular(file, os.fstat(opened.fileno()))
        return opened.read(_LARGEST_BYTES + 1)


def _check_regular(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _unreadable(file, "cannot be read (it is a folder, a pipe or a device); check the path")


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
        told = sensible(list(_flatten(error.messages, ())), document.data)
        return error.valid_data or {}, [
            document.commented.get(path) or document.told(path, plainly(message, schema, path))
            for path, message in told
        ]


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems in the order of the file's lines, each one once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line or 0, problem.column or 0)))


def _parse(text: str, file: Path) -> tuple[Document, list[Problem]]:
    reader = _Reader(file, text)
    node = _compose(text, file)
    data = reader.value(node, ()) if node is not None else None
    document = Document(
        file, {} if data is None else data, {(): (1, 1)} | reader.places, reader.commented, reader.below
    )
    return document, reader.problems


def _whole(parsed: tuple[Document, list[Problem]]) -> Document:
    document, problems = parsed
    if problems:
        raise InputProblemsError(in_order(problems))
    return document


def _compose(text: str, file: Path) -> Node | None:
    plain = plain_mistake(text)
    if plain:
        raise _not_yaml(file, plain)
    try:
        return cast("Node | None", YAML(typ="safe", pure=True).compose(text))
    except MarkedYAMLError as error:
        mistake = find_mistake(text, _stop(error))
        raise _not_yaml(file, mistake) from None
    except ReaderError as error:
        message = "is not valid YAML (a control character); remove it, or start again from an example file"
        raise _unreadable(file, message, *_place(text, error.position)) from None
    except RecursionError:
        message = "is not valid YAML of any use (nested too deeply); compare it with the example file"
        raise _unreadable(file, message) from None
    except (YAMLError, ValueError):
        message = "is not valid YAML; check it for odd characters, or start again from an example file"
        raise _unreadable(file, message) from None


def _not_yaml(file: Path, mistake: Mistake) -> InputProblemsError:
    return _unreadable(file, f"is not valid YAML: the line {mistake.message}", mistake.line, mistake.column)


def _stop(error: MarkedYAMLError) -> Stop:
    mark, since = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Stop(line, column, _reason(error), min(since.line + 1, line) if since else line)


def _place(text: str, position: int) -> tuple[int, int]:
    """The line and column of a position in a text."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _reason(error: MarkedYAMLError) -> str:
    """The parser's own reason on one line; its `but ...` is the second half of a sentence."""
    problem = error.problem or "it does not follow YAML's rules"
    whole = f"{error.context}, {problem}" if problem.startswith("but ") and error.context else problem
    return " ".join(whole.split())


class _Reader:
    """Turns YAML nodes into plain values, and collects places and problems on the way."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self._text = text
        self.places: dict[KeyPath, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self.commented: dict[KeyPath, Problem] = {}
        self.below: dict[KeyPath, tuple[int, int]] = {}
        self._seen: set[int] = set()

    def value(self, node: Node, path: KeyPath) -> Any:
        self.places.setdefault(path, _mark(node))
        if id(node) in self._seen or node.anchor:
            return self._refuse(node, path, "anchors (&) and aliases (*) are not used here; write the value out")
        self._seen.add(id(node))
        if str(node.tag) not in _PLAIN_TAGS:
            return self._refuse(node, path, f"the YAML tag `{shown(str(node.tag))}` is not used here; remove it")
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
        hollow: tuple[int, int] | None = None
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or _UNSHOWABLE.search(str(key_node.value)):
                self._refuse(key_node, path, "a name before a colon must be plain text")
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key in result:
                self._note_twice(here, _mark(key_node), first_lines, hollow)
                continue
            first_lines[key] = _mark(key_node)[0]
            self.places[here] = _mark(key_node)
            if value_node.start_mark.line > key_node.end_mark.line and value_node.value:
                self.below[here] = _mark(value_node)
            result[key] = self.value(value_node, here)
            hollow = _mark(key_node) if result[key] is None else None
            if result[key] is None:
                self._look_for_comment(key_node.end_mark, here)
        return result

    def _note_twice(
        self, path: KeyPath, place: tuple[int, int], first_lines: dict[str, int], hollow: tuple[int, int] | None
    ) -> None:
        """`hollow` is the place of the name above when that has no value: then this setting belongs to it."""
        key, first = str(path[-1]), first_lines[str(path[-1])]
        if hollow and hollow[1] == place[1]:
            message = (
                f"has no value but is as deep as `{shown(key)}` below, which belongs to it; put fewer spaces before it"
            )
            self.problems.append(Problem(self.file, message, *hollow, field_name(path[:-1])))
            return
        message = f"is written twice (first on line {first}); remove one of the two"
        self.problems.append(Problem(self.file, message, *place, field_name(path)))

    def _scalar(self, node: Node, path: KeyPath) -> str | None:
        text = str(node.value)
        if _UNSHOWABLE.search(text):
            self._refuse(node, path, _NOT_PLAIN)
            return None
        plain = getattr(node, "style", None) is None
        if plain and not text:
            self._look_for_comment(node.start_mark, path)
        if node.end_mark.line != node.start_mark.line and not text.endswith("\n"):
            joined = joined_lines(self._text, node.start_mark.line + 1, node.start_mark.column + 1)
            self.problems.append(Problem(self.file, joined.message, joined.line, joined.column, field_name(path)))
        return None if plain and text in _NULLS else text

    def _look_for_comment(self, mark: Any, path: KeyPath) -> None:
        """`- #cara` is an empty item with a comment, which is not what was meant."""
        found = comment_after(self._text, mark.index)
        if found:
            comment, index = found
            message = f'is empty, because an unquoted `#` begins a comment; put the text in quotes: "{shown(comment)}"'
            column = mark.column + 1 + index - mark.index
            self.commented[path] = Problem(self.file, message, mark.line + 1, column, field_name(path))

    def _refuse(self, node: Node, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self.file, message, *_mark(node), field_name(path)))


def _mark(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _decoded(raw: bytes, file: Path) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig")
        raise _unreadable(file, "is not UTF-8 text; save it again as UTF-8", *_place(good, len(good))) from None


def _unreadable(file: Path, message: str, line: int | None = None, column: int | None = None) -> InputProblemsError:
    return InputProblemsError((Problem(file, message, line, column),))


def _flatten(messages: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """marshmallow's nested messages as (path, sentence) pairs. `_schema` is the mapping itself."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            here = path if key in ("_schema", "key", "value") and not isinstance(key, int) else (*path, key)
            yield from _flatten(inner, here)
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield path, str(message)
