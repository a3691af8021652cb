"""Consents: what a patient agreed to at a registration, by the public source of tscharts (`consent/`)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.calls import Call, RefusedError, Resource, coerced_id, deleting, inserted
from bridge.sandbox.messages import Answer, empty, json_answer, not_found
from bridge.sandbox.store import row_by_id, shown_rows
from bridge.sandbox.tables import clinics, consents, patients, registrations

_LINKS = {"registration": registrations, "patient": patients, "clinic": clinics}
_ANSWERS = ("general_consent", "photo_consent")


def _get(call: Call) -> Answer:
    if call.id is not None:
        row = row_by_id(call.connection, consents, call.id)
        return json_answer(row) if row else not_found()
    links = {name: _looked_for(call, name) for name in _LINKS if call.parameter(name)}
    if not links:
        raise RefusedError(empty(400))
    wanted = sa.select(consents).where(*(consents.c[name] == row_id for name, row_id in links.items()))
    return json_answer(shown_rows(call.connection, wanted.order_by(consents.c.id)))


def _looked_for(call: Call, name: str) -> int:
    """The id that a parameter gives; one that no row has, and what is no number, is 404."""
    try:
        row_id = int(call.parameter(name))
    except ValueError:
        raise RefusedError(empty(404)) from None
    if not call.has(_LINKS[name], row_id):
        raise RefusedError(empty(404))
    return row_id


def _post(call: Call) -> Answer:
    fields = call.fields(*_LINKS, *_ANSWERS)
    links = {name: coerced_id(fields[name]) for name in _LINKS}
    if not (_are_answers(fields) and _is_of_one_registration(call, links)):
        raise RefusedError(empty(400))
    same = sa.select(consents.c.id).where(consents.c.registration == links["registration"])
    if call.connection.execute(same).first() is not None:
        raise RefusedError(empty(400))
    return json_answer({"id": inserted(call, consents, {**links, **{name: bool(fields[name]) for name in _ANSWERS}})})


def _are_answers(fields: Mapping[str, Any]) -> bool:
    """Whether both answers are true or false (1 and 0 pass for them), and nothing else is said."""
    return set(fields) == {*_LINKS, *_ANSWERS} and all(fields[name] in (True, False) for name in _ANSWERS)


def _is_of_one_registration(call: Call, links: Mapping[str, int]) -> bool:
    """Whether the registration exists and is this patient's at this clinic."""
    row = row_by_id(call.connection, registrations, links["registration"])
    return row is not None and (row["patient"], row["clinic"]) == (links["patient"], links["clinic"])


CONSENT = Resource("consent", "Consent", {"GET": _get, "POST": _post, "DELETE": deleting(consents)})
