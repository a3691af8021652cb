"""Measures how fast photos go through a bridge into the chart: `python -m tests.bench.to_chart`.

The chart, the bridge and this program, with the phones, are processes of their own. In each of several rounds bare
threads post the same pictures, ready made, before and after the bridge has its turn, at the same chart. What is told
is the median of the rounds.

* `through`: eight phones send, and the bridge delivers meanwhile; from the first byte sent to the last delivery.
* `waiting`: the chart was away while the photos came in, and is back; from the first delivery seen to the last.
* `not read back`: as `waiting`, with `read_back: never`, against threads that only post.
"""

import contextlib
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fleet import BridgeProcess

from bench.figures import Figure, run, say
from bench.plain import PlainClient
from bench.processes import Chart, bench_config, bridge_process
from bench.sending import photo, send, to_deliver
from bridge.photos import PhotoState, Store, open_store
from bridge.settings import Config
from phone import wait_until

SIZES = {"300 kB": 600, "2 MB": 120}
QUICK = {"300 kB": 40, "2 MB": 20}
ROUNDS, QUICK_ROUNDS = 3, 1
CLIENTS = 8
LEAST_OF_PLAIN = 0.9
_PATIENCE_SECONDS = 1800.0
_POLL_SECONDS = 0.05
_UNDER_WAY = 20
"""So many photos at the most may just be tried when the bridge looks at those that wait."""

_LOOKED = re.compile(r"event=looked-ahead photos=(\d+)")
_NEVER = "retry_first_seconds: 0.2, retry_longest_seconds: 1, read_back: never"
_ALWAYS = "retry_first_seconds: 0.2, retry_longest_seconds: 1"


def measure(is_quick: bool) -> list[Figure]:
    """All sizes and ways."""
    rounds = range(QUICK_ROUNDS if is_quick else ROUNDS)
    figures = []
    for size, count in (QUICK if is_quick else SIZES).items():
        figures += _figures(size, "through", [_through(size, count) for _ in rounds])
        figures += _figures(size, "waiting", [_waiting(size, count, reads_back=True) for _ in rounds])
        figures += _figures(size, "not read back", [_waiting(size, count, reads_back=False) for _ in rounds])
    return figures


@dataclass(frozen=True)
class _Round:
    """Photos a second: of the bare threads before, of the bridge, of the threads after."""

    before: float
    ours: float
    after: float

    @property
    def ratio(self) -> float:
        return self.ours / ((self.before + self.after) / 2)

    def __str__(self) -> str:
        return f"{self.ours:.1f} with {self.before:.1f} and {self.after:.1f}"


def _figures(size: str, way: str, rounds: list[_Round]) -> list[Figure]:
    ratio, ours = (statistics.median(each) for each in zip(*((each.ratio, each.ours) for each in rounds), strict=True))
    note = "; ".join(map(str, rounds))
    say(f"{size} {way}: {ratio:.2f} of plain: {note}")
    unit = "of plain POST" if way == "not read back" else "of plain POST and GET"
    return [
        Figure(f"{size} {way}", ratio, unit, at_least=LEAST_OF_PLAIN, note=note),
        Figure(f"{size} {way}, rate", ours, "photos/s"),
    ]


def _through(size: str, count: int) -> _Round:
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
        return _Round(before, ours, _plain(chart, size, count, reads_back=True))


def _waiting(size: str, count: int, *, reads_back: bool) -> _Round:
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
        return _Round(before, ours, _plain(chart, size, count, reads_back=reads_back))


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
