"""What one operation of the JSON door is: declared once, and both its route and its OpenAPI come from that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from marshmallow import Schema

from bridge.charting.access import Caller
from bridge.charting.charts import Chart
from bridge.charting.refusals import RefusedError

JSON = "application/json"
_NOT_ADMIN = "Only the bridge's admins may do this; ask the clinic's admin, or to be named in `staff.admins`."


class Who(StrEnum):
    """Who may use an operation: anyone at all, people whom the chart and `staff.allow` let in, those of them whom
    `staff` names, or `staff.admins`.
    """

    ANYONE = "anyone"
    STAFF = "staff"
    NAMED = "named staff"
    ADMIN = "admin"


@dataclass(frozen=True)
class Call:
    """One use of an operation. `practice` is the one that the address names, None for the default one. `caller` is
    nobody (an empty digest) where anyone may come. `path`, `query`, `headers` and `body` are what the operation's
    schemas loaded, with Python's names, {} where it has no such schema. `network` is what wrong passwords are counted
    by; `root` is the path before the operation's: `/api/v1/` or `/p/PRACTICE/api/v1/`.
    """

    chart: Chart
    practice: str | None
    caller: Caller
    authorization: str = field(repr=False)
    path: Mapping[str, Any] = field(default_factory=dict, repr=False)
    query: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    body: Any = field(default_factory=dict, repr=False)
    network: str = field(default="unknown", repr=False)
    root: str = "/api/v1/"


@dataclass(frozen=True)
class Header:
    """A header of an answer that callers may go by; `is_always` False: some answers of this status are without it."""

    name: str
    description: str
    is_always: bool = True


@dataclass(frozen=True)
class Answer:
    """One way in which an operation answers when it does what was asked. `schema` makes JSON of the handler's value;
    without one the value is bytes of one of `media_types`, or nothing when there are none.
    """

    status: int = 200
    schema: Schema | None = None
    media_types: tuple[str, ...] = ()
    description: str = ""
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True)
class Answered:
    """What a handler gives back when it has more to say than a value for the operation's first answer."""

    value: object = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Operation:
    """One method at one path. `name` is its own among all (OpenAPI's operationId); `path` follows `/api/v1/` and holds
    `{name}` for each field of `path_schema`.

    The `handler` gives a value for the schema of the first of `answers`, an `Answered` for another status or further
    headers, or a `Reply` of bytes. It may raise RefusedError with a status in `refusals`, and what every operation
    may: ChartError (502, 504), StoreError and WorkshopError (503).
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Callable[[Call], object]
    answers: tuple[Answer, ...]
    path_schema: Schema | None = None
    query_schema: Schema | None = None
    headers_schema: Schema | None = None
    body_schema: Schema | None = None
    refusals: frozenset[int] = frozenset()
    who: Who = Who.STAFF
    tag: str = ""
    description: str = ""

    @property
    def refusal_statuses(self) -> tuple[int, ...]:
        """Every status of a problem that it can answer with."""
        statuses = {404, 500, *self.refusals}
        if self.query_schema or self.headers_schema or self.body_schema:
            statuses.add(400)
        if self.body_schema:
            statuses.add(413)
        if self.who is not Who.ANYONE:
            statuses |= {401, 403, 502, 503, 504}
        return tuple(sorted(statuses))

    def answer_of(self, status: int) -> Answer:
        """The answer with this status. Raises LookupError for one that was not declared."""
        return next(each for each in self.answers if each.status == status)


def require_admin(caller: Caller) -> None:
    """Raises RefusedError (403) when a caller who may use the bridge is none of its admins."""
    if not caller.is_admin:
        raise RefusedError(403, _NOT_ADMIN)
