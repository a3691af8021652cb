"""Who looked at which picture, and who changed what: for admins."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields

from bridge.charting.audit import Action
from bridge.charting.json_door.frame import Answer, Call, Operation, Who
from bridge.charting.json_door.schemas import ChartId, Limit, Text
from bridge.photos import ChartingStore


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

    id = ChartId(required=True)
    at = fields.AwareDateTime(format="iso", required=True)
    who = fields.String(required=True, allow_none=True, metadata={"description": "Null: see `token_mark`."})
    token_mark = fields.String(
        required=True, metadata={"description": "Tells apart people who signed in elsewhere; no part of a token."}
    )
    action = fields.String(required=True)
    image_id = ChartId(required=True, allow_none=True)
    patient = ChartId(required=True, allow_none=True)
    photo_id = ChartId(required=True, allow_none=True)
    reason = fields.String(required=True)


class EventPageSchema(Schema):
    """What people did, the newest first."""

    events = fields.List(fields.Nested(EventSchema), required=True)
    next = ChartId(required=True, allow_none=True, metadata={"description": "Ask with this as `before` for the next."})


class WantedEventsSchema(Schema):
    """Which events."""

    who = Text(150)
    action = fields.Enum(Action, by_value=True)
    patient = ChartId()
    image = ChartId()
    photo = ChartId()
    since = Moment()
    until = Moment(metadata={"description": "Before this time."})
    before = ChartId(metadata={"description": "The `next` of the page before."})
    limit = Limit()


def event_operations(store: ChartingStore) -> tuple[Operation, ...]:
    """The operation that shows events."""

    def page(call: Call) -> object:
        wanted = dict(call.query)
        if "action" in wanted:
            wanted["action"] = wanted["action"].value
        events = store.audited(chart=call.chart.key, **wanted)
        return {"events": events, "next": events[-1].id if len(events) == call.query["limit"] else None}

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
    )
