"""`/patients/`: looking for patients, a patient's pictures by day and type, one of them large, two side by side."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from bridge.targets import ImageType
from bridge.web.byte_answers import byte_answer
from bridge.web.frame import Frame, page, required_staff
from bridge.web.operations import Operations
from bridge.web.patient import Picture, Pictures
from bridge.web.patient_acts import add_patient_acts
from bridge.web.patient_desk import PatientDesk
from bridge.web.patient_search import asked_text, found_by
from bridge.web.patient_words import words
from bridge.web.visitors import Visitor, Who

_CONDITIONS = ("If-None-Match", "If-Range", "Range")
_SIDES = ("left", "right")

DeskOf = Callable[[Visitor], PatientDesk]


def add_patient(frame: Frame, operations: Operations) -> None:
    """The pages, for everybody with an account of the chart; the acts are in `patient_acts`."""

    def desk_of(visitor: Visitor) -> PatientDesk:
        return PatientDesk(operations, required_staff(visitor))

    _add_reading(frame, desk_of)
    _add_bytes(frame, desk_of)
    add_patient_acts(frame, desk_of)


def _add_reading(frame: Frame, desk_of: DeskOf) -> None:
    def search(visitor: Visitor) -> Response:
        text = asked_text()
        return page("patients.html", text=text, found=found_by(desk_of(visitor), text), **words())

    def record(visitor: Visitor, patient: int) -> Response:
        return _record(desk_of(visitor), patient)

    def picture(visitor: Visitor, patient: int, image: int) -> Response:
        return _large(desk_of(visitor), patient, image)

    def compare(visitor: Visitor, patient: int) -> Response:
        return _side_by_side(desk_of(visitor), patient)

    frame.add("/patients/", "patient", search, who=Who.STAFF)
    frame.add("/patients/<int:patient>/", "patient_record", record, who=Who.STAFF)
    frame.add("/patients/<int:patient>/pictures/<int:image>/", "patient_picture", picture, who=Who.STAFF)
    frame.add("/patients/<int:patient>/compare", "patient_compare", compare, who=Who.STAFF)


def _add_bytes(frame: Frame, desk_of: DeskOf) -> None:
    def file(visitor: Visitor, image: int) -> Response:
        return _bytes(desk_of(visitor), image, is_small=False)

    def small(visitor: Visitor, image: int) -> Response:
        return _bytes(desk_of(visitor), image, is_small=True)

    frame.add("/pictures/<int:image>/file", "patient_file", file, who=Who.STAFF)
    frame.add("/pictures/<int:image>/small", "patient_small", small, who=Who.STAFF)


def _record(desk: PatientDesk, patient: int) -> Response:
    kind, after = _kind(), request.args.get("after", type=int)
    return page(
        "patient.html",
        person=desk.person(patient),
        pictures=desk.pictures(patient, kind, after),
        kind=kind,
        after=after,
        done=request.args.get("done"),
        **words(),
    )


def _large(desk: PatientDesk, patient: int, image: int) -> Response:
    kind = _kind()
    neighbours = desk.neighbours(patient, image, kind)
    picture = desk.picture(patient, image)
    values: dict[str, Any] = {"person": desk.person(patient), "station": desk.station(picture.station)}
    return page("patient_picture.html", picture=picture, around=neighbours, kind=kind, **values, **words())


def _side_by_side(desk: PatientDesk, patient: int) -> Response:
    """Two pictures; while one of them is not chosen, the others to choose from."""
    chosen: dict[str, Picture | None] = {side: _chosen(desk, patient, side) for side in _SIDES}
    one = chosen["left"] or chosen["right"]
    kind, pictures = (None, None) if all(chosen.values()) else _to_choose_from(desk, patient, one)
    values: dict[str, Any] = {"chosen": chosen, "pictures": pictures, "kind": kind}
    return page("patient_compare.html", person=desk.person(patient), **values, **words())


def _to_choose_from(desk: PatientDesk, patient: int, one: Picture | None) -> tuple[str | None, Pictures]:
    """The pictures that may stand beside one, and of which type they are: until people ask for another, of the same,
    if there are any.
    """
    after, without = request.args.get("after", type=int), one.id if one else None
    kind = _kind()
    if one and "type" not in request.args:
        pictures = desk.pictures(patient, one.type, after, without)
        if pictures.days:
            return one.type, pictures
    return kind, desk.pictures(patient, kind, after, without)


def _chosen(desk: PatientDesk, patient: int, side: str) -> Picture | None:
    number = request.args.get(side, type=int)
    return None if number is None else desk.picture(patient, number)


def _kind() -> str | None:
    """The type that the address asks for; all of them where it names none."""
    kind = request.args.get("type")
    return kind if kind in [each.value for each in ImageType] else None


def _bytes(desk: PatientDesk, image: int, is_small: bool) -> Response:
    headers = {name: request.headers[name] for name in _CONDITIONS if name in request.headers}
    return byte_answer(desk.bytes_of(image, is_small, headers))
