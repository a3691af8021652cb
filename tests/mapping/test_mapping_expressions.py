"""Expressions taken apart match what RE2 matches with them, neither more nor less."""

import random

import pytest
import re2

from bridge.mapping.automata import Automaton, Effort, shared_words
from bridge.mapping.expressions import LETTERS, Expression, characters_of, parse
from bridge.mapping.patterns import fault_of

PATTERNS = [
    r"tj-?([0-9]{3,6})",
    r"TJ(\d+)",
    r"\pL([0-9]+)",
    r"\p{Lu}{2}([0-9]+)",
    r"\p{Nd}-(\p{L}+)",
    r"\PL([0-9])",
    r"[^\pL._-]([0-9])",
    r"[[:alpha:]]([[:digit:]]+)",
    r"[[:^alpha:]]x([0-9])",
    r"[\x30-\x33]x([0-9])",
    r"\x41\x{42}\103([0-9])",
    r"x\x2b([0-9]+)",
    r"\xf1([0-9])",
    r"\x{D1}([0-9])",
    r"[\\x{110000}x]([0-9])",
    r"[A-C\d]([0-9])",
    r"[Z-a_]([0-9])",
    r"[]a]([0-9])",
    r"[^]a]([0-9])",
    r"[a\-c]([0-9])",
    r"\(([0-9]+)\)",
    r"\Qa.b\E([0-9])",
    r"a([0-9])\Qa.b",
    r"\w\W([0-9])",
    r"\D\S([0-9])",
    r"(?P<number>[0-9]{2})(?:a|b)?",
    r"(?i)ab([0-9])",
    r"(?i:AB)([0-9])",
    r"ñ([0-9])",
    r"[Ññ]([0-9])",
    r"ſ([0-9])",
    r"\tx([0-9])",
    r"a{2}b{0,1}(c+)",
    r"^x([0-9])$",
    r"\Ax([0-9])$|^y([0-9])\z",
    r"\bTJ([0-9]+)\b",
    r"^\b(?:hc|exp)-?([0-9]{2})\b$",
    r"TJ:([0-9]+)",
    r"\[([0-9]+)\]",
    r"([0-9]+)[x:-]",
    r"([0-9]{3,5})[^\w.]",
]

ODD = [
    r"(?-i)TJ([0-9]+)",
    r"(?-i:TJ)([0-9]+)",
    r"\Qa\E+([0-9])",
    r"x(?i)?([0-9]{3})",
    r"\b-?TJ([0-9]+)",
    r"TJ([0-9]+)(?:x|)\b-",
    r"TJ([0-9]+)(?:-|$)",
    r"([0-9]+)-?\b",
    r"TJ$([0-9]+)",
    r"x^([0-9]+)",
    r"(?:^x|y)([0-9]+)",
    r"n\pS([0-9]+)",
    r"\p{Greek}([0-9]+)",
    r"[^\x00-\x7f]([0-9]+)",
    r"İ([0-9]+)",
    "(" * 3000 + "1" + ")" * 3000,
]

PIECES = (
    *("a", "B", "1", "-", ".", "ñ", "x", r"\d", r"\w", r"\W", r"\pL", r"\PN", r"\x41", r"\.", "[ab]", "[^a]", r"[\d-]"),
    *("[[:alpha:]_]", "[]x]", "[a-c1]", "(?:", "(", ")", "|", "?", "*", "+", "{2}", "{1,2}", "^", "$", r"\b", "(?i)"),
    *(r"\b", ":", r"[:\]-]", r"\[", r"\B"),
    *(r"\Qa.\E", r"[\pN-]", "(?-i)", r"\A", r"\z", "??", r"[\x{61}]"),
)


def is_matched(pattern: str, text: str) -> bool:
    options = re2.Options()
    options.case_sensitive = False
    return bool(re2.compile(pattern, options).fullmatch(text))


def accepts(expression: Expression, text: str) -> bool:
    """Whether the expression taken apart matches the text."""
    automaton = Automaton(expression)
    states = {automaton.start}
    for letter in text:
        states = {edge.to for state in states for edge in automaton.steps[state][0] if letter in edge.among}
    return any(automaton.steps[state][1] for state in states)


def compared(pattern: str, luck: random.Random) -> int:
    """How many texts both match. Raises AssertionError for one that only one of them does."""
    expression = parse(pattern)
    assert expression is not None
    spelt = [word for word, _ in zip(shared_words([[Automaton(expression)]], Effort(3_000)), range(60), strict=False)]
    assert all(is_matched(pattern, word) for word in spelt), (pattern, spelt)
    letters = sorted(LETTERS)
    near = ["".join(luck.choice((letter, letter, luck.choice(letters))) for letter in word) for word in spelt]
    short = ["".join(luck.choices("aABx1.-_", k=luck.randrange(1, 5))) for _ in range(40)]
    for text in near + short:
        if set(text.lower()) <= set(LETTERS):
            assert accepts(expression, text.lower()) == is_matched(pattern, text), (pattern, text)
    return len(spelt)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_taken_apart_matches_as_re2_does(pattern: str) -> None:
    assert compared(pattern, random.Random(2026)) or pattern.startswith(r"\t")


@pytest.mark.parametrize("pattern", ODD)
def test_what_is_too_special_is_not_taken_apart(pattern: str) -> None:
    assert parse(pattern) is None


def test_whatever_may_stand_in_a_pattern_is_taken_apart_rightly_or_not_at_all() -> None:
    luck, seen = random.Random(2027), 0
    for _ in range(20_000):
        if seen == 300:
            break
        pattern = "".join(luck.choices(PIECES, k=luck.randrange(1, 8))) + "([0-9]+)"
        if not fault_of(pattern) and parse(pattern) is not None:
            compared(pattern, luck)
            seen += 1
    assert seen == 300


@pytest.mark.parametrize("pattern", [r"TJ\b([0-9]+)", r"TJ([0-9]+)(?:-|$)", r"(?-i)TJ([0-9]+)", r"\B(?-i:TJ)([0-9]+)"])
def test_loosely_more_is_taken_apart(pattern: str) -> None:
    assert parse(pattern) is None
    expression = parse(pattern, loosely=True)
    assert expression is not None
    assert accepts(expression, "tj1")


def test_the_characters_of_an_expression_are_all_that_its_words_are_made_of() -> None:
    expression = parse(r"ñ(?:a|b+)([0-2]{2})")
    assert expression is not None
    assert characters_of(expression) == frozenset("ñab012")
