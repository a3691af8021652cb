"""What the pages of held photos show. Knows no web framework. All of it comes through the JSON door's operations."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bridge.charting import RefusedError
from bridge.holds import HoldReason
from bridge.tscharts import TimedCache
from bridge.web.held_acts import BY_TYPE, MOST_FOUND, TODAY
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
from bridge.web.held_said import NameSays, name_says
from bridge.web.languages import N_, _
from bridge.web.operations import Operations
from bridge.web.staff import Staff

MOST_SHOWN = 100
SOME_SHOWN = 24
"""How many of one reason stand on a page that shows several reasons."""

_KEEP_PLACES_SECONDS = 60.0
_NOT_HELD = N_("Photo %(photo)s is not held any more; go on with the next one.")
_IN_DOUBT = {
    HoldReason.NO_PATIENT,
    HoldReason.AMBIGUOUS_PATIENT,
    HoldReason.UNKNOWN_PATIENT,
    HoldReason.NOT_REGISTERED,
}
"""Where it is the patient that is in doubt, a person has to choose one: none is chosen beforehand."""


@dataclass(frozen=True)
class Queue:
    """Where a photo stands among the `count` held ones that nobody has said anything of, the newest first: `place` from
    1, None when it is none of these; `before` is the next newer one, `after` the next older, None where there is none.
    """

    count: int
    place: int | None
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Group:
    """Held photos of a reason: some of all that there are, `count`; the first is number `first` of these. `older` is
    the photo after which the next page begins, None on the last.
    """

    reason: HoldReason
    count: int
    first: int
    photos: tuple[HeldPhoto, ...]
    older: int | None

    @property
    def last(self) -> int:
        """The number of the last one."""
        return self.first + len(self.photos) - 1


@dataclass(frozen=True)
class Places:
    """What can be chosen of the chart: stations' names, and clinics by their numbers."""

    stations: tuple[str, ...]
    clinics: tuple[Choice, ...]


