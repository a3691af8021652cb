"""Regular expressions taken apart, to find out which words they match; to match words is RE2's part (`patterns`).

What stands for many characters becomes the set of those that words of a name are likely to have, in lower case.
"""

import re
import string
from dataclasses import dataclass, replace

LETTERS = "123456789" + "0" + string.ascii_lowercase + "._-"
"""The characters looked at, those first that make the plainest samples. `-` stands between words only."""

_WORD_LETTERS = frozenset(string.ascii_lowercase + string.digits + "_")
_ANY = frozenset(LETTERS)
_DIGITS = frozenset(string.digits)
_CLASSES = {
    "d": _DIGITS,
    "w": _WORD_LETTERS,
    "s": frozenset[str](),
    "D": _ANY - _DIGITS,
    "W": _ANY - _WORD_LETTERS,
    "S": _ANY,
}
_NAMED = {"digit": _DIGITS, "alpha": frozenset(string.ascii_lowercase), "word": _WORD_LETTERS}
_NAMED |= {"alnum": _WORD_LETTERS - {"_"}, "upper": _NAMED["alpha"], "lower": _NAMED["alpha"]}
_QUANTIFIER = re.compile(r"(?:([?*+])|\{([0-9]+)(?:(,)([0-9]*))?\})[?]?")
_GROUP = re.compile(r"\((?:\?(?:P?<[^>]*>|[A-Za-z-]*(:|\))))?")
_LARGEST_REPEAT = 40


@dataclass(frozen=True)
class Chars:
    """One character out of a set."""

    among: frozenset[str]


@dataclass(frozen=True)
class Sequence:
    """Expressions one after another."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Choice:
    """Any one of some expressions."""

    ways: tuple["Expression", ...]


@dataclass(frozen=True)
class Repeat:
    """An expression written `least` times or more, up to `most` (None: any number)."""

    part: "Expression"
    least: int
    most: int | None


@dataclass(frozen=True)
class Captured:
    """What the group of an expression holds: the number or CURP."""

    part: "Expression"


Expression = Chars | Sequence | Choice | Repeat | Captured


def parse(pattern: str) -> Expression | None:
    """The parts of a regular expression; None when it has something that is not understood here."""
    parser = _Parser(pattern.lower() if "\\" not in pattern else _lower(pattern))
    try:
        found = parser.choice()
    except (_OddError, IndexError, RecursionError):
        return None
    return found if parser.at_end else None


def literal(text: str) -> Expression:
    """An expression that matches one text."""
    return Sequence(tuple(Chars(frozenset(letter)) for letter in text))


def with_captured(expression: Expression, content: Expression) -> Expression:
    """The same expression with another content of its group."""
    if isinstance(expression, Captured):
        return content
    if isinstance(expression, Sequence):
        return Sequence(tuple(with_captured(part, content) for part in expression.parts))
    if isinstance(expression, Choice):
        return Choice(tuple(with_captured(way, content) for way in expression.ways))
    if isinstance(expression, Repeat):
        return replace(expression, part=with_captured(expression.part, content))
    return expression


class _OddError(Exception):
    """Something that is not understood here."""


def _lower(pattern: str) -> str:
    """In lower case but for what follows a backslash, where case counts."""
    return re.sub(r"\\.|[^\\]+", lambda match: match[0] if match[0][0] == "\\" else match[0].lower(), pattern)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._text)

    def choice(self) -> Expression:
        ways = [self._sequence()]
        while self._take("|"):
            ways.append(self._sequence())
        return ways[0] if len(ways) == 1 else Choice(tuple(ways))

    def _sequence(self) -> Expression:
        parts: list[Expression] = []
        while not self.at_end and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    def _repeated(self, part: Expression) -> Expression:
        while match := _QUANTIFIER.match(self._text, self._at):
            self._at = match.end()
            least, most = _bounds(match)
            part = Repeat(part, least, most)
        return part

    def _atom(self) -> Expression:
        letter = self._text[self._at]
        if letter == "(":
            return self._group()
        self._at += 1
        if letter == "[":
            return Chars(self._set())
        if letter == "\\":
            return self._escape()
        if letter in "^$":
            return Sequence(())
        return Chars(_ANY if letter == "." else frozenset(letter))

    def _group(self) -> Expression:
        match = _GROUP.match(self._text, self._at)
        if match is None:
            raise _OddError
        self._at = match.end()
        if match[1] == ")":
            return Sequence(())
        inner = self.choice()
        if not self._take(")"):
            raise _OddError
        return inner if match[1] == ":" else Captured(inner)

    def _escape(self) -> Expression:
        letter = self._text[self._at]
        self._at += 1
        if letter in "AzbB":
            return Sequence(())
        return Chars(self._escaped(letter))

    def _escaped(self, letter: str) -> frozenset[str]:
        if letter in _CLASSES:
            return _CLASSES[letter]
        if letter.isalnum():
            raise _OddError
        return frozenset(letter)

    def _set(self) -> frozenset[str]:
        negated, found, first = self._take("^"), set[str](), True
        while first or self._text[self._at] != "]":
            first = False
            found |= self._set_part()
        self._at += 1
        return _ANY - found if negated else frozenset(found)

    def _set_part(self) -> frozenset[str]:
        named = re.compile(r"\[:([a-z]+):\]").match(self._text, self._at)
        if named:
            self._at = named.end()
            return _NAMED.get(named[1], frozenset())
        letter = self._text[self._at]
        self._at += 1
        if letter == "\\":
            self._at += 1
            return self._escaped(self._text[self._at - 1])
        if self._text[self._at] == "-" and self._text[self._at + 1] not in "]\\":
            last = self._text[self._at + 1]
            self._at += 2
            return frozenset(each for each in LETTERS if letter <= each <= last) | {letter, last}
        return frozenset(letter)

    def _take(self, letter: str) -> bool:
        if self._text[self._at : self._at + 1] != letter:
            return False
        self._at += 1
        return True


def _bounds(match: re.Match[str]) -> tuple[int, int | None]:
    sign, least, comma, most = match.groups()
    if sign:
        return (1 if sign == "+" else 0), (1 if sign == "?" else None)
    low = min(int(least), _LARGEST_REPEAT)
    high = int(most) if most else (None if comma else int(least))
    return low, high if high is not None and high <= _LARGEST_REPEAT else None
