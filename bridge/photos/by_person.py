"""What changes in a photo when a person assigns, retries or discards it, at once or later."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bridge.holds import HoldReason
from bridge.photos import changes, rows
from bridge.photos.changes import Change
from bridge.photos.records import Attempt, order_key
from bridge.photos.tables import photos
from bridge.photos.unsettled import may_still_arrive
from bridge.targets import ChartTarget


@dataclass(frozen=True)
class Doing:
    """A change, the detail of its event, and the columns that it writes."""

    change: Change
    detail: str = ""
    columns: dict[str, Any] = field(default_factory=dict)


def assigning(target: ChartTarget, *, as_is: bool = False) -> Doing:
    """Give a photo a place in the chart; `as_is`: and send it there although its picture is damaged."""
    values = _afresh() | rows.target_columns(target, "assigned_")
    values |= {"order_key": order_key(target.patient, target.type), "is_placed": True}
    return Doing(changes.SEND_AS_IS if as_is else changes.ASSIGN, "target chosen by a person", values)


def retrying(*, as_is: bool) -> Doing:
    """Try a photo again."""
    return Doing(changes.SEND_AS_IS if as_is else changes.RETRY, columns=_afresh())


def discarding(detail: str, unsettled: Sequence[Attempt]) -> Doing:
    """Give a photo up, whose `unsettled` attempts may have made an image."""
    return Doing(changes.DISCARD, "; ".join(filter(None, [detail, may_still_arrive(unsettled)])))


def _afresh() -> dict[str, Any]:
    """A person has looked at it: due now, what failed before does not count, and it may be late if it was held so."""
    was_late = sa.func.coalesce(photos.c.hold_reason == HoldReason.OLDER_THAN_CHART.value, sa.false())
    may_be_late = sa.or_(photos.c.may_be_late, was_late)
    return {"next_attempt_at": changes.now(), "failing_since": None, "may_be_late": may_be_late}