@dataclass(frozen=True)
class HeldView:
    """One held photo with all that helps to decide. `chosen_*` is what the name says, "" where it does not, or where
    that is in doubt; `trouble` is why patients could not be looked for.
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
    chosen_clinic: str
    trouble: str = ""


class HeldPhotos:
    """Shows held photos to staff. For any thread. `zone_of` gives the time zone of a practice."""

    def __init__(self, operations: Operations, zone_of: Callable[[str], ZoneInfo]) -> None:
        self._operations = operations
        self._zone_of = zone_of
        self._places: TimedCache[str, Places] = TimedCache(time.monotonic)

    def queue(self, staff: Staff, photo_id: int, reason: str | None = None) -> Queue:
        """Where a photo stands, among those of one reason or among all."""
        counts, place = self._counted(staff, photo_id, reason)
        number = place["newer"] + 1 if place["waits"] else None
        return Queue(sum(counts.values()), number, place["next_newer"], place["next_older"])

    def newest(self, staff: Staff, reason: str | None = None) -> int | None:
        """The newest one that waits; None when none does."""
        found = self._listed(staff, reason, limit=1)["photos"]
        return found[0]["id"] if found else None

    def following(self, staff: Staff, photo_id: int, reason: str | None = None) -> int | None:
        """The next older one, after the last the first again; None when there is no other."""
        newest = self.newest(staff, reason)
        return self.queue(staff, photo_id, reason).after or (None if newest == photo_id else newest)

    def groups(self, staff: Staff, reason: str | None = None, before: int | None = None) -> list[Group]:
        """Those that wait, by reason: some of each, the newest first; or a page of one reason, from `before` on."""
        counts, _place = self._counted(staff, None, reason)
        limit = MOST_SHOWN if len(counts) == 1 else SOME_SHOWN
        found = [self._group(staff, each, count, limit, before if reason else None) for each, count in counts.items()]
        return [each for each in found if each.photos]

    def pending(self, staff: Staff) -> list[PendingRow]:
        """What this person said in the last minute that is not done yet, the newest first."""
        found, before = [], None
        while True:
            query = {"state": "held", "pending": True, "before": before, "limit": MOST_SHOWN}
            page = self._operations.do(staff, "listPhotos", query=query)
            found += [pending_row(each, self._zone_of(each["practice"])) for each in page["photos"] if each["pending"]]
            before = page["next"]
            if before is None:
                own = [each for each in found if each.actor == staff.username[:80]]
                return sorted(own, key=lambda each: each.due_at, reverse=True)

    def view(self, staff: Staff, photo_id: int, search: str = "") -> HeldView:
        """One photo. Raises RefusedError (404, 409) when there is none, or none that is held."""
        photo = self._photo(self._held(staff, photo_id))
        explained = self._operations.do(staff, "explainPhoto", path={"photo_id": photo_id})
        says = name_says(explained["steps"])
        patients, trouble = self._patients(staff, photo_id, search)
        taken = datetime.fromisoformat(explained["taken_at"]) if explained["taken_at"] else None
        return HeldView(
            photo=photo,
            words=tuple(read_words(each) for each in explained["steps"] if each["words"]),
            taken_at=f"{taken:%Y-%m-%d %H:%M}" if taken else "",
            patients=patients,
            places=self.places(staff),
            type_stations=explained["type_stations"],
            chosen_patient=None if photo.reason in _IN_DOUBT else _chosen(says, patients),
            chosen_type="" if photo.reason is HoldReason.AMBIGUOUS_TYPE else says.one("type"),
            chosen_station=_unless(HoldReason.AMBIGUOUS_STATION, photo, says, "station", BY_TYPE),
            chosen_clinic=_unless(HoldReason.AMBIGUOUS_CLINIC, photo, says, "clinic", TODAY),
            trouble=trouble,
        )

    def search(self, staff: Staff, text: str) -> tuple[list[LikelyRow], str]:
        """Patients that a text may mean, and what to try when it finds nobody. Raises RefusedError."""
        found = self._operations.do(staff, "findPatients", query={"q": text, "limit": MOST_FOUND})
        return [searched_row(each) for each in found["patients"]], found["hint"] or ""

    def places(self, staff: Staff) -> Places:
        """The chart's stations and clinics, asked for once a minute."""
        known = self._places.get(staff.chart_key)
        if known is not None:
            return known.value
        stations = self._operations.do(staff, "listStations")["stations"]
        clinics = self._operations.do(staff, "listClinics")["clinics"]
        places = Places(
            tuple(dict.fromkeys(each["name"] for each in stations)),
            tuple(Choice(str(each["id"]), f"{each['location']} {each['start']}") for each in clinics),
        )
        self._places.put(staff.chart_key, places, _KEEP_PLACES_SECONDS)
        return places

    def _counted(
        self, staff: Staff, photo_id: int | None, reason: str | None
    ) -> tuple[dict[HoldReason, int], Mapping[str, Any]]:
        """How many there are of the reason, or of each; and where a photo stands."""
        found = self._operations.do(staff, "countHeldPhotos", query={"photo": photo_id, "reason": reason})
        counts = {HoldReason(each["reason"]): each["count"] for each in found["reasons"]}
        return {each: count for each, count in counts.items() if reason in (None, each.value)}, found["place"]

    def _group(self, staff: Staff, reason: HoldReason, count: int, limit: int, before: int | None) -> Group:
        found = self._listed(staff, reason.value, before, limit)["photos"]
        if not found:
            return Group(reason, count, 1, (), None)
        last = self.queue(staff, found[-1]["id"], reason.value)
        number, older = last.place or len(found), found[-1]["id"] if last.after else None
        photos = tuple(self._photo(each) for each in found)
        return Group(reason, max(count, number), number - len(found) + 1, photos, older)

    def _listed(
        self, staff: Staff, reason: str | None, before: int | None = None, limit: int = MOST_SHOWN
    ) -> dict[str, Any]:
        query = {"state": "held", "pending": False, "reason": reason, "before": before, "limit": limit}
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


def _chosen(says: NameSays, patients: Sequence[LikelyRow]) -> int | None:
    """The patient whom the name names, where there is one and no doubt about it."""
    if says.patient is None:
        return None
    kind, value = says.patient
    fitting = [each.id for each in patients if each.is_named(value, kind == "id")]
    return fitting[0] if len(fitting) == 1 else None


def _unless(in_doubt: HoldReason, photo: HeldPhoto, says: NameSays, kind: str, default: str) -> str:
    """What the name says of a kind, or what is usual; "" where that is in doubt."""
    if photo.reason is in_doubt or says.is_in_doubt(kind):
        return ""
    return says.one(kind) or default
