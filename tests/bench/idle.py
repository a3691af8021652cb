"""Measures what a bridge uses that has nothing to do: `python -m tests.bench.idle` (Linux alone).

Ten MedImage proxies, at which nothing waits, are polled meanwhile. Beside it, without a goal, a bridge without proxies,
and one that serves 200 practices, how long that takes to start, and its memory.
"""

import contextlib
import secrets
import tempfile
import time
from pathlib import Path

from fleet import BridgeProcess
from medimage_proxy import MedImageProxy

from bench.figures import Figure, run, say
from bench.processes import Chart, bench_config, bridge_process, processor_seconds, resident_mb
from bridge.config import load_config
from bridge_runner import GUID

PROXIES = 10
PRACTICES, QUICK_PRACTICES = 200, 20
SECONDS, QUICK_SECONDS = 30.0, 5.0
MOST_PERCENT = 1.0
_COME_TO_REST_SECONDS = 5.0


def measure(is_quick: bool) -> list[Figure]:
    """Without proxies, with them, and with many practices."""
    seconds = QUICK_SECONDS if is_quick else SECONDS
    practices = QUICK_PRACTICES if is_quick else PRACTICES
    return [_with_proxies(0, seconds, None), _with_proxies(PROXIES, seconds, MOST_PERCENT), *_many(practices, seconds)]


def _with_proxies(count: int, seconds: float, most: float | None) -> Figure:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        chart = Chart(Path(name))
        ending.enter_context(chart.running())
        proxies = [ending.enter_context(MedImageProxy()) for _ in range(count)]
        file = bench_config(Path(name), chart.url).file
        addresses = ", ".join(f'"{proxy.url}"' for proxy in proxies)
        file.write_text(file.read_text("utf-8").replace(f"guid: {GUID},", f"guid: {GUID}, read_from: [{addresses}],"))
        bridge = ending.enter_context(bridge_process(load_config(file)))
        percent = _percent(bridge, seconds)
        asked = [len(proxy.requests) for proxy in proxies]
    assert all(asked), asked
    say(f"{count} proxies, asked {sum(asked)} times: {percent:.2f} % of a core")
    return Figure(f"with {count} proxies", percent, "% of a core", at_most=most, note=f"over {seconds:.0f} s")


def _many(practices: int, seconds: float) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        file = bench_config(Path(name), "http://127.0.0.1:9").file
        file.write_text(file.read_text("utf-8") + "".join(_practice(number) for number in range(practices - 2)))
        config, began = load_config(file), time.perf_counter()
        with bridge_process(config) as bridge:
            started = time.perf_counter() - began
            percent = _percent(bridge, seconds)
            megabytes = resident_mb(bridge.pid)
    say(f"{practices:,} practices: {started:.1f} s to start, {percent:.2f} % of a core, {megabytes:.0f} MB")
    about = f"with {practices:,} practices"
    return [
        Figure(about, percent, "% of a core", note=f"over {seconds:.0f} s"),
        Figure(f"{about}, to start", started, "s"),
        Figure(f"{about}, memory", megabytes, "MB"),
    ]


def _practice(number: int) -> str:
    about = "mapping: thousand-smiles.yaml, time_zone: America/Los_Angeles"
    return f"  - {{name: clinic-{number}, guid: {secrets.token_hex(9)}, {about}}}\n"


def _percent(bridge: BridgeProcess, seconds: float) -> float:
    """Of one core, once the bridge has come to rest."""
    time.sleep(_COME_TO_REST_SECONDS)
    used, began = processor_seconds(bridge.pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (processor_seconds(bridge.pid) - used) / (time.monotonic() - began)


if __name__ == "__main__":
    run(measure, __doc__)
