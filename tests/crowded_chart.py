"""A chart with two hundred more patients; those with even numbers are registered at the clinic of today."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bridge.sandbox import SandboxServer, default_seed

CROWD = range(1000, 1200)
CLINIC = 2


def crowded_chart(names: Callable[[int], dict[str, Any]]) -> SandboxServer:
    """To be used in a `with`; `names` gives the names of the patient of a number."""
    seed = default_seed()
    like = {**seed.rows["patients"][0], "middle": "", "oldid": -1, "curp": ""}
    people = [{**like, "id": number, **names(number)} for number in CROWD]
    here = [{"id": number, "clinic": CLINIC, "patient": number} for number in CROWD if number % 2 == 0]
    rows = {
        **seed.rows,
        "patients": (*seed.rows["patients"], *people),
        "registrations": (*seed.rows["registrations"], *here),
    }
    return SandboxServer(replace(seed, rows=rows))
