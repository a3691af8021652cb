"""Requests that the chart gets late or twice: what they leave is found by a look later on, and taken away again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from clinic import day_of_shots, misfiled
from faulty_line import FaultyLine, Late, Trouble
from fleet import ENGINES, PROMPT_LOOKS, Engine, Fleet, named
from phones import Phones
from scale import SCALE, SEED, shared_out

from bridge.sandbox import SandboxServer
from phone import wait_until

SHARE = 0.2
LATE_SECONDS = 3.0
"""Longer than a bridge of these tests waits before it looks and sends again."""


@pytest.mark.parametrize(("engine", "trouble"), shared_out(ENGINES, [Trouble.LATE, Trouble.DUPLICATE]), ids=named)
def test_what_the_chart_got_late_or_twice_is_there_once_in_the_end(
    tmp_path: Path, chart: SandboxServer, engine: Engine, trouble: Trouble, figures: Callable[..., None]
) -> None:
    shots = day_of_shots(SCALE.cut_photos, SEED)
    with (
        FaultyLine(chart.port, SEED, {trouble: SHARE}, Late(late_seconds=LATE_SECONDS)) as line,
        engine.site(tmp_path, line.url, PROMPT_LOOKS) as configs,
        Fleet(configs, tmp_path) as fleet,
        Phones(shots, fleet.ports, SEED) as phones,
    ):
        phones.allow(len(shots))
        phones.wait_until_all_are_accepted(SCALE.patience_seconds)
        phones.wait_until_all_may_be_forgotten(SCALE.patience_seconds)
        wait_until(line.is_idle, SCALE.patience_seconds)
        figures(photos=len(shots), images=len(chart.images()), troubles=line.done[trouble])
        assert line.done[trouble]
        wait_until(lambda: len(chart.images()) == len(shots), SCALE.patience_seconds)
        assert misfiled(shots, chart.images()) == {}
        assert fleet.tracebacks() == []
