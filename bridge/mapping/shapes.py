"""What patient rules and aliases match, as automata, for finding the names in which two of them want the same word."""

from collections.abc import Iterable, Iterator, Sequence

from bridge.mapping.automata import Automaton, Effort, shared_words
from bridge.mapping.expressions import LETTERS, Choice, Expression, literal, parse, with_captured
from bridge.mapping.expressions import Sequence as InTurn
from bridge.mapping.model import Key, PatientForm, PatientRule
from bridge.mapping.patients import ways_of_writing

NUMBER = "(?:" + "|".join(f"0{{{zeros}}}[1-9][0-9]{{0,{8 - zeros}}}" for zeros in range(9)) + ")"
_LONG_NUMBER = "0*[1-9][0-9]*"
"""Also numbers of too many digits, as that is much less to look through."""
_CURP = "[a-z]{4}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])[hmx][a-z]{5}[a-z0-9][0-9]"

Shape = Sequence[Automaton]
"""Automata that must all match the same words."""


def shape_of_rule(rule: PatientRule, number: str = _LONG_NUMBER, around: Iterable[str] = ()) -> Shape:
    """What a rule reads, with a `number` in it; among words of the letters `around`, where there are any.

    A pattern that is not understood reads nothing. Raises TooLargeError.
    """
    return [Automaton(expression, frozenset(around)) for expression in _expressions(rule, number)]


def shape_of_words(key: Key, around: Iterable[str]) -> Shape:
    """An alias as it stands and written as one, among words of the letters `around`. Raises TooLargeError."""
    ways = dict.fromkeys(("-".join(key), "".join(key)))
    return [Automaton(Choice(tuple(literal(way) for way in ways)), frozenset(around))]


def letters_around(keys: Iterable[Key] = ()) -> frozenset[str]:
    """The letters of usual words and of these."""
    return frozenset(LETTERS).union(*(word for key in keys for word in key)) - {"-"}


def meeting_texts(first: PatientRule, second: PatientRule, effort: Effort) -> Iterator[str]:
    """Names in which two rules may read a word both. Raises TooLargeError."""
    around = letters_around()
    yield from shared_words([shape_of_rule(rule, around=around) for rule in (first, second)], effort)


def _expressions(rule: PatientRule, number: str) -> list[Expression]:
    """What a rule matches; for a pattern two, as its group must also be a number or CURP."""
    content = parse(_CURP if rule.form is PatientForm.CURP else number) or Choice(())
    if rule.prefixes:
        dash = Choice((literal("-"), InTurn(())))
        ways = (way for prefix in rule.prefixes for way in ways_of_writing(prefix))
        prefixes = Choice(tuple(literal("-".join(way)) for way in ways))
        return [InTurn((prefixes, dash, content))]
    if not rule.pattern:
        return [content]
    pattern = parse(rule.pattern)
    return [pattern, with_captured(pattern, content)] if pattern else [Choice(())]
