"""Outages of the store under a running bridge: its database is locked, the power goes in the middle of a delivery."""

import logging
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

import pytest
from late_and_early import photo
from outage_tools import flows, outage_config, send

from bridge.photos import PhotoState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge_runner import running_bridge
from phone import check, wait_until

LOCK = (
    "import sqlite3, sys\n"
    "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "database.execute('BEGIN IMMEDIATE')\n"
    "print('locked', flush=True)\n"
    "sys.stdin.read()\n"
)


class OtherProgram:
    """A program that has begun to write into the bridge's database, and does not come to an end until `stop`."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", LOCK, str(folder / "bridge.db")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == b"locked"
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it; what it began is undone."""
        if self._process.returncode is None:
            self._process.communicate()


def test_a_database_that_another_program_has_locked_makes_all_wait_and_loses_nothing(
    tmp_path: Path, chart: SandboxServer
) -> None:
    config = outage_config(tmp_path, chart.url)
    with running_bridge(config) as bridge:
        slow = Fault(FaultKind.SLOW_ANSWER, method="POST", resource="image", times=1, delay_seconds=0.7)
        chart.faults.add(slow)
        (on_its_way,) = send(bridge, 1)
        wait_until(lambda: len(chart.images()) == 1)
        phone = threading.Thread(target=send, args=(bridge, 2))
        with OtherProgram(config.data_folder) as other:
            phone.start()
            time.sleep(1.5)
            assert phone.is_alive()
            assert check(bridge.web.port, on_its_way).body == b"true"
            other.stop()
        phone.join()
        flows(bridge, 2)
    assert len(chart.images()) == 2


def test_a_power_cut_before_the_receipt_is_on_the_disk_leaves_one_image(
    tmp_path: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bridge")
    config = outage_config(tmp_path, chart.url)
    on_the_disk = tmp_path / "on-the-disk"
    with running_bridge(config) as bridge:
        slow = Fault(FaultKind.SLOW_ANSWER, method="POST", resource="image", times=1, delay_seconds=0.7)
        chart.faults.add(slow)
        (name,) = send(bridge, 1)
        wait_until(lambda: len(chart.images()) == 1)
        shutil.copytree(config.data_folder, on_the_disk, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
        flows(bridge, 1)
    shutil.rmtree(config.data_folder)
    on_the_disk.rename(config.data_folder)
    with running_bridge(config) as bridge:
        flows(bridge, 1)
        assert photo(bridge, name).state is PhotoState.DELIVERED
    assert sum("event=adopted" in record.getMessage() for record in caplog.records) == 1
    assert len(chart.images()) == 1
