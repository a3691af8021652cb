"""What a mapping file could learn from repairs by hand: words to add, with the evidence, and a patch that is proven.

A word is proposed when it was left unread in at least three held uploads of at least two patients, and everybody who
assigned such an upload put it to the same type, station or patient number. Words with a digit, and words of the names
of the patients concerned, are never proposed.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from bridge.errors import InputProblemsError
from bridge.mapping.expectations import check_examples
from bridge.mapping.loader import parse_mapping
from bridge.mapping.model import Key, Kind, Mapping, PatientForm, PatientRule
from bridge.mapping.patching import Addition, unified_diff, with_addition
from bridge.mapping.patients import key_of
from bridge.mapping.repairs import Evidence, LessonKind, Numbered, Person, Phrase
from bridge.yamlfile import read_bytes

FEWEST_TIMES = 3
FEWEST_PATIENTS = 2
_MOST_ASKED = 30
"""The chart is asked about so many patients of one word at most."""


@dataclass(frozen=True)
class ChartFacts:
    """What one practice's chart tells: its stations by number, a patient's name, and patients by their old numbers.

    As they stand here they tell nothing, as when the chart is away. What the functions raise goes through.
    """

    stations: ReadOnlyMapping[int, str] = field(default_factory=dict)
    name_of: Callable[[int], str] = lambda _patient: ""
    by_oldid: Callable[[int], Collection[int]] = lambda _oldid: ()


@dataclass(frozen=True)
class Suggestion:
    """Words to add for `value` (a type, a station, or a form of patient number), and how often by how many people.

    `word` is as the file would say it, `shown` as people typed it. `also_changes` uploads that were filed without a
    person would be filed otherwise, too; None when nobody looked.
    """

    kind: LessonKind
    word: str
    value: str
    shown: str
    times: int
    people: int
    uploads: frozenset[int] = field(repr=False)
    also_changes: int | None = None

    @property
    def key(self) -> Key:
        """The words as aliases are compared."""
        return key_of(self.word)

    @property
    def sentence(self) -> str:
        """The evidence."""
        people = f"{self.people} {'person' if self.people == 1 else 'people'}"
        if self.kind is LessonKind.PREFIX:
            noun = {PatientForm.ID: "the chart's number", PatientForm.OLDID: "the old number"}[PatientForm(self.value)]
            return f"{self.shown} stood before {noun} of the patient {self.times} times, in what {people} assigned"
        where = self.value if self.kind is LessonKind.TYPE else f"station {self.value}"
        return f"{self.shown} assigned to {where} {self.times} times by {people}"


@dataclass(frozen=True)
class Proposal:
    """A mapping file's text before and after, the suggestions in it, and those that must be put in by hand.

    `mapping` is the text after, loaded: it is good, and its examples come out.
    """

    before: str
    after: str
    mapping: Mapping
    made: tuple[Suggestion, ...]
    left_out: tuple[Suggestion, ...]

    @property
    def patch(self) -> str:
        """The unified diff, "" when there is nothing to change."""
        return unified_diff(self.before, self.after, self.mapping.file.name)


def read_source(file: Path) -> tuple[Mapping, bytes]:
    """A mapping file that can be added to, and its bytes. Raises InputProblemsError when it is broken, or its examples
    do not come out: nothing can be proven then.
    """
    raw = read_bytes(file)
    mapping = parse_mapping(raw, file)
    problems = check_examples(mapping)
    if problems:
        raise InputProblemsError(tuple(problems))
    return mapping, raw


def find_suggestions(
    phrases: ReadOnlyMapping[Key, Phrase], facts: ReadOnlyMapping[str, ChartFacts]
) -> tuple[Suggestion, ...]:
    """What phrases of repairs teach, the most frequent first. Repairs that a longer or more frequent phrase explains
    do not count again. `facts` are the charts', by practice.
    """
    found = [one for key, phrase in phrases.items() for one in _of_phrase(key, phrase, facts)]
    found.sort(key=lambda one: (-one.times, -len(one.key), one.key, one.kind))
    explained: dict[LessonKind, set[int]] = {kind: set() for kind in LessonKind}
    kept = []
    for one in found:
        if len(one.uploads - explained[one.kind]) >= FEWEST_TIMES:
            explained[one.kind] |= one.uploads
            kept.append(one)
    return tuple(kept)


def propose(mapping: Mapping, raw: bytes, suggestions: Iterable[Suggestion]) -> Proposal:
    """Put suggestions into the file's bytes, each one proven: it stays good and they do what they shall."""
    text = raw.decode("utf-8-sig")
    proposal = Proposal(text, text, mapping, (), ())
    for one in suggestions:
        proven = _proven(proposal, one)
        if proven is None:
            proposal = replace(proposal, left_out=(*proposal.left_out, one))
        else:
            after, changed = proven
            proposal = replace(proposal, after=after, mapping=changed, made=(*proposal.made, one))
    return proposal


