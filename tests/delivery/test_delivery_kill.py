"""kill -9 at random moments: every photo that was answered 200 is in the chart, once."""

import contextlib
import http.client
import itertools
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.photos import PhotoState, SqliteStore
from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import GUID, make_config, running_bridge
from phone import ask, picture, post_photo, wait_until

ROUNDS = 50
PHONES = 3
LONGEST_ROUND_SECONDS = 0.4


class Phones:
    """Phones that send one photo after another, and remember the names that were answered 200."""

    def __init__(self, port: int) -> None:
        self.stored: list[str] = []
        self._port = port
        self._numbers = itertools.count(1)
        self._stop = threading.Event()

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        self._stop.clear()
        threads = [threading.Thread(target=self._send) for _ in range(PHONES)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _send(self) -> None:
        while not self._stop.is_set():
            number = next(self._numbers)
            name = f"#{GUID}-#{number % 12 + 1}-#Headshot-{_letters(number)}-21-Nov-2026-10-11-12.jpg"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if post_photo(self._port, name, picture(number)).status == 200:
                    self.stored.append(name)


def _letters(number: int) -> str:
    """A number in letters, so that the name holds no second number that could be a patient."""
    return "".join(chr(97 + int(digit)) for digit in str(number))


@contextlib.contextmanager
def served(config: Config) -> Iterator[subprocess.Popen[bytes]]:
    """A bridge in a process of its own, killed with SIGKILL at the end of the block."""
    command = [sys.executable, "-m", "bridge", "--config", str(config.file), "serve"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: process.poll() is not None or _answers(config.server.port), 30)
            assert process.poll() is None, process.stderr and process.stderr.read()
            yield process
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return ask(port, "GET", "/").status == 200
    return False


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


def test_every_accepted_photo_is_delivered_once_whenever_the_bridge_is_killed(
    tmp_path: Path, chart: SandboxServer, record_property: Callable[[str, object], None]
) -> None:
    config = make_config(tmp_path, chart.url)
    phones = Phones(config.server.port)
    luck = random.Random(20261121)
    for _ in range(ROUNDS):
        before = len(phones.stored)
        with served(config) as bridge, phones.sending():
            wait_until(lambda seen=before: len(phones.stored) > seen, 30)
            time.sleep(luck.uniform(0, LONGEST_ROUND_SECONDS))
            bridge.kill()
    with running_bridge(config) as service:
        wait_until(lambda: _all_done(service.store), 60)
    record_property("accepted", len(phones.stored))
    _assert_each_is_there_once(config, chart, phones.stored)


def _all_done(store: SqliteStore) -> bool:
    counts = store.counts()
    return counts[PhotoState.QUEUED] + counts[PhotoState.SENDING] == 0


def _assert_each_is_there_once(config: Config, chart: SandboxServer, accepted: list[str]) -> None:
    store = SqliteStore(config.data_folder)
    try:
        photos = store.photos(limit=1_000_000)
        receipts = [store.receipt(photo.id) for photo in photos]
    finally:
        store.close()
    assert {photo.state for photo in photos} == {PhotoState.DELIVERED}
    assert set(accepted) <= {photo.name for photo in photos}
    images = chart.images()
    assert len(images) == len(photos) == len({image.data for image in images})
    assert {image.id for image in images} == {receipt.image_id for receipt in receipts if receipt}
