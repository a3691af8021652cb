"""Regular expressions taken apart, to find out which words they match; to match words is RE2's part (`patterns`).

What stands for many characters becomes the set of those that words of a name are likely to have, in lower case; which
these are RE2 says itself.
"""

import re
import string
import sys
from dataclasses import dataclass, replace
from functools import lru_cache

import re2

LETTERS = "123456789" + "0" + string.ascii_lowercase + "._-"
"""The characters looked at, those first that make the plainest samples. `-` stands between words only."""

_ANY = frozenset(LETTERS)
_QUANTIFIER = re.compile(r"(?:([?*+])|\{([0-9]+)(?:(,)([0-9]*))?\})[?]?")
_GROUP = re.compile(r"\((?:\?(?:P?<[^>]*>|(?P<switches>[A-Za-z-]*)(?P<end>:|\))))?")
_CASE_COUNTS = re.compile(r"-[A-Za-z]*i")
_SET = re.compile(r"\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_AT_START = re.compile(r"\^|\\A")
_AT_END = re.compile(r"\$|\\z")
_ODD_ASSERTION = re.compile(r"[$^]|\\[AzbB]")
_SWITCHES = re.compile(r"(?:\(\?[A-Za-z]*\))*")
_ESCAPED = re.compile(r"\\(?:[pP]\{[^}]*\}|[pP].|x\{[0-9A-Fa-f]+\}|x[0-9A-Fa-f]{2}|[0-7]{2,3}|.)", re.DOTALL)
_CODE = re.compile(r"\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|([0-7]{2,3})|.)", re.DOTALL)
_ALL_OTHERS = range(0x21, 0x3000)
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
    """The parts of a regular expression that RE2 takes; None when it has something that is not understood here."""
    parser = _Parser(pattern)
    try:
        found = parser.choice()
    except (_OddError, RecursionError):
        return None
    return found if parser.at_end else None


def literal(text: str) -> Expression:
    """An expression that matches one text."""
    return Sequence(tuple(Chars(frozenset(letter)) for letter in text))


def characters_of(expression: Expression) -> frozenset[str]:
    """All characters that stand in an expression's sets."""
    if isinstance(expression, Chars):
        return expression.among
    parts = expression.ways if isinstance(expression, Choice) else ()
    parts = expression.parts if isinstance(expression, Sequence) else parts
    parts = (expression.part,) if isinstance(expression, Repeat | Captured) else parts
    return frozenset[str]().union(*map(characters_of, parts))


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


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

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
        if not self._depth:
            self._past(_SWITCHES)
            self._past(_AT_START)
            self._refuse_repeated()
        while not self._is_over:
            if self._past_end():
                break
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    @property
    def _is_over(self) -> bool:
        return self.at_end or self._text[self._at] in "|)"

    def _past_end(self) -> bool:
        """Whether this was the last thing of a way: that a word ends here is true of every word that is tried."""
        before = self._at
        if not self._depth and self._past(_AT_END) and self._is_over:
            return True
        self._at = before
        return False

    def _repeated(self, part: Expression) -> Expression:
        while match := self._past(_QUANTIFIER):
            least, most = _bounds(match)
            part = Repeat(part, least, most)
        return part

    def _atom(self) -> Expression:
        if self._text[self._at] == "(":
            return self._group()
        if self._past(_ODD_ASSERTION):
            raise _OddError
        if quoted := self._past(_QUOTED):
            self._refuse_repeated()
            return Sequence(tuple(Chars(_matched_by(re2.escape(each))) for each in quoted[1]))
        if characters := self._past(_SET) or self._past(_ESCAPED):
            return Chars(_matched_by(characters[0]))
        letter = self._text[self._at]
        self._at += 1
        return Chars(_ANY if letter == "." else _matched_by(re2.escape(letter)))

    def _group(self) -> Expression:
        match = self._past(_GROUP)
        if match is None or _CASE_COUNTS.search(match["switches"] or ""):
            raise _OddError
        if match["end"] == ")":
            self._refuse_repeated()
            return Sequence(())
        self._depth += 1
        inner = self.choice()
        self._depth -= 1
        if not self._take(")"):
            raise _OddError
        return inner if match["end"] == ":" else Captured(inner)

    def _refuse_repeated(self) -> None:
        """Of what was just read, RE2 repeats only a part, or what stands before it."""
        if _QUANTIFIER.match(self._text, self._at):
            raise _OddError

    def _past(self, what: re.Pattern[str]) -> re.Match[str] | None:
        match = what.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match

    def _take(self, letter: str) -> bool:
        if self._text[self._at : self._at + 1] != letter:
            return False
        self._at += 1
        return True


@lru_cache(maxsize=1024)
def _matched_by(written: str) -> frozenset[str]:
    """Which characters RE2 matches with a set or an escape as it is written."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        expression = re2.compile(written, options)
    except re2.error as error:
        raise _OddError from error
    found = frozenset(each for each in {*LETTERS} | _own(written) if expression.fullmatch(each))
    if not found and any(expression.fullmatch(chr(each)) for each in _ALL_OTHERS):
        raise _OddError
    return found


def _own(written: str) -> set[str]:
    """The characters that are written there, as themselves or by their number."""
    numbers = (
        int(wide or two, 16) if wide or two else int(octal or "0", 8) for wide, two, octal in _CODE.findall(written)
    )
    coded = {chr(number) for number in numbers if number < sys.maxunicode}
    return {each.lower() for each in coded | {*written} - {*"[]^\\:"} if each.isprintable() and len(each.lower()) == 1}


def _bounds(match: re.Match[str]) -> tuple[int, int | None]:
    sign, least, comma, most = match.groups()
    if sign:
        return (1 if sign == "+" else 0), (1 if sign == "?" else None)
    low = min(int(least), _LARGEST_REPEAT)
    high = int(most) if most else (None if comma else int(least))
    return low, high if high is not None and high <= _LARGEST_REPEAT else None
