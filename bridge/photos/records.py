"""What the store keeps: photos, events, attempts, receipts, learned limits, as frozen dataclasses."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.holds import Hold, HoldReason
from bridge.targets import ChartTarget, ImageType


class PhotoState(StrEnum):
    """Where a photo stands on its way (design section 2)."""

    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    HELD = "held"
    DISCARDED = "discarded"

    @property
    def is_done(self) -> bool:
        """True when the bridge owes this photo nothing more: in the chart, or discarded by a person."""
        return self in (PhotoState.DELIVERED, PhotoState.DISCARDED)


class Source(StrEnum):
    """How an upload came in."""

    PHOTO_API = "photo-api"
    PROXY = "proxy"


class Outcome(StrEnum):
    """How an attempt ended. UNKNOWN: the chart may or may not have kept the image."""

    DELIVERED = "delivered"
    NOT_STORED = "not-stored"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    """Unknown once, and looked for often enough since the photo was delivered otherwise."""


class ClaimOrder(StrEnum):
    """Which of the photos that have their turn is claimed first."""

    NEWEST_DAY = "newest-day"
    """Of the newest clinic day in order of capture, then the day before."""
    LATEST = "latest"
    """Of the newest clinic day, what arrived last."""
    OLDEST = "oldest"


@dataclass(frozen=True)
class Place:
    """Where a photo stands among others: by its time `order_at` (local, without zone) in the line of `order_key`.

    A key names a patient and a type. `is_placed` when it does so by the chart's patient id; until then it may be of
    the patient as named. None: the name says no patient or no type.
    """

    order_at: datetime
    order_key: str | None
    is_placed: bool


@dataclass(frozen=True)
class NewUpload:
    """One file that arrived: canonical name, source, media type, and the phone's local capture time if it said one."""

    practice: str
    name: str
    source: Source
    media_type: str
    captured_at: datetime | None


@dataclass(frozen=True)
class Chores:
    """What is to be done with a new photo's original beside the chart: folders for copies, and whether MedImage
    servers may pull it.
    """

    copies: tuple[str, ...] = ()
    offered: bool = False


@dataclass(frozen=True)
class Photo:
    """The stored record of an upload. Times are UTC-aware, but `captured_at` is the phone's own local time.

    `assigned` is the target a person gave it, which beats the mapping. `bytes_key` names its bytes in the store.
    `failing_since` is when it first failed by itself since a person last touched it. `may_be_late`: a person wants it
    in the chart although it is older than what is there. `bytes_gone_at` is when its bytes were removed. `claim` is the
    name of the claim by which somebody has it in hand, another one each time.
    """

    id: int
    practice: str
    name: str
    sha256: str
    size_bytes: int
    media_type: str
    source: Source
    captured_at: datetime | None
    received_at: datetime
    state: PhotoState
    hold_reason: HoldReason | None
    hold_sentence: str | None
    next_attempt_at: datetime
    failing_since: datetime | None
    attempts: int
    bytes_key: str
    assigned: ChartTarget | None
    mapping_version: str | None
    place: Place
    may_be_late: bool
    bytes_gone_at: datetime | None
    claim: str | None = None

    @property
    def hold(self) -> Hold | None:
        """Why it is held, or None when it is not."""
        if self.hold_reason is None:
            return None
        return Hold(self.hold_reason, self.hold_sentence or "")


@dataclass(frozen=True)
class Event:
    """One change of a photo's state. `detail` is for people and names nobody; `actor` is who did it."""

    photo_id: int
    at: datetime
    from_state: PhotoState | None
    to_state: PhotoState
    reason: str
    detail: str
    actor: str


@dataclass(frozen=True)
class Attempt:
    """One try to create the image in the chart, recorded before it is made.

    `data_sha256` is of the exact base64 text sent. `outcome` is None while it runs, or when the bridge died then.
    `looks` is how often late images of it have been looked for.
    """

    id: int
    photo_id: int
    number: int
    started_at: datetime
    target: ChartTarget
    data_sha256: str
    data_length: int
    outcome: Outcome | None
    looks: int = 0


@dataclass(frozen=True)
class Receipt:
    """The proof of a delivery: the chart's image id, what was sent, and whether it was read back and compared."""

    photo_id: int
    chart: str
    image_id: int
    target: ChartTarget
    data_sha256: str
    data_length: int
    read_back: bool
    delivered_at: datetime


@dataclass(frozen=True)
class LearnedLimit:
    """What a chart server's answers taught about the largest request it takes, in bytes of body; None: not known.

    `refused_at` is when it last refused one as too large, `probed_at` when a larger one was last tried on purpose.
    """

    largest_taken_bytes: int | None = None
    smallest_refused_bytes: int | None = None
    refused_at: datetime | None = None
    probed_at: datetime | None = None


def order_key(patient: int, image_type: ImageType) -> str:
    """The line of a patient and type, by the chart's patient id."""
    return f"{patient}|{image_type}"


def target_from_columns(
    patient: int | None, image_type: str | None, clinic: int | None, station: int | None
) -> ChartTarget | None:
    """The target kept in four columns, or None when no patient is there."""
    if patient is None or image_type is None:
        return None
    return ChartTarget(patient, ImageType(image_type), clinic, station)
