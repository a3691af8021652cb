"""Adding a word to a mapping file's text, with comments and layout kept: lines are edited, nothing is written anew."""

import difflib
import json
import re
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from bridge.yamlfile import Document, KeyPath, parse_yaml

_PLAIN = re.compile(r"[^\W\d_](?:[\w.\-/]| (?=\S))*")
_NULLS = {"null", "Null", "NULL"}
_LINE_END = re.compile("(\r\n|[\r\n])")
"""What the YAML reader takes for the end of a line; old Macs wrote `\\r` alone."""

_NO_LINE_END = "\n\\ No newline at end of file\n"


@dataclass(frozen=True)
class Addition:
    """A word for the list `key` of the settings at `owner`: `aliases` of `("types", "Headshot")`.

    Where these settings are not in the file yet, they are made, after `before_list` if it is given: `form: id`.
    """

    owner: KeyPath
    key: str
    word: str
    before_list: str = ""


def with_addition(text: str, addition: Addition, file: Path) -> str | None:
    """The text with the word added, or None when it is laid out in a way that this cannot add to.

    The result is to be loaded and compared before it is believed. Raises InputProblemsError when `text` is no YAML.
    """
    return _Editing(text, parse_yaml(text, file)).with_addition(addition)


def unified_diff(before: str, after: str, name: str) -> str:
    """The change as a patch that `patch` takes, for the file of this name."""
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name)
    return "".join(line if line.endswith("\n") else line + _NO_LINE_END for line in lines)


class _Editing:
    """A text and what it says. Lines and columns are counted from 0 in here."""

    def __init__(self, text: str, document: Document) -> None:
        parts = _LINE_END.split(text)
        self.lines, self.ends = parts[::2], parts[1::2]
        self.document = document

    def with_addition(self, addition: Addition) -> str | None:
        settings, is_there = self._at(addition.owner)
        if not is_there:
            return self._new_owner(addition)
        items = (settings or {}).get(addition.key)
        if items:
            return self._longer((*addition.owner, addition.key), items, _scalar(addition.word))
        added = f"{addition.key}: [{_scalar(addition.word)}]"
        if settings and addition.key in settings:
            return self._filled((*addition.owner, addition.key), r"\[\s*\]", f"[{_scalar(addition.word)}]")
        if settings:
            return self._before((*addition.owner, next(iter(settings))), added)
        return self._filled(addition.owner, r"\{\s*\}", f"{{{added}}}")

    def _at(self, path: KeyPath) -> tuple[Any, bool]:
        value = self.document.data
        for part in path:
            if not isinstance(value, dict) or part not in value:
                return None, False
            value = value[part]
        return value, True

    def _new_owner(self, addition: Addition) -> str | None:
        siblings, _ = self._at(addition.owner[:-1])
        if not siblings:
            return None
        inner = ", ".join(filter(None, [addition.before_list, f"{addition.key}: [{_scalar(addition.word)}]"]))
        return self._before(
            (*addition.owner[:-1], next(iter(siblings))), f"{_scalar(str(addition.owner[-1]))}: {{{inner}}}"
        )

    def _longer(self, path: KeyPath, items: list[str], word: str) -> str:
        """A list with one more item: on a line of its own below the last one, or after it in the brackets."""
        row, column = self._place((*path, len(items) - 1))
        line = self.lines[row]
        if line[:column].strip() == "-":
            return self._with_line(row + 1, line[:column] + word)
        end = _end_of(line, column, items[-1])
        if end is not None:
            return self._with_text(row, end, f", {word}")
        return self._with_text(*self._place((*path, 0)), f"{word}, ")

    def _before(self, path: KeyPath, entry: str) -> str:
        """A new entry before the one at `path`: on a line of its own, or within the same braces."""
        row, column = self._place(path)
        line = self.lines[row]
        if line[:column].strip():
            return self._with_text(row, column, f"{entry}, ")
        return self._with_line(row, line[:column] + entry)

    def _filled(self, path: KeyPath, empty: str, value: str) -> str | None:
        """A key that has nothing yet, with a value."""
        row, column = self._place(path)
        line = self.lines[row]
        name = re.escape(str(path[-1]))
        found = re.compile(rf"((['\"]?){name}\2\s*:)(?:\s*(?:{empty}|~|null\b))?").match(line, column)
        if found is None:
            return None
        self.lines[row] = f"{line[: found.end(1)]} {value}{line[found.end() :]}"
        return self._text()

    def _text(self) -> str:
        return "".join(part for pair in zip_longest(self.lines, self.ends, fillvalue="") for part in pair)

    def _place(self, path: KeyPath) -> tuple[int, int]:
        row, column = self.document.places[path]
        return row - 1, column - 1

    def _with_line(self, row: int, line: str) -> str:
        end = (self.ends[max(row - 1, 0) :][:1] or self.ends[-1:] or ["\n"])[0]
        self.lines.insert(row, line)
        self.ends.insert(row, end)
        return self._text()

    def _with_text(self, row: int, column: int, text: str) -> str:
        line = self.lines[row]
        self.lines[row] = line[:column] + text + line[column:]
        return self._text()


def _end_of(line: str, column: int, item: str) -> int | None:
    """Where an item of a list in brackets ends, None when it is written in a way that cannot be seen at once."""
    for quote in ("", "'", '"'):
        if line.startswith(f"{quote}{item}{quote}", column):
            return column + len(item) + 2 * len(quote)
    return None


def _scalar(text: str) -> str:
    """A text as YAML, in quotes where it needs them."""
    is_plain = _PLAIN.fullmatch(text) and text not in _NULLS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _lines(text: str) -> list[str]:
    """With their ends. Other signs that Python takes for ends of lines are none for `patch`."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
