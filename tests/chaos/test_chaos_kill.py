"""kill -9 at random moments, in the start too: every photo is in the chart once, where it belongs."""

import random
import time
from collections.abc import Callable
from pathlib import Path

from clinic import day_of_shots, misfiled
from fleet import BridgeProcess, Engine, Fleet
from phones import Phones
from scale import SCALE, SEED

from bridge.sandbox import Fault, FaultKind, SandboxServer
from phone import wait_until

IN_THE_START = 0.2
LONGEST_START_SECONDS = 1.5
LONGEST_LIFE_SECONDS = 0.5
SLOW_CHART = Fault(FaultKind.SLOW_ANSWER, "POST", "image", delay_seconds=0.1)
"""Stores at once and answers later, so that many a bridge dies between the two."""


def live_a_while(bridge: BridgeProcess, luck: random.Random) -> None:
    """Let it come to a random moment of its life: sometimes one before it even answers."""
    if luck.random() < IN_THE_START:
        time.sleep(luck.uniform(0, LONGEST_START_SECONDS))
        return
    bridge.wait_until_it_answers()
    time.sleep(luck.uniform(0, LONGEST_LIFE_SECONDS))


def test_photos_are_in_the_chart_once_however_often_bridges_are_killed(
    tmp_path: Path, chart: SandboxServer, engine: Engine, figures: Callable[..., None]
) -> None:
    luck = random.Random(SEED)
    shots = day_of_shots(SCALE.killed_photos, SEED)
    chart.faults.add(SLOW_CHART)
    started = time.monotonic()
    with (
        engine.site(tmp_path, chart.url, "") as configs,
        Fleet(configs, tmp_path) as fleet,
        Phones(shots, fleet.ports, SEED) as phones,
    ):
        for number in range(SCALE.kills):
            phones.allow(len(shots) * (number + 1) // SCALE.kills - len(shots) * number // SCALE.kills)
            bridge = fleet.bridges[number % len(fleet.bridges)]
            live_a_while(bridge, luck)
            bridge.kill(whole_group=luck.random() < 0.5)
            bridge.start()
        accepted_while_killed = len(phones.accepted)
        for bridge in fleet.bridges:
            bridge.wait_until_it_answers()
        phones.wait_until_all_are_accepted(SCALE.patience_seconds)
        phones.wait_until_all_may_be_forgotten(SCALE.patience_seconds)
        figures(
            photos=len(shots),
            kills=SCALE.kills,
            accepted_while_killed=accepted_while_killed,
            image_posts=sum(each.method == "POST" and "/image/" in each.path for each in chart.requests),
            images=len(chart.images()),
            seconds=round(time.monotonic() - started),
        )
        assert misfiled(shots, chart.images()) == {}
        assert fleet.tracebacks() == []
        assert set(phones.refusals) <= {206}
        wait_until(lambda: fleet.orphans() == [], SCALE.patience_seconds)
