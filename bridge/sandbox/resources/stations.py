"""Stations, and the stations of one clinic."""

import sqlalchemy as sa

from bridge.sandbox.calls import (
    BreakdownError,
    Call,
    RefusedError,
    Resource,
    coerced_id,
    deleting,
    inserted,
    not_played,
)
from bridge.sandbox.messages import Answer, empty, json_answer, not_found
from bridge.sandbox.store import local_text, row_by_id, shown_rows
from bridge.sandbox.tables import clinics, clinicstations, stations

_SWITCHES = ("active", "away", "finished")


def _get_station(call: Call) -> Answer:
    if call.id is not None:
        row = row_by_id(call.connection, stations, call.id)
        return json_answer(row) if row else not_found()
    rows = shown_rows(call.connection, sa.select(stations).order_by(stations.c.id))
    return json_answer(rows) if rows else not_found()


def _post_station(call: Call) -> Answer:
    fields = call.fields("name")
    name = str(fields["name"])
    known = call.connection.execute(sa.select(stations.c.id).where(stations.c.name == name)).scalar()
    level = coerced_id(fields.get("level", 1))
    return json_answer({"id": known or inserted(call, stations, {"name": name, "level": level})})


def _get_clinic_station(call: Call) -> Answer:
    if call.id is not None:
        row = row_by_id(call.connection, clinicstations, call.id)
        return json_answer(row) if row else empty(404)
    # The chart refuses these three whatever their value (contract/tscharts.md, "Other resources").
    if any(name in call.request.query for name in _SWITCHES):
        raise RefusedError(empty(400))
    clinic = coerced_id(call.parameter("clinic"))
    wanted = sa.select(clinicstations).where(clinicstations.c.clinic == clinic)
    if call.parameter("level"):
        wanted = wanted.where(clinicstations.c.level == _level(call.parameter("level")))
    if not call.has(clinics, clinic):
        raise RefusedError(empty(404))
    rows = shown_rows(call.connection, wanted.order_by(clinicstations.c.station, clinicstations.c.id))
    return json_answer(rows) if rows else empty(404)


def _post_clinic_station(call: Call) -> Answer:
    fields = call.fields("clinic", "station")
    links = {name: coerced_id(fields[name]) for name in ("clinic", "station")}
    switches = {name: fields[name] for name in _SWITCHES if name in fields}
    if not all(isinstance(value, bool) for value in switches.values()):
        raise RefusedError(empty(400))
    if not call.has(clinics, links["clinic"]) or not call.has(stations, links["station"]):
        raise RefusedError(not_found())
    if "level" not in fields:
        raise BreakdownError
    names = {name: str(fields.get(name, "")) for name in ("name", "name_es")}
    level = None if fields["level"] is None else coerced_id(fields["level"])
    values = {**links, **switches, **names, "level": level, "willreturn": local_text(call.now)}
    return json_answer({"id": inserted(call, clinicstations, values)})


def _level(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BreakdownError from None


STATION = Resource(
    "station",
    "Station",
    {"GET": _get_station, "POST": _post_station, "PUT": not_played, "DELETE": deleting(stations)},
)
CLINIC_STATION = Resource(
    "clinicstation",
    "Clinic Station",
    {"GET": _get_clinic_station, "POST": _post_clinic_station, "PUT": not_played, "DELETE": deleting(clinicstations)},
)
