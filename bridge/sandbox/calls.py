"""What the resources share: one call to the chart, and the ways it ends early."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.sandbox import pages
from bridge.sandbox.messages import Answer, Request, empty, json_answer, not_found
from bridge.sandbox.store import Store, row_by_id


class RefusedError(Exception):
    """The resource itself refuses: its answer goes out with the resource's Allow and Vary headers."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class BreakdownError(Exception):
    """The framework around the resource answers, with a bare HTML page: most often 500, the chart's own failure."""

    def __init__(self, status: int = 500) -> None:
        super().__init__(status)
        self.answer = pages.page(status)


@dataclass(frozen=True)
class Call:
    """One call to a resource: the request, the id in its address if any, and the server's local time."""

    request: Request
    id: int | None
    now: datetime
    store: Store
    connection: sa.Connection

    def fields(self, *required: str) -> Mapping[str, Any]:
        """The JSON object in the body. Other JSON and missing fields are 400 or 500 as the chart has it
        (contract/tscharts.md, surprise 5); a body over the limit is 400 with a page.
        """
        if self.request.body_too_large:
            raise BreakdownError(400)
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise BreakdownError from None
        if isinstance(value, (list, str)):
            raise RefusedError(empty(400))
        if not isinstance(value, dict):
            raise BreakdownError
        if not set(required) <= set(value):
            raise RefusedError(empty(400))
        return value

    def parameter(self, name: str) -> str:
        """A query parameter, "" when it is absent."""
        return self.request.query.get(name, "")

    def has(self, table: sa.Table, row_id: int) -> bool:
        """Whether a row of that id exists."""
        return row_by_id(self.connection, table, row_id) is not None


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Resource:
    """One resource of the API: the word in its address, its name in pages, and what it does for each method.

    `is_open` resources ask for no token; `uses_session` ones vary by cookie.
    """

    word: str
    name: str
    handlers: Mapping[str, Handler]
    is_open: bool = False
    uses_session: bool = False

    @property
    def allow(self) -> str:
        """The Allow header."""
        methods = [method for method in ("GET", "POST", "PUT", "DELETE") if method in self.handlers]
        return ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])


def coerced_id(value: Any) -> int:
    """An id in a JSON body as the chart reads it (contract/tscharts.md, surprise 16). Refuses with 400."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise RefusedError(empty(400)) from None


def deleting(table: sa.Table) -> Handler:
    """A handler that deletes a row, and with it all that belongs to it."""

    def delete(call: Call) -> Answer:
        if call.id is None:
            raise RefusedError(empty(400))
        if not call.has(table, call.id):
            raise RefusedError(not_found())
        call.connection.execute(sa.delete(table).where(table.c.id == call.id))
        return json_answer({})

    return delete


def not_played(_call: Call) -> Answer:
    """A handler for what the chart does and the sandbox does not: 501, so that nobody takes it for the chart's."""
    raise BreakdownError(501)


def inserted(call: Call, table: sa.Table, values: Mapping[str, Any]) -> int:
    """Insert a row and give its new id."""
    result = call.connection.execute(sa.insert(table).values(**values))
    key = result.inserted_primary_key
    return int(key[0]) if key else 0
