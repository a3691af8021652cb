"""What this room is told of uploads of the past."""

from datetime import datetime
from typing import Protocol

from bridge.targets import ChartTarget


class PastUpload(Protocol):
    """What is remembered of an upload: `received_at` is UTC-aware, `assigned` the target that a person gave it."""

    @property
    def id(self) -> int:
        """Its number in the store."""

    @property
    def practice(self) -> str:
        """The practice's name."""

    @property
    def name(self) -> str:
        """Its canonical name."""

    @property
    def received_at(self) -> datetime:
        """When it came in."""

    @property
    def state(self) -> str:
        """Where it stands now."""

    @property
    def assigned(self) -> ChartTarget | None:
        """Where a person put it."""
