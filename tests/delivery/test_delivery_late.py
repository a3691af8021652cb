"""Late arrivals: the bridge removes its own duplicates from the chart, and never anybody else's image."""

import base64
import contextlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from late_and_early import all_delivered, arrived, clinic_config, photo, send, settled

from bridge.holds import Hold, HoldReason
from bridge.photos import PhotoState, WrongStateError
from bridge.photos.tables import attempts
from bridge.reaching import chart_account
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import ChartClient, prepare_post
from bridge_runner import running_bridge
from phone import picture, wait_until

AT = datetime.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
TARGET = ChartTarget(5, ImageType.HEADSHOT, 2, 6)
LOOKS = ", late_look_seconds: 0.2"
"""Looks 0.2, 1 and 6 seconds after an attempt."""


def late(seconds: float, kind: FaultKind = FaultKind.LATE_AFTER_CUT) -> Fault:
    """A request that the bridge gives up at once, and that the chart finishes so many seconds later."""
    return Fault(kind, method="POST", resource="image", times=1, delay_seconds=seconds)


@pytest.fixture
def bridge(tmp_path: Path, chart: SandboxServer) -> Iterator[Service]:
    with running_bridge(clinic_config(tmp_path, chart.url, LOOKS)) as service:
        yield service


@pytest.fixture
def tablet(bridge: Service) -> Iterator[ChartClient]:
    """Another program's way into the chart."""
    with contextlib.closing(ChartClient(chart_account(bridge.config.practices[0].chart))) as client:
        yield client


def ids(chart: SandboxServer) -> list[int]:
    return sorted(image.id for image in chart.images())


def looks_are_over(bridge: Service, seconds: float = 20) -> None:
    """Wait until nothing more will be looked for."""

    def left() -> int:
        with bridge.store.reading() as connection:
            wanted = sa.select(sa.func.count()).where(attempts.c.look_at.is_not(None))
            return connection.scalar(wanted) or 0

    wait_until(lambda: left() == 0, seconds)


def removals(bridge: Service, name: str) -> int:
    return sum(event.reason == "late-duplicate-removed" for event in bridge.store.events(photo(bridge, name).id))


def clock_was_set(bridge: Service, by: timedelta) -> None:
    """Have the times of all attempts be those of a clock that was set by so much afterwards, forward if positive."""
    with bridge.store.writing() as connection:
        for row in connection.execute(sa.select(attempts)).all():
            times = {"started_at": row.started_at - by, "look_at": row.look_at and row.look_at - by}
            connection.execute(attempts.update().where(attempts.c.id == row.id).values(times))


def receipt_image(bridge: Service, name: str) -> int:
    receipt = bridge.store.receipt(photo(bridge, name).id)
    assert receipt is not None
    return receipt.image_id


def is_held(bridge: Service, name: str) -> None:
    """Have the photo held once it was tried, at a moment when no worker has it."""

    def hold() -> bool:
        found = photo(bridge, name)
        if found.state is PhotoState.QUEUED and found.attempts > 0:
            with contextlib.suppress(WrongStateError):
                bridge.store.hold(found, Hold(HoldReason.CHART_REFUSED, "A test."))
        return photo(bridge, name).state is PhotoState.HELD

    wait_until(hold)


class TestOwnDuplicates:
    @pytest.mark.parametrize("seconds", [2.5, 4.0])
    def test_an_image_that_arrives_long_after_the_bridge_gave_up_is_removed(
        self, bridge: Service, chart: SandboxServer, seconds: float
    ) -> None:
        chart.faults.add(late(seconds))
        name = send(bridge, "#5-headshot", AT, 1)
        assert settled(bridge, name).state is PhotoState.DELIVERED
        wait_until(lambda: len(chart.images()) == 2)
        wait_until(lambda: len(chart.images()) == 1)
        assert ids(chart) == [receipt_image(bridge, name)]
        looks_are_over(bridge)
        assert removals(bridge, name) == 1
        assert bridge.store.unsettled_attempts(photo(bridge, name)) == []

    def test_a_request_that_the_line_passed_on_twice_leaves_one_image(
        self, bridge: Service, chart: SandboxServer, tablet: ChartClient
    ) -> None:
        name = send(bridge, "#5-headshot", AT, 1)
        settled(bridge, name)
        (image,) = chart.images()
        tablet.create_image(prepare_post(TARGET, base64.b64decode(image.data or "")))
        looks_are_over(bridge)
        assert ids(chart) == [receipt_image(bridge, name)]
        assert removals(bridge, name) == 1

    def test_the_chart_being_away_at_a_look_only_puts_it_off(self, bridge: Service, chart: SandboxServer) -> None:
        chart.faults.add(late(1.0))
        name = send(bridge, "#5-headshot", AT, 1)
        settled(bridge, name)
        chart.faults.add(Fault(FaultKind.STATUS, method="GET", resource="image", status=502))
        wait_until(lambda: len(chart.images()) == 2)
        time.sleep(2.2)
        assert len(chart.images()) == 2
        chart.faults.clear()
        looks_are_over(bridge)
        assert removals(bridge, name) == 1

    def test_a_look_that_a_stop_cuts_short_is_made_after_the_next_start(
        self, tmp_path: Path, chart: SandboxServer
    ) -> None:
        config = clinic_config(tmp_path, chart.url, LOOKS)
        with running_bridge(config) as bridge:
            chart.faults.add(late(2.0))
            name = send(bridge, "#5-headshot", AT, 1)
            settled(bridge, name)
            chart.faults.add(Fault(FaultKind.SLOW_ANSWER, method="GET", resource="image", delay_seconds=20))
            time.sleep(1.2)
            started = time.monotonic()
        assert time.monotonic() - started < 7
        chart.faults.clear()
        wait_until(lambda: len(chart.images()) == 2)
        with running_bridge(config) as bridge:
            looks_are_over(bridge)
            assert removals(bridge, name) == 1
        assert len(chart.images()) == 1

    def test_a_late_image_of_a_photo_that_was_assigned_elsewhere_since_is_removed(
        self, bridge: Service, chart: SandboxServer
    ) -> None:
        chart.faults.add(late(2.0))
        chart.faults.add(Fault(FaultKind.STATUS, method="GET", resource="image", status=500))
        name = send(bridge, "#5-headshot", AT, 1)
        is_held(bridge, name)
        bridge.store.assign(photo(bridge, name).id, ChartTarget(6, ImageType.HEADSHOT, 2, 6), "a nurse")
        chart.faults.clear()
        assert settled(bridge, name).state is PhotoState.DELIVERED
        wait_until(lambda: len(chart.images()) == 2)
        looks_are_over(bridge)
        assert [image.patient for image in chart.images()] == [6]