def _of_phrase(key: Key, phrase: Phrase, facts: ReadOnlyMapping[str, ChartFacts]) -> Iterator[Suggestion]:
    if len(phrase.types) == 1 and _is_enough(phrase.by_type):
        found: tuple[LessonKind, str, Evidence] | None = (LessonKind.TYPE, next(iter(phrase.types)), phrase.by_type)
    else:
        found = _station_of(phrase, facts) or _prefix_of(phrase, facts)
    if found is not None and not _is_a_name(key, found[2].patients, facts):
        kind, value, evidence = found
        yield Suggestion(
            kind=kind,
            word=phrase.spelt.most_common(1)[0][0],
            value=value,
            shown=phrase.shown.most_common(1)[0][0],
            times=len(evidence.uploads),
            people=len(evidence.actors),
            uploads=frozenset(evidence.uploads),
        )


def _is_enough(evidence: Evidence) -> bool:
    return len(evidence.uploads) >= FEWEST_TIMES and len(evidence.patients) >= FEWEST_PATIENTS


def _station_of(phrase: Phrase, facts: ReadOnlyMapping[str, ChartFacts]) -> tuple[LessonKind, str, Evidence] | None:
    """The one station by name that all went to, also where several charts number it each in its own way."""
    names = {facts[practice].stations.get(number or 0) for practice, number in phrase.stations}
    name = names.pop() if len(names) == 1 else None
    if name is None or name in phrase.stations_anyway or not _is_enough(phrase.by_station):
        return None
    return LessonKind.STATION, name, phrase.by_station


def _prefix_of(phrase: Phrase, facts: ReadOnlyMapping[str, ChartFacts]) -> tuple[LessonKind, str, Evidence] | None:
    """The form of number that the phrase announces: each number after it is, in this form, that of the patient."""
    evidence = Evidence()
    for numbered in phrase.numbers:
        evidence.add(numbered.repair)
    if not _is_enough(evidence):
        return None
    if all(not each.is_read and each.number == each.repair.target.patient for each in phrase.numbers):
        return LessonKind.PREFIX, PatientForm.ID, evidence
    if len(phrase.numbers) <= _MOST_ASKED and all(_is_old_number(each, facts) for each in phrase.numbers):
        return LessonKind.PREFIX, PatientForm.OLDID, evidence
    return None


def _is_old_number(each: Numbered, facts: ReadOnlyMapping[str, ChartFacts]) -> bool:
    patients = facts[each.repair.upload.practice].by_oldid(each.number)
    return set(patients) == {each.repair.target.patient}


def _is_a_name(key: Key, patients: Iterable[Person], facts: ReadOnlyMapping[str, ChartFacts]) -> bool:
    names = (facts[practice].name_of(patient) for practice, patient in islice(sorted(patients), _MOST_ASKED))
    return any(word in key for name in names for word in key_of(name))


def _proven(proposal: Proposal, one: Suggestion) -> tuple[str, Mapping] | None:
    """The text with one more suggestion, and what it says; None when it cannot be put in or does not do its work."""
    file = proposal.mapping.file
    addition = _addition(one, proposal.mapping)
    try:
        after = with_addition(proposal.after, addition, file)
        mapping = parse_mapping(after.encode(), file) if after is not None else None
    except InputProblemsError:
        return None
    if after is None or mapping is None or check_examples(mapping) or not _says(one, mapping):
        return None
    return after, mapping


def _addition(one: Suggestion, mapping: Mapping) -> Addition:
    if one.kind is not LessonKind.PREFIX:
        return Addition((f"{one.kind}s", one.value), "aliases", one.word)
    rule = next((rule for rule in mapping.patient_rules if rule.form == one.value and rule.prefixes), None)
    name = rule.name if rule else _free_name(f"{one.word}-number", mapping.patient_rules)
    return Addition(("patient", name), "prefix", one.word, before_list=f"form: {one.value}")


def _free_name(wanted: str, rules: Iterable[PatientRule]) -> str:
    taken = {rule.name for rule in rules}
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (wanted, *numbered) if name not in taken)


def _says(one: Suggestion, mapping: Mapping) -> bool:
    if one.kind is LessonKind.PREFIX:
        return any(one.key in rule.prefixes and rule.form == one.value for rule in mapping.patient_rules)
    entry = mapping.vocabulary.get(one.key)
    kind = Kind.TYPE if one.kind is LessonKind.TYPE else Kind.STATION
    return entry is not None and (entry.kind, entry.value) == (kind, one.value)
