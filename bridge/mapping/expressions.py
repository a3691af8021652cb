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
_OF_WORDS = frozenset(string.ascii_lowercase + string.digits + "_")
_QUANTIFIER = re.compile(r"(?:([?*+])|\{([0-9]+)(?:(,)([0-9]*))?\})[?]?")
_GROUP = re.compile(r"\((?:\?(?:P?<[^>]*>|(?P<switches>[A-Za-z-]*)(?P<end>:|\))))?")
_CASE_COUNTS = re.compile(r"-[A-Za-z]*i")
_SET = re.compile(r"\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_AT_START = re.compile(r"(?:\^|\\A)?(\\b)?")
_AT_END = re.compile(r"(?=\\[bz]|\$)(\\b)?(?:\$|\\z)?")
_ASSERTION = re.compile(r"[$^]|\\[AzbB]")
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


def parse(pattern: str, *, loosely: bool = False) -> Expression | None:
    """The parts of a regular expression that RE2 takes; None when it has something that is not understood here.

    Loosely, they may match more than it does: what asserts something of its place, or that case counts, is passed over.
    """
    parser = _Parser(pattern, loosely)
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
    def __init__(self, text: str, loosely: bool) -> None:
        self._text = text
        self._loosely = loosely
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
        return self._inner_sequence() if self._depth else self._outer_sequence()

    def _outer_sequence(self) -> Expression:
        """What is tried against whole words: `^` and `$` say nothing at its ends, nor does `\\b` beside letters."""
        self._past(_SWITCHES)
        start = self._past(_AT_START)
        self._refuse_repeated()
        found = self._inner_sequence()
        end = self._past(_AT_END)
        self._refuse_repeated()
        is_odd = (start and start[1] and not _is_word_at(found, -1)) or (end and end[1] and not _is_word_at(found, 1))
        if not self._is_over or (is_odd and not self._loosely):
            raise _OddError
        return found

    def _inner_sequence(self) -> Sequence:
        parts: list[Expression] = []
        while not self._is_over and not self._is_at_end_of_outer:
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    @property
    def _is_over(self) -> bool:
        return self.at_end or self._text[self._at] in "|)"

    @property
    def _is_at_end_of_outer(self) -> bool:
        match = None if self._depth else _AT_END.match(self._text, self._at)
        return match is not None and self._text[match.end() : match.end() + 1] in ("", "|")

    def _repeated(self, part: Expression) -> Expression:
        while match := self._past(_QUANTIFIER):
            least, most = _bounds(match)
            part = Repeat(part, least, most)
        return part

    def _atom(self) -> Expression:
        if self._text[self._at] == "(":
            return self._group()
        if self._past(_ASSERTION):
            return self._passed_over()
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
        if match is None or (_CASE_COUNTS.search(match["switches"] or "") and not self._loosely):
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

    def _passed_over(self) -> Expression:
        """Instead of an assertion."""
        if not self._loosely:
            raise _OddError
        return Sequence(())

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
    if not found - {"-"} and any(expression.fullmatch(chr(each)) for each in _ALL_OTHERS if chr(each) not in found):
        raise _OddError
    return found


def _own(written: str) -> set[str]:
    """The characters that are written there, as themselves or by their number."""
    numbers = (
        int(wide or two, 16) if wide or two else int(octal or "0", 8) for wide, two, octal in _CODE.findall(written)
    )
    coded = {chr(number) for number in numbers if number < sys.maxunicode}
    return {each.lower() for each in coded | {*written} if each.isprintable() and len(each.lower()) == 1}


def _is_word_at(expression: Expression, side: int) -> bool:
    """Whether what an expression matches always begins (-1) or ends (1) with a letter, a digit or `_`."""
    among, may_be_nothing = _edge(expression, side)
    return among <= _OF_WORDS and not may_be_nothing


def _edge(expression: Expression, side: int) -> tuple[frozenset[str], bool]:
    """The characters that an expression may match first (-1) or last (1), and whether it may match nothing at all."""
    if isinstance(expression, Chars):
        return expression.among, False
    if isinstance(expression, Captured):
        return _edge(expression.part, side)
    if isinstance(expression, Repeat):
        among, may_be_nothing = _edge(expression.part, side)
        return among, may_be_nothing or expression.least == 0
    edges = [_edge(part, side) for part in (expression.ways if isinstance(expression, Choice) else expression.parts)]
    if isinstance(expression, Choice):
        return frozenset[str]().union(*(among for among, _ in edges)), any(nothing for _, nothing in edges)
    found = frozenset[str]()
    for among, may_be_nothing in edges[::-side]:
        found |= among
        if not may_be_nothing:
            return found, False
    return found, True


def _bounds(match: re.Match[str]) -> tuple[int, int | None]:
    sign, least, comma, most = match.groups()
    if sign:
        return (1 if sign == "+" else 0), (1 if sign == "?" else None)
    low = min(int(least), _LARGEST_REPEAT)
    high = int(most) if most else (None if comma else int(least))
    return low, high if high is not None and high <= _LARGEST_REPEAT else None
