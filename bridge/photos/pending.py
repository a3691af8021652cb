"""What people said to held photos and may still take back: done when its time has come, whoever has left by then.

Until then the photo stays held as it is, so that taking it back leaves no trace but the audit's.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bridge.photos.records import Photo
from bridge.targets import ChartTarget

MOST_WAIT_SECONDS = 600
"""How long an act may be put off: one that is due later than that was put off by a wrong clock, and is due."""


class Act(StrEnum):
    """What a person does to a held photo."""

    ASSIGN = "assign"
    RETRY = "retry"
    SEND_AS_IS = "send-as-is"
    DISCARD = "discard"


@dataclass(frozen=True)
class PendingAct:
    """An act on a photo that is done at `due_at` (UTC). `target` is that of an assignment,
    or where a damaged photo goes as it is; `reason` is a discard's, or "".
    """

    photo_id: int
    act: Act
    actor: str
    asked_at: datetime
    due_at: datetime
    target: ChartTarget | None = None
    reason: str = ""


class PendingStore(Protocol):
    """Keeps acts until they are due. Thread-safe. Every method may raise StoreError.

    What is done to the photo otherwise meanwhile, as at the command line, comes first and ends the act.
    """

    def put_off(self, pending: PendingAct) -> None:
        """Keep an act for later: on the disk when this returns. Raises NoSuchPhotoError, and WrongStateError when the
        photo is not held, or has an act already.
        """

    def take_back(self, photo_id: int) -> PendingAct:
        """End an act before it is done. Raises WrongStateError when there is none, because it is done by now."""

    def pending_acts(self, photo_ids: Collection[int]) -> dict[int, PendingAct]:
        """The acts of these photos, by photo."""

    def due_acts(self, limit: int = 100) -> list[PendingAct]:
        """Acts whose time has come, longest due first."""

    def do_act(self, pending: PendingAct) -> Photo | None:
        """Do an act now, and end it, in one transaction; the photo as it is then, or None when the act was taken back
        or somebody else was faster.
        """
