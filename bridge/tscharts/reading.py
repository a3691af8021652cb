"""Reads the JSON of an answer into records, or says that it is not tscharts' JSON."""

import json
from typing import Any

from marshmallow import Schema, ValidationError

from bridge.tscharts.account import ChartAccount
from bridge.tscharts.calls import Answer, Call
from bridge.tscharts.errors import ChartAnswerError
from bridge.tscharts.refusals import refusal
from bridge.tscharts.schemas import read_ids


def read_json(call: Call, answer: Answer, account: ChartAccount) -> Any:
    """The JSON of an answer with status 200; raises what `refusal` makes of any other."""
    if answer.status != 200 or not answer.is_json:
        raise refusal(call, answer, account)
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        if answer.content_type:
            raise odd_answer(call) from None
        raise refusal(call, answer, account) from None


def read_record(schema: Schema, data: object, call: Call) -> Any:
    """What a schema makes of one JSON object. Raises ChartAnswerError when it does not fit."""
    if not isinstance(data, dict):
        raise odd_answer(call)
    try:
        return schema.load(data)
    except ValidationError as error:
        raise odd_answer(call, error) from None


def read_records(schema: Schema, data: object, call: Call) -> list[Any]:
    """What a schema makes of each object in a JSON array. Raises ChartAnswerError when one does not fit."""
    if not isinstance(data, list):
        raise odd_answer(call)
    return [read_record(schema, item, call) for item in data]


def read_id_list(data: object, call: Call) -> list[int]:
    """A bare array of ids. Raises ChartAnswerError when it is anything else."""
    try:
        return read_ids(data)
    except ValidationError:
        raise odd_answer(call) from None


def odd_answer(call: Call, error: ValidationError | None = None) -> ChartAnswerError:
    """The ChartAnswerError for an answer with status 200 whose JSON does not fit; it names fields, never values."""
    where = call.path.split("/", 1)[0]
    names = sorted(error.messages) if error is not None and isinstance(error.messages, dict) else []
    about = f" (wrong or missing: {', '.join(map(str, names))})" if names else ""
    return ChartAnswerError(
        f"The chart server's answer to a `{where}` request is not as tscharts gives it{about}; "
        "check the chart's address and version.",
        outcome_unknown=call.changes,
        status=200,
        body_bytes=call.body_bytes,
    )
