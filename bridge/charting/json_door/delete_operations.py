"""Taking an image away from the chart, with the caller's own token and a reason."""

from collections.abc import Mapping

from marshmallow import Schema, fields

from bridge.charting.deleting import Deletions
from bridge.charting.json_door.frame import Answer, Call, Operation
from bridge.charting.json_door.schemas import ChartId, ImagePath, Text
from bridge.charting.refusals import RefusedError
from bridge.charting.removing import Removals
from bridge.charting.thumbnails import Thumbnails
from bridge.photos import MoveStore

_NO_REASON = "`reason` is missing: say why, in the body or in the address; it is kept."


class WhySchema(Schema):
    """Why an image is deleted: here, or in the address, as some libraries send no body with DELETE."""

    reason = Text(500, metadata={"description": "Why; it is kept."})


class DeletionSchema(Schema):
    """An image that was deleted."""

    id = ChartId(required=True)
    deleted = fields.Boolean(required=True)


def delete_operations(deletions: Deletions, moves: MoveStore, thumbnails: Thumbnails) -> tuple[Operation, ...]:
    """The operation that deletes an image."""
    removals = Removals(deletions, moves, thumbnails)

    def delete(call: Call) -> Mapping[str, object]:
        image_id = call.path["image_id"]
        reason = call.body.get("reason") or call.query.get("reason")
        if reason is None:
            raise RefusedError(400, _NO_REASON)
        removals.remove(call.chart, call.caller, call.authorization, image_id, reason)
        return {"id": image_id, "deleted": True}

    return (
        Operation(
            "DELETE",
            "images/{image_id}",
            "deleteImage",
            "Take an image away from the chart, for ever",
            delete,
            (Answer(200, DeletionSchema(), description="It is deleted"),),
            path_schema=ImagePath(),
            query_schema=WhySchema(),
            body_schema=WhySchema(),
            refusals=frozenset({409}),
            tag="Images",
            description="A `reason` is needed, in the body or in the address.",
        ),
    )
