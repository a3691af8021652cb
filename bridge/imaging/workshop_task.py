"""The task of a picture worker, which both sides know: the bridge itself imports no decoders for it."""

from dataclasses import dataclass

from bridge.imaging.workshop_memory import MemoryGuard


@dataclass(frozen=True)
class Task:
    """What a worker is told when it starts. `module`: the name of the one with `prepare` and `preview`."""

    module: str
    seconds: float
    memory_bytes: int
    guard: MemoryGuard
