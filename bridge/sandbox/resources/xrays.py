"""X-ray records, which the server makes by itself (contract/tscharts.md, surprise 27)."""

import sqlalchemy as sa

from bridge.sandbox.calls import Call, RefusedError, Resource, coerced_id, deleting, inserted, not_played
from bridge.sandbox.messages import Answer, empty, json_answer, not_found
from bridge.sandbox.store import row_by_id, shown_rows
from bridge.sandbox.tables import clinics, patients, xrays

_LINKS = {"patient": patients, "clinic": clinics}


def ensure_record(call: Call, patient: int, clinic: int) -> None:
    """Make an X-ray record of today for a patient at a clinic, where there is none."""
    same = sa.select(xrays.c.id).where(xrays.c.patient == patient, xrays.c.clinic == clinic)
    if call.connection.execute(same).first() is None:
        inserted(call, xrays, {"patient": patient, "clinic": clinic, "time": call.now.date()})


def _get(call: Call) -> Answer:
    if call.id is not None:
        row = row_by_id(call.connection, xrays, call.id)
        return json_answer(row) if row else not_found()
    links = {name: coerced_id(call.parameter(name)) for name in _LINKS if name in call.request.query}
    if not links or not all(call.has(_LINKS[name], row_id) for name, row_id in links.items()):
        raise RefusedError(empty(400))
    wanted = sa.select(xrays).where(*(xrays.c[name] == row_id for name, row_id in links.items()))
    rows = shown_rows(call.connection, wanted.order_by(xrays.c.id))
    return json_answer(rows) if rows else not_found()


XRAY = Resource("xray", "Xray", {"GET": _get, "POST": not_played, "PUT": not_played, "DELETE": deleting(xrays)})
