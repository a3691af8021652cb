"""How many held photos wait for a person, and where one of them stands among them."""

from collections.abc import Mapping
from dataclasses import asdict

from marshmallow import Schema, fields

from bridge.charting.json_door.frame import Answer, Call, Operation, Who
from bridge.charting.json_door.photo_answers import practices_of
from bridge.charting.json_door.schemas import ChartId
from bridge.holds import HoldReason
from bridge.photos import Store


class WantedPlaceSchema(Schema):
    """Which photo is meant, and among which."""

    photo = ChartId(metadata={"description": "Say where this photo stands."})
    reason = fields.Enum(HoldReason, by_value=True, metadata={"description": "Among those of this reason alone."})


class ReasonCountSchema(Schema):
    """How many photos are held for a reason."""

    reason = fields.Enum(HoldReason, by_value=True, required=True)
    count = fields.Integer(required=True)


class HeldPlaceSchema(Schema):
    """Where a photo stands, the newest being the first."""

    waits = fields.Boolean(required=True, metadata={"description": "Whether it is one of those that are counted."})
    newer = fields.Integer(required=True, metadata={"description": "How many are newer than it."})
    next_newer = ChartId(required=True, allow_none=True)
    next_older = ChartId(required=True, allow_none=True)


class HeldCountSchema(Schema):
    """Held photos of which nobody has just said what is to become."""

    reasons = fields.List(
        fields.Nested(ReasonCountSchema),
        required=True,
        metadata={"description": "All of them; the reason of the newest photo first."},
    )
    place = fields.Nested(HeldPlaceSchema, required=True, allow_none=True)


def held_queue_operations(store: Store) -> tuple[Operation, ...]:
    """The operation."""

    def count(call: Call) -> Mapping[str, object]:
        practices, photo_id = practices_of(call), call.query.get("photo")
        place = store.held_place(practices, photo_id, call.query.get("reason")) if photo_id else None
        return {
            "reasons": [{"reason": each, "count": number} for each, number in store.held_counts(practices).items()],
            "place": asdict(place) if place else None,
        }

    return (
        Operation(
            "GET",
            "held-photos",
            "countHeldPhotos",
            "How many photos wait for a person, by reason; and where one of them stands",
            count,
            (Answer(200, HeldCountSchema(), description="The numbers"),),
            query_schema=WantedPlaceSchema(),
            who=Who.NAMED,
            tag="Photos",
        ),
    )
