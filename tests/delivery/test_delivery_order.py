"""Order, through a real bridge: for every patient and type the chart's arrival order is that of capture."""

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from late_and_early import all_delivered, arrived, chart_is_back, clinic_config, number_in, photo, send, settled

from bridge.holds import HoldReason
from bridge.photos import PhotoState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge.targets import ChartTarget, ImageType
from bridge_runner import running_bridge
from phone import wait_until

NOON = datetime.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
AWAY = Fault(FaultKind.STATUS, method="POST", resource="image", status=503)
FORMS = {1: ("#1", "#ORBC140418MBCRLM01", "old-2001"), 2: ("#2", "#SANM110902HBCLXT02", "old-2002"), 8: ("#8",)}
TYPES = ("headshot", "x-ray", "surgery")


@pytest.fixture
def bridge(tmp_path: Path, chart: SandboxServer) -> Iterator[Service]:
    with running_bridge(clinic_config(tmp_path, chart.url)) as service:
        yield service


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def trouble(chart: SandboxServer, luck: random.Random) -> None:
    """Slow answers, lost answers and failures for some of the requests to come."""
    for _ in range(12):
        kind = luck.choice((FaultKind.SLOW_ANSWER, FaultKind.SLOW_READ, FaultKind.CUT_AFTER_STORING, FaultKind.STATUS))
        method = luck.choice(("GET", "POST"))
        chart.faults.add(
            Fault(kind, method, luck.choice(("image", "patient")), times=1, delay_seconds=luck.random() / 5)
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_for_every_patient_and_type_the_charts_order_of_arrival_is_that_of_capture(
    tmp_path: Path, chart: SandboxServer, seed: int
) -> None:
    luck = random.Random(seed)
    config = clinic_config(tmp_path, chart.url, ", workers: 6")
    shots = list(range(1, 41))
    chart.faults.add(AWAY)
    with running_bridge(config) as bridge:
        for number in luck.sample(shots, len(shots)):
            patient = luck.choice(list(FORMS))
            send(bridge, f"{luck.choice(FORMS[patient])}-#{luck.choice(TYPES)}", minutes(number), number)
        chart_is_back(bridge, chart)
        trouble(chart, luck)
        time.sleep(luck.random() / 2)
    with running_bridge(config) as bridge:
        all_delivered(bridge, len(shots))
    lines = defaultdict(list)
    for image in sorted(chart.images(), key=lambda image: image.id):
        lines[image.patient, image.type].append(number_in(image.data or ""))
    assert sorted(number for line in lines.values() for number in line) == shots
    assert all(line == sorted(line) for line in lines.values())


def test_one_stuck_photo_keeps_only_its_own_patient_and_type_waiting(tmp_path: Path, chart: SandboxServer) -> None:
    with running_bridge(clinic_config(tmp_path, chart.url, "", retry="retry_first_seconds: 300")) as bridge:
        chart.faults.add(Fault(FaultKind.STATUS, method="POST", resource="image", status=500, times=1))
        stuck = send(bridge, "#1-headshot", minutes(1), 1)
        wait_until(lambda: photo(bridge, stuck).failing_since is not None)
        behind = send(bridge, "#1-headshot", minutes(2), 2)
        for number, words in ((3, "#1-x-ray"), (4, "#2-headshot")):
            assert settled(bridge, send(bridge, words, minutes(number), number)).state is PhotoState.DELIVERED
        assert photo(bridge, behind).state is PhotoState.QUEUED
        bridge.store.retry(photo(bridge, stuck).id, "a nurse")
        assert settled(bridge, behind).state is PhotoState.DELIVERED
    assert arrived(chart) == [3, 4, 1, 2]


def test_photos_that_a_person_assigns_keep_the_order_among_those_that_wait(
    bridge: Service, chart: SandboxServer
) -> None:
    held = settled(bridge, send(bridge, "#x-ray", minutes(2), 2))
    chart.faults.add(AWAY)
    for number in (3, 1):
        send(bridge, "#5-x-ray", minutes(number), number)
    bridge.store.assign(held.id, ChartTarget(5, ImageType.XRAY), "a nurse")
    chart_is_back(bridge, chart)
    all_delivered(bridge, 3)
    assert arrived(chart) == [1, 2, 3]


def test_photos_of_one_second_and_photos_without_a_time_go_in_order_of_arrival(
    bridge: Service, chart: SandboxServer
) -> None:
    chart.faults.add(AWAY)
    for number in (3, 1, 2):
        send(bridge, f"#5-x-ray-#{'orl' * (number == 2)}", minutes(0), number)
    chart_is_back(bridge, chart)
    all_delivered(bridge, 3)
    assert arrived(chart) == [3, 1, 2]


class TestLateHeadshots:
    def test_a_headshot_older_than_the_charts_is_held_until_a_person_sends_it(
        self, bridge: Service, chart: SandboxServer
    ) -> None:
        settled(bridge, send(bridge, "#5-headshot", minutes(2), 2))
        late = settled(bridge, send(bridge, "#ZUPA161211MBCXXN05-headshot", minutes(1), 1))
        assert late.hold_reason is HoldReason.OLDER_THAN_CHART
        assert "newer headshot" in (late.hold_sentence or "")
        assert arrived(chart) == [2]
        bridge.store.retry(late.id, "a nurse")
        all_delivered(bridge, 2)
        assert arrived(chart) == [2, 1]

    def test_a_newer_one_and_one_of_the_same_second_are_sent(self, bridge: Service) -> None:
        for number, at in ((1, 1), (2, 1), (3, 2)):
            assert settled(bridge, send(bridge, f"#5-headshot-n{'o' * number}", minutes(at), number)).hold is None

    def test_another_patient_or_type_is_not_late(self, bridge: Service) -> None:
        settled(bridge, send(bridge, "#5-headshot", minutes(9), 9))
        for number, words in ((1, "#6-headshot"), (2, "#5-x-ray")):
            assert settled(bridge, send(bridge, words, minutes(number), number)).hold is None

    def test_images_of_other_types_are_sent_however_late(self, bridge: Service, chart: SandboxServer) -> None:
        for number in (2, 1):
            settled(bridge, send(bridge, "#5-x-ray", minutes(number), number))
        assert arrived(chart) == [2, 1]

    def test_the_mapping_can_have_late_headshots_sent(self, tmp_path: Path, chart: SandboxServer) -> None:
        with running_bridge(clinic_config(tmp_path, chart.url, late_headshots="send")) as bridge:
            for number in (2, 1):
                assert settled(bridge, send(bridge, "#5-headshot", minutes(number), number)).hold is None
        assert arrived(chart) == [2, 1]

    def test_one_that_is_in_the_chart_already_is_adopted_not_held(self, bridge: Service, chart: SandboxServer) -> None:
        chart.faults.add(Fault(FaultKind.CUT_AFTER_STORING, method="POST", resource="image", times=1))
        assert settled(bridge, send(bridge, "#5-headshot", minutes(1), 1)).hold is None
        assert arrived(chart) == [1]


MADE_READY = 2
"""So many photos are made ready while others are at the chart; whichever of them is ready first goes first."""


def overtaken(arrived_days: list[int], order: list[int]) -> list[int]:
    """Of each photo, how many of a day that was to go before its own came after it."""
    places = [order.index(day) for day in arrived_days]
    return [sum(later < place for later in places[number:]) for number, place in enumerate(places)]


class TestDrain:
    @pytest.mark.parametrize(("order", "days"), [("newest-day-first", [0, 1, 2]), ("oldest-first", [2, 1, 0])])
    def test_days_go_to_the_chart_in_the_order_of_the_config(
        self, tmp_path: Path, chart: SandboxServer, order: str, days: list[int]
    ) -> None:
        config = clinic_config(tmp_path, chart.url, f", workers: 1, order: {order}")
        chart.faults.add(AWAY)
        with running_bridge(config) as bridge:
            for number in random.Random(5).sample(range(24), 24):
                words = f"#{number % 8 + 1}-{TYPES[number // 8]}"
                send(bridge, words, minutes(number) - timedelta(days=number // 8), number)
            chart_is_back(bridge, chart)
            all_delivered(bridge, 24)
        # The one that finds the chart back had been claimed before.
        _probe, *then = [number // 8 for number in arrived(chart)]
        assert max(overtaken(then, days)) <= MADE_READY

    def test_a_new_photo_need_not_wait_for_all_that_waited_before(self, tmp_path: Path, chart: SandboxServer) -> None:
        config = clinic_config(tmp_path, chart.url, ", workers: 2")
        chart.faults.add(AWAY)
        with running_bridge(config) as bridge:
            for number in range(60):
                send(bridge, f"#{number % 7 + 1}-{TYPES[number % 3]}", minutes(number), number)
            chart_is_back(bridge, chart)
            chart.faults.add(Fault(FaultKind.SLOW_ANSWER, method="POST", resource="image", delay_seconds=0.05))
            wait_until(lambda: len(chart.images()) >= 5)
            new = send(bridge, "#8-headshot", minutes(90), 99)
            settled(bridge, new)
            waiting = bridge.store.counts()[PhotoState.QUEUED]
            assert waiting > 20
            all_delivered(bridge, 61)
