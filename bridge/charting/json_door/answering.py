"""Answers a question to an operation, whoever brings it: the routes over HTTP, or the pages in the same process."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bridge.charting.access import Access, Caller
from bridge.charting.charts import Chart
from bridge.charting.json_door.frame import JSON, Answered, Call, Operation, Who, require_admin
from bridge.charting.json_door.reading import read_body, read_headers, read_path, read_query
from bridge.charting.messages import Reply
from bridge.charting.refusals import RefusedError, chart_trouble
from bridge.imaging import WorkshopError
from bridge.photos import StoreError
from bridge.tscharts import ChartError

_log = logging.getLogger(__name__)
_NOBODY = Caller("")


@dataclass(frozen=True)
class Question:
    """What is brought to an operation, as texts: nothing of it is checked. `body` reads the bytes, and may raise
    RefusedError. The rest is as in `Call`.
    """

    practice: str | None = None
    authorization: str = field(default="", repr=False)
    path: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Iterable[tuple[str, str]] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Callable[[], bytes] = field(default=bytes, repr=False)
    network: str = field(default="unknown", repr=False)
    root: str = "/api/v1/"


def answer(operation: Operation, chart: Chart, access: Access, question: Question) -> Reply:
    """What an operation answers. Raises RefusedError for all that it refuses, and for a chart, a store or a workshop
    that fails.
    """
    try:
        return _reply(operation, operation.handler(_call(operation, chart, access, question)))
    except ChartError as error:
        raise chart_trouble(error) from error
    except (StoreError, WorkshopError) as error:
        _log.error("event=json-door-failed reason=%s", type(error).__name__)
        raise RefusedError(503, str(error)) from error


def _call(operation: Operation, chart: Chart, access: Access, question: Question) -> Call:
    """What is asked, its caller let in before anything else is looked at."""
    return Call(
        chart=chart,
        practice=question.practice,
        caller=_let_in(operation, access, chart, question),
        authorization=question.authorization,
        path=read_path(operation.path_schema, question.path),
        query=read_query(operation.query_schema, question.query),
        headers=read_headers(operation.headers_schema, question.headers),
        body=read_body(operation.body_schema, question.body() if operation.body_schema else b""),
        network=question.network,
        root=question.root,
    )


def _let_in(operation: Operation, access: Access, chart: Chart, question: Question) -> Caller:
    """Who asks, if they may. Raises RefusedError."""
    if operation.who is Who.ANYONE:
        return _NOBODY
    login = f"{question.root}login/"
    caller = access.known(chart, question.authorization, login)
    if operation.who is Who.NAMED:
        access.require_named(caller, login)
    if operation.who is Who.ADMIN:
        require_admin(caller)
    return caller


def _reply(operation: Operation, value: object) -> Reply:
    if isinstance(value, Reply):
        return value
    if not isinstance(value, Answered):
        value = Answered(value, operation.answers[0].status)
    schema = operation.answer_of(value.status).schema
    body = schema.dumps(value.value, ensure_ascii=False).encode() if schema is not None else b""
    headers = {
        "Cache-Control": "no-store",
        "Content-Type": JSON,
        "Content-Length": str(len(body)),
        **dict(value.headers),
    }
    return Reply(value.status, tuple(headers.items()), (body,))