class TestClocks:
    @pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(days=-1)], ids=["forward", "back"])
    def test_a_late_image_is_removed_though_the_clock_was_set_meanwhile(
        self, bridge: Service, chart: SandboxServer, by: timedelta
    ) -> None:
        chart.faults.add(late(3.0))
        name = send(bridge, "#5-headshot", AT, 1)
        assert settled(bridge, name).state is PhotoState.DELIVERED
        clock_was_set(bridge, by)
        wait_until(lambda: len(chart.images()) == 2)
        looks_are_over(bridge)
        assert ids(chart) == [receipt_image(bridge, name)]
        assert removals(bridge, name) == 1


class TestOthersImages:
    def test_a_tablets_image_with_the_very_same_picture_stays(
        self, bridge: Service, chart: SandboxServer, tablet: ChartClient
    ) -> None:
        before = tablet.create_image(prepare_post(TARGET, picture(1)))
        chart.faults.add(late(1.0))
        name = send(bridge, "#5-headshot", AT, 1)
        settled(bridge, name)
        after = tablet.create_image(prepare_post(TARGET, picture(1)))
        looks_are_over(bridge)
        assert ids(chart) == sorted([before, after, receipt_image(bridge, name)])

    def test_the_image_that_another_bridge_sends_of_the_same_file_stays(
        self, tmp_path: Path, chart: SandboxServer
    ) -> None:
        with contextlib.ExitStack() as running:
            bridges = []
            for number in range(2):
                folder = tmp_path / str(number)
                folder.mkdir()
                bridges.append(running.enter_context(running_bridge(clinic_config(folder, chart.url, LOOKS))))
            chart.faults.add(late(2.5))
            names = [send(bridge, "#5-headshot", AT, 1) for bridge in bridges]
            for bridge, name in zip(bridges, names, strict=True):
                settled(bridge, name)
            wait_until(lambda: len(chart.images()) == 3)
            for bridge in bridges:
                looks_are_over(bridge)
            receipts = [receipt_image(bridge, name) for bridge, name in zip(bridges, names, strict=True)]
            assert ids(chart) == sorted(receipts)
            assert len(set(receipts)) == 2

    def test_another_photo_of_ours_with_the_same_picture_keeps_its_image(
        self, bridge: Service, chart: SandboxServer
    ) -> None:
        for kind in (FaultKind.LATE_AFTER_CUT, FaultKind.CUT_AFTER_STORING):
            chart.faults.add(late(1.0, kind))
        names = [send(bridge, f"#5-headshot-n{'o' * number}", AT, 1) for number in range(1, 4)]
        all_delivered(bridge, 3)
        looks_are_over(bridge)
        assert ids(chart) == sorted(receipt_image(bridge, name) for name in names)

    def test_a_late_image_stays_when_somebody_has_taken_the_photos_own_away(
        self, bridge: Service, chart: SandboxServer, tablet: ChartClient
    ) -> None:
        chart.faults.add(late(1.0))
        name = send(bridge, "#5-headshot", AT, 1)
        settled(bridge, name)
        tablet.delete_image(receipt_image(bridge, name))
        looks_are_over(bridge)
        assert arrived(chart) == [1]
        assert removals(bridge, name) == 0

    @pytest.mark.parametrize("discarded", [True, False])
    def test_nothing_is_removed_for_a_photo_that_is_not_in_the_chart(
        self, bridge: Service, chart: SandboxServer, discarded: bool
    ) -> None:
        chart.faults.add(late(1.0))
        chart.faults.add(Fault(FaultKind.STATUS, method="GET", resource="image", status=500))
        name = send(bridge, "#5-headshot", AT, 1)
        is_held(bridge, name)
        if discarded:
            bridge.store.discard(photo(bridge, name).id, "a nurse", "a test")
        chart.faults.clear()
        wait_until(lambda: len(chart.images()) == 1)
        time.sleep(1.5)
        assert arrived(chart) == [1]
