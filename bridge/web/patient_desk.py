"""Asks the JSON door's operations for what the pages about patients show and do. Knows no web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.charting import RefusedError, Reply
from bridge.web.languages import N_
from bridge.web.operations import Operations
from bridge.web.patient import (
    MOST_FOUND,
    PAGE_PICTURES,
    Found,
    MoveNow,
    Neighbours,
    Person,
    Picture,
    Pictures,
    days_of,
    move_of,
    person_of,
    picture_of,
    visits_of,
)
from bridge.web.staff import Staff

_NOT_THEIRS = N_("This picture is not, or not any more, one of this patient's; look at the patient's pictures again.")


@dataclass(frozen=True)
class PatientDesk:
    """The operations, as somebody who is signed in uses them. Every method raises RefusedError."""

    operations: Operations
    staff: Staff = field(repr=False)

    def found(self, text: str) -> Found:
        """The patients that a text may mean."""
        answer = self._do("findPatients", query={"q": text, "limit": MOST_FOUND})
        return Found(tuple(person_of(each) for each in answer["patients"]), answer["is_complete"])

    def person(self, patient: int) -> Person:
        """One patient."""
        return person_of(self._do("showPatient", path={"patient_id": patient}))

    def person_if_there(self, patient: int) -> Person:
        """The same; of one whom the chart does not have any more, the number alone."""
        try:
            return self.person(patient)
        except RefusedError as refusal:
            if refusal.status != 404:
                raise
            return Person(patient, "", None, "", "", None, None)

    def pictures(
        self, patient: int, kind: str | None = None, after: int | None = None, without: int | None = None
    ) -> Pictures:
        """A page of a patient's pictures, of a type, after a picture, and without one, where these are given."""
        query = {"patient": patient, "type": kind, "before": after, "limit": PAGE_PICTURES}
        answer = self._do("listImages", query=query)
        is_known = all(each["taken_at"] or not each["clinic"] for each in answer["images"])
        clinics = {} if is_known else visits_of(self._do("listClinics"))
        pictures = [picture_of(each, clinics) for each in answer["images"] if each["id"] != without]
        return Pictures(days_of(pictures), answer["total"], answer["next"])

    def picture(self, patient: int, image: int) -> Picture:
        """One of a patient's pictures. An image that the chart cannot read may be anybody's; it tells no more."""
        answer = self._do("showImage", path={"image_id": image})
        if answer["patient"] not in (patient, None):
            raise RefusedError(404, _NOT_THEIRS)
        has_visit = answer["taken_at"] or not answer["clinic"]
        return picture_of(answer, {} if has_visit else visits_of(self._do("listClinics")))

    def neighbours(self, patient: int, image: int, kind: str | None = None) -> Neighbours:
        """The pictures beside one of a patient's, of a type where it is given."""
        query = {"patient": patient, "type": kind}
        return Neighbours(**self._do("showNeighbours", path={"image_id": image}, query=query))

    def station(self, number: int | None) -> str:
        """A station's name; "" where there is none."""
        if number is None:
            return ""
        stations = self._do("listStations")["stations"]
        return next((str(each["name"]) for each in stations if each["id"] == number), "")

    def bytes_of(self, image: int, is_small: bool, headers: Mapping[str, str]) -> Reply:
        """A picture's bytes, or those of its small picture, to be closed; `headers` may ask for a part, or for news."""
        name = "fetchThumbnail" if is_small else "fetchImage"
        return self.operations.reply(self.staff, name, path={"image_id": image}, headers=headers)

    def delete(self, image: int, reason: str) -> None:
        """Take a picture away from the chart, for ever."""
        self._do("deleteImage", path={"image_id": image}, body={"reason": reason})

    def move(self, patient: int, image: int, to_patient: int, reason: str) -> MoveNow:
        """Have a patient's picture moved to another one. One that is there already may be asked for again."""
        try:
            self.picture(patient, image)
        except RefusedError as refusal:
            if refusal.status != 404 or refusal.sentence == _NOT_THEIRS:
                raise
        body = {"patient": to_patient, "reason": reason}
        return move_of(self._do("moveImage", path={"image_id": image}, body=body))

    def move_now(self, move: int) -> MoveNow:
        """How far a move is."""
        return move_of(self._do("showMove", path={"move_id": move}))

    def _do(self, name: str, **given: Any) -> Any:
        return self.operations.do(self.staff, name, **given)
