"""Measures what a bridge uses that has nothing to do: `python -m tests.bench.idle` (Linux alone).

Ten MedImage proxies, at which nothing waits, are polled meanwhile. Beside it, without a goal, a bridge without proxies.
"""

import contextlib
import tempfile
import time
from pathlib import Path

from medimage_proxy import MedImageProxy

from bench.figures import Figure, run, say
from bench.processes import Chart, bench_config, bridge_process, processor_seconds
from bridge.config import load_config
from bridge_runner import GUID

PROXIES = 10
SECONDS, QUICK_SECONDS = 30.0, 5.0
MOST_PERCENT = 1.0
_COME_TO_REST_SECONDS = 5.0


def measure(is_quick: bool) -> list[Figure]:
    """Without proxies, and with them."""
    seconds = QUICK_SECONDS if is_quick else SECONDS
    return [_with(0, seconds, None), _with(PROXIES, seconds, MOST_PERCENT)]


def _with(count: int, seconds: float, most: float | None) -> Figure:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        chart = Chart(Path(name))
        ending.enter_context(chart.running())
        proxies = [ending.enter_context(MedImageProxy()) for _ in range(count)]
        file = bench_config(Path(name), chart.url).file
        addresses = ", ".join(f'"{proxy.url}"' for proxy in proxies)
        file.write_text(file.read_text("utf-8").replace(f"guid: {GUID},", f"guid: {GUID}, read_from: [{addresses}],"))
        bridge = ending.enter_context(bridge_process(load_config(file)))
        time.sleep(_COME_TO_REST_SECONDS)
        used, began = processor_seconds(bridge.pid), time.monotonic()
        time.sleep(seconds)
        percent = 100 * (processor_seconds(bridge.pid) - used) / (time.monotonic() - began)
        asked = [len(proxy.requests) for proxy in proxies]
    assert all(asked), asked
    say(f"{count} proxies, asked {sum(asked)} times: {percent:.2f} % of a core")
    return Figure(f"with {count} proxies", percent, "% of a core", at_most=most, note=f"over {seconds:.0f} s")


if __name__ == "__main__":
    run(measure, __doc__)
