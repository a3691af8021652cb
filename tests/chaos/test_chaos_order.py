"""Order: for every patient and type images come into the chart in the order of capture, whatever is slow or dies."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from clinic import ZONE, Shot, misfiled, out_of_order, shot_of, small_picture
from faulty_line import CUTS, FaultyLine, Trouble
from fleet import ENGINES, Engine, Fleet, named
from phones import Phones
from scale import LONG, SCALE, SEED, shared_out

from bridge.sandbox import Fault, FaultKind, SandboxServer

PHOTOS = 40 if LONG else 10
PATIENTS = (1, 2)
TYPED = ("Headshot", "X-Ray", "Headshot-#dental")
KILLS = 2 if LONG else 1
LONGEST_LIFE_SECONDS = 1.5
PROBE_SECONDS = 3.0
"""Longer than a probe of the chart's gate waits: what was on its way when the last photo came is back by then."""

ODDS = {trouble: share for trouble, share in CUTS.items() if trouble is not Trouble.DELAY}
"""Without the delays that take the bridge's whole patience: here the chart itself is slow."""

AWAY = Fault(FaultKind.STATUS, "POST", "image", status=503)
LUCKS = range(SEED, SEED + (10 if LONG else 1))


def session_of_shots(luck: random.Random) -> list[Shot]:
    """Photos of few patients and types in the order of capture, each in a second of its own."""
    begin = datetime.now(ZONE).replace(microsecond=0) - timedelta(seconds=60 + 5 * PHOTOS)
    taken_at = [begin + timedelta(seconds=5 * number) for number in range(PHOTOS)]
    return [
        shot_of(number, luck.choice(PATIENTS), luck.choice(TYPED), at, small_picture(number))
        for number, at in enumerate(taken_at, start=1)
    ]


@pytest.fixture
def line(chart: SandboxServer) -> Iterator[FaultyLine]:
    """A line to the chart that cuts and delays."""
    with FaultyLine(chart.port, SEED, ODDS) as faulty:
        yield faulty


def kill_now_and_then(fleet: Fleet, luck: random.Random) -> None:
    """Kill the bridges in turn at random moments, and start them again."""
    for number in range(KILLS):
        bridge = fleet.bridges[number % len(fleet.bridges)]
        bridge.wait_until_it_answers()
        time.sleep(luck.uniform(0, LONGEST_LIFE_SECONDS))
        bridge.kill()
        bridge.start()
    for bridge in fleet.bridges:
        bridge.wait_until_it_answers()


def assert_in_order(shots: Sequence[Shot], phones: Phones, chart: SandboxServer) -> None:
    phones.wait_until_all_may_be_forgotten(SCALE.patience_seconds)
    assert misfiled(shots, chart.images()) == {}
    assert out_of_order(shots, chart.images()) == []


@pytest.mark.parametrize(("engine", "seed"), shared_out(ENGINES, LUCKS), ids=named)
def test_what_came_in_any_order_while_the_chart_was_away_goes_in_the_order_of_capture(
    tmp_path: Path,
    chart: SandboxServer,
    line: FaultyLine,
    engine: Engine,
    seed: int,
    figures: Callable[..., None],
) -> None:
    figures(luck=seed)
    luck = random.Random(seed)
    shots = session_of_shots(luck)
    chart.faults.add(AWAY)
    with (
        engine.site(tmp_path, line.url, "") as configs,
        Fleet(configs, tmp_path) as fleet,
        Phones(luck.sample(shots, PHOTOS), fleet.ports, seed) as phones,
    ):
        phones.allow(PHOTOS)
        phones.wait_until_all_are_accepted(SCALE.patience_seconds)
        time.sleep(PROBE_SECONDS)
        chart.faults.clear()
        kill_now_and_then(fleet, luck)
        assert_in_order(shots, phones, chart)


@pytest.mark.parametrize(("engine", "seed"), shared_out(ENGINES[::-1], LUCKS), ids=named)
def test_what_is_sent_in_the_order_of_capture_arrives_in_it(
    tmp_path: Path,
    chart: SandboxServer,
    line: FaultyLine,
    engine: Engine,
    seed: int,
    figures: Callable[..., None],
) -> None:
    figures(luck=seed)
    luck = random.Random(seed)
    shots = session_of_shots(luck)
    for _ in range(PHOTOS // 2):
        delay = luck.uniform(0, 0.5)
        chart.faults.add(Fault(FaultKind.SLOW_ANSWER, "POST", "image", times=1, delay_seconds=delay))
    with (
        engine.site(tmp_path, line.url, "") as configs,
        Fleet(configs, tmp_path) as fleet,
        Phones(shots, fleet.ports, seed, number=1) as phones,
    ):
        phones.allow(PHOTOS)
        kill_now_and_then(fleet, luck)
        phones.wait_until_all_are_accepted(SCALE.patience_seconds)
        assert_in_order(shots, phones, chart)
