"""Images: the resource that the bridge writes to (contract/tscharts.md, "Image")."""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.calls import BreakdownError, Call, RefusedError, Resource, coerced_id, deleting, inserted
from bridge.sandbox.messages import HTML, Answer, empty, json_answer, not_found
from bridge.sandbox.resources.xrays import ensure_record
from bridge.sandbox.store import local_text, row_by_id
from bridge.sandbox.tables import clinics, images, patients, stations
from bridge.targets import ImageType

_TYPES = frozenset(kind.value for kind in ImageType)
_LINKS = {"patient": patients, "clinic": clinics, "station": stations}
_FLAGS = {"": False, "true": True, "false": False}
_LINE_END = re.compile(r"\r\n|\r|\n")


def _post(call: Call) -> Answer:
    fields = call.fields("patient", "type", "data")
    links = {name: coerced_id(fields[name]) for name in _LINKS if name in fields}
    kind = fields["type"]
    if not isinstance(kind, str) or kind not in _TYPES:
        raise RefusedError(empty(400))
    if not all(call.has(_LINKS[name], row_id) for name, row_id in links.items()):
        raise RefusedError(not_found())
    values = {**links, "type": kind, "data": _storable(fields["data"]), "saved": local_text(call.now)}
    if call.store.mysql_family:
        values["place"] = _first_free_place(call)
    image_id = inserted(call, images, values)
    if kind == ImageType.XRAY and "clinic" in links:
        ensure_record(call, links["patient"], links["clinic"])
    return json_answer({"id": image_id})


def _get(call: Call) -> Answer:
    if call.id is not None:
        return _shown(row_by_id(call.connection, images, call.id))
    links = {name: _whole(call.parameter(name)) for name in _LINKS}
    newest = _flag(call, "newest")
    newest_first = _flag(call, "sort")
    if not all(call.has(_LINKS[name], row_id) for name, row_id in links.items() if row_id):
        raise RefusedError(empty(404))
    wanted = _matching(links, call.parameter("type"))
    if newest:
        return _shown(_newest(call, wanted))
    ids = list(call.connection.execute(wanted.order_by(*_order(call, newest_first))).scalars())
    return json_answer(ids) if ids else empty(404)


def _matching(links: Mapping[str, int], kind: str) -> sa.Select[Any]:
    """The ids that match. Ids that are 0 and an empty type match everything."""
    if kind and kind not in _TYPES:
        raise RefusedError(empty(400))
    wanted = sa.select(images.c.id)
    for name, value in {**links, "type": kind}.items():
        if value:
            wanted = wanted.where(images.c[name] == value)
    return wanted


def _newest(call: Call, wanted: sa.Select[Any]) -> dict[str, Any] | None:
    image_id = call.connection.execute(wanted.order_by(*_order(call, newest_first=True)).limit(1)).scalar()
    return None if image_id is None else row_by_id(call.connection, images, image_id)


def _order(call: Call, newest_first: bool) -> tuple[sa.ColumnElement[Any], ...]:
    if newest_first:
        return images.c.saved.desc(), images.c.id.desc()
    return (images.c.place if call.store.mysql_family else images.c.id,)


def _first_free_place(call: Call) -> int:
    """Where MyISAM puts a new row: in the place of a deleted one, if any (contract/tscharts.md, surprise 13)."""
    taken = set(call.connection.execute(sa.select(images.c.place)).scalars())
    return next(place for place in range(1, len(taken) + 2) if place not in taken)


def _storable(data: Any) -> str:
    """The text to keep; whatever the type of `data`, an error here is 500 with the error's name as text."""
    try:
        if not isinstance(data, str):
            raise TypeError
        data.encode()
    except (TypeError, UnicodeEncodeError) as error:
        raise RefusedError(Answer(500, HTML, str(type(error)).encode())) from None
    return data


def _shown(row: Mapping[str, Any] | None) -> Answer:
    """One image as an object. One without data, or whose file is lost, is 500 and no body."""
    if row is None:
        return empty(404)
    if not row["data"]:
        return empty(500)
    shown = {name: row[name] for name in ("id", "patient", "clinic", "station", "type")}
    return json_answer({**shown, "data": _first_line(row["data"])})


def _first_line(text: str) -> str:
    """All that ever comes back of a text: its first line, its end turned into LF (contract/tscharts.md, surprise 1)."""
    end = _LINE_END.search(text)
    return text[: end.start()] + "\n" if end else text


def _whole(text: str) -> int:
    try:
        return int(text) if text else 0
    except ValueError:
        raise BreakdownError from None


def _flag(call: Call, name: str) -> bool:
    text = call.parameter(name)
    if text not in _FLAGS:
        raise RefusedError(empty(400))
    return _FLAGS[text]


IMAGE = Resource("image", "Image", {"GET": _get, "POST": _post, "DELETE": deleting(images)})
