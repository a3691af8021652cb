"""Keeping, through a real bridge: bytes go when the photo is in the chart, and all else stays right."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from late_and_early import clinic_config, photo, send, settled

from bridge.config import load_config
from bridge.delivery import Keeping
from bridge.holds import Hold, HoldReason
from bridge.photos import NewUpload, PhotoState, Source, SqliteStore
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import GUID, running_bridge
from phone import ask, check, picture, post_photo, wait_until

AT = datetime.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
A_RUN_SECONDS = 4.0
"""Longer than from one run of the keeping to the next."""


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def bridge(tmp_path: Path, chart: SandboxServer) -> Iterator[Service]:
    with running_bridge(clinic_config(tmp_path, chart.url)) as service:
        yield service


def files(folder: Path, photos: str = "data/photos") -> list[Path]:
    return [path for path in (folder / photos).rglob("*") if path.is_file()]


def test_a_delivered_photos_bytes_go_within_seconds_and_the_phone_hears_the_same(
    tmp_path: Path, bridge: Service, chart: SandboxServer
) -> None:
    name = send(bridge, "#5-headshot", AT, 1)
    wait_until(lambda: photo(bridge, name).bytes_gone_at is not None)
    assert files(tmp_path) == []
    assert check(bridge.web.port, name).body == b"false"
    assert post_photo(bridge.web.port, name, picture(1)).status == 200
    time.sleep(A_RUN_SECONDS)
    assert len(chart.images()) == 1
    assert files(tmp_path) == []
    assert check(bridge.web.port, name).body == b"false"


def test_another_picture_of_the_same_name_is_another_photo_then_too(bridge: Service, chart: SandboxServer) -> None:
    name = send(bridge, "#5-x-ray", AT, 1)
    wait_until(lambda: photo(bridge, name).bytes_gone_at is not None)
    assert post_photo(bridge.web.port, name, picture(2)).status == 200
    wait_until(lambda: len(chart.images()) == 2)


def test_what_a_person_must_look_at_stays_and_goes_once_it_is_delivered(tmp_path: Path, bridge: Service) -> None:
    held = settled(bridge, send(bridge, "#headshot", AT, 1))
    time.sleep(A_RUN_SECONDS)
    assert bridge.store.bytes_of(held) == picture(1)
    assert len(files(tmp_path)) == 1


def test_a_practice_can_keep_photos_for_days(tmp_path: Path, chart: SandboxServer) -> None:
    file = clinic_config(tmp_path, chart.url).file
    file.write_text(file.read_text().replace("name: clinic-a,", "name: clinic-a, keep_days: 2,"))
    with running_bridge(load_config(file)) as bridge:
        name = send(bridge, "#5-headshot", AT, 1)
        assert settled(bridge, name).state is PhotoState.DELIVERED
        time.sleep(A_RUN_SECONDS)
        assert bridge.store.bytes_of(photo(bridge, name)) == picture(1)


@pytest.mark.parametrize("days", [0, 7])
def test_a_discarded_photo_is_kept_for_as_long_as_the_config_says(
    tmp_path: Path, chart: SandboxServer, days: int
) -> None:
    file = clinic_config(tmp_path, chart.url).file
    file.write_text(file.read_text().replace("name: clinic-a,", f"name: clinic-a, keep_discarded_days: {days},"))
    with running_bridge(load_config(file)) as bridge:
        held = settled(bridge, send(bridge, "#headshot", AT, 1))
        bridge.store.discard(held.id, "a nurse", "a test")
        if days:
            time.sleep(A_RUN_SECONDS)
            assert len(files(tmp_path)) == 1
        else:
            wait_until(lambda: not files(tmp_path))


def test_a_copy_and_a_pull_come_before_the_bytes_go(tmp_path: Path, chart: SandboxServer) -> None:
    file = clinic_config(tmp_path, chart.url).file
    copies = tmp_path / "usb"
    file.write_text(f"copies: {{folders: [{copies.as_posix()}]}}\nproxy: {{serve_downloads: true}}\n{file.read_text()}")
    with running_bridge(load_config(file)) as bridge:
        name = send(bridge, "#5-headshot", AT, 1)
        assert settled(bridge, name).state is PhotoState.DELIVERED
        assert ask(bridge.web.port, "GET", f"/read/{GUID}").body == picture(1)
        time.sleep(A_RUN_SECONDS)
        assert photo(bridge, name).bytes_gone_at is None
        copies.mkdir()
        bridge.store.put_off_copies(str(copies), datetime.now().astimezone())
        wait_until(lambda: photo(bridge, name).bytes_gone_at is not None)
    assert [path.read_bytes() for path in copies.rglob("*.jpg")] == [picture(1)]


@pytest.mark.parametrize("said_so", [True, False])
def test_a_crash_while_bytes_go_leaves_none_behind_after_the_next_start(
    tmp_path: Path, chart: SandboxServer, said_so: bool
) -> None:
    config = clinic_config(tmp_path, chart.url)
    with running_bridge(config) as bridge:
        name = send(bridge, "#5-headshot", AT, 1)
        wait_until(lambda: photo(bridge, name).bytes_gone_at is not None)
        gone = photo(bridge, name)
    left = tmp_path / "data" / "photos" / gone.bytes_key[0] / gone.bytes_key
    if said_so:
        left.write_bytes(picture(1))
        os.utime(left, (time.time() - 7200,) * 2)
    else:
        forget_that_it_is_gone(tmp_path / "data")
    with running_bridge(config) as bridge:
        wait_until(lambda: photo(bridge, name).bytes_gone_at is not None)
        assert files(tmp_path) == []


def forget_that_it_is_gone(folder: Path) -> None:
    """The file is removed, and the row does not say so yet."""
    store = SqliteStore(folder)
    with store.writing() as connection:
        connection.exec_driver_sql("update photos set bytes_gone_at = null")
    store.close()


def test_of_many_practices_some_are_looked_at_in_each_run_and_all_in_turn(tmp_path: Path, chart: SandboxServer) -> None:
    config = clinic_config(tmp_path, chart.url)
    practices = [
        replace(config.practices[0], name=f"clinic-{number}", guid=None, keep_discarded_days=0.0)
        for number in range(50)
    ]
    with contextlib.closing(SqliteStore(tmp_path / "store")) as store:
        store.ensure_practices({practice.name: None for practice in practices})
        for practice in practices:
            discard_one(store, practice.name)
        keeping = Keeping(store, practices)
        left = []
        for _ in range(3):
            keeping.work()
            left.append(len(files(tmp_path / "store", "photos")))
        discard_one(store, "clinic-0")
        keeping.work()
    assert left == [30, 10, 0]
    assert files(tmp_path / "store", "photos") == []


def discard_one(store: SqliteStore, practice: str) -> None:
    """Store a photo of a practice, hold it and discard it."""
    incoming = store.incoming()
    incoming.write(os.urandom(20))
    upload = NewUpload(practice, "#1-a.jpg", Source.PHOTO_API, "image/jpeg", None)
    held, _is_new = store.add(upload, incoming, hold=Hold(HoldReason.NO_TYPE, "a sentence"))
    store.discard(held.id, "a nurse", "a test")
