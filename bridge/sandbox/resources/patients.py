"""Patients: reading, searching, deleting. None can be made (contract/tscharts.md, surprise 21)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.calls import BreakdownError, Call, RefusedError, Resource, coerced_id, deleting, not_played
from bridge.sandbox.messages import Answer, empty, json_answer
from bridge.sandbox.store import parse_us_date, row_by_id
from bridge.sandbox.tables import clinics, patients, routing_slips

_NAMES = ("paternal_last", "maternal_last", "first", "middle")
_TEXTS = ("paternal_last", "maternal_last", "first", "curp")
_GENDERS = ("Female", "Male")


def _get(call: Call) -> Answer:
    if call.id is not None:
        row = row_by_id(call.connection, patients, call.id)
        return json_answer(row) if row else empty(404)
    wanted = _searched(call) if call.parameter("name") else _filtered(call)
    at_clinic = _seen_at(call)
    ids = [patient["id"] for patient in _all(call) if wanted(patient)]
    if not ids:
        return empty(404)
    return json_answer([patient for patient in ids if at_clinic is None or patient in at_clinic])


def _post(_call: Call) -> Answer:
    raise BreakdownError


def _all(call: Call) -> list[dict[str, Any]]:
    rows = call.connection.execute(sa.select(patients).order_by(patients.c.id)).mappings()
    return [dict(row) for row in rows]


def _searched(call: Call) -> Callable[[dict[str, Any]], bool]:
    """By a part of any of the four names; all other fields but the clinic are not looked at then."""
    part = call.store.searchable(call.parameter("name"))
    return lambda patient: any(part in call.store.searchable(patient[name]) for name in _NAMES)


def _filtered(call: Call) -> Callable[[dict[str, Any]], bool]:
    texts = {name: call.store.searchable(call.parameter(name)) for name in _TEXTS if call.parameter(name)}
    exact = call.parameter("exact") == "true"
    values = _exact_values(call)

    def matches(patient: dict[str, Any]) -> bool:
        found = {name: call.store.searchable(patient[name]) for name in texts}
        return all(text == found[name] if exact else text in found[name] for name, text in texts.items()) and all(
            patient[name] == value for name, value in values.items()
        )

    return matches


def _exact_values(call: Call) -> dict[str, object]:
    values: dict[str, object] = {}
    if call.parameter("dob"):
        values["dob"] = _day(call.parameter("dob"))
    if call.parameter("gender"):
        values["gender"] = call.parameter("gender")
        if values["gender"] not in _GENDERS:
            raise RefusedError(empty(400))
    if call.parameter("oldid"):
        values["oldid"] = coerced_id(call.parameter("oldid"))
    return values


def _day(text: str) -> date:
    try:
        return parse_us_date(text)
    except ValueError:
        raise RefusedError(empty(400)) from None


def _seen_at(call: Call) -> set[int] | None:
    """The patients with a routing slip at the clinic asked for; None when none is asked for."""
    text = call.parameter("clinic")
    if not text:
        return None
    clinic = int(text) if text.isdecimal() else 0
    if not call.has(clinics, clinic):
        raise BreakdownError
    slips = sa.select(routing_slips.c.patient).where(routing_slips.c.clinic == clinic)
    return set(call.connection.execute(slips).scalars())


PATIENT = Resource(
    "patient",
    "Patient",
    {"GET": _get, "POST": _post, "PUT": not_played, "DELETE": deleting(patients)},
)
