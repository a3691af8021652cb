"""Trying a mapping file on the past: what it makes of remembered uploads, beside what the version in force does.

Nothing is changed, and the chart is not asked: what only the chart can tell (no such patient, no clinic that day) is
the same by both.
"""

from collections import Counter
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from bridge.holds import HoldReason
from bridge.mapping.alike import AlikeName, AlikeNames
from bridge.mapping.model import Mapping, PatientForm, PatientReference, TargetReference
from bridge.mapping.past import PastUpload
from bridge.mapping.resolution import resolve
from bridge.targets import ChartTarget

MOST_EXAMPLES = 5
_REMEMBERED_WORDS = 20_000
"""Names that are alike are resolved once, as far back as this many: memory does not grow with the past."""


class Cause(StrEnum):
    """What would become another thing. An upload that would go elsewhere in two ways counts for both."""

    NOW_FILED = "held-to-filed"
    NOW_HELD = "filed-to-held"
    HELD_OTHERWISE = "held-otherwise"
    PATIENT = "other-patient"
    TYPE = "other-type"
    STATION = "other-station"
    CLINIC = "other-clinic"


class Verdict(StrEnum):
    """What a mapping file makes of an upload that a person assigned, beside the person's target."""

    AGREES = "agrees"
    DIFFERS = "differs"
    HELD = "held"
    NEEDS_CHART = "needs-chart"
    """The name gives a CURP or an old number, and only the chart knows whose that is; the rest agrees."""


@dataclass(frozen=True)
class ReplayExample:
    """One upload: its number and name, and what becomes of it `before` (in force, or by a person) and `after`."""

    photo_id: int
    name: str
    before: str
    after: str


@dataclass
class Tally:
    """Uploads that are counted together: how many, how they stand in the store now, and the first few of them."""

    count: int = 0
    states: Counter[str] = field(default_factory=Counter)
    examples: list[ReplayExample] = field(default_factory=list)

    def add(self, upload: PastUpload, before: str, after: str) -> None:
        """Count one more."""
        self.count += 1
        self.states[str(upload.state)] += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(ReplayExample(upload.id, upload.name, before, after))


@dataclass(frozen=True)
class _Outcome:
    """A resolution without its steps: a reference, or why it is held."""

    reference: TargetReference | None
    reason: HoldReason | None

    def of(self, name: AlikeName) -> "_Outcome":
        """The same for the patient of this name."""
        return self if self.reference is None else replace(self, reference=name.own(self.reference))

    def __str__(self) -> str:
        if self.reference is None:
            return f"held ({self.reason})"
        parts = [str(self.reference.patient), str(self.reference.type)]
        parts += [f"station {self.reference.station}"] if self.reference.station else []
        parts += [f"clinic {self.reference.clinic}"] if self.reference.clinic else []
        return ", ".join(parts)


_Change = tuple[Cause, str, str]
"""A cause, and what it is before and after: `(TYPE, "Headshot", "Xray")`."""


class Replay:
    """Tries the mapping `new` on uploads, beside those in force, by practice.

    `zones` are the practices' time zones, `now` is UTC-aware. Afterwards `tried` uploads were read, `changed` of them
    would go elsewhere, and `changes` has them by cause, before and after. Uploads that a person assigned stand aside:
    `by_hand` and `by_hand_before` judge what the new and the old mapping make of them.
    """

    def __init__(
        self,
        new: Mapping,
        in_force: ReadOnlyMapping[str, Mapping],
        zones: ReadOnlyMapping[str, ZoneInfo],
        now: datetime,
    ) -> None:
        self.new = new
        self.in_force = in_force
        self.tried = self.changed = 0
        self.changes: dict[_Change, Tally] = {}
        self.by_hand: dict[Verdict, Tally] = {}
        self.by_hand_before: Counter[Verdict] = Counter()
        self._names = AlikeNames((new, *in_force.values()), zones, now)
        self._both = lru_cache(_REMEMBERED_WORDS)(self._resolved)

    def add(self, upload: PastUpload) -> None:
        """Try one upload, of a practice that is in force."""
        name = self._names.of(upload)
        before, after = self._both(name)
        self.tried += 1
        if upload.assigned is not None:
            self._judge(upload, upload.assigned, before.of(name), after.of(name))
        elif before != after:
            self._note(upload, before.of(name), after.of(name))

    def _note(self, upload: PastUpload, before: _Outcome, after: _Outcome) -> None:
        changes = _changes(before, after)
        self.changed += bool(changes)
        for change in changes:
            self.changes.setdefault(change, Tally()).add(upload, str(before), str(after))

    def _judge(self, upload: PastUpload, target: ChartTarget, before: _Outcome, after: _Outcome) -> None:
        self.by_hand_before[_verdict(target, before)] += 1
        tally = self.by_hand.setdefault(_verdict(target, after), Tally())
        tally.add(upload, shown_target(target), str(after))

    def _resolved(self, name: AlikeName) -> tuple[_Outcome, _Outcome]:
        return _outcome(name, self.in_force[name.occasion.practice]), _outcome(name, self.new)


def shown_target(target: ChartTarget) -> str:
    """A target that a person gave, by the chart's numbers."""
    parts = [f"id {target.patient}", str(target.type)]
    parts += [f"station number {target.station}"] if target.station is not None else []
    parts += [f"clinic {target.clinic}"] if target.clinic is not None else []
    return ", ".join(parts)


def _outcome(name: AlikeName, mapping: Mapping) -> _Outcome:
    resolution = resolve(name.tags, mapping, name.occasion)
    return _Outcome(resolution.reference, resolution.hold.reason if resolution.hold else None)


def _changes(before: _Outcome, after: _Outcome) -> list[_Change]:
    old, new = before.reference, after.reference
    if old is None or new is None:
        cause = Cause.NOW_FILED if new else Cause.NOW_HELD if old else Cause.HELD_OTHERWISE
        return [(cause, before.reason or "filed", after.reason or "filed")]
    return _moves(old, new)


def is_same_place(first: TargetReference, second: TargetReference) -> bool:
    """Whether two references are of one place, however each was found."""
    return not _moves(first, second)


def _moves(old: TargetReference, new: TargetReference) -> list[_Change]:
    pairs = [
        (Cause.TYPE, str(old.type), str(new.type)),
        (Cause.STATION, old.station or "none", new.station or "none"),
        (Cause.CLINIC, str(old.clinic or "none"), str(new.clinic or "none")),
    ]
    found = [pair for pair in pairs if pair[1] != pair[2]]
    if old.patient != new.patient:
        found.insert(0, (Cause.PATIENT, f"by {old.patient.form}", f"by {new.patient.form}"))
    return found


def _verdict(target: ChartTarget, outcome: _Outcome) -> Verdict:
    """Stations are not compared: a mapping has their names, the person's target their numbers."""
    reference = outcome.reference
    if reference is None:
        return Verdict.HELD
    clinic = reference.clinic.id if reference.clinic else None
    if target.type is not reference.type or (clinic is not None and clinic != target.clinic):
        return Verdict.DIFFERS
    if reference.patient.form is not PatientForm.ID:
        return Verdict.NEEDS_CHART
    return Verdict.AGREES if _is_patient(reference.patient, target.patient) else Verdict.DIFFERS


def _is_patient(reference: PatientReference, patient: int) -> bool:
    return int(reference.value) == patient
