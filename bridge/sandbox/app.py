"""The chart as an application: from a request to an answer, in the order in which tscharts looks at things."""

import logging
import re
from datetime import datetime

import sqlalchemy as sa

from bridge.sandbox import pages
from bridge.sandbox.calls import BreakdownError, Call, RefusedError, Resource
from bridge.sandbox.messages import JSON, Answer, Request, detail, json_answer
from bridge.sandbox.negotiation import Renderer, renderer_for
from bridge.sandbox.resources import ROUTES
from bridge.sandbox.store import Store
from bridge.sandbox.tables import users

_log = logging.getLogger(__name__)
_PORT = re.compile(r":[0-9]*$")
_LARGEST_ID = 2**63 - 1
_PARSED_TYPES = [JSON, "application/x-www-form-urlencoded", "multipart/form-data"]


class App:
    """The chart's answers. Knows nothing of connections."""

    def __init__(self, store: Store, allowed_hosts: frozenset[str]) -> None:
        self._store = store
        self._allowed_hosts = allowed_hosts

    def answer(self, request: Request, now: datetime) -> Answer:
        """The answer to one request; `now` is the server's local time.

        Host, slash and path come before authentication, that before method and body (contract/tscharts.md).
        """
        if not self._is_allowed_host(request.headers.get("host")):
            return pages.page(400)
        found = _route(request.path)
        if found is not None:
            return self._resource_answer(found[0], found[1], request, now)
        if not request.path.endswith("/") and _route(request.path + "/") is not None:
            query = f"?{request.query_text}" if request.query_text else ""
            return Answer(301, headers=(("Location", f"{request.path}/{query}"),))
        return pages.page(404)

    def _is_allowed_host(self, host: str | None) -> bool:
        return host is None or _PORT.sub("", host.lower()) in self._allowed_hosts

    def _resource_answer(self, resource: Resource, row_id: int | None, request: Request, now: datetime) -> Answer:
        renderer = Renderer.JSON
        try:
            renderer = renderer_for(request)
            with self._store.begin() as connection:
                answer = _handled(resource, Call(request, row_id, now, self._store, connection))
        except RefusedError as refusal:
            answer = refusal.answer
        except BreakdownError as breakdown:
            return breakdown.answer
        except Exception:
            _log.exception("the sandbox failed at %s /%s/", request.method, resource.word)
            return pages.page(500)
        return _finished(answer, resource, renderer)


def resource_word(path: str) -> str:
    """The word that names a resource in a path, "" when there is none; faults are chosen by it."""
    parts = path.split("/", 4)
    return parts[3] if parts[1:3] == ["tscharts", "v1"] and len(parts) > 3 else ""


def _route(path: str) -> tuple[Resource, int | None] | None:
    for pattern, resource in ROUTES:
        match = pattern.fullmatch(path)
        if match:
            digits = match.group(1) if pattern.groups else None
            return resource, None if digits is None else min(int(digits), _LARGEST_ID)
    return None


def _handled(resource: Resource, call: Call) -> Answer:
    if not resource.is_open:
        _authenticate(call)
    method = call.request.method
    if method == "OPTIONS":
        return json_answer(_description(resource))
    handler = resource.handlers.get("GET" if method == "HEAD" else method)
    if handler is None:
        raise RefusedError(detail(405, f'Method "{method}" not allowed.'))
    return handler(call)


def _authenticate(call: Call) -> None:
    words = call.request.headers.get("authorization", "").split()
    if not words or words[0].lower() != "token":
        raise _unauthorized("Authentication credentials were not provided.")
    if len(words) == 1:
        raise _unauthorized("Invalid token header. No credentials provided.")
    if len(words) > 2:
        raise _unauthorized("Invalid token header. Token string should not contain spaces.")
    known = call.connection.execute(sa.select(users.c.id).where(users.c.token == words[1])).first()
    if known is None:
        raise _unauthorized("Invalid token.")


def _unauthorized(sentence: str) -> RefusedError:
    return RefusedError(detail(401, sentence).with_headers(("WWW-Authenticate", "Token")))


def _description(resource: Resource) -> dict[str, object]:
    return {
        "name": resource.name,
        "description": "",
        "renders": [renderer.value for renderer in Renderer],
        "parses": _PARSED_TYPES,
    }


def _finished(answer: Answer, resource: Resource, renderer: Renderer) -> Answer:
    """The answer in the form asked for, with the headers that every resource adds."""
    varies_by_cookie = resource.uses_session and answer.status == 200
    if renderer is Renderer.PAGE and answer.payload is not None:
        answer = pages.browsable(resource.name, answer)
        varies_by_cookie = True
    vary = "Accept, Cookie" if varies_by_cookie else "Accept"
    return answer.with_headers(("Allow", resource.allow), ("Vary", vary))
