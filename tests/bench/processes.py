"""Bridges and charts as processes, and what they use of the processor (Linux alone)."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clinic import chart_seed
from fleet import BridgeProcess

from bridge.config import load_config
from bridge.network import free_port
from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import REPOSITORY, make_config
from phone import ask, wait_until

CHART_BODY_BYTES = 16_000_000
_START_SECONDS = 60
_SETTINGS = {"delivery": "retry_first_seconds: 0.2, retry_longest_seconds: 1", "more": ""}


def bench_config(folder: Path, chart_url: str, **settings: str) -> Config:
    """A bridge with as many threads as by default, and a chart that takes large bodies."""
    chart = f"read_timeout_seconds: 60, body_limit_bytes: {CHART_BODY_BYTES}"
    file = make_config(folder, chart_url, chart=chart, **(_SETTINGS | settings)).file
    file.write_text(file.read_text("utf-8").replace(", threads: 24", ""), "utf-8")
    return load_config(file)


@contextlib.contextmanager
def bridge_process(config: Config) -> Iterator[BridgeProcess]:
    """A bridge that serves until the block ends."""
    bridge = BridgeProcess(config, config.file.parent / f"bridge-{config.server.port}.log")
    bridge.start()
    try:
        bridge.wait_until_it_answers()
        yield bridge
    finally:
        bridge.kill()


class Chart:
    """The sandbox as a process of its own, which keeps its images in a file in a folder between its runs."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port(0)
        self.url = f"http://127.0.0.1:{self.port}"
        self._database = folder / "chart.db"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the block ends."""
        command = [sys.executable, "-m", "tests.bench.processes", str(self.port), str(self._database)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=REPOSITORY) as process:
            try:
                wait_until(lambda: process.poll() is not None or self._answers(), _START_SECONDS)
                assert process.poll() is None, "the chart did not start"
                yield
            finally:
                assert process.stdin
                process.stdin.close()

    def _answers(self) -> bool:
        with suppress(OSError):
            return ask(self.port, "GET", "/").status == 404
        return False


def processor_seconds(pid: int) -> float:
    """User and system time of a process, of its children that live, and of those that it has waited for."""
    family = {pid}
    times = _process_times()
    while more := {each for each, (parent, _) in times.items() if parent in family} - family:
        family |= more
    return sum(times[each][1] for each in family if each in times)


def own_processor_seconds(pid: int) -> float:
    """The same without the children that live."""
    return _process_times()[pid][1]


def resident_mb(pid: int) -> float:
    """The memory of one process, without its children."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _process_times() -> dict[int, tuple[int, float]]:
    """Of every process its parent and its seconds."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = file.read_text("utf-8", "replace").rpartition(")")[2].split()
            found[int(file.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK"))
    return found


@dataclass(frozen=True)
class Cores:
    """What all cores have done since the machine started, in ticks."""

    busy: int
    waiting_for_disk: int
    all: int

    @classmethod
    def now(cls) -> "Cores":
        """Read from /proc/stat: user nice system idle iowait irq softirq steal."""
        ticks = [int(each) for each in Path("/proc/stat").read_text("utf-8").split("\n")[0].split()[1:9]]
        return cls(sum(ticks) - ticks[3] - ticks[4], ticks[4], sum(ticks))

    def since(self, earlier: "Cores") -> tuple[float, float]:
        """The shares (0 to 1) of the time since then that the cores worked, and that they waited for the disk."""
        whole = max(1, self.all - earlier.all)
        return (self.busy - earlier.busy) / whole, (self.waiting_for_disk - earlier.waiting_for_disk) / whole


def _serve_chart(port: int, database: Path) -> None:
    with SandboxServer(chart_seed(), database, port=port, body_limit_bytes=CHART_BODY_BYTES):
        sys.stdin.read()


if __name__ == "__main__":
    _serve_chart(int(sys.argv[1]), Path(sys.argv[2]))
