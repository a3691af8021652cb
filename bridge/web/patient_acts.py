"""Deleting a picture and moving one to another patient: each shows what is meant, asks, and then does it."""

from collections.abc import Callable

from flask import Response, request

from bridge.charting import RefusedError
from bridge.web.frame import Frame, page, see_other
from bridge.web.languages import N_, _
from bridge.web.patient_desk import PatientDesk
from bridge.web.patient_search import asked_text, found_by
from bridge.web.patient_words import words
from bridge.web.visitors import Visitor, Who

_NO_REASON = N_("Say why, in a few words; it is kept with what was done.")
_LONGEST_REASON = 500

DeskOf = Callable[[Visitor], PatientDesk]


def add_patient_acts(frame: Frame, desk_of: DeskOf) -> None:
    """Both are two steps: a page that shows whose picture it is and asks, and the form that does it."""

    def delete(visitor: Visitor, patient: int, image: int) -> Response:
        return _deleting(desk_of(visitor), patient, image)

    def search(visitor: Visitor, patient: int, image: int) -> Response:
        desk, text = desk_of(visitor), asked_text()
        found, picture = found_by(desk, text), desk.picture(patient, image)
        return page(
            "patient_move.html", text=text, found=found, picture=picture, person=desk.person(patient), **words()
        )

    def move(visitor: Visitor, patient: int, image: int, to: int) -> Response:
        return _moving(desk_of(visitor), patient, image, to)

    def progress(visitor: Visitor, move: int) -> Response:
        return _progress(desk_of(visitor), move)

    of_picture = "/patients/<int:patient>/pictures/<int:image>"
    frame.add(f"{of_picture}/delete", "patient_delete", delete, "GET", "POST", who=Who.STAFF)
    frame.add(f"{of_picture}/move/", "patient_move", search, who=Who.NAMED)
    frame.add(f"{of_picture}/move/<int:to>/", "patient_move_to", move, "GET", "POST", who=Who.NAMED)
    frame.add("/moves/<int:move>/", "patient_moving", progress, who=Who.NAMED)


def _deleting(desk: PatientDesk, patient: int, image: int) -> Response:
    """The page that asks; or what its form asks for, which comes back with a sentence where it cannot be done."""
    reason, refusal = _reason(), None
    picture = desk.picture(patient, image)
    if request.method == "POST":
        try:
            desk.delete(image, _required(reason))
            return see_other("patient_record", patient=patient, done="deleted")
        except RefusedError as error:
            refusal = error
    return _asking("patient_delete.html", refusal, reason, picture=picture, person=desk.person(patient))


def _moving(desk: PatientDesk, patient: int, image: int, to: int) -> Response:
    """The same of a move. Once it is asked for, the picture may be with the other patient already."""
    reason, refusal = _reason(), None
    if request.method == "POST":
        try:
            return see_other("patient_moving", move=desk.move(patient, image, to, _required(reason)).id)
        except RefusedError as error:
            refusal = error
    people = {"person": desk.person(patient), "other": desk.person(to)}
    return _asking("patient_move_to.html", refusal, reason, picture=desk.picture(patient, image), **people)


def _asking(template: str, refusal: RefusedError | None, reason: str, **shown: object) -> Response:
    status, sentence = (refusal.status, refusal.said_by(_)) if refusal else (200, "")
    return page(template, status, sentence=sentence, reason=reason, longest=_LONGEST_REASON, **shown, **words())


def _progress(desk: PatientDesk, number: int) -> Response:
    move = desk.move_now(number)
    person, other = desk.person_if_there(move.patient), desk.person_if_there(move.to_patient)
    return page("patient_moving.html", move=move, person=person, other=other, **words())


def _reason() -> str:
    return request.form.get("reason", "").strip()


def _required(reason: str) -> str:
    if not reason:
        raise RefusedError(400, _NO_REASON)
    return reason
