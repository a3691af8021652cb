"""Measures how fast photos go through a bridge into the chart: `python -m tests.bench.to_chart`.

The chart, the bridge and this program, with the phones, are processes of their own. Three times for each size: bare
threads post the same pictures, ready made, before and after the bridge has its turn, at the same chart.

* `through`: eight phones send, and the bridge delivers meanwhile; from the first byte sent to the last delivery.
* `waiting`: the chart was away while the photos came in, and is back; from the first delivery seen to the last.
* `not read back`: as `waiting`, with `read_back: never`, against threads that only post.
"""

import contextlib
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fleet import BridgeProcess

from bench.figures import Figure, run, say
from bench.plain import PlainClient
from bench.processes import Chart, bench_config, bridge_process
from bench.sending import photo, send, to_deliver
from bridge.photos import PhotoState, Store, open_store
from bridge.settings import Config
from phone import wait_until

SIZES = {"300 kB": 1000, "2 MB": 250}
QUICK = {"300 kB": 40, "2 MB": 20}
CLIENTS = 8
LEAST_OF_PLAIN = 0.9
_PATIENCE_SECONDS = 1800.0
_POLL_SECONDS = 0.2
_UNDER_WAY = 20
"""So many photos at the most may just be tried when the bridge looks at those that wait."""

_LOOKED = re.compile(r"event=looked-ahead photos=(\d+)")
_NEVER = "retry_first_seconds: 0.2, retry_longest_seconds: 1, read_back: never"
_ALWAYS = "retry_first_seconds: 0.2, retry_longest_seconds: 1"


def measure(is_quick: bool) -> list[Figure]:
    """All sizes and ways."""
    figures = []
    for size, count in (QUICK if is_quick else SIZES).items():
        figures += _both(size, "through", _through(size, count), reads_back=True)
        figures += _both(size, "waiting", _waiting(size, count, reads_back=True), reads_back=True)
        figures += _both(size, "not read back", _waiting(size, count, reads_back=False), reads_back=False)
    return figures


def _both(size: str, way: str, rates: tuple[float, float, float], *, reads_back: bool) -> list[Figure]:
    before, ours, after = rates
    plain = (before + after) / 2
    note = f"plain {before:.1f} before, {after:.1f} after"
    say(f"{size} {way}: {ours:.1f}/s, {note}")
    return [
        Figure(f"{size} {way}", ours / plain, f"of plain {'POST and GET' if reads_back else 'POST'}", LEAST_OF_PLAIN),
        Figure(f"{size} {way}, rate", ours, "photos/s", note=note),
    ]


def _through(size: str, count: int) -> tuple[float, float, float]:
    """Photos a second: plain before, of the bridge, plain after."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        chart = Chart(Path(name))
        ending.enter_context(chart.running())
        config = bench_config(Path(name), chart.url, delivery=_ALWAYS)
        before = _plain(chart, size, count, reads_back=True)
        with bridge_process(config) as bridge, opened(config) as store:
            began = time.monotonic()
            send([bridge.port], to_deliver(photo(size), count), CLIENTS)
            wait_until_delivered(store, count)
            ours = count / (time.monotonic() - began)
        return before, ours, _plain(chart, size, count, reads_back=True)


def _waiting(size: str, count: int, *, reads_back: bool) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        chart = Chart(Path(name))
        with chart.running():
            before = _plain(chart, size, count, reads_back=reads_back)
        config = bench_config(Path(name), chart.url, delivery=_ALWAYS if reads_back else _NEVER)
        with bridge_process(config) as bridge, opened(config) as store:
            send([bridge.port], to_deliver(photo(size), count), CLIENTS)
            wait_until(lambda: _looked_at(bridge) >= count - _UNDER_WAY, _PATIENCE_SECONDS)
            ending.enter_context(chart.running())
            ours = _drained(store, count)
        return before, ours, _plain(chart, size, count, reads_back=reads_back)


def _plain(chart: Chart, size: str, count: int, *, reads_back: bool) -> float:
    return PlainClient.logged_in(chart.port).rate(photo(size), count, reads_back=reads_back)


@contextlib.contextmanager
def opened(config: Config) -> Iterator[Store]:
    """The store of a bridge that runs, to count in."""
    with contextlib.closing(open_store(config.data_folder, config.database)) as store:
        yield store


def wait_until_delivered(store: Store, count: int) -> None:
    """Wait for the last delivery. Raises AssertionError when it does not come."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (now := _delivered(store)) < count:
        assert time.monotonic() < deadline, f"{now} of {count} are delivered"
        time.sleep(_POLL_SECONDS)


def _drained(store: Store, count: int) -> float:
    """Photos a second from the first delivery that is seen to the last."""
    wait_until(lambda: _delivered(store) > 0, _PATIENCE_SECONDS)
    already, began = _delivered(store), time.monotonic()
    wait_until_delivered(store, count)
    return (count - already) / (time.monotonic() - began)


def _delivered(store: Store) -> int:
    return store.counts()[PhotoState.DELIVERED]


def _looked_at(bridge: BridgeProcess) -> int:
    """How many photos the bridge has looked at while they waited, as it says."""
    return sum(int(number) for number in _LOOKED.findall(bridge.log()))


if __name__ == "__main__":
    run(measure, __doc__)
