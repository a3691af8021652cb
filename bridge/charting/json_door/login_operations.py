"""Signing in with an account of the chart; counted and limited as at the tscharts-shaped door."""

import json
from contextlib import closing
from io import BytesIO

from marshmallow import Schema, fields, validate

from bridge.charting.access import Access
from bridge.charting.chart_reader import odd_answer
from bridge.charting.json_door.frame import JSON, Answer, Call, Operation, Who
from bridge.charting.json_door.schemas import Text
from bridge.charting.logins import Logins
from bridge.charting.messages import Asked, Reply
from bridge.charting.refusals import RefusedError

_MOST_BYTES = 64 * 1024
_WRONG = "The chart does not know this username with this password; check both."


class CredentialsSchema(Schema):
    """An account of the chart."""

    username = Text(150, required=True)
    password = fields.String(required=True, validate=validate.Length(1, 1000))


class TokenSchema(Schema):
    """What to send as `Authorization: Token ...` from now on."""

    token = fields.String(required=True)
    username = fields.String(required=True)


def login_operations(access: Access) -> tuple[Operation, ...]:
    """The operation that gives a token."""
    logins = Logins(access)

    def log_in(call: Call) -> object:
        body = json.dumps(call.body).encode()
        headers = {"accept": JSON, "content-type": JSON}
        asked = Asked("POST", "login/", "", headers, BytesIO(body), len(body), network=call.network)
        reply = logins.answer(asked, call.chart)
        return {"token": _token(reply), "username": call.body["username"]}

    return (
        Operation(
            "POST",
            "login/",
            "logIn",
            "Sign in with a username and password of the chart",
            log_in,
            (Answer(200, TokenSchema(), description="The account's token; it is the same each time"),),
            body_schema=CredentialsSchema(),
            refusals=frozenset({401, 403, 429, 502, 503, 504}),
            who=Who.ANYONE,
            tag="Signing in",
        ),
    )


def _token(reply: Reply) -> str:
    with closing(reply):
        if reply.status in (400, 403):
            raise RefusedError(401, _WRONG, ("WWW-Authenticate", "Token"))
        if reply.status != 200:
            raise odd_answer()
        try:
            token = json.loads(b"".join(reply.pieces))["token"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise odd_answer() from None
    if not isinstance(token, str):
        raise odd_answer()
    return token
