"""Patient rules that would read the same words, and rules that can read none: found by walking through what they match.

A rule stands for an expression: a number alone, a number after a prefix, a pattern. Every word found is tried with the
rules themselves before anything is said.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice

from bridge.mapping.automata import Automaton, Effort, TooLargeError, shared_words
from bridge.mapping.expressions import LETTERS, Chars, Repeat, Sequence, characters_of, literal, parse
from bridge.mapping.findings import Findings
from bridge.mapping.model import Mapping, PatientForm, PatientReference, PatientRule
from bridge.mapping.patients import read_patient, tokens_of
from bridge.mapping.shapes import NUMBER, meeting_texts, shape_of_rule
from bridge.tags import split_words

_LEADING_ZERO = re.compile("(?<![0-9])0")
_MOST_TRIED = 40
_EFFORT = 60_000
_EFFORT_FOR_TWO = 6_000
_EFFORT_FOR_ONE = 10_000
_LENGTHS = 9


@dataclass(frozen=True)
class _Seen:
    """What a rule reads of some words: the patient, and which words."""

    patient: PatientReference
    start: int
    end: int

    def meets(self, other: "_Seen") -> bool:
        return self.start < other.end and other.start < self.end

    def is_where(self, other: "_Seen") -> bool:
        return (self.start, self.end) == (other.start, other.end)


_Meeting = tuple[str, _Seen, _Seen]
"""A text of which two rules read the same word, and what each reads."""


def doubt_patients(mapping: Mapping, findings: Findings) -> None:
    """Note rules that overlap, and rules that no word of a name can satisfy."""
    rules, left = mapping.patient_rules, _EFFORT
    _note_not_understood(rules, findings)
    usable = [rule for rule in rules if not _note_idle(rule, findings)]
    for first, second in combinations(usable, 2):
        effort = Effort(min(left, _EFFORT_FOR_TWO))
        _note_two(first, second, findings, effort)
        left -= min(left, _EFFORT_FOR_TWO) - effort.left
        if left <= 0:
            message = "holds too many large patterns to compare each with all others; write them simpler"
            findings.warn(("patient",), message)
            break
    _note_same_prefixes(mapping, findings)


def _note_not_understood(rules: Iterable[PatientRule], findings: Findings) -> None:
    """Patterns that photos are read by, but that are nowhere compared with anything else."""
    for rule in rules:
        if rule.pattern and parse(rule.pattern) is None:
            message = (
                f"`{rule.pattern}` is too special to be compared with the file's other rules and words, so `examples` "
                r"alone can show that no name fits two of them; leave out what it can do without (`\b`, `^`, `$`, "
                "switches such as `(?-i)`)"
            )
            findings.warn(("patient", rule.name, "pattern"), message)


def _note_idle(rule: PatientRule, findings: Findings) -> bool:
    """True when a pattern can be understood, all of it was looked through, and no words of a name match it."""
    expression = parse(rule.pattern) if rule.pattern else None
    if expression is None:
        return False
    effort = Effort(_EFFORT_FOR_ONE)
    letters = frozenset(LETTERS) | {each for each in characters_of(expression) if split_words(each) == [each]}
    word = Repeat(Chars(letters - {"-"}), 1, None)
    words = Sequence((word, Repeat(Sequence((literal("-"), word)), 0, None)))
    try:
        shape = [*shape_of_rule(rule, NUMBER), Automaton(words)]
    except TooLargeError:
        return False
    if next(shared_words([shape], effort), None) or effort.left < 0:
        return False
    what = "a CURP" if rule.form is PatientForm.CURP else "a number of 1 to 9 digits"
    spaces = "; spaces arrive as `-`" if " " in rule.pattern else ""
    message = (
        f"`{rule.pattern}` can never be read: nothing that it matches holds {what} in its group, in words parted by `-`"
        f"{spaces}; try it with `mappings explain`"
    )
    findings.error(("patient", rule.name, "pattern"), message)
    return True


def _note_two(first: PatientRule, second: PatientRule, findings: Findings, effort: Effort) -> None:
    try:
        if first.is_plain is second.is_plain:
            _note_rivals(first, second, findings, effort)
        else:
            strong, plain = (second, first) if first.is_plain else (first, second)
            _note_stronger(strong, plain, findings, effort)
    except TooLargeError:
        _note_unproven(first, second, findings)


def _note_unproven(first: PatientRule, second: PatientRule, findings: Findings) -> None:
    message = (
        f"may read the same word as `{first.name}` (line {first.line}) does, and as another patient: the two stand for "
        "too much to be compared whole; write them simpler, or begin each with letters of its own"
    )
    findings.warn(_place(second), message)


def _note_rivals(first: PatientRule, second: PatientRule, findings: Findings, effort: Effort) -> None:
    """Two rules of the same strength: a name that both read as different patients is always held."""
    meetings: list[_Meeting] = []
    for texts in _shared_samples(first, second, effort):
        meetings += [(text, one, other) for text in texts for one, other in _meetings(first, second, text)]
        unlike = [met for met in meetings if met[1].patient != met[2].patient]
        if unlike:
            text, one, other = next((met for met in unlike if met[1].is_where(met[2])), unlike[0])
            said = (
                f"would read `{text}` as {other.patient}, and `{first.name}` (line {first.line}) as {one.patient}, "
                "so such a photo is always held; change one of the two so that no name fits both"
            )
            note = findings.error if one.is_where(other) else findings.warn
            note(_place(second), said)
            return
    if effort.left < 0:
        _note_unproven(first, second, findings)
    else:
        _note_longer(first, second, meetings, findings)


def _note_longer(first: PatientRule, second: PatientRule, meetings: list[_Meeting], findings: Findings) -> None:
    """The same patient, but one of the rules leaves a number over that could be another patient's."""
    for text, one, other in meetings:
        words, apart = split_words(text), {*range(one.start, one.end)} ^ {*range(other.start, other.end)}
        number = next((words[place] for place in sorted(apart) if any(map(str.isdigit, words[place]))), "")
        if number:
            message = (
                f"and `{first.name}` (line {first.line}) both read {one.patient} of `{text}`, but only one of "
                f"them takes `{number}` as a part of it; change one of the two so that no name fits both"
            )
            findings.warn(_place(second), message)
            return


