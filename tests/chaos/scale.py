"""How large the chaos tests are: short in every test run, long by `python tests/chaos`; and the seed of their luck."""

import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from typing import TypeVar

_SHORT_SEED = 20261121
LONG = os.environ.get("CHAOS_LONG", "") == "1"
SEED = int(os.environ.get("CHAOS_SEED") or (random.SystemRandom().randrange(10**9) if LONG else _SHORT_SEED))


@dataclass(frozen=True)
class Scale:
    """The sizes of the tests, and how long one may wait for anything."""

    machines: int
    killed_photos: int
    kills: int
    cut_photos: int
    full_disks: int
    drained_photos: int
    least_drain_ratio: float
    patience_seconds: float
    moves: int
    move_kills: int


SCALE = (
    Scale(3, 1000, 100, 1000, 10, 5000, 0.8, 3600, 200, 100) if LONG else Scale(2, 30, 3, 40, 1, 16, 0.05, 240, 16, 3)
)
E = TypeVar("E")
T = TypeVar("T")


def shared_out(engines: Iterable[E], troubles: Sequence[T]) -> list[tuple[E, T]]:
    """Each trouble on each engine; in the short form on one of them, in turn."""
    return list(product(engines, troubles)) if LONG else list(zip(cycle(engines), troubles, strict=False))
