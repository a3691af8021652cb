"""Moving an image to another patient, and how far that is."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from bridge.charting.access import Caller
from bridge.charting.charts import Chart
from bridge.charting.json_door.frame import Answer, Answered, Call, Operation, Who
from bridge.charting.json_door.schemas import ChartId, ImagePath, Limit, Text
from bridge.charting.moves import MoveOrder, Mover
from bridge.charting.refusals import RefusedError
from bridge.charting.thumbnails import Thumbnails
from bridge.photos import Move, MoveState, MoveStore, NoSuchMoveError, chart_key
from bridge.targets import ImageType

_TAG = "Images"
_WAIT_SECONDS = 4.0
"""Programs give up after five seconds (contract/tscharts-clients.md)."""

_NO_MOVE = "This chart has no move of this number; check it."


class MoveOrderSchema(Schema):
    """Where an image is to be."""

    patient = ChartId(required=True, metadata={"description": "The patient to whom it belongs."})
    reason = Text(500, required=True, metadata={"description": "Why; it is kept."})


class MovePath(Schema):
    """The number of a move in the path."""

    move_id = ChartId(required=True, metadata={"description": "The move's number."})


class MoveSchema(Schema):
    """An image on its way to another patient. `asked`, `sending` and `copied` go on by themselves; `stuck` waits for a
    person, who asks again; `moved` and `failed` are the ends, and what failed is where it was.
    """

    id = ChartId(required=True)
    image_id = ChartId(required=True, metadata={"description": "The image as it was."})
    patient = ChartId(required=True, metadata={"description": "Whose it was."})
    to_patient = ChartId(required=True)
    type = fields.Enum(ImageType, by_value=True, required=True)
    state = fields.Enum(MoveState, by_value=True, required=True)
    new_image_id = ChartId(required=True, allow_none=True, metadata={"description": "The image as it is now."})
    photo_id = ChartId(required=True, allow_none=True, metadata={"description": "This bridge's photo."})
    reason = fields.String(required=True)
    asked_by = fields.String(required=True, allow_none=True)
    asked_at = fields.AwareDateTime(format="iso", required=True)
    ended_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    trouble = fields.String(
        required=True, allow_none=True, metadata={"description": "What keeps it from going on, and what to do."}
    )


class MovePageSchema(Schema):
    """Some of the moves, the newest first."""

    moves = fields.List(fields.Nested(MoveSchema), required=True)
    next = ChartId(required=True, allow_none=True, metadata={"description": "Ask with this as `before` for the next."})


class WantedMovesSchema(Schema):
    """Which moves."""

    state = fields.Enum(MoveState, by_value=True)
    before = ChartId(metadata={"description": "The `next` of the page before."})
    limit = Limit()


def move_operations(mover: Mover, store: MoveStore, thumbnails: Thumbnails) -> tuple[Operation, ...]:
    """The operations that move images."""
    moves = _Moves(mover, store, thumbnails)
    return (
        Operation(
            "POST",
            "images/{image_id}/move",
            "moveImage",
            "Move an image to another patient",
            moves.move,
            (
                Answer(200, MoveSchema(), description="The move, which is over or waits for a person"),
                Answer(202, MoveSchema(), description="The move, which goes on by itself"),
            ),
            path_schema=ImagePath(),
            body_schema=MoveOrderSchema(),
            refusals=frozenset({409}),
            who=Who.NAMED,
            tag=_TAG,
            description="Asked for again, it is the same move. One that is stuck goes on when it is asked for again.",
        ),
        Operation(
            "GET",
            "moves",
            "listMoves",
            "Images that people moved, the newest first",
            moves.page,
            (Answer(200, MovePageSchema(), description="A page of moves"),),
            query_schema=WantedMovesSchema(),
            who=Who.NAMED,
            tag=_TAG,
        ),
        Operation(
            "GET",
            "moves/{move_id}",
            "showMove",
            "How far a move is",
            moves.show,
            (Answer(200, MoveSchema(), description="The move"),),
            path_schema=MovePath(),
            who=Who.NAMED,
            tag=_TAG,
        ),
    )


class _Moves:
    def __init__(self, mover: Mover, store: MoveStore, thumbnails: Thumbnails) -> None:
        self._mover = mover
        self._store = store
        self._thumbnails = thumbnails

    def move(self, call: Call) -> Answered:
        order = MoveOrder(
            practice=practice_for(call.chart, call.practice),
            image_id=call.path["image_id"],
            patient=call.body["patient"],
            reason=call.body["reason"],
            asked_by=call.caller.username,
            token_mark=call.caller.mark,
        )
        move = self._mover.carry_out(self._mover.order(order), _WAIT_SECONDS)
        if move.state is MoveState.MOVED:
            self._thumbnails.forget(call.chart, move.wanted.image_id)
        return Answered(_shown(move), 202 if move.state.is_under_way else 200)

    def page(self, call: Call) -> Mapping[str, object]:
        found = self._store.moves_wanted(call.chart.key, **call.query)
        is_full = len(found) == call.query["limit"]
        return {"moves": [_shown(move) for move in found], "next": found[-1].id if is_full else None}

    def show(self, call: Call) -> Mapping[str, object]:
        try:
            move = self._store.move(call.path["move_id"])
        except NoSuchMoveError:
            raise RefusedError(404, _NO_MOVE) from None
        if move.wanted.chart != chart_key(call.chart.key):
            raise RefusedError(404, _NO_MOVE)
        return _shown(move)


def practice_for(chart: Chart, named: str | None) -> str:
    """The practice in whose name something is done: the one that the address names, else the chart's first."""
    return named if named is not None else min(chart.practices)


def actor_of(caller: Caller) -> str:
    """Who did it, for the history of a photo."""
    return (caller.username or f"token {caller.mark}")[:80]


def _shown(move: Move) -> dict[str, Any]:
    wanted = move.wanted
    return {
        "id": move.id,
        "image_id": wanted.image_id,
        "patient": wanted.source.patient,
        "to_patient": wanted.to_patient,
        "type": wanted.source.type,
        "state": move.state,
        "new_image_id": move.new_image_id,
        "photo_id": move.photo_id,
        "reason": wanted.reason,
        "asked_by": wanted.asked_by,
        "asked_at": move.asked_at,
        "ended_at": move.ended_at,
        "trouble": move.trouble,
    }