def _shared_samples(first: PatientRule, second: PatientRule, effort: Effort) -> Iterator[Iterable[str]]:
    """Names in which both rules may read a word; then those of each length that both match, read or not."""
    yield _samples(meeting_texts(first, second, effort))
    shapes = [shape_of_rule(rule)[:1] for rule in (first, second)]
    yield _samples(shared_words(shapes, Effort(_EFFORT_FOR_ONE), each_length=True))


def _samples(texts: Iterable[str]) -> Iterator[str]:
    """Some of many texts: the shortest, the longest, and some with leading zeros, which may be read otherwise."""
    found = dict.fromkeys(texts)
    yield from islice(found, _MOST_TRIED)
    longest, zeros = deque[str](maxlen=_MOST_TRIED), deque[str](maxlen=_MOST_TRIED)
    for text in islice(found, _MOST_TRIED, None):
        (zeros if _LEADING_ZERO.search(text) else longest).append(text)
    yield from (*zeros, *longest)


def _note_stronger(strong: PatientRule, plain: PatientRule, findings: Findings, effort: Effort) -> None:
    """A pattern is read before a number alone: it may take some of those numbers, or all."""
    if not strong.pattern:
        return
    both = shared_words([shape_of_rule(strong), shape_of_rule(plain)], effort)
    taken = [text for text in islice(both, _MOST_TRIED) if _whole(strong, text)]
    if not taken:
        return
    samples = _plain_samples(plain)
    if all(_whole(strong, text) for text in samples):
        message = f"can never be read, because `{strong.name}` on line {strong.line} takes what it reads; remove one"
        findings.error(("patient", plain.name), message)
        return
    message = (
        f"takes `{taken[0]}` before `{plain.name}` on line {plain.line} can read it; if that is not meant, put letters "
        "into the pattern that the other numbers do not have"
    )
    findings.warn(_place(strong), message)


def _note_same_prefixes(mapping: Mapping, findings: Findings) -> None:
    """`nh id` and `nhid` of two rules: people will not know the difference, and it is another patient."""
    known: dict[str, tuple[PatientRule, str]] = {}
    for rule in mapping.patient_rules:
        for index, prefix in enumerate(rule.prefixes):
            other, written = known.setdefault("".join(prefix), (rule, " ".join(prefix)))
            path = ("patient", rule.name, "prefix", index)
            if other is not rule:
                message = f"is `{written}` of `{other.name}` on line {other.line} but for the space; use other words"
                findings.warn(path, f"`{' '.join(prefix)}` {message}")
            elif prefix in rule.prefixes[:index]:
                findings.warn(path, f"`{' '.join(prefix)}` is listed twice; remove one of the two")


def _place(rule: PatientRule) -> tuple[str | int, ...]:
    return ("patient", rule.name, "pattern") if rule.pattern else ("patient", rule.name)


def _plain_samples(rule: PatientRule) -> list[str]:
    if rule.form is PatientForm.CURP:
        return ["galm150314mbcrpr01", "LOPJ990101HDFPRN09"]
    return [digit * length for length in range(1, _LENGTHS + 1) for digit in ("1", "7")]


def _reads(rule: PatientRule, text: str) -> list[_Seen]:
    tokens = tokens_of(split_words(text))
    found = ((start, read_patient(rule, tokens, start)) for start in range(len(tokens)))
    return [_Seen(read[0], start, read[1]) for start, read in found if read]


def _whole(rule: PatientRule, text: str) -> bool:
    """Whether a rule reads all of a text as one patient."""
    return any(seen.start == 0 and seen.end == len(split_words(text)) for seen in _reads(rule, text))


def _meetings(first: PatientRule, second: PatientRule, text: str) -> Iterator[tuple[_Seen, _Seen]]:
    for one in _reads(first, text):
        yield from ((one, other) for other in _reads(second, text) if one.meets(other))
