"""What the pages of held photos show, and what they do. Knows no web framework.

All of it goes through the JSON door's operations. What is done waits for UNDO_SECONDS in the bridge, so that it can be
taken back for certain, and is done even if the browser is closed meanwhile.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bridge.charting import OUTAGE_SECONDS, RefusedError
from bridge.holds import HoldReason
from bridge.tscharts import TimedCache
from bridge.web.held_rows import (
    Choice,
    HeldPhoto,
    LikelyRow,
    PendingRow,
    ReadWords,
    held_photo,
    likely_row,
    pending_row,
    read_words,
    searched_row,
)
from bridge.web.languages import N_, _
from bridge.web.operations import Operations
from bridge.web.staff import Staff

UNDO_SECONDS = 60
MOST_SHOWN = 100
_MOST_FOUND = 8
_KEEP_PLACES_SECONDS = 60.0
_NOT_HELD = N_("Photo %(photo)s is not held any more; go on with the next one.")
_NOT_ONE_PATIENT = N_("The name does not say one patient that the chart has; file this photo by itself.")
_IN_DOUBT = {
    HoldReason.NO_PATIENT,
    HoldReason.AMBIGUOUS_PATIENT,
    HoldReason.UNKNOWN_PATIENT,
    HoldReason.NOT_REGISTERED,
}
"""Where it is the patient that is in doubt, a person has to choose one: none is chosen beforehand."""

_PATIENT_FORMS = ("id", "curp", "oldid")
BY_TYPE, NONE = "by-type", "none"
"""What is chosen for a station: that of the type by the mapping file; or none."""


@dataclass(frozen=True)
class Queue:
    """The held photos that nobody has said anything of, the newest first: `ids`, MOST_SHOWN at most; `has_more`."""

    ids: tuple[int, ...]
    has_more: bool

    def position(self, photo_id: int) -> int | None:
        """Which one it is, from 1; None when it is none of these."""
        return self.ids.index(photo_id) + 1 if photo_id in self.ids else None

    def after(self, photo_id: int) -> int | None:
        """The next older one, after the last the first again; None when there is no other."""
        older = [each for each in self.ids if each < photo_id]
        others = older or [each for each in self.ids if each != photo_id]
        return others[0] if others else None

    def before(self, photo_id: int) -> int | None:
        """The next newer one."""
        newer = [each for each in self.ids if each > photo_id]
        return newer[-1] if newer else None


@dataclass(frozen=True)
class Places:
    """What can be chosen of the chart: stations' names, and clinics by their numbers."""

    stations: tuple[str, ...]
    clinics: tuple[Choice, ...]


@dataclass(frozen=True)
class HeldView:
    """One held photo with all that helps to decide. `chosen_*` is what the name says, "" where it does not; `trouble`
    is why patients could not be looked for.
    """

    photo: HeldPhoto
    words: tuple[ReadWords, ...]
    taken_at: str
    patients: tuple[LikelyRow, ...]
    places: Places
    type_stations: Mapping[str, str]
    chosen_patient: int | None
    chosen_type: str
    chosen_station: str
    trouble: str = ""


@dataclass(frozen=True)
class Wanted:
    """What a person says of a photo, as the form has it."""

    act: str
    patient: str = field(default="", repr=False)
    type: str = ""
    station: str = BY_TYPE
    clinic: str = "today"
    reason: str = field(default="", repr=False)


@dataclass(frozen=True)
class Done:
    """What became of several photos: how many are on their way, and why others are not, by sentence."""

    count: int
    refused: Mapping[str, int]


