"""The lines of a YAML text looked at one by one: indentation, quotes, brackets and comments, without parsing it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINE_END = re.compile(r"\r\n|\r|\n|\x85|\u2028|\u2029")
_SETTING_OR_ITEM = re.compile(r"""(?:- |["']?[\w-]+["']?:(?:\s|\Z))""")
_SHOWN = 60
_CLOSES = {"]": "[", "}": "{"}


@dataclass(frozen=True)
class Line:
    """One line: its number from 1, its text, and the content between indentation and comment."""

    number: int
    text: str
    content: str

    @property
    def indent(self) -> int:
        """How many characters stand before the content."""
        return len(self.text) - len(self.text.lstrip(" \t"))


@dataclass(frozen=True)
class Sign:
    """A quote, bracket or `#` and its place; line and column from 1."""

    line: int
    column: int
    sign: str


@dataclass(frozen=True)
class Stop:
    """Where a parser stopped and why, in its words; `since` is the line where it began what it could not end. Lines and
    columns count from 1.
    """

    line: int
    column: int
    reason: str
    since: int


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a text, where, and what to do, as a sentence without a subject."""

    line: int
    column: int
    message: str


@dataclass
class Scan:
    """The lines, and the first of each kind of sign that is not where it should be."""

    lines: list[Line] = field(default_factory=list)
    open_quote: Sign | None = None
    open_bracket: Sign | None = None
    stray_closer: Sign | None = None
    comments_in_brackets: list[Sign] = field(default_factory=list)

    def before(self, number: int) -> Line | None:
        """The nearest line with content above a line."""
        return next((line for line in reversed(self.lines[: number - 1]) if line.content), None)


def scan(text: str) -> Scan:
    """Look through a text. Quotes are taken to end on the line where they begin, as people write them."""
    scanner = _Scanner()
    for number, line in enumerate(_LINE_END.split(text), start=1):
        scanner.take(number, line)
    if scanner.opened:
        scanner.found.open_bracket = scanner.found.open_bracket or scanner.opened[-1]
    return scanner.found


class _Scanner:
    def __init__(self) -> None:
        self.found = Scan()
        self.opened: list[Sign] = []
        self._indents: list[int] = []

    def take(self, number: int, text: str) -> None:
        indent = len(text) - len(text.lstrip(" \t"))
        if self.opened and self._begins_anew(text, indent):
            self.found.open_bracket = self.found.open_bracket or self.opened[-1]
            self.opened.clear()
        end = len(text)
        for column, sign in self._signs(text, indent):
            if sign == "#":
                end = column
                if self.opened:
                    self.found.comments_in_brackets.append(Sign(number, column + 1, sign))
            else:
                self._take_sign(Sign(number, column + 1, sign), indent)
        self.found.lines.append(Line(number, text, text[indent:end].rstrip()))

    def _begins_anew(self, text: str, indent: int) -> bool:
        """A setting or list item no deeper than the line with the open bracket: that was meant to be closed."""
        return indent <= self._indents[0] and _SETTING_OR_ITEM.match(text, indent) is not None

    def _take_sign(self, sign: Sign, indent: int) -> None:
        if sign.sign in "\"'":
            self.found.open_quote = self.found.open_quote or sign
        elif sign.sign in "[{":
            self._indents = [indent] if not self.opened else self._indents
            self.opened.append(sign)
        elif self.opened and self.opened[-1].sign == _CLOSES[sign.sign]:
            self.opened.pop()
        elif self.opened:
            self.found.open_bracket = self.found.open_bracket or self.opened.pop()
        else:
            self.found.stray_closer = self.found.stray_closer or sign

    def _signs(self, text: str, start: int) -> Iterator[tuple[int, str]]:
        """Quotes that are not closed, brackets, and the `#` of a comment, each with its index in the line."""
        fresh, position = True, start
        while position < len(text):
            letter, before = text[position], text[position - 1 : position]
            if letter == "#" and (position == start or before in " \t[{,"):
                yield position, letter
                return
            if fresh and letter in "\"'":
                end = _quote_end(text, position)
                if end is None:
                    yield position, letter
                    return
                position, fresh = end, False
                continue
            if (letter in "[{" and (fresh or self.opened)) or (
                letter in "]}" and (self.opened or fresh or before in "]}")
            ):
                yield position, letter
            fresh = _is_fresh(text, position, fresh, bool(self.opened))
            position += 1


def _is_fresh(text: str, position: int, fresh: bool, in_brackets: bool) -> bool:
    """Whether a value can begin after this character."""
    letter, after = text[position], text[position + 1 : position + 2]
    if letter in " \t":
        return fresh
    if letter in "[{" and fresh:
        return True
    if letter == ",":
        return in_brackets
    if letter == ":" or (letter == "-" and fresh):
        return after in ("", " ", "\t")
    return False


def _quote_end(text: str, start: int) -> int | None:
    """The index after the quote that closes the one at `start`, None when the line has none."""
    quote, position = text[start], start + 1
    while position < len(text):
        if (text[position] == "\\" and quote == '"') or (
            text[position] == quote and text[position + 1 : position + 2] == quote == "'"
        ):
            position += 2
        elif text[position] == quote:
            return position + 1
        else:
            position += 1
    return None


def spaces(count: int) -> str:
    """So many spaces, in words."""
    return "1 space" if count == 1 else f"{count} spaces"


def short(text: str) -> str:
    """A text as it is shown: its beginning when it is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
