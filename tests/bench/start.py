"""Measures how soon a bridge serves: `python -m tests.bench.start`.

From the start of the process until phones are answered, with 100 000 delivered photos in the store. A new Python each
time; its files are compiled, as pip leaves them, and in the system's cache. The first time does not count.
"""

import contextlib
import os
import statistics
import tempfile
import time
from pathlib import Path

from fleet import BridgeProcess

from bench.figures import Figure, run, say
from bench.history import fill
from bench.processes import bench_config, processor_seconds
from bridge.photos import open_store
from bridge.photos.sql import SqlStore
from bridge.settings import Config

PHOTOS, QUICK_PHOTOS = 100_000, 1_000
ROUNDS = 5
MOST_SECONDS = 1.0
_POLL_SECONDS = 0.005
_LONGEST_SECONDS = 120.0


def measure(is_quick: bool) -> list[Figure]:
    """With an empty store, and with a full one."""
    many = QUICK_PHOTOS if is_quick else PHOTOS
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return [*_with(0, None), *_with(many, MOST_SECONDS)]


def _with(photos: int, most: float | None) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        config = bench_config(Path(name), "http://127.0.0.1:9")
        with contextlib.closing(open_store(config.data_folder, None, exclusive=True)) as store:
            assert isinstance(store, SqlStore)
            fill(store, photos)
        taken = [_until_it_serves(config) for _ in range(1 + ROUNDS)][1:]
    seconds, used = zip(*taken, strict=True)
    say(f"{photos:,} photos: {', '.join(f'{each:.2f}' for each in seconds)} s")
    note = f"{min(seconds):.2f} to {max(seconds):.2f}"
    name = f"with {photos:,} photos"
    return [
        Figure(name, statistics.median(seconds), "s", at_most=most, note=note),
        Figure(f"{name}, of the processor", statistics.median(used), "s"),
    ]


def _until_it_serves(config: Config) -> tuple[float, float]:
    """Seconds, and those of the processor's time (0 where the system does not tell)."""
    bridge = BridgeProcess(config, config.file.parent / "bridge.log")
    began = time.perf_counter()
    bridge.start()
    try:
        while not bridge.answers():
            assert not bridge.has_ended(), bridge.last_words()
            assert time.perf_counter() - began < _LONGEST_SECONDS
            time.sleep(_POLL_SECONDS)
        return time.perf_counter() - began, processor_seconds(bridge.pid) if Path("/proc/stat").exists() else 0.0
    finally:
        if not bridge.has_ended():
            bridge.stop()


if __name__ == "__main__":
    run(measure, __doc__)
