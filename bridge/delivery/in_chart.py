"""What the chart has at the place where a name would be filed, in the chart's own names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.holds import Hold
from bridge.mapping import Explanation, locate
from bridge.targets import ChartTarget
from bridge.tscharts import ChartClient, ChartDirectory, ChartPatient, Clinic


@dataclass(frozen=True)
class ChartPlace:
    """A place in the chart. `patient` is None where nobody may see who it is; then the number alone is told."""

    target: ChartTarget
    patient: ChartPatient | None = field(repr=False)
    station: str | None
    clinic: Clinic | None

    @property
    def parts(self) -> tuple[str, ...]:
        """The place for people: `patient 123: Garcia Maria, born 2015`, `Xray`, `station X-Ray (3)`, ..."""
        return tuple(self._parts())

    def to_json(self) -> dict[str, Any]:
        """The same as plain dicts."""
        target, clinic = self.target, self.clinic
        patient: dict[str, Any] = {"id": target.patient}
        if self.patient:
            dob = self.patient.dob
            patient |= {"name": _family_first(self.patient), "born": dob.year if dob else None}
        return {
            "patient": patient,
            "type": target.type.value,
            "station": {"id": target.station, "name": self.station} if target.station else None,
            "clinic": {
                "id": clinic.id,
                "location": clinic.location,
                "start": clinic.start.isoformat(),
                "end": clinic.end.isoformat(),
            }
            if clinic
            else None,
        }

    def _parts(self) -> Iterator[str]:
        yield f"patient {self.target.patient}: {_who(self.patient) if self.patient else 'in the chart'}"
        yield self.target.type.value
        yield f"station {self.station} ({self.target.station})" if self.target.station else "no station"
        yield f"clinic {_where(self.clinic)}" if self.clinic else "no clinic"


def place_in_chart(explanation: Explanation, client: ChartClient, *, with_names: bool) -> ChartPlace | Hold:
    """Where the chart would file the name that was explained, or the hold it would become there.

    The chart is asked anew each time, and for the patient's name only `with_names`. Raises ChartError, and ValueError
    for a name that says no target or of a photo whose time is not known.
    """
    reference, taken_at = explanation.resolution.reference, explanation.occasion.taken_at
    if reference is None or taken_at is None:
        raise ValueError("a name that is held, or without a time, has no place in the chart")
    directory = ChartDirectory(client)
    found = locate(reference, directory, taken_at.date(), explanation.mapping.require)
    if isinstance(found, Hold):
        return found
    stations = {each.id: each.name for each in client.stations()} if found.station else {}
    return ChartPlace(
        target=found,
        patient=client.patient(found.patient) if with_names else None,
        station=stations.get(found.station, reference.station) if found.station else None,
        clinic=directory.clinic(found.clinic) if found.clinic else None,
    )


def _who(patient: ChartPatient) -> str:
    return f"{_family_first(patient)}, {f'born {patient.dob.year}' if patient.dob else 'without a date of birth'}"


def _family_first(patient: ChartPatient) -> str:
    """The name as charts list it."""
    names = (patient.paternal_last, patient.maternal_last, patient.first, patient.middle)
    return " ".join(name.strip() for name in names if name.strip()) or "without a name"


def _where(clinic: Clinic) -> str:
    first, last = (f"{day:%m/%d/%Y}" for day in (clinic.start, clinic.end))
    days = first if first == last else f"{first} to {last}"
    return f"{clinic.location.strip() or 'without a place'} {days} ({clinic.id})"
