"""Measures several bridges on one PostgreSQL: `python -m tests.bench.machines`.

PostgreSQL with fsync, 1, 2 and 3 bridges, and eight clients who send to them in turn, all on this machine; each number
of bridges several times, in turn. What was busy meanwhile, the cores or the disk, is the limit (Linux alone).
"""

import contextlib
import os
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fleet import BridgeProcess

from bench.figures import Figure, run, say
from bench.processes import Cores, bench_config, bridge_process, processor_seconds
from bench.sending import photo, send, to_keep
from postgres_server import PostgresServer

MOST_BRIDGES = 3
COUNTS = {"200 kB": 800, "2 MB": 160}
QUICK_COUNTS = {"200 kB": 40, "2 MB": 16}
ROUNDS, QUICK_ROUNDS = 5, 1
CLIENTS = 8
BUSY = 0.85
"""With this share of the cores' time used, they are the limit."""


@dataclass(frozen=True)
class _Sent:
    """Uploads a second, the shares of the cores' time (`ours` is the part of `busy` that this program, PostgreSQL and
    the bridges used), and what an upload took of the bridges' processor time.
    """

    rate: float
    busy: float
    ours: float
    waiting: float
    bridge_ms: float

    @property
    def limit(self) -> str:
        if self.busy >= BUSY:
            return "the cores"
        return "the disk" if self.busy + self.waiting >= BUSY else "waiting in turn (database, locks, fsync)"


def measure(is_quick: bool) -> list[Figure]:
    """All sizes and numbers of bridges."""
    rounds = QUICK_ROUNDS if is_quick else ROUNDS
    figures = []
    with PostgresServer(is_durable=True) as server, _bridges(server) as bridges:
        for size, count in (QUICK_COUNTS if is_quick else COUNTS).items():
            figures += _of_size(size, count, rounds, bridges)
    return figures


@contextlib.contextmanager
def _bridges(server: PostgresServer) -> Iterator[dict[int, list[BridgeProcess]]]:
    """Fleets of 1, 2 and 3 bridges, each with a database of its own; those that are not asked are idle."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        fleets: dict[int, list[BridgeProcess]] = {}
        for number in range(1, MOST_BRIDGES + 1):
            url = server.url(server.new_database())
            folders = [Path(name) / f"{number}-{each}" for each in range(number)]
            fleets[number] = [ending.enter_context(_bridge(folder, url)) for folder in folders]
        yield fleets


@contextlib.contextmanager
def _bridge(folder: Path, database_url: str) -> Iterator[BridgeProcess]:
    folder.mkdir()
    (folder / "database-url").write_text(database_url, "utf-8")
    config = bench_config(folder, "http://127.0.0.1:9", more="database: {url_file: database-url}")
    with bridge_process(config) as bridge:
        yield bridge


def _of_size(size: str, count: int, rounds: int, fleets: dict[int, list[BridgeProcess]]) -> list[Figure]:
    sent: dict[int, list[_Sent]] = {number: [] for number in fleets}
    for _ in range(rounds):
        for number, bridges in fleets.items():
            sent[number].append(_send(size, count, bridges))
    figures = [_figure(size, number, each) for number, each in sent.items()]
    best = max(figures, key=lambda each: each.value)
    say(f"{size}: the most with {best.name}: {best.value:.1f}/s, {best.note}")
    return figures


def _send(size: str, count: int, bridges: list[BridgeProcess]) -> _Sent:
    uploads = to_keep(photo(size), count)
    pids = [os.getpid(), *(each.pid for each in bridges)]
    used, before = [processor_seconds(pid) for pid in pids], Cores.now()
    seconds = send([each.port for each in bridges], uploads, CLIENTS)
    busy, waiting = Cores.now().since(before)
    all_ours, *of_bridges = [processor_seconds(pid) - earlier for pid, earlier in zip(pids, used, strict=True)]
    ours = all_ours / seconds / (os.cpu_count() or 1)
    return _Sent(count / seconds, busy, ours, waiting, 1000 * sum(of_bridges) / count)


def _figure(size: str, number: int, sent: list[_Sent]) -> Figure:
    middle = sorted(sent, key=lambda each: each.rate)[len(sent) // 2]
    bridge_ms = statistics.median(each.bridge_ms for each in sent)
    note = (
        f"cores {middle.busy:.0%} busy ({middle.ours:.0%} with this), {middle.waiting:.0%} waiting for the disk; "
        f"{bridge_ms:.1f} ms of the bridges' processor time each; limit: {middle.limit}"
    )
    return Figure(f"{size}, {number} bridge{'s' * (number > 1)}", middle.rate, "uploads/s", note=note)


if __name__ == "__main__":
    run(measure, __doc__)
