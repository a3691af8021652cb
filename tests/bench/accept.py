"""Measures how uploads are taken, as `tests.bench.uploads` does, with its figures and goals for the table of all:
`python -m tests.bench.accept`.
"""

import re
from dataclasses import replace

from bench import uploads
from bench.figures import Figure, run

LEAST_OF_LIMIT = 0.75
MOST_TAIL = 4.0
LEAST_BESIDE_SLOW = 0.8
MOST_MEMORY_MB = 100.0
MEDIMAGE = {
    "200 kB": {1: 852, 8: 1005, 32: 1204},
    "2 MB": {1: 128, 8: 177, 32: 191},
    "8 MB": {1: 42, 8: 55, 32: 58},
}
"""Uploads a second that the MedImage Server took of 1, 8 and 32 clients on a machine with two cores, without fsync."""

_ELSEWHERE = "the MedImage Server elsewhere, without fsync"
_UNITS = {"per second": "uploads/s", "of limit": "of the bare loop", "median ms": "ms", "99% ms": "ms"}
_AT = re.compile(r"accept (?P<size>\d+ [kM]B) (?P<clients>\d+) (?P<what>.+)")


def measure(is_quick: bool) -> list[Figure]:
    """All figures."""
    if is_quick:
        uploads.ROUNDS, uploads.BYTES_A_ROUND = 1, 32_000_000
    return figures_of(uploads.measure())


def figures_of(measured: dict[str, float]) -> list[Figure]:
    """What was measured, each with its unit and goal, and how much slower the slowest were."""
    figures = [_figure(name, value) for name, value in measured.items()]
    median, tail = measured["accept 2 MB 8 median ms"], measured["accept 2 MB 8 99% ms"]
    return [*figures, Figure("2 MB, 8 clients, 99% of median", tail / median, "times", at_most=MOST_TAIL)]


def _figure(name: str, value: float) -> Figure:
    if found := _AT.fullmatch(name):
        return _at(value, found["size"], int(found["clients"]), found["what"])
    if name == "beside slow phones":
        return Figure(name, value, "of alone", at_least=LEAST_BESIDE_SLOW)
    return Figure(name, value, "MB", at_most=MOST_MEMORY_MB) if name == "memory MB" else Figure(name, value, "")


def _at(value: float, size: str, clients: int, what: str) -> Figure:
    figure = Figure(f"{size}, {clients} client{'s' * (clients > 1)}, {what}", value, _UNITS.get(what, ""))
    if what == "of limit" and (size, clients) == ("2 MB", 8):
        return replace(figure, at_least=LEAST_OF_LIMIT)
    known = MEDIMAGE.get(size, {}).get(clients) if what == "per second" else None
    return replace(figure, at_least=known, note=_ELSEWHERE) if known else figure


if __name__ == "__main__":
    run(measure, __doc__)
