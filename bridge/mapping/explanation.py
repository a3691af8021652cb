"""Why a name goes where it goes, for people and for programs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bridge.mapping.advice import how_to_mend
from bridge.mapping.model import Entry, Kind, Mapping, Occasion, Resolution, Step, TargetReference
from bridge.mapping.passed_over import PassedOver, PassedRules
from bridge.mapping.passed_settings import passed_settings
from bridge.mapping.reading import Finding, Reading, read_words
from bridge.mapping.reasons import why_read
from bridge.mapping.resolution import resolve
from bridge.tags import Tags, Word, parse_name
from bridge.targets import ImageType

_CHOSEN = (Kind.TYPE, Kind.STATION, Kind.CLINIC)


@dataclass(frozen=True)
class Account:
    """One step of a resolution, why the rule read it so ("" where the step says it all), and which were passed over.

    `means` is what its words were read as: one of `PatientForm` and the number or CURP, one of `Kind` and its value, or
    None.
    """

    step: Step
    why: str = ""
    passed_over: tuple[PassedOver, ...] = ()
    means: tuple[str, str] | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines of text, the first one without an indent."""
        why = (f"    why: {self.why}",) if self.why else ()
        return (self.step.sentence, *why, *(f"    passed over: {each}" for each in self.passed_over))


