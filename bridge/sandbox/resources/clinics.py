"""Clinics: a few days at one place."""

import sqlalchemy as sa

from bridge.sandbox.calls import Call, RefusedError, Resource, deleting, inserted
from bridge.sandbox.messages import Answer, empty, json_answer
from bridge.sandbox.store import parse_us_date, shown_rows
from bridge.sandbox.tables import clinics

_SHOWN = sa.select(clinics.c.id, clinics.c.start, clinics.c.end, clinics.c.location).order_by(clinics.c.id)


def _get(call: Call) -> Answer:
    wanted, single = _SHOWN, False
    if call.id is not None:
        wanted, single = wanted.where(clinics.c.id == call.id), True
    elif call.parameter("date"):
        day = _day(call.parameter("date"))
        wanted, single = wanted.where(clinics.c.start <= day, clinics.c.end >= day), True
    rows = shown_rows(call.connection, wanted)
    if not rows:
        return empty(404)
    # One clinic for a date, even when two cover it (contract/tscharts.md, surprise 20).
    return json_answer(rows[0] if single else rows)


def _post(call: Call) -> Answer:
    fields = call.fields("location", "start", "end")
    days = {name: _day(fields[name]) for name in ("start", "end")}
    values = {**days, "location": str(fields["location"])}
    same = sa.select(clinics.c.id).where(*(clinics.c[name] == value for name, value in values.items()))
    known = call.connection.execute(same).scalar()
    return json_answer({"id": known or inserted(call, clinics, values)})


def _day(text: object) -> object:
    try:
        return parse_us_date(str(text))
    except ValueError:
        raise RefusedError(empty(400)) from None


CLINIC = Resource("clinic", "Clinic", {"GET": _get, "POST": _post, "DELETE": deleting(clinics)})
