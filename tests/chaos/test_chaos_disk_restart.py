"""A bridge that is started, or killed and started again, on a full disk serves all the same, and goes on by itself."""

import contextlib
from pathlib import Path

from clinic import day_of_shots, misfiled
from fleet import Fleet, chaos_config
from phones import Phones
from scale import LONG, SCALE, SEED
from small_disk import small_disk

from bridge.sandbox import SandboxServer
from phone import wait_until

PHOTOS = 20
REFUSALS = 8
ROUNDS = (PHOTOS // 2, PHOTOS) if LONG else (PHOTOS,)


def test_a_bridge_started_on_a_full_disk_serves_and_goes_on_when_there_is_room(
    tmp_path: Path, chart: SandboxServer
) -> None:
    shots = day_of_shots(PHOTOS, SEED, large=True)
    with contextlib.ExitStack() as ending:
        disk = ending.enter_context(small_disk(tmp_path / "data"))
        config = chaos_config(tmp_path, chart.url)
        fleet = ending.enter_context(Fleet([config], tmp_path, disk.shell))
        phones = ending.enter_context(Phones(shots, fleet.ports, SEED))
        (bridge,) = fleet.bridges
        for until in ROUNDS:
            disk.fill(bridge.pid)
            phones.allow(until - phones.allowed)
            refused = phones.refusals.get(206, 0) + REFUSALS
            wait_until(lambda least=refused: phones.refusals.get(206, 0) >= least, SCALE.patience_seconds)
            bridge.kill()
            bridge.start()
            bridge.wait_until_it_answers()
            disk.make_room(bridge.pid)
            wait_until(lambda number=until: len(phones.accepted) == number, SCALE.patience_seconds)
        phones.wait_until_all_may_be_forgotten(SCALE.patience_seconds)
        assert misfiled(shots, chart.images()) == {}
