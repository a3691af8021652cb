"""Expressions taken apart match what RE2 matches with them, neither more nor less."""

import random

import pytest
import re2

from bridge.mapping.automata import Automaton, Effort, shared_words
from bridge.mapping.expressions import LETTERS, literal, parse

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
    r"[A-C\d]([0-9])",
    r"[Z-a_]([0-9])",
    r"[]a]([0-9])",
    r"[^]a]([0-9])",
    r"[a\-c]([0-9])",
    r"\Qa.b\E([0-9])",
    r"\Qa.b",
    r"\w\W([0-9])",
    r"\D\S([0-9])",
    r"(?P<number>[0-9]{2})(?:a|b)?",
    r"(?i)ab([0-9])",
    r"(?i:AB)([0-9])",
    r"ñ([0-9])",
    r"[Ññ]([0-9])",
    r"\xf1([0-9])",
    r"\tx([0-9])",
    r"a{2}b{0,1}(c+)",
    r"^x([0-9])$",
]


def is_matched(pattern: str, text: str) -> bool:
    options = re2.Options()
    options.case_sensitive = False
    return bool(re2.compile(pattern, options).fullmatch(text))


def is_understood_so(pattern: str, text: str) -> bool:
    """Whether the expression taken apart matches the text."""
    expression = parse(pattern)
    assert expression is not None
    both = [[Automaton(expression), Automaton(literal(text))]]
    return text in shared_words(both, Effort(100_000))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_an_expression_is_said_to_match_re2_matches(pattern: str) -> None:
    expression = parse(pattern)
    assert expression is not None
    words = list(shared_words([[Automaton(expression)]], Effort(5_000)))
    assert all(is_matched(pattern, word) for word in words)
    assert words or pattern.startswith(r"\t")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_re2_matches_an_expression_is_said_to_match(pattern: str) -> None:
    luck = random.Random(2026)
    expression = parse(pattern)
    assert expression is not None
    likely = [word for word, _ in zip(shared_words([[Automaton(expression)]], Effort(5_000)), range(100), strict=False)]
    for word in [*likely, "a1", "1x2"]:
        changed = list(word)
        changed[luck.randrange(len(changed))] = luck.choice(LETTERS)
        text = "".join(changed)
        assert is_understood_so(pattern, text) == is_matched(pattern, text), text


@pytest.mark.parametrize(
    "pattern", [r"(?-i)TJ([0-9]+)", r"(?-i:TJ)([0-9]+)", r"\Qa\E+([0-9])", "(" * 3000 + "1" + ")" * 3000]
)
def test_what_is_too_special_is_not_taken_apart(pattern: str) -> None:
    assert parse(pattern) is None
