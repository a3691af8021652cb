"""Reading a name's words: which rule takes which words, and which are left over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bridge.mapping.model import Entry, Kind, Mapping, PatientReference, PatientRule, Step
from bridge.mapping.patients import Token, read_patient, tokens_of
from bridge.tags import Word


@dataclass(frozen=True)
class Finding:
    """Words that a rule took, and what they mean."""

    words: tuple[Word, ...]
    means: Entry | PatientReference
    rule: str
    line: int | None

    @property
    def shown(self) -> str:
        """The words as typed, in quotes."""
        return quoted(self.words)

    @property
    def step(self) -> Step:
        """What was read, as a sentence with the rule's name and line."""
        if isinstance(self.means, PatientReference):
            sentence = f"{self.shown} read as patient {self.means.form} by rule `{self.rule}`, line {self.line}"
        elif self.means.kind is Kind.IGNORED:
            sentence = f"{self.shown} ignored, line {self.line}"
        else:
            sentence = f"{self.shown} read as {self.means} by alias `{self.rule}`, line {self.line}"
        return Step(tuple(str(word) for word in self.words), sentence, self.rule, self.line)


@dataclass(frozen=True)
class Reading:
    """All words of a name: found ones in the order of the name, and those that no rule takes.

    Patients' findings may share words when rules read them as different patients. `disputes` are words that are a
    patient's by one rule and by an alias something else, only one of the two in whole.
    """

    findings: tuple[Finding, ...]
    left: tuple[Word, ...]
    disputes: tuple[tuple[Finding, Finding], ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """One step for each finding and each word left over, in the order of the name."""
        steps = [(finding.words[0].position, finding.step) for finding in self.findings]
        steps += [(w.position, Step((str(w),), f"{quoted((w,))} is not used", "", None)) for w in self.left]
        return tuple(step for _, step in sorted(steps, key=lambda placed: placed[0]))

    @property
    def patients(self) -> dict[PatientReference, Finding]:
        """Each patient that the name names, with a finding of it."""
        return {finding.means: finding for finding in self.findings if isinstance(finding.means, PatientReference)}

    def findings_of(self, patient: PatientReference) -> tuple[Finding, ...]:
        """All findings of one patient, in the order of the name."""
        return tuple(finding for finding in self.findings if finding.means == patient)

    def entries(self, kind: Kind) -> dict[str, Finding]:
        """What the name says of one kind: each value, with the first finding of it."""
        found: dict[str, Finding] = {}
        for finding in self.findings:
            if isinstance(finding.means, Entry) and finding.means.kind is kind:
                found.setdefault(finding.means.value, finding)
        return found


def read_words(words: tuple[Word, ...], mapping: Mapping) -> Reading:
    """Give each word to what it means: aliases first, the longest first, then patients.

    A number after a prefix or in a pattern is read before a number alone: `old 1001` must never be the chart's own
    1001. Nothing depends on the order of rules in the file: where two of them read the same words as different
    patients, both are found.
    """
    tokens = tokens_of(word.text for word in words)
    said = _aliases(tokens, mapping)
    strong, plain = (
        _readings(tokens, (rule for rule in mapping.patient_rules if rule.is_plain is is_plain))
        for is_plain in (False, True)
    )
    strong = [read for read in strong if not any(alias.holds(read) for alias in said)]
    plain = [read for read in plain if not any(other.meets(read) for other in (*said, *strong))]
    reads = sorted([*said, *strong, *plain], key=lambda read: (read.start, read.end, str(read.means)))
    taken = {place for read in reads for place in range(read.start, read.end)}
    return Reading(
        findings=tuple(read.finding(words) for read in reads),
        left=tuple(word for place, word in enumerate(words) if place not in taken),
        disputes=tuple(
            (patient.finding(words), alias.finding(words))
            for patient in strong
            for alias in said
            if alias.meets(patient)
        ),
    )


def quoted(words: tuple[Word, ...]) -> str:
    """Words as typed, parted by hyphens as they arrived, in quotes."""
    return f"`{'-'.join(str(word) for word in words)}`"


@dataclass(frozen=True)
class _Read:
    """What a rule makes of the words from `start` up to `end`, which is not included."""

    start: int
    end: int
    means: Entry | PatientReference
    rule: str
    line: int | None

    def meets(self, other: "_Read") -> bool:
        return self.start < other.end and other.start < self.end

    def holds(self, other: "_Read") -> bool:
        return self.start <= other.start and other.end <= self.end

    def finding(self, words: tuple[Word, ...]) -> Finding:
        return Finding(words[self.start : self.end], self.means, self.rule, self.line)


def _aliases(tokens: list[Token], mapping: Mapping) -> list[_Read]:
    """The aliases that are said, each word in one of them at most; the longest are taken first."""
    keys = tuple(token.key for token in tokens)
    found: list[_Read] = []
    for length in range(min(mapping.most_words, len(keys)), 0, -1):
        for start in range(len(keys) - length + 1):
            entry = mapping.vocabulary.get(keys[start : start + length])
            if entry:
                read = _Read(start, start + length, entry, entry.alias, entry.line)
                if not any(other.meets(read) for other in found):
                    found.append(read)
    return found


def _readings(tokens: list[Token], rules: Iterable[PatientRule]) -> list[_Read]:
    """Every patient that the rules read; where readings of one rule, or of one patient, share words, the longest."""
    kept: list[_Read] = []
    for read in sorted(_possible(tokens, rules), key=lambda read: (read.start - read.end, read.start, read.rule)):
        if not any(other.holds(read) and (other.rule == read.rule or other.means == read.means) for other in kept):
            kept.append(read)
    return kept


def _possible(tokens: list[Token], rules: Iterable[PatientRule]) -> Iterator[_Read]:
    for rule in rules:
        for start in range(len(tokens)):
            found = read_patient(rule, tokens, start)
            if found:
                yield _Read(start, found[1], found[0], rule.name, rule.line)
