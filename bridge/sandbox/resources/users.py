"""Login, logout, and the users, which anyone may make and change (contract/tscharts.md, surprises 22 and 23)."""

import secrets
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.calls import BreakdownError, Call, RefusedError, Resource, inserted
from bridge.sandbox.messages import JSON, Answer, empty, json_answer, not_found
from bridge.sandbox.tables import users

_COOKIES = (
    ("Set-Cookie", "csrftoken=sandbox; Path=/; SameSite=Lax"),
    ("Set-Cookie", "sessionid=sandbox; HttpOnly; Path=/; SameSite=Lax"),
)


def _login(call: Call) -> Answer:
    fields = call.fields("username")
    if "password" not in fields and "pin" not in fields:
        raise RefusedError(empty(400))
    user = _named(call, fields["username"])
    if "password" in fields:
        right = user is not None and user["password"] == fields["password"]
    elif user is None or user["pin"] is None:
        raise BreakdownError
    else:
        right = user["pin"] == fields["pin"]
    if user is None or not right or not user["active"]:
        raise RefusedError(empty(403))
    # Written by hand, as login alone has spaces in its JSON, and the id as a string.
    body = f'{{"token": "{user["token"]}", "id": "{user["id"]}"}}'
    return Answer(200, JSON, body.encode(), headers=_COOKIES)


def _logout(_call: Call) -> Answer:
    return empty(200)


def _create_user(call: Call) -> Answer:
    fields = call.fields("first", "last", "password", "email", "pin")
    if _named(call, fields["email"]) is not None:
        raise RefusedError(empty(409, "User (%d) already exists"))
    values = {
        "username": str(fields["email"]),
        "password": str(fields["password"]),
        "pin": str(fields["pin"]),
        "token": secrets.token_hex(20),
    }
    return json_answer({"id": inserted(call, users, values)})


def _updating(field: str) -> Resource:
    def update(call: Call) -> Answer:
        fields = call.fields("username", field)
        user = _named(call, fields["username"])
        if user is None:
            raise RefusedError(not_found())
        call.connection.execute(sa.update(users).where(users.c.id == user["id"]).values({field: str(fields[field])}))
        return json_answer({})

    return Resource(f"update{field}", f"Update {field}", {"PUT": update}, is_open=True)


def _named(call: Call, username: Any) -> Mapping[str, Any] | None:
    if not isinstance(username, str):
        return None
    rows = call.connection.execute(sa.select(users).order_by(users.c.id)).mappings()
    return next((dict(row) for row in rows if call.store.equal(row["username"], username)), None)


LOGIN = Resource("login", "Login", {"POST": _login}, is_open=True, uses_session=True)
LOGOUT = Resource("logout", "Logout", {"POST": _logout}, is_open=True, uses_session=True)
CREATE_USER = Resource("createuser", "Create User", {"POST": _create_user}, is_open=True)
UPDATE_PIN = _updating("pin")
UPDATE_PASSWORD = _updating("password")
