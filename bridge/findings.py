"""What is found when a bridge is looked over: each thing, how it stands, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a thing stands."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, how it stands, and a sentence for the admin. `practice` is the one whose thing
    it is; None: all of them have it.
    """

    what: str
    status: Status
    sentence: str
    practice: str | None = None
