"""A photo on which the chart fails for too long is held, and the time that counts is that of its tries."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from outage_tools import name_of, send

from bridge.delivery.policy import FAILED
from bridge.holds import HoldReason
from bridge.photos import BRIDGE, Photo, PhotoState
from bridge.photos.tables import events, photos
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge_runner import make_config, running_bridge
from phone import wait_until

NAME = name_of(1)
SETTLED = (PhotoState.DELIVERED, PhotoState.HELD)


@pytest.fixture
def bridge(tmp_path: Path, chart: SandboxServer) -> Iterator[Service]:
    """A bridge that leaves time between two tries."""
    delivery = "retry_first_seconds: 2, retry_longest_seconds: 2"
    with running_bridge(make_config(tmp_path, chart.url, delivery=delivery)) as service:
        yield service


def failed_once(bridge: Service, chart: SandboxServer) -> Photo:
    """A photo on which the chart has failed once, and will fail once more; nobody has it in hand."""
    chart.faults.add(Fault(FaultKind.STATUS, method="POST", resource="image", status=500, times=2))
    send(bridge, 1)
    wait_until(lambda: photo(bridge).state is PhotoState.QUEUED and photo(bridge).attempts == 1)
    return photo(bridge)


def photo(bridge: Service) -> Photo:
    (found,) = bridge.store.photos_named(NAME)
    return found


def failed_at(bridge: Service, times: Sequence[datetime]) -> None:
    """Have the photo's history say that it failed at these times, and at no others."""
    found = photo(bridge)
    change = {"from_state": PhotoState.SENDING, "to_state": PhotoState.QUEUED, "detail": "", "actor": BRIDGE}
    with bridge.store.writing() as connection:
        connection.execute(sa.delete(events).where(events.c.photo_id == found.id, events.c.reason == FAILED))
        for at in times:
            connection.execute(sa.insert(events).values(photo_id=found.id, at=at, reason=FAILED, **change))
        connection.execute(sa.update(photos).values(failing_since=times[0]))


def settled(bridge: Service) -> Photo:
    wait_until(lambda: photo(bridge).state in SETTLED)
    return photo(bridge)


def test_a_photo_that_failed_by_a_clock_far_behind_is_not_taken_for_one_that_fails_since(
    bridge: Service, chart: SandboxServer
) -> None:
    failed_once(bridge, chart)
    failed_at(bridge, [datetime.now(UTC) - timedelta(days=40)])
    assert settled(bridge).state is PhotoState.DELIVERED


def test_a_photo_that_was_tried_for_weeks_is_held(bridge: Service, chart: SandboxServer) -> None:
    failed_once(bridge, chart)
    failed_at(bridge, [datetime.now(UTC) - timedelta(days=days) for days in range(21, 0, -1)])
    held = settled(bridge)
    assert held.hold_reason is HoldReason.TRIED_TOO_LONG
    bridge.store.retry(held.id, "a nurse")
    wait_until(lambda: photo(bridge).state is PhotoState.DELIVERED)
