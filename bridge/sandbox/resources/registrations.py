"""Registrations: which patients came to which clinic, and when."""

import sqlalchemy as sa

from bridge.sandbox.calls import Call, RefusedError, Resource, coerced_id, deleting, inserted, not_played
from bridge.sandbox.messages import Answer, empty, json_answer, not_found
from bridge.sandbox.store import local_text, row_by_id, shown_rows
from bridge.sandbox.tables import clinics, patients, registrations

_LINKS = {"clinic": clinics, "patient": patients}


def _get(call: Call) -> Answer:
    if call.id is not None:
        row = row_by_id(call.connection, registrations, call.id)
        return json_answer(row) if row else not_found()
    links = {name: coerced_id(call.parameter(name)) for name in _LINKS if call.parameter(name)}
    if not all(call.has(_LINKS[name], row_id) for name, row_id in links.items()):
        raise RefusedError(empty(400))
    wanted = sa.select(registrations).where(*(registrations.c[name] == row_id for name, row_id in links.items()))
    rows = shown_rows(call.connection, wanted.order_by(registrations.c.id))
    return json_answer(rows) if rows else not_found()


def _post(call: Call) -> Answer:
    fields = call.fields("clinic", "patient")
    links = {name: coerced_id(fields[name]) for name in _LINKS}
    if not all(call.has(_LINKS[name], row_id) for name, row_id in links.items()):
        raise RefusedError(not_found())
    today = call.now.date().isoformat()
    same = sa.select(registrations.c.id).where(
        *(registrations.c[name] == row_id for name, row_id in links.items()), registrations.c.timein.startswith(today)
    )
    if call.connection.execute(same).first() is not None:
        raise RefusedError(empty(409))
    now = local_text(call.now)
    return json_answer({"id": inserted(call, registrations, {**links, "timein": now, "timeout": now})})


REGISTER = Resource(
    "register",
    "Register",
    {"GET": _get, "POST": _post, "PUT": not_played, "DELETE": deleting(registrations)},
)