@dataclass(frozen=True)
class Explanation:
    """A name, what its tags are, and an account of each step of its resolution.

    `fix` says what to type or to write into the file so that a held name is filed; "" when the hold says it all.
    """

    tags: Tags
    mapping: Mapping
    occasion: Occasion
    resolution: Resolution
    accounts: tuple[Account, ...]
    fix: str

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines of text: the name and the file, some for each step, and the result."""
        steps = [line for account in self.accounts for line in account.lines]
        fix = (f"  to mend it: {self.fix}",) if self.fix else ()
        return (
            f"{self.tags.name}, by {self.mapping.file}:",
            *(f"  {line}" for line in (*self._before(), *steps, *self._after())),
            f"  result: {self.result}",
            *fix,
        )

    @property
    def result(self) -> str:
        """The target reference or the hold in one line."""
        if self.resolution.hold:
            return f"held ({self.resolution.hold.reason}): {self.resolution.hold.sentence}"
        target = self.resolution.reference
        parts = _parts(target).items() if target else ()
        return ", ".join(f"{part} {value}" for part, value in parts if value is not None)

    def to_json(self) -> dict[str, Any]:
        """The same as plain dicts and lists; `target` is None when held, `hold` when not."""
        target, hold = self.resolution.reference, self.resolution.hold
        return {
            "name": self.tags.name,
            "mapping": str(self.mapping.file),
            "version": self.mapping.version_hash,
            "guid": self.tags.guid,
            "captured_at": self.tags.captured_at.isoformat() if self.tags.captured_at else None,
            "taken_at": self.occasion.taken_at.isoformat() if self.occasion.taken_at else None,
            "practice": self.occasion.practice or None,
            "steps": [_account_json(account) for account in self.accounts],
            "unused": [word for each in self.accounts if not each.step.rule for word in each.step.words],
            "require": sorted(self.mapping.require),
            "target": _parts(target) if target else None,
            "hold": {"reason": hold.reason.value, "sentence": hold.sentence, "fix": self.fix} if hold else None,
        }

    def _before(self) -> tuple[str, ...]:
        return (f"`#{self.tags.guid}` read as the practice's guid",) if self.tags.guid else ()

    def _after(self) -> Iterator[str]:
        captured, taken = self.tags.captured_at, self.occasion.taken_at
        if captured:
            yield f"taken at {captured} by the phone's clock"
        if taken and taken != captured:
            yield f"taken at {taken:%Y-%m-%d %H:%M:%S} by the clinic's clock, which counts"
        if self.mapping.require:
            yield f"required of the patient in the chart: {', '.join(sorted(self.mapping.require))}"


def explain(name: str, mapping: Mapping, occasion: Occasion | None = None) -> Explanation:
    """Parse and resolve a name, keeping what is needed to tell why. `occasion` is as for `resolve`."""
    tags = parse_name(name)
    given = occasion or Occasion()
    known = replace(given, taken_at=given.taken_at or tags.captured_at)
    resolution = resolve(tags, mapping, known)
    reading = read_words(tags.words, mapping)
    hold = resolution.hold
    return Explanation(
        tags=tags,
        mapping=mapping,
        occasion=known,
        resolution=resolution,
        accounts=tuple(_Accounts(tags, resolution, reading, mapping, known)),
        fix=how_to_mend(hold.reason, tags, reading, mapping) if hold else "",
    )


class _Accounts:
    """The accounts of one resolution: of each finding and each word left over, then of what settings filled in."""

    def __init__(
        self, tags: Tags, resolution: Resolution, reading: Reading, mapping: Mapping, occasion: Occasion
    ) -> None:
        self._resolution = resolution
        self._reading = reading
        self._mapping = mapping
        self._occasion = occasion
        self._rules = PassedRules(tags.words, reading, mapping)
        self._image_type = self._type()

    def __iter__(self) -> Iterator[Account]:
        placed: list[tuple[int, Finding | Word]] = [(each.words[0].position, each) for each in self._reading.findings]
        placed += [(word.position, word) for word in self._reading.left]
        placed.sort(key=lambda each: each[0])
        for step, (_, read) in zip(self._reading.steps, placed, strict=True):
            yield self._of_finding(step, read) if isinstance(read, Finding) else self._of_left(step, read)
        filled = [step for step in self._resolution.steps if not step.words]
        yield from (self._of_setting(step) for step in filled)
        if self._resolution.reference:
            yield from self._of_nothing({step.rule for step in filled})

    def _of_finding(self, step: Step, finding: Finding) -> Account:
        passed = self._rules.over(finding.words)
        if isinstance(finding.means, Entry) and finding.means.kind in _CHOSEN:
            passed += self._settings(finding.means.kind, is_said=True)
        return Account(step, why_read(finding, self._mapping), passed, _meaning(finding))

    def _of_left(self, step: Step, word: Word) -> Account:
        return Account(step, "no rule of the file reads it", self._rules.over((word,)))

    def _of_setting(self, step: Step) -> Account:
        return Account(step, "", self._settings(Kind(step.rule), is_said=False))

    def _of_nothing(self, filled: set[str]) -> Iterator[Account]:
        """Of a station or clinic that nothing says, where settings might have."""
        for kind in (Kind.STATION, Kind.CLINIC):
            passed = self._settings(kind, is_said=False)
            if passed and kind not in filled and not self._reading.entries(kind):
                yield Account(Step((), f"no {kind}: no word says one, and no setting fits", "", None), "", passed)

    def _settings(self, kind: Kind, *, is_said: bool) -> tuple[PassedOver, ...]:
        return passed_settings(kind, self._image_type, self._mapping, self._occasion, is_said=is_said)

    def _type(self) -> ImageType | None:
        """The photo's type, as far as it is known."""
        if self._resolution.reference:
            return self._resolution.reference.type
        said = list(self._reading.entries(Kind.TYPE))
        return ImageType(said[0]) if len(said) == 1 else None


def _meaning(finding: Finding) -> tuple[str, str]:
    means = finding.means
    return (means.kind.value, means.value) if isinstance(means, Entry) else (means.form.value, means.value)


def _account_json(account: Account) -> dict[str, Any]:
    step = account.step
    return {
        "words": list(step.words),
        "rule": step.rule or None,
        "line": step.line,
        "sentence": step.sentence,
        "why": account.why or None,
        "passed_over": [{"rule": each.rule, "line": each.line, "reason": each.reason} for each in account.passed_over],
    }


def _parts(target: TargetReference) -> dict[str, str | None]:
    return {
        "patient": str(target.patient),
        "type": target.type.value,
        "station": target.station,
        "clinic": str(target.clinic) if target.clinic else None,
    }
