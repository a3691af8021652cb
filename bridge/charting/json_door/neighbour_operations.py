"""Which images stand beside one, for going from one to the next."""

from marshmallow import Schema, fields

from bridge.charting.chart_reader import ChartReader
from bridge.charting.json_door.frame import Answer, Call, Operation
from bridge.charting.json_door.schemas import ChartId, ImagePath
from bridge.charting.neighbours import Neighbours, neighbours_of
from bridge.targets import ImageType


class AmongSchema(Schema):
    """Among which images."""

    patient = ChartId(required=True)
    type = fields.Enum(ImageType, by_value=True)


class NeighboursSchema(Schema):
    """An image's place in a patient's list, which begins with the newest."""

    newer = ChartId(required=True, allow_none=True)
    older = ChartId(required=True, allow_none=True)
    place = fields.Integer(required=True, metadata={"description": "1 for the newest."})
    total = fields.Integer(required=True, metadata={"description": "How many there are in all."})


def neighbour_operations() -> tuple[Operation, ...]:
    """The operation that tells an image's neighbours."""
    return (
        Operation(
            "GET",
            "images/{image_id}/neighbours",
            "showNeighbours",
            "The images before and after one in a patient's list",
            _around,
            (Answer(200, NeighboursSchema(), description="The neighbours"),),
            path_schema=ImagePath(),
            query_schema=AmongSchema(),
            tag="Images",
            description="An image that is none of the patient's, or not of the type, is 404.",
        ),
    )


def _around(call: Call) -> Neighbours:
    kind = call.query.get("type")
    reader = ChartReader(call.chart, call.authorization)
    return neighbours_of(reader, call.path["image_id"], call.query["patient"], kind.value if kind else None)
