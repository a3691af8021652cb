"""Taking an image away from the chart, with the caller's own token and a reason."""

from collections.abc import Callable, Mapping

from marshmallow import Schema, fields

from bridge.charting.chart_reader import odd_answer
from bridge.charting.deleting import Deletions
from bridge.charting.json_door.frame import Answer, Call, Operation
from bridge.charting.json_door.photo_schemas import ReasonSchema
from bridge.charting.json_door.schemas import ChartId, ImagePath
from bridge.charting.refusals import RefusedError
from bridge.charting.thumbnails import Thumbnails
from bridge.photos import MoveStore
from bridge.tscharts import RelayAnswer, RelayRequest

_NO_IMAGE = "The chart has no image of this number; look at the patient's images again."
_NOT_SIGNED_IN = "The chart does not accept this token any more; sign in again."


class DeletionSchema(Schema):
    """An image that was deleted."""

    id = ChartId(required=True)
    deleted = fields.Boolean(required=True)


def delete_operations(deletions: Deletions, moves: MoveStore, thumbnails: Thumbnails) -> tuple[Operation, ...]:
    """The operation that deletes an image."""

    def delete(call: Call) -> Mapping[str, object]:
        image_id = call.path["image_id"]
        move = moves.move_in_hand(call.chart.key, image_id)
        if move is not None and move.state.is_under_way:
            raise RefusedError(409, f"Image {image_id} is just being moved (move {move.id}); look how that ends first.")
        look, do = _requests(call, image_id)
        with deletions.delete(call.chart, call.caller, image_id, look, do, call.body["reason"]) as answer:
            status = answer.status
        if status == 401:
            raise RefusedError(401, _NOT_SIGNED_IN, ("WWW-Authenticate", "Token"))
        if status not in (200, 404):
            raise odd_answer()
        thumbnails.forget(call.chart, image_id)
        if status == 404:
            raise RefusedError(404, _NO_IMAGE)
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
            body_schema=ReasonSchema(),
            refusals=frozenset({409}),
            tag="Images",
        ),
    )


def _requests(call: Call, image_id: int) -> tuple[RelayRequest, Callable[[], RelayAnswer]]:
    path = f"image/{image_id}/"
    headers = (("Authorization", call.authorization), ("Accept", "application/json"))
    return RelayRequest("GET", path, headers), lambda: call.chart.relay.open(RelayRequest("DELETE", path, headers))
