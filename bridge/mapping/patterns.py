"""Patients' numbers by a regular expression of the mapping file, as RE2 reads it: in time that grows with the length of
the word alone, whatever the expression is. It knows no backreferences and no looking ahead or behind.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from bridge.mapping.automata import Automaton, TooLargeError
from bridge.mapping.expressions import Expression, literal, parse, with_captured
from bridge.tags import fold

MOST_WORDS = 8
"""So many words of a name, joined by `-`, may be one number."""

_MEMORY_BYTES = 1024 * 1024
_NOT_LETTERS = re.compile(r"\\[pP]\{[^}]*\}|\\[pP]?.|\[\^?\]?[^\]]*\]|\(\?P?<[^>]*>|\(\?[A-Za-z-]*:?|\{[^}]*\}")
_DIGIT = re.compile("[0-9]")
_LETTERS = re.compile(r"[^\W\d_]+")
_GROUP_MARK = "\0"
_FEWEST_WIDE = 4
"""A character that may be so many letters stands for any word, not for one that people know."""

_MOST_WAYS = 20_000
_MOST_RUNS = 2_000
_LONGEST_RUN = 30
_HALF_CHARACTER = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_BACKREFERENCE = re.compile(r"invalid escape sequence: \\[1-9k]|invalid perl operator: \(\?P\Z")
_LOOKING_ROUND = re.compile(r"invalid perl operator: \(\?<?[=!]\Z|invalid perl operator: \(\?<\Z")


def fault_of(pattern: str) -> str:
    """What is wrong with an expression and how to mend it, as the end of a sentence; "" when it can be used."""
    if _HALF_CHARACTER.search(pattern):
        return "holds `\\C`, which stands for half a character; write `.` instead"
    try:
        expression = _compiled(pattern)
    except re2.error as error:
        return _refusal(error.args[0].decode("utf-8", "replace"))
    if expression.groups == 0:
        return "has no group; put parentheses round the part that is the number or CURP, as in `TJ-?([0-9]{3,6})`"
    if expression.groups > 1:
        return (
            f"has {expression.groups} groups, but one must be the number or CURP; begin the other parentheses with "
            "`(?:` instead of `(`"
        )
    if expression.fullmatch(""):
        return "matches where nothing is written; make a part of it necessary, with `+` instead of `*` for instance"
    return ""


def matched(pattern: str, words: list[str]) -> Iterator[tuple[str, int]]:
    """What the group of `pattern` holds when it matches the first words whole, joined by `-`, and how many these are;
    the most words first. Only words with a digit among them are tried: every number and CURP has one.
    """
    expression = _compiled(pattern)
    fewest = next((count for count, word in enumerate(words, start=1) if _DIGIT.search(word)), MOST_WORDS + 1)
    for count in range(min(len(words), MOST_WORDS), fewest - 1, -1):
        match = expression.fullmatch("-".join(words[:count]))
        if match and match[1]:
            yield match[1], count


@lru_cache(maxsize=256)
def literal_words(pattern: str) -> frozenset[str]:
    """The letters that an expression asks for, folded: `tj` of `TJ-?([0-9]+)`, of `[Tt][Jj]-?([0-9]+)` too."""
    plain = _NOT_LETTERS.sub(" ", pattern)
    runs = _runs(pattern)
    known = runs.known() if runs else ()
    return frozenset(fold(letters) for letters in _LETTERS.findall(plain)).union(known)


def may_begin(pattern: str, letters: str) -> bool:
    """Whether folded letters are a word that the expression can spell before its group, from one character that is
    no letter to the next; True for all letters when the expression is not understood here.
    """
    runs = _runs(pattern)
    return runs is None or runs.spells(letters)


@dataclass(frozen=True)
class _Way:
    """From one state to another: the letters that lead there, folded, and whether something else does."""

    letters: frozenset[str]
    by_other: bool
    by_group: bool
    to: int


class _Runs:
    """The runs of letters that an expression can spell outside its group. Raises TooLargeError when made."""

    def __init__(self, expression: Expression) -> None:
        automaton = Automaton(with_captured(expression, literal(_GROUP_MARK)))
        if sum(len(edges) for edges, _ in automaton.steps) > _MOST_WAYS:
            raise TooLargeError
        self._ways = [[_way(edge.among, edge.to) for edge in edges] for edges, _ in automaton.steps]
        self._ends = [
            may_end or any(way.by_other for way in ways)
            for (_, may_end), ways in zip(automaton.steps, self._ways, strict=True)
        ]
        self._first = automaton.start

    def known(self) -> frozenset[str]:
        """The runs that are spelt by the expression itself, not by what stands for any letter."""
        waiting = deque((state, "") for state in self._starts(past_group=True))
        found = set[str]()
        for _ in range(_MOST_RUNS):
            if not waiting:
                break
            state, text = waiting.popleft()
            if text and self._ends[state]:
                found.add(text)
            narrow = (way for way in self._ways[state] if len(way.letters) < _FEWEST_WIDE)
            if len(text) < _LONGEST_RUN:
                waiting += [(way.to, text + letter) for way in narrow for letter in sorted(way.letters)]
        return frozenset(found)

    def spells(self, letters: str) -> bool:
        """Whether the letters are a whole run before the group."""
        states = self._starts(past_group=False)
        for letter in letters:
            states = {way.to for state in states for way in self._ways[state] if letter in way.letters}
        return any(self._ends[state] for state in states)

    def _starts(self, past_group: bool) -> set[int]:
        """The states in which a run may begin."""
        starts, seen, waiting = {self._first}, {self._first}, [self._first]
        while waiting:
            ways = [way for way in self._ways[waiting.pop()] if past_group or not way.by_group]
            starts |= {way.to for way in ways if way.by_other}
            waiting += {way.to for way in ways} - seen
            seen |= {way.to for way in ways}
        return starts


def _way(among: frozenset[str], to: int) -> _Way:
    letters = frozenset(fold(each) for each in among if each.isalpha())
    return _Way(letters, any(not each.isalpha() for each in among), _GROUP_MARK in among, to)


@lru_cache(maxsize=256)
def _runs(pattern: str) -> _Runs | None:
    """None when the expression is not understood, or is too large."""
    expression = parse(unicodedata.normalize("NFC", pattern), loosely=True)
    try:
        return _Runs(expression) if expression else None
    except TooLargeError:
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    return re2.compile(unicodedata.normalize("NFC", pattern), options)


def _refusal(reason: str) -> str:
    """RE2's reason in an admin's words."""
    if _LOOKING_ROUND.match(reason):
        return "looks ahead or behind, which is not possible here; write out what comes before and after"
    if _BACKREFERENCE.match(reason):
        return "refers back to a group, which is not possible here; write that part out instead"
    if "repetition size" in reason or "too large" in reason:
        return "repeats too often, or from more to less; write smaller numbers in `{}`, the smaller one first"
    return f"is not a regular expression ({reason}); mend it there, or try a simpler one such as `TJ-?([0-9]{{3,6}})`"
