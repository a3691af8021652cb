"""The OpenAPI 3.1 document of the JSON door, made of its operations, and the readable page made of the document."""

import functools
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import jinja2
from marshmallow import Schema

from bridge.charting.json_door.frame import JSON, Answer, Answered, Call, Header, Operation, Who
from bridge.charting.json_door.schema_words import kind_of
from bridge.charting.json_door.schemas import ProblemSchema
from bridge.charting.messages import Reply
from bridge.charting.refusals import PROBLEM_TYPE

_TITLE = "tscharts image bridge"
_ABOUT = (
    "A patient's images, photos of the bridge, and patients. Send `Authorization: Token ...` with a token of the "
    "chart; `POST login/` gives one. What goes wrong is a problem (RFC 9457) whose `detail` says what to do. "
    "With several charts, put `/p/PRACTICE` before `/api/v1/`."
)
_SECURITY = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`Token`, a space, and a token of the chart.",
}
_PAGE_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
)
_PROBLEM_HEADERS = {
    401: Header("WWW-Authenticate", "`Token`"),
    416: Header("Content-Range", "How many bytes there are."),
    429: Header("Retry-After", "Seconds until it is worth trying again."),
    503: Header("Retry-After", "Seconds until it is worth trying again.", is_always=False),
}
"""What the problems of a status bring beside their body."""

_PLAIN = (str, int, float, bool, list, dict, type(None))
_BINARY = {"type": "string", "format": "binary"}


class DocumentSchema(Schema):
    """An OpenAPI document, given as it is."""

    class Meta:
        unknown = "include"

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """The document itself."""
        return obj


class Handbook:
    """What the door says of itself: `openapi.json`, and a page for people. `operations` are the others'."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = (*operations, *self._own())

    @functools.cached_property
    def _document(self) -> dict[str, Any]:
        """Made when somebody asks for it, which may be never."""
        return document(self.operations)

    def _own(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "GET",
                "openapi.json",
                "openapi",
                "This interface, described for programs (OpenAPI 3.1)",
                self._described,
                (Answer(200, DocumentSchema(), description="The OpenAPI document"),),
                who=Who.ANYONE,
                tag="About",
            ),
            Operation(
                "GET",
                "",
                "handbook",
                "This interface, described for people",
                self._page,
                (Answer(200, media_types=("text/html",), description="A page"),),
                who=Who.ANYONE,
                tag="About",
            ),
        )

    def _described(self, call: Call) -> object:
        return Answered({**self._document, "servers": [{"url": call.root.removesuffix("/")}]})

    def _page(self, call: Call) -> Reply:
        tags, asked = by_tag(self._document), asked_objects(self._document)
        page = (
            _template().render(document=self._document, tags=tags, asked=asked, root=call.root, kind=kind_of).encode()
        )
        return Reply(200, (*_PAGE_HEADERS, ("Content-Length", str(len(page)))), (page,))


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these operations."""
    from apispec import APISpec
    from apispec.ext.marshmallow import MarshmallowPlugin

    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    info = {"description": _ABOUT}
    spec = APISpec(_TITLE, version("tscharts-bridge"), "3.1.0", info=info, plugins=[plugin])
    spec.components.security_scheme("token", _SECURITY)
    spec.components.schema("Problem", schema=ProblemSchema)
    for operation in operations:
        spec.path(f"/{operation.path}", operations={operation.method.lower(): _described(operation)})
    described: dict[str, Any] = _sayable(spec.to_dict())
    return described


def _sayable(node: Any) -> Any:
    """The same without defaults that are no JSON: those are values that a schema made already."""
    if isinstance(node, dict):
        kept = {name: each for name, each in node.items() if name != "default" or isinstance(each, _PLAIN)}
        return {name: _sayable(each) for name, each in kept.items()}
    return [_sayable(each) for each in node] if isinstance(node, list) else node


def by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """A document's operations as (method, path, operation), under their first tags, in the document's order."""
    tags: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return tags


def asked_objects(document: dict[str, Any]) -> set[str]:
    """The names of the schemas that callers send."""
    bodies = [each["requestBody"] for _, _, each in chain(*by_tag(document).values()) if "requestBody" in each]
    return {body["content"][JSON]["schema"]["$ref"].rsplit("/")[-1] for body in bodies}


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag or "Other"],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
        "security": [] if operation.who is Who.ANYONE else [{"token": []}],
        "x-who": operation.who.value,
    }
    if operation.description:
        described["description"] = operation.description
    if operation.body_schema is not None:
        is_needed = any(each.required for each in operation.body_schema.fields.values())
        described["requestBody"] = {"required": is_needed, "content": {JSON: {"schema": operation.body_schema}}}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    places = {"path": operation.path_schema, "query": operation.query_schema, "header": operation.headers_schema}
    return [{"in": place, "schema": schema} for place, schema in places.items() if schema is not None]


def _responses(operation: Operation) -> dict[str, Any]:
    responses = {str(answer.status): _response(answer) for answer in operation.answers}
    for status in operation.refusal_statuses:
        problem: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        problem["content"] = {PROBLEM_TYPE: {"schema": ProblemSchema}}
        if status in _PROBLEM_HEADERS:
            problem["headers"] = _headers((_PROBLEM_HEADERS[status],))
        responses[str(status)] = problem
    return responses


def _response(answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"description": answer.description or HTTPStatus(answer.status).phrase}
    if answer.schema is not None:
        response["content"] = {JSON: {"schema": answer.schema}}
    elif answer.media_types:
        response["content"] = {media_type: {"schema": _BINARY} for media_type in answer.media_types}
    if answer.headers:
        response["headers"] = _headers(answer.headers)
    return response


def _headers(headers: Iterable[Header]) -> dict[str, Any]:
    return {
        each.name: {"description": each.description, "required": each.is_always, "schema": {"type": "string"}}
        for each in headers
    }


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return str(kind.__name__.removesuffix("Schema"))


def _template() -> jinja2.Template:
    folder = Path(__file__).parent / "templates"
    return jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True).get_template("handbook.html")
