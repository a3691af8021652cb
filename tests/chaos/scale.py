"""How large the chaos tests are: short in every test run, long by `python tests/chaos`; and the seed of their luck."""

import os
import random
from dataclasses import dataclass

_SHORT_SEED = 20261121
LONG = os.environ.get("CHAOS_LONG", "") == "1"
SEED = int(os.environ.get("CHAOS_SEED") or (random.SystemRandom().randrange(10**9) if LONG else _SHORT_SEED))


@dataclass(frozen=True)
class Scale:
    """The sizes of the tests, and how long one may wait for anything."""

    killed_photos: int
    kills: int
    cut_photos: int
    full_disks: int
    drained_photos: int
    least_drain_ratio: float
    patience_seconds: float
    moves: int
    move_kills: int


SCALE = Scale(1000, 100, 1000, 10, 5000, 0.8, 3600, 200, 100) if LONG else Scale(45, 5, 45, 2, 40, 0.05, 240, 24, 5)
