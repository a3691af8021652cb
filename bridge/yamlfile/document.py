"""A parsed YAML file: its values, and the place of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.errors import Problem
from bridge.yamlfile.hints import OF_A_KIND, as_item

KeyPath = tuple[str | int, ...]
"""Where a value stands in a document: keys and list positions from the top, `("practices", 0, "guid")`."""

_NAME_PART = 40
"""Characters shown of one key in a field's name; a file that is no config may have lines for keys."""


@dataclass(frozen=True)
class Document:
    """A parsed file: dicts, lists, text and None, and the place (line, column) of each value and key."""

    file: Path
    data: Any
    places: Mapping[KeyPath, tuple[int, int]] = field(repr=False)
    commented: Mapping[KeyPath, Problem] = field(repr=False, default_factory=dict)
    """What is to be said of values that are empty because a `#` without quotes begins a comment, if they may not be."""
    below: Mapping[KeyPath, tuple[int, int]] = field(repr=False, default_factory=dict)
    """The places of values on a later line than their name."""

    def place(self, path: KeyPath) -> tuple[int | None, int | None]:
        """The line and column of a value, or of the nearest thing above it that has one."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return None, None

    def told(self, path: KeyPath, message: str) -> Problem:
        """A Problem of a value's kind: it stands at the value, where that is on a line of its own below its name."""
        if path not in self.below or message not in OF_A_KIND:
            return self.problem(path, message)
        value = self.data
        for part in path:
            value = value[part]
        if isinstance(value, list):
            return self.problem(path, message)
        better = as_item(value) if isinstance(value, str) else ""
        return Problem(self.file, better or message, *self.below[path], field_name(path))

    def problem(self, path: KeyPath, message: str, *, warning: bool = False) -> Problem:
        """A Problem standing at `path` in this document."""
        line, column = self.place(path)
        return Problem(self.file, message, line, column, field_name(path), warning)


def field_name(path: KeyPath) -> str:
    """`("practices", 0, "guid")` as people write it: `practices[0].guid`. Odd keys are shown short and plain."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{shown(part)}" if name else shown(part)
    return name


def shown(key: str) -> str:
    """A key short and plain, whatever is in it."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in key)
    return plain if len(plain) <= _NAME_PART else f"{plain[:_NAME_PART]}…"