class HeldPhotos:
    """Shows and helps held photos for staff. For any thread. `zone_of` gives the time zone of a practice."""

    def __init__(self, operations: Operations, zone_of: Callable[[str], ZoneInfo]) -> None:
        self._operations = operations
        self._zone_of = zone_of
        self._places: TimedCache[str, Places] = TimedCache(time.monotonic)

    def queue(self, staff: Staff, reason: str | None = None) -> Queue:
        """The photos that wait for somebody, of one reason or of all."""
        found = self._listed(staff, reason)
        return Queue(tuple(each["id"] for each in found["photos"]), found["next"] is not None)

    def listed(self, staff: Staff, reason: str | None = None) -> dict[HoldReason, list[HeldPhoto]]:
        """The same with their names, by reason."""
        by_reason: dict[HoldReason, list[HeldPhoto]] = {}
        for each in self._listed(staff, reason)["photos"]:
            photo = self._photo(each)
            by_reason.setdefault(photo.reason, []).append(photo)
        return by_reason

    def pending(self, staff: Staff) -> list[PendingRow]:
        """What this person said in the last minute that is not done yet, the newest first."""
        query = {"state": "held", "pending": True, "limit": MOST_SHOWN}
        found = self._operations.do(staff, "listPhotos", query=query)["photos"]
        own = [pending_row(each, self._zone_of(each["practice"])) for each in found if each["pending"]]
        return sorted((each for each in own if each.actor == staff.username[:80]), key=lambda each: each.due_at)[::-1]

    def view(self, staff: Staff, photo_id: int, search: str = "") -> HeldView:
        """One photo. Raises RefusedError (404, 409) when there is none, or none that is held."""
        photo = self._photo(self._held(staff, photo_id))
        explained = self._operations.do(staff, "explainPhoto", path={"photo_id": photo_id})
        said = {each["means"]["kind"]: each["means"]["value"] for each in explained["steps"] if each["means"]}
        patients, trouble = self._patients(staff, photo_id, search)
        chosen = None if photo.reason in _IN_DOUBT else self._chosen(said, patients)
        taken = datetime.fromisoformat(explained["taken_at"]) if explained["taken_at"] else None
        return HeldView(
            photo=photo,
            words=tuple(read_words(each) for each in explained["steps"] if each["words"]),
            taken_at=f"{taken:%Y-%m-%d %H:%M}" if taken else "",
            patients=patients,
            places=self.places(staff),
            type_stations=explained["type_stations"],
            chosen_patient=chosen,
            chosen_type=said.get("type", ""),
            chosen_station=said.get("station", BY_TYPE),
            trouble=trouble,
        )

    def search(self, staff: Staff, text: str) -> tuple[list[LikelyRow], str]:
        """Patients that a text may mean, and what to try when it finds nobody. Raises RefusedError."""
        found = self._operations.do(staff, "findPatients", query={"q": text, "limit": _MOST_FOUND})
        return [searched_row(each) for each in found["patients"]], found["hint"] or ""

    def act(self, staff: Staff, photo_id: int, wanted: Wanted) -> None:
        """Say what is to become of a photo, in a minute. Raises RefusedError."""
        name, body = self._asked(staff, photo_id, wanted)
        self._operations.do(staff, name, path={"photo_id": photo_id}, body={**body, "wait_seconds": UNDO_SECONDS})

    def act_on_all(self, staff: Staff, photo_ids: Sequence[int], wanted: Wanted) -> Done:
        """Say the same of several. An assignment takes the patient that each one's name says."""
        refused: dict[str, int] = {}
        for photo_id in photo_ids[:MOST_SHOWN]:
            try:
                self.act(staff, photo_id, wanted)
            except RefusedError as error:
                sentence = error.said_by(_)
                refused[sentence] = refused.get(sentence, 0) + 1
        return Done(len(photo_ids[:MOST_SHOWN]) - sum(refused.values()), refused)

    def undo(self, staff: Staff, photo_ids: Sequence[int]) -> None:
        """Take back what was said of these. Raises RefusedError for the first that is done by now, after the others."""
        late: list[RefusedError] = []
        for photo_id in photo_ids[:MOST_SHOWN]:
            try:
                self._operations.do(staff, "undoPhoto", path={"photo_id": photo_id})
            except RefusedError as error:
                late.append(error)
        if late:
            raise late[0]

    def places(self, staff: Staff) -> Places:
        """The chart's stations and clinics, asked for once a minute; none while it is away and was not asked before."""
        known = self._places.get(staff.chart_key)
        if known and known.age_seconds < _KEEP_PLACES_SECONDS:
            return known.value
        try:
            stations = self._operations.do(staff, "listStations")["stations"]
            clinics = self._operations.do(staff, "listClinics")["clinics"]
        except RefusedError as error:
            if error.status < 500:
                raise
            return known.value if known else Places((), ())
        places = Places(
            tuple(dict.fromkeys(each["name"] for each in stations)),
            tuple(Choice(str(each["id"]), f"{each['location']} {each['start']}") for each in clinics),
        )
        self._places.put(staff.chart_key, places, OUTAGE_SECONDS)
        return places

    def _listed(self, staff: Staff, reason: str | None) -> dict[str, Any]:
        query = {"state": "held", "pending": False, "reason": reason, "limit": MOST_SHOWN}
        found: dict[str, Any] = self._operations.do(staff, "listPhotos", query=query)
        return found

    def _held(self, staff: Staff, photo_id: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._operations.do(staff, "showPhoto", path={"photo_id": photo_id})
        if found["state"] != "held":
            raise RefusedError(409, _(_NOT_HELD, photo=photo_id))
        return found

    def _photo(self, found: Mapping[str, Any]) -> HeldPhoto:
        return held_photo(found, self._zone_of(found["practice"]))

    def _patients(self, staff: Staff, photo_id: int, search: str) -> tuple[tuple[LikelyRow, ...], str]:
        """Whose it may be: those who were searched for first; and why these could not be looked for."""
        try:
            found, hint = self.search(staff, search) if search else ([], "")
        except RefusedError as error:
            found, hint = [], error.said_by(_)
        try:
            likely = self._operations.do(staff, "listLikelyPatients", path={"photo_id": photo_id})["patients"]
        except RefusedError as error:
            return tuple(found), error.said_by(_)
        known = {each.id for each in found}
        return (*found, *(likely_row(each) for each in likely if each["id"] not in known)), hint

    @staticmethod
    def _chosen(said: Mapping[str, str], patients: Sequence[LikelyRow]) -> int | None:
        """The patient whom the name names, where there is one and no doubt about it."""
        named = [said[form] for form in _PATIENT_FORMS if form in said]
        fitting = [each.id for each in patients if len(named) == 1 and each.is_named(named[0], "id" in said)]
        return fitting[0] if len(fitting) == 1 else None

    def _asked(self, staff: Staff, photo_id: int, wanted: Wanted) -> tuple[str, dict[str, Any]]:
        """The operation and its body."""
        if wanted.act == "discard":
            return "discardPhoto", {"reason": wanted.reason}
        if wanted.act in ("retry", "send-as-is"):
            return "retryPhoto", {"as_is": wanted.act == "send-as-is"}
        explained = self._operations.do(staff, "explainPhoto", path={"photo_id": photo_id})
        patient = int(wanted.patient) if wanted.patient else self._named(staff, explained, photo_id)
        body = {"patient": patient, "type": wanted.type, "clinic": _clinic(wanted.clinic)}
        station = _station(wanted, explained)
        return "assignPhoto", body | ({"station": station} if station else {})

    def _named(self, staff: Staff, explained: Mapping[str, Any], photo_id: int) -> int:
        """The number in the chart of the one patient that a photo's name names. Raises RefusedError (400)."""
        means = [each["means"] for each in explained["steps"] if each["means"]]
        named = {(each["kind"], each["value"]) for each in means if each["kind"] in _PATIENT_FORMS}
        if len(named) == 1:
            kind, value = named.pop()
            found = [int(value)] if kind == "id" else self._with(staff, kind, value)
            if len(found) == 1:
                return found[0]
        raise RefusedError(400, _(_NOT_ONE_PATIENT))

    def _with(self, staff: Staff, kind: str, value: str) -> list[int]:
        found = self._operations.do(staff, "findPatients", query={"q": value, "limit": _MOST_FOUND})["patients"]
        key = "curp" if kind == "curp" else "old_id"
        return [each["id"] for each in found if str(each[key]).upper() == value]


def _clinic(chosen: str) -> object:
    return int(chosen) if chosen.isdecimal() and chosen.isascii() else chosen


def _station(wanted: Wanted, explained: Mapping[str, Any]) -> str | None:
    if wanted.station == BY_TYPE:
        station: str | None = explained["type_stations"].get(wanted.type)
        return station
    return None if wanted.station == NONE else wanted.station
