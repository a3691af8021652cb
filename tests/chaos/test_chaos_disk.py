"""A full disk: no 200 without a stored photo, no damage, and photos flow again by themselves when there is room."""

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from clinic import day_of_shots, misfiled
from fleet import Fleet, chaos_config
from phones import Phones
from scale import LONG, SCALE, SEED
from small_disk import SmallDisk, small_disk

from bridge.sandbox import SandboxServer
from phone import check, wait_until

PHOTOS = 40 if LONG else 24
REFUSALS = 8


def test_a_full_disk_loses_nothing_and_photos_flow_again_when_there_is_room(
    tmp_path: Path, chart: SandboxServer, figures: Callable[..., None]
) -> None:
    luck = random.Random(SEED)
    shots = day_of_shots(PHOTOS, SEED, large=True)
    started = time.monotonic()
    with contextlib.ExitStack() as ending:
        disk = ending.enter_context(small_disk(tmp_path / "data"))
        config = chaos_config(tmp_path, chart.url)
        fleet = ending.enter_context(Fleet([config], tmp_path, disk.shell))
        phones = ending.enter_context(Phones(shots, fleet.ports, SEED))
        for number in range(SCALE.full_disks):
            go_through_a_full_disk(disk, fleet, phones, luck, PHOTOS * (number + 1) // SCALE.full_disks)
        phones.wait_until_all_may_be_forgotten(SCALE.patience_seconds)
        figures(
            photos=PHOTOS,
            full_disks=SCALE.full_disks,
            refused=phones.refusals.get(206, 0),
            images=len(chart.images()),
            seconds=round(time.monotonic() - started),
        )
        assert misfiled(shots, chart.images()) == {}
        assert fleet.bridges[0].stop() == 0
        assert damages(disk.seen / "bridge.db") == []
        assert fleet.tracebacks() == []
        assert set(phones.refusals) == {206}


def go_through_a_full_disk(disk: SmallDisk, fleet: Fleet, phones: Phones, luck: random.Random, until: int) -> None:
    """Fill the disk, send photos until that many are allowed in all, and make room when many were refused.

    There is room for less than half of them. But what is delivered makes room, so the last ones may fit after a while.
    """
    (bridge,) = fleet.bridges
    refused = phones.refusals.get(206, 0) + REFUSALS
    coming_bytes = sum(len(shot.content) for shot in phones.shots[phones.allowed : until])
    disk.fill(bridge.pid, luck.randrange(coming_bytes // 2))
    phones.allow(until - phones.allowed)
    wait_until(lambda: phones.refusals.get(206, 0) >= refused or len(phones.accepted) == until, SCALE.patience_seconds)
    for shot in list(phones.accepted):
        assert check(bridge.port, shot.name).status == 200, "a photo that was accepted is not known any more"
    disk.make_room(bridge.pid)
    wait_until(lambda: len(phones.accepted) == until, SCALE.patience_seconds)


def damages(database: Path) -> list[str]:
    """What SQLite finds wrong with a database that nobody uses."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [str(row) for row in connection.execute("PRAGMA foreign_key_check")]
