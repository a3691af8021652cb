"""A line to the chart that cuts, delays and lies: every photo is in the chart once, where it belongs."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clinic import day_of_shots, misfiled
from faulty_line import CUTS, FaultyLine, Trouble
from fleet import SOME, Engine, Fleet, named
from phones import Phones
from scale import SCALE, SEED

from bridge.sandbox import SandboxServer


@pytest.mark.parametrize("engine", SOME, ids=named)
def test_photos_are_in_the_chart_once_however_the_line_fails(
    tmp_path: Path, chart: SandboxServer, engine: Engine, figures: Callable[..., None]
) -> None:
    shots = day_of_shots(SCALE.cut_photos, SEED)
    started = time.monotonic()
    with (
        FaultyLine(chart.port, SEED, CUTS) as line,
        engine.site(tmp_path, line.url, "") as configs,
        Fleet(configs, tmp_path) as fleet,
        Phones(shots, fleet.ports, SEED) as phones,
    ):
        phones.allow(len(shots))
        phones.wait_until_all_are_accepted(SCALE.patience_seconds)
        phones.wait_until_all_may_be_forgotten(SCALE.patience_seconds)
        figures(
            photos=len(shots),
            images=len(chart.images()),
            seconds=round(time.monotonic() - started),
            **{trouble.value: line.done[trouble] for trouble in Trouble if line.done[trouble]},
        )
        assert misfiled(shots, chart.images()) == {}
        assert fleet.tracebacks() == []
        assert phones.refusals == {}
        assert all(line.done[trouble] for trouble in CUTS)
