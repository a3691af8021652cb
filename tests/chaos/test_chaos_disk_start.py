"""A bridge that was stopped in good order, and whose disk has filled up since: it starts, says so, and goes on."""

import contextlib
from pathlib import Path

import pytest
from clinic import day_of_shots, misfiled
from fleet import Fleet, chaos_config
from phones import Phones
from scale import LONG, SCALE, SEED
from small_disk import small_disk

from bridge.photos import StoreFullError, open_store
from bridge.sandbox import SandboxServer
from bridge_runner import GUID
from phone import check, picture, post_photo, wait_until

PHOTOS = 20
REFUSALS = 8
ROUNDS = (PHOTOS // 2, PHOTOS) if LONG else (PHOTOS,)


def test_a_bridge_that_was_stopped_starts_on_a_full_disk_and_goes_on_when_there_is_room(
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
            phones.allow(until - phones.allowed - 2)
            wait_until(lambda number=until - 2: len(phones.accepted) == number, SCALE.patience_seconds)
            assert bridge.stop() == 0
            disk.fill(0)
            bridge.start()
            bridge.wait_until_it_answers()
            assert "event=disk-full; started with the room that was set aside" in bridge.log()
            refused = phones.refusals.get(206, 0) + REFUSALS
            phones.allow(2)
            wait_until(lambda least=refused: phones.refusals.get(206, 0) >= least, SCALE.patience_seconds)
            for shot in list(phones.accepted):
                assert check(bridge.port, shot.name).status == 200
            disk.make_room(bridge.pid)
            wait_until(lambda number=until: len(phones.accepted) == number, SCALE.patience_seconds)
        phones.wait_until_all_may_be_forgotten(SCALE.patience_seconds)
        assert misfiled(shots, chart.images()) == {}
        assert fleet.tracebacks() == []


def test_a_command_beside_a_stopped_bridge_says_that_the_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data") as disk:
        open_store(disk.seen).close()
        disk.fill(0)
        with pytest.raises(StoreFullError) as refused:
            open_store(disk.seen)
    said = str(refused.value)
    assert said == "The disk with the photo store is full; free some space, photos then flow again by themselves."


def test_a_log_file_that_finds_no_room_makes_no_noise(tmp_path: Path, chart: SandboxServer) -> None:
    with small_disk(tmp_path / "data") as disk:
        config = chaos_config(tmp_path, chart.url, more="log_file: data/bridge.log")
        with Fleet([config], tmp_path, disk.shell) as fleet:
            (bridge,) = fleet.bridges
            wait_until(lambda: "event=started" in (disk.seen / "bridge.log").read_text("utf-8"))
            disk.fill(bridge.pid)
            assert post_photo(bridge.port, f"#{GUID}-#123-#x-ray-21-Nov-2026-10-11-12.jpg", picture(1)).status == 206
            assert bridge.stop() == 0
            assert "Logging error" not in bridge.log()
