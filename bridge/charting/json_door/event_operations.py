"""Who looked at which picture, and who changed what: for admins."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields

from bridge.charting.audit import Action
from bridge.charting.json_door.frame import Answer, Call, Operation, Who
from bridge.charting.json_door.schemas import ChartId, Limit, Text
from bridge.charting.messages import Reply
from bridge.charting.noting import Notes
from bridge.photos import ChartingStore, DeedQuery

LINES = "application/x-ndjson"
"""JSON objects, each in a line of its own."""

_AT_ONCE = 500


class Moment(fields.AwareDateTime):
    """A time with its zone, given as UTC; what is read without a zone is UTC. Years that no calendar minds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **more)
        if not 1970 <= moment.year <= 9000:
            raise ValidationError("Must be a time from 1970 to 9000")
        return moment.astimezone(UTC)


class EventSchema(Schema):
    """One thing that somebody did."""

    id = ChartId(required=True, metadata={"description": "Tells events apart; their order is that of `at`."})
    at = fields.AwareDateTime(format="iso", required=True)
    who = fields.String(required=True, allow_none=True, metadata={"description": "Null: see `token_mark`."})
    token_mark = fields.String(
        required=True, metadata={"description": "Tells apart people who signed in elsewhere; no part of a token."}
    )
    action = fields.String(required=True)
    image_id = ChartId(required=True, allow_none=True)
    patient = ChartId(
        required=True, allow_none=True, metadata={"description": "Of a photo: with whom its place in the chart is."}
    )
    photo_id = ChartId(required=True, allow_none=True)
    reason = fields.String(required=True)


class EventPageSchema(Schema):
    """What people did, the newest first."""

    events = fields.List(fields.Nested(EventSchema), required=True)
    next = ChartId(required=True, allow_none=True, metadata={"description": "Ask with this as `before` for the next."})


class NarrowedEventsSchema(Schema):
    """Which events."""

    who = Text(150, metadata={"description": "A name, or the `token_mark` of one who signed in elsewhere."})
    action = fields.Enum(Action, by_value=True)
    patient = ChartId()
    image = ChartId()
    photo = ChartId()
    since = Moment()
    until = Moment(metadata={"description": "Before this time."})


class WantedEventsSchema(NarrowedEventsSchema):
    """Which page of which events."""

    before = ChartId(metadata={"description": "The `next` of the page before."})
    limit = Limit()


def event_operations(store: ChartingStore, notes: Notes) -> tuple[Operation, ...]:
    """The operations that show events."""

    def page(call: Call) -> object:
        query = _query(call)
        deeds = store.deeds(query)
        return {"events": deeds, "next": deeds[-1].id if len(deeds) == query.limit else None}

    def export(call: Call) -> Reply:
        query = replace(_query(call), limit=_AT_ONCE)
        notes.note(call.caller, call.chart, Action.EXPORTED, None, query.patient, _narrowed(call))
        return Reply(200, (("Cache-Control", "no-store"), ("Content-Type", LINES)), _lines(store, query))

    return (
        Operation(
            "GET",
            "events",
            "listEvents",
            "Who looked at which picture, and who changed what",
            page,
            (Answer(200, EventPageSchema(), description="A page of events"),),
            query_schema=WantedEventsSchema(),
            who=Who.ADMIN,
            tag="Events",
        ),
        Operation(
            "GET",
            "events/export",
            "exportEvents",
            "All events that are meant, and not a page of them",
            export,
            (Answer(200, media_types=(LINES,), description="An event in each line, the newest first"),),
            query_schema=NarrowedEventsSchema(),
            who=Who.ADMIN,
            tag="Events",
            description="That somebody asked for this is an event itself.",
        ),
    )


def _query(call: Call) -> DeedQuery:
    wanted = dict(call.query)
    if "action" in wanted:
        wanted["action"] = wanted["action"].value
    return DeedQuery(call.chart.key, call.chart.practices, **wanted)


def _lines(store: ChartingStore, query: DeedQuery) -> Iterator[bytes]:
    """Page after page, so that any number of events takes no more room than a page."""
    schema = EventSchema()
    while deeds := store.deeds(query):
        yield "".join(schema.dumps(deed, ensure_ascii=False) + "\n" for deed in deeds).encode()
        query = replace(query, before=deeds[-1].id)


def _narrowed(call: Call) -> str:
    """What was meant, as it is noted."""
    return ", ".join(f"{name} {_said(value)}" for name, value in sorted(call.query.items()))


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
