"""Which rules could have taken words of a name and did not, and why."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from bridge.mapping.model import Entry, Key, Kind, Mapping, PatientReference, PatientRule
from bridge.mapping.patients import Token, asks_for, key_of, much_like, read_patient, tokens_of
from bridge.mapping.reading import Finding, Reading, quoted
from bridge.mapping.reasons import why_unread
from bridge.tags import Word

_MOST_NEAR = 3
_SHORTEST_TO_COMPARE = 4
_MOST_TO_COMPARE = 8
_MOST_COMPARED = 2000
"""Comparing spellings is slow, so a few words are compared with as many aliases as a large clinic has."""


@dataclass(frozen=True)
class PassedOver:
    """A rule that did not take a word, where it stands in the file, and why not. `rule` is as people call it."""

    rule: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        place = f", line {self.line}" if self.line is not None else ""
        return f"{self.rule}{place}: {self.reason}"


@dataclass(frozen=True)
class Candidate:
    """A reading that a rule offers: of the words from `start` to before `end`."""

    start: int
    end: int
    means: Entry | PatientReference
    rule: Entry | PatientRule

    @property
    def positions(self) -> range:
        """The words' positions in the name."""
        return range(self.start, self.end)

    @property
    def rule_key(self) -> str:
        """The name of a rule for patients in the file; "" for an alias."""
        return self.rule.name if isinstance(self.rule, PatientRule) else ""

    @property
    def name(self) -> str:
        """The rule as people call it."""
        return alias_name(self.rule) if isinstance(self.rule, Entry) else rule_name(self.rule)


class PassedRules:
    """The rules that were passed over in one reading of a name."""

    def __init__(self, words: tuple[Word, ...], reading: Reading, mapping: Mapping) -> None:
        self._words = words
        self._mapping = mapping
        self._tokens = tokens_of(word.text for word in words)
        self._compares = len(reading.left) <= _MOST_TO_COMPARE
        self._owners = {word.position: each for each in reading.findings for word in each.words}
        self._readers = {(word.position, each.rule) for each in _patients_of(reading) for word in each.words}
        taken = {(each.words[0].position, each.words[-1].position + 1, each.means) for each in reading.findings}
        offers = (*_aliases(self._tokens, mapping), *_patients(self._tokens, mapping))
        self._offered = {(at, each.rule_key) for each in offers for at in each.positions}
        self._beaten = [each for each in offers if (each.start, each.end, each.means) not in taken]

    def over(self, words: tuple[Word, ...]) -> tuple[PassedOver, ...]:
        """Those for the words of one finding, or for one word that is left over."""
        positions = {word.position for word in words}
        told = [*self._beaten_at(positions), *self._silent_patients(words), *self._station_names(words)]
        if positions.isdisjoint(self._owners) and self._compares:
            told += [*self._near_prefixes(words[0]), *self._near_aliases(words[0])]
        return tuple(dict.fromkeys(told))

    def _beaten_at(self, positions: set[int]) -> Iterator[PassedOver]:
        for each in self._beaten:
            is_its_own = any((at, each.rule_key) in self._readers for at in each.positions)
            if not positions.isdisjoint(each.positions) and not is_its_own:
                yield PassedOver(each.name, each.rule.line, self._why_beaten(each))

    def _why_beaten(self, beaten: Candidate) -> str:
        winner = next(owner for at in beaten.positions if (owner := self._owners.get(at)))
        if isinstance(beaten.rule, PatientRule):
            return _why_patient_beaten(beaten, winner)
        length = len(winner.words)
        if length > len(beaten.positions):
            return f"the longer {_called(winner)} took {winner.shown}"
        if length < len(beaten.positions):
            return f"another reading took {winner.shown}"
        if (winner.words[0].position, winner.words[-1].position + 1) == (beaten.start, beaten.end):
            return f"{_called(winner)} stands for the same words"
        return f"{winner.shown} stands earlier in the name and took a word of it"

    def _silent_patients(self, words: tuple[Word, ...]) -> Iterator[PassedOver]:
        """Rules for patients that look at a word with a digit, or at their own prefix, and read nothing there."""
        for rule in self._mapping.patient_rules:
            if any((word.position, rule.name) in self._offered for word in words):
                continue
            reasons = (why_unread(rule, self._tokens, word.position) for word in words)
            reason = next((each for each in reasons if each), "")
            if reason:
                yield PassedOver(rule_name(rule), rule.line, reason)

    def _station_names(self, words: tuple[Word, ...]) -> Iterator[PassedOver]:
        """A station's own name gives way to a type's word."""
        owner = self._owners.get(words[0].position)
        if owner is None or not isinstance(owner.means, Entry) or owner.means.kind is not Kind.TYPE:
            return
        for name, line in _stations(self._mapping).items():
            if "".join(key_of(name)) == "".join(token.key for token in self._tokens_of(words)):
                yield PassedOver(f"station `{name}`", line, "a station's name gives way to a type's word")

    def _near_prefixes(self, word: Word) -> Iterator[PassedOver]:
        """Rules for patients that read a number beside a word of which a left-over word may be a slip."""
        key = self._tokens_of((word,))[0].key
        for rule in self._mapping.patient_rules:
            like = much_like(rule, word.text)
            if like and key not in asks_for(rule):
                where = "beside" if rule.pattern else "after"
                reason = f"{quoted((word,))} is much like `{like}`, {where} which rule `{rule.name}` reads a number"
                yield PassedOver(rule_name(rule), rule.line, reason)

    def _near_aliases(self, word: Word) -> Iterator[PassedOver]:
        """Aliases of which a left-over word is only a part, or that are spelt much like it."""
        key = self._tokens_of((word,))[0].key
        entries = self._mapping.vocabulary
        parts = [entry for known, entry in entries.items() if key in known and len(known) > 1]
        spelt = {known[0]: entry for known, entry in islice(entries.items(), _MOST_COMPARED) if len(known) == 1}
        is_long = len(key) >= _SHORTEST_TO_COMPARE
        near = difflib.get_close_matches(key, spelt, _MOST_NEAR, 0.75) if is_long else []
        for entry in parts[:_MOST_NEAR]:
            yield PassedOver(alias_name(entry), entry.line, f"{quoted((word,))} is only a part of it")
        for known in near:
            yield PassedOver(alias_name(spelt[known]), spelt[known].line, "it is spelt otherwise; was it meant?")

    def _tokens_of(self, words: tuple[Word, ...]) -> list[Token]:
        return [self._tokens[word.position] for word in words]


