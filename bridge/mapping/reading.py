"""Reading a name's words: which rule takes which words, and which are left over."""

from collections.abc import Iterator
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
    """All words of a name: found ones in the order of the name, and those that no rule takes."""

    findings: tuple[Finding, ...]
    left: tuple[Word, ...]

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

    def entries(self, kind: Kind) -> dict[str, Finding]:
        """What the name says of one kind: each value, with the first finding of it."""
        found: dict[str, Finding] = {}
        for finding in self.findings:
            if isinstance(finding.means, Entry) and finding.means.kind is kind:
                found.setdefault(finding.means.value, finding)
        return found


def read_words(words: tuple[Word, ...], mapping: Mapping) -> Reading:
    """Give each word to one rule at most: aliases first, the longest first, then patients.

    A number after a prefix is read before a number alone, whatever the order in the file: `old 1001` must never be
    the chart's own 1001.
    """
    tokens = tokens_of(word.text for word in words)
    free = set(range(len(words)))
    findings = []
    for start, end, means, rule, line in _readings(tokens, mapping):
        taken = set(range(start, end))
        if taken <= free:
            free -= taken
            findings.append(Finding(words[start:end], means, rule, line))
    findings.sort(key=lambda finding: finding.words[0].position)
    return Reading(tuple(findings), tuple(words[index] for index in sorted(free)))


def quoted(words: tuple[Word, ...]) -> str:
    """Words as typed, parted by hyphens as they arrived, in quotes."""
    return f"`{'-'.join(str(word) for word in words)}`"


_Reading = tuple[int, int, Entry | PatientReference, str, int | None]


def _readings(tokens: list[Token], mapping: Mapping) -> Iterator[_Reading]:
    """Every possible reading, the stronger ones first: start, end, meaning, rule, line."""
    keys = tuple(token.key for token in tokens)
    longest = max(map(len, mapping.vocabulary), default=0)
    for length in range(min(longest, len(keys)), 0, -1):
        for start in range(len(keys) - length + 1):
            entry = mapping.vocabulary.get(keys[start : start + length])
            if entry:
                yield start, start + length, entry, entry.alias, entry.line
    for rule in sorted(mapping.patient_rules, key=_prefixed_first):
        for start in range(len(tokens)):
            found = read_patient(rule, tokens, start)
            if found:
                yield start, found[1], found[0], rule.name, rule.line


def _prefixed_first(rule: PatientRule) -> bool:
    return not rule.prefixes
