"""What people say of held photos. Knows no web framework.

It waits for UNDO_SECONDS in the bridge, so that it can be taken back for certain, and is done even if the browser is
closed meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.charting import RefusedError
from bridge.web.held_said import NameSays, name_says
from bridge.web.languages import N_, _
from bridge.web.operations import Operations
from bridge.web.staff import Staff

UNDO_SECONDS = 60
MOST_AT_ONCE = 1000
MOST_FOUND = 8
BY_TYPE, NONE, TODAY = "by-type", "none", "today"
"""What is chosen for a station: that of the type by the mapping file; or none. The clinic of the photo's day."""

ASSIGNMENTS = frozenset({"assign", "assign-as-is"})
_NOT_ONE_PATIENT = N_("The name does not say one patient that the chart has; file this photo by itself.")
_NO_STATION = N_("The name says two stations; choose the right one.")
_NO_CLINIC = N_("The name says two clinics; choose the right one.")


@dataclass(frozen=True)
class Wanted:
    """What a person says of a photo, as the form has it; "" where nothing is chosen."""

    act: str
    patient: str = field(default="", repr=False)
    type: str = ""
    station: str = ""
    clinic: str = ""
    reason: str = field(default="", repr=False)


@dataclass(frozen=True)
class Done:
    """What became of several photos: how many are on their way, and why others are not, by sentence."""

    count: int
    refused: Mapping[str, int]


class HeldActs:
    """Helps held photos for staff. For any thread."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def act(self, staff: Staff, photo_id: int, wanted: Wanted) -> None:
        """Say what is to become of a photo, in a minute. Raises RefusedError."""
        name, body = self._asked(staff, photo_id, wanted)
        self._operations.do(staff, name, path={"photo_id": photo_id}, body={**body, "wait_seconds": UNDO_SECONDS})

    def act_on_all(self, staff: Staff, photo_ids: Sequence[int], wanted: Wanted) -> Done:
        """Say the same of several. An assignment takes the patient that each one's name says."""
        refused: dict[str, int] = {}
        for photo_id in photo_ids[:MOST_AT_ONCE]:
            try:
                self.act(staff, photo_id, wanted)
            except RefusedError as error:
                sentence = error.said_by(_)
                refused[sentence] = refused.get(sentence, 0) + 1
        return Done(len(photo_ids[:MOST_AT_ONCE]) - sum(refused.values()), refused)

    def undo(self, staff: Staff, photo_ids: Sequence[int]) -> None:
        """Take back what was said of these. Raises RefusedError for the first that is done by now, after the others."""
        late: list[RefusedError] = []
        for photo_id in photo_ids[:MOST_AT_ONCE]:
            try:
                self._operations.do(staff, "undoPhoto", path={"photo_id": photo_id})
            except RefusedError as error:
                late.append(error)
        if late:
            raise late[0]

    def _asked(self, staff: Staff, photo_id: int, wanted: Wanted) -> tuple[str, dict[str, Any]]:
        """The operation and its body."""
        if wanted.act == "discard":
            return "discardPhoto", {"reason": wanted.reason}
        if wanted.act in ("retry", "send-as-is"):
            return "retryPhoto", {"as_is": wanted.act == "send-as-is"}
        explained = self._operations.do(staff, "explainPhoto", path={"photo_id": photo_id})
        says = name_says(explained["steps"])
        patient = int(wanted.patient) if wanted.patient else self._named(staff, says)
        body = {"patient": patient, "type": wanted.type, "clinic": _clinic(wanted, says)}
        body |= {"station": _station(wanted, explained, says), "as_is": wanted.act == "assign-as-is"}
        return "assignPhoto", body

    def _named(self, staff: Staff, says: NameSays) -> int:
        """The number in the chart of the one patient that a photo's name names. Raises RefusedError (400)."""
        if says.patient is not None:
            kind, value = says.patient
            found = [int(value)] if kind == "id" else self._with(staff, kind, value)
            if len(found) == 1:
                return found[0]
        raise RefusedError(400, _(_NOT_ONE_PATIENT))

    def _with(self, staff: Staff, kind: str, value: str) -> list[int]:
        found = self._operations.do(staff, "findPatients", query={"q": value, "limit": MOST_FOUND})["patients"]
        key = "curp" if kind == "curp" else "old_id"
        return [each["id"] for each in found if str(each[key]).upper() == value]


def _clinic(wanted: Wanted, says: NameSays) -> object:
    """The clinic's number, `today` or `none`. Raises RefusedError (400) where the name says two and none is chosen."""
    if not wanted.clinic and says.is_in_doubt("clinic"):
        raise RefusedError(400, _(_NO_CLINIC))
    chosen = wanted.clinic or TODAY
    return int(chosen) if chosen.isdecimal() and chosen.isascii() else chosen


def _station(wanted: Wanted, explained: Mapping[str, Any], says: NameSays) -> str | None:
    """The station's name, None for none. Raises RefusedError (400) where the name says two and none is chosen."""
    if not wanted.station and says.is_in_doubt("station"):
        raise RefusedError(400, _(_NO_STATION))
    if wanted.station in ("", BY_TYPE):
        station: str | None = explained["type_stations"].get(wanted.type)
        return station
    return None if wanted.station == NONE else wanted.station
