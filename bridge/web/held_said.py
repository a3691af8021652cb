"""What a photo's name says without doubt: what it says twice over is nobody's to guess. Knows no web framework."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_PATIENT_FORMS = frozenset({"id", "curp", "oldid"})


@dataclass(frozen=True)
class NameSays:
    """The values that a name says, by their kind (a key of `held_rows.KINDS`)."""

    values: Mapping[str, frozenset[str]] = field(repr=False)

    @property
    def patient(self) -> tuple[str, str] | None:
        """The form and the value of the one patient that is named; None for nobody, and for several."""
        named = [(kind, value) for kind in _PATIENT_FORMS for value in self.values.get(kind, ())]
        return named[0] if len(named) == 1 else None

    def one(self, kind: str) -> str:
        """What is said of a kind, "" for nothing, and where two things are said."""
        said = self.values.get(kind, frozenset())
        return next(iter(said)) if len(said) == 1 else ""

    def is_in_doubt(self, kind: str) -> bool:
        """Whether two things are said of a kind."""
        return len(self.values.get(kind, ())) > 1


def name_says(steps: Iterable[Mapping[str, Any]]) -> NameSays:
    """What the steps of an explanation read."""
    values: dict[str, set[str]] = {}
    for each in steps:
        if each["means"]:
            values.setdefault(each["means"]["kind"], set()).add(each["means"]["value"])
    return NameSays({kind: frozenset(said) for kind, said in values.items()})
