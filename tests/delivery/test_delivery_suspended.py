"""A machine is suspended while it sends a photo, and another takes the photo over meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from late_and_early import arrived, clinic_config, photo

from bridge.delivery import Courier, Deliverer, Desk
from bridge.photos import Outcome, PhotoState, SqliteStore, Store
from bridge.photos.tables import attempts
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge.tscharts import ChartClient
from bridge_runner import GUID, running_bridge
from phone import picture, post_photo, wait_until

AT = datetime.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
NAME = f"#{GUID}-#5-x-ray-{AT:%d-%b-%Y-%H-%M-%S}.jpg"


class Suspended:
    """An object that is suspended once, when this method is called; `meanwhile` happens then."""

    def __init__(self, inner: object, method: str, meanwhile: Callable[[Any], Any]) -> None:
        self._inner, self._method, self._meanwhile = inner, method, meanwhile
        self._left = 1

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name != self._method or not self._left:
            return found
        self._left = 0
        return lambda *words: self._meanwhile(lambda: found(*words))


@pytest.fixture
def bridge(tmp_path: Path, chart: SandboxServer) -> Iterator[Service]:
    """A bridge whose workers stand still."""
    with running_bridge(clinic_config(tmp_path, chart.url, ", late_look_seconds: 0.3")) as service:
        service.deliverer.stop()
        assert post_photo(service.web.port, NAME, picture(7)).status == 200
        yield service


def taken_over(bridge: Service) -> None:
    """Put the photo back and have the bridge's own deliverer deliver it, as another bridge does."""
    assert isinstance(bridge.store, SqliteStore)
    assert bridge.store.put_back(sa.true()) == 1
    wait_until(lambda: bridge.deliverer.deliver_next() or photo(bridge, NAME).state is PhotoState.DELIVERED)
    wait_until(lambda: photo(bridge, NAME).state is PhotoState.DELIVERED)


def outcomes(bridge: Service) -> list[str | None]:
    assert isinstance(bridge.store, SqliteStore)
    with bridge.store.reading() as connection:
        return list(connection.scalars(sa.select(attempts.c.outcome).order_by(attempts.c.id)))


def other(bridge: Service, desk: Desk, store: Store) -> Deliverer:
    """A deliverer beside the bridge's own."""
    courier = Courier(store, bridge.config.delivery, replace(bridge.look_ahead.pictures))
    return Deliverer(bridge.store, {desk.practice: desk}, bridge.config.delivery, courier)


def test_an_image_that_is_sent_after_its_attempt_was_given_up_is_removed(bridge: Service, chart: SandboxServer) -> None:
    desk = bridge._desk(bridge.config.practice("clinic-a"))

    def meanwhile(go_on: Callable[[], int]) -> int:
        taken_over(bridge)
        bridge.store.look_again([1], None)
        assert arrived(chart, 5) == [7]
        made = go_on()
        assert arrived(chart, 5) == [7, 7]
        return made

    client = cast(ChartClient, Suspended(desk.client, "create_image", meanwhile))
    slow = other(bridge, replace(desk, client=client), bridge.store)
    wait_until(lambda: slow.deliver_next() and photo(bridge, NAME).state is PhotoState.DELIVERED)
    photo_id = photo(bridge, NAME).id
    wait_until(lambda: bridge.store.events(photo_id)[-1].reason == "late-duplicate-removed")
    receipt = bridge.store.receipt(photo_id)
    assert receipt is not None
    assert [image.id for image in chart.images(5)] == [receipt.image_id]


def test_what_was_recorded_long_ago_is_not_sent_when_the_photo_is_anothers_now(
    bridge: Service, chart: SandboxServer
) -> None:
    desk = bridge._desk(bridge.config.practice("clinic-a"))

    def meanwhile(go_on: Callable[[], Any]) -> Any:
        attempt = go_on()
        taken_over(bridge)
        return replace(attempt, started_at=attempt.started_at - timedelta(minutes=30))

    store = cast(Store, Suspended(bridge.store, "start_attempt", meanwhile))
    slow = other(bridge, desk, store)
    wait_until(lambda: slow.deliver_next() and photo(bridge, NAME).state is PhotoState.DELIVERED)
    assert arrived(chart, 5) == [7]
    assert sum(request.method == "POST" and "/image/" in request.path for request in chart.requests) == 1
    assert outcomes(bridge) == [Outcome.NOT_STORED.value, Outcome.DELIVERED.value]
