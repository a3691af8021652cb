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
_AWAY = 500
"""Refusals from here on are not the asker's fault: the chart does not answer, or not as it should."""

DeskOf = Callable[[Visitor], PatientDesk]
Act = Callable[[str], Response]
Ask = Callable[[RefusedError | None, str], Response]


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

    def delete(reason: str) -> Response:
        desk.picture(patient, image)
        desk.delete(image, reason)
        return see_other("patient_record", patient=patient, done="deleted")

    def ask(refusal: RefusedError | None, reason: str) -> Response:
        shown = {"picture": desk.picture(patient, image), "person": desk.person(patient)}
        return _asking("patient_delete.html", refusal, reason, **shown)

    return _done_or_asked(delete, ask, patient, image)


def _moving(desk: PatientDesk, patient: int, image: int, to: int) -> Response:
    """The same of a move. Once it is asked for, the picture may be with the other patient already."""

    def move(reason: str) -> Response:
        return see_other("patient_moving", move=desk.move(patient, image, to, reason).id)

    def ask(refusal: RefusedError | None, reason: str) -> Response:
        people = {"person": desk.person(patient), "other": desk.person(to)}
        return _asking("patient_move_to.html", refusal, reason, picture=desk.picture(patient, image), **people)

    return _done_or_asked(move, ask, patient, image, to)


def _done_or_asked(act: Act, ask: Ask, patient: int, image: int, to: int | None = None) -> Response:
    """What an act leads to; or the page that asks for it. Where that page cannot be shown, as the chart is away, the
    numbers alone stand for the picture and the patients, and what was typed is kept all the same.
    """
    if request.method == "GET":
        return ask(None, "")
    reason = _reason()
    try:
        return act(_required(reason))
    except RefusedError as error:
        refusal = error
    try:
        return ask(refusal, reason)
    except RefusedError as error:
        if error.status < _AWAY:
            raise
    return _asking("patient_again.html", refusal, reason, patient=patient, image=image, to=to)


def _asking(template: str, refusal: RefusedError | None, reason: str, **shown: object) -> Response:
    status, sentence = (refusal.status, refusal.said_by(_)) if refusal else (200, "")
    return page(template, status, sentence=sentence, reason=reason, longest=_LONGEST_REASON, **shown, **words())


def _progress(desk: PatientDesk, number: int) -> Response:
    move = desk.move_now(number)
    person, other = desk.person_if_there(move.patient), desk.person_if_there(move.to_patient)
    return page("patient_moving.html", move=move, person=person, other=other, **words())


def _reason() -> str:
    """What was typed, or else the button that was chosen."""
    return request.form.get("reason", "").strip() or request.form.get("why", "").strip()


def _required(reason: str) -> str:
    if not reason:
        raise RefusedError(400, _NO_REASON)
    return reason