def alias_name(entry: Entry) -> str:
    """An alias as people call it, with what it stands for."""
    return f"alias `{entry.alias}` ({entry})"


def rule_name(rule: PatientRule) -> str:
    """A way of naming patients as people call it."""
    return f"rule `{rule.name}` (patient {rule.form})"


def _called(finding: Finding) -> str:
    return f"{'rule' if isinstance(finding.means, PatientReference) else 'alias'} `{finding.rule}`"


def _why_patient_beaten(beaten: Candidate, winner: Finding) -> str:
    if isinstance(winner.means, Entry):
        return f"aliases are read before patients, and alias `{winner.rule}` took {winner.shown}"
    if winner.means == beaten.means:
        return f"it says the same patient as rule `{winner.rule}`"
    return f"gives way to rule `{winner.rule}`, which knows {winner.shown} by more than the number"


def _patients_of(reading: Reading) -> list[Finding]:
    return [each for each in reading.findings if isinstance(each.means, PatientReference)]


def _aliases(tokens: list[Token], mapping: Mapping) -> Iterator[Candidate]:
    keys: Key = tuple(token.key for token in tokens)
    longest = max(map(len, mapping.vocabulary), default=0)
    for start in range(len(keys)):
        for end in range(start + 1, min(start + longest, len(keys)) + 1):
            entry = mapping.vocabulary.get(keys[start:end])
            if entry:
                yield Candidate(start, end, entry, entry)


def _patients(tokens: list[Token], mapping: Mapping) -> Iterator[Candidate]:
    for rule in mapping.patient_rules:
        for start in range(len(tokens)):
            found = read_patient(rule, tokens, start)
            if found:
                yield Candidate(start, found[1], found[0], rule)


def _stations(mapping: Mapping) -> dict[str, int | None]:
    """The stations' names that the file mentions, each with a line of it."""
    of_types = {setting.value: setting.line for setting in mapping.type_stations.values()}
    return of_types | {each.value: each.line for each in mapping.vocabulary.values() if each.kind is Kind.STATION}
