"""What the store keeps for the charting doors, as frozen dataclasses."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class AuditRecord:
    """One thing that somebody did. `at` is UTC; `chart` is a chart's address; `who` a chart username, None for one who
    signed in elsewhere; `token_mark` tells such people apart and is no secret; `action` is a word of the charting
    doors. `image_id` and `patient` are chart ids, `photo_id` a photo of this store, None where it is about none.
    `reason` is what the person gave, or "".
    """

    at: datetime
    chart: str
    who: str | None
    token_mark: str
    action: str
    image_id: int | None
    patient: int | None
    photo_id: int | None = None
    reason: str = ""


class PostState(StrEnum):
    """What is known of an image POST. OURS: nothing, and who asked has it in hand now. UNSETTLED: it may have made an
    image, and who asked has it in hand now. SENDING: another one has it in hand. MADE: it made an image.
    """

    OURS = "ours"
    UNSETTLED = "unsettled"
    SENDING = "sending"
    MADE = "made"


@dataclass(frozen=True)
class KnownPost:
    """What is known of an image POST; `image_id` for MADE alone."""

    state: PostState
    image_id: int | None = None
