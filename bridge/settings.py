"""The settings of a running bridge: frozen dataclasses, made by `bridge.config` from config.yaml."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from bridge.secret import Secret

ALLOWED_TYPE_NAMES = ("jpeg", "png", "heic", "webp", "gif", "tiff", "bmp", "pdf", "dicom", "mp4", "mp3", "json", "text")
"""What `uploads.allowed_types` may name; judged by a file's content."""


class ReadBack(StrEnum):
    """How often a delivered image is read back from the chart and compared before it counts."""

    ALWAYS = "always"
    SAMPLE = "sample"
    NEVER = "never"


@dataclass(frozen=True)
class ServerSettings:
    """Where the bridge listens, and how many requests it serves at once."""

    host: str
    port: int
    threads: int
    stalled_seconds: int


@dataclass(frozen=True)
class UploadSettings:
    """What phones may send. `unpaired_practice` is set whenever `allow_unpaired` is on."""

    allow_unpaired: bool
    unpaired_practice: str | None
    max_upload_bytes: int
    max_pixels: int
    allowed_types: frozenset[str]


@dataclass(frozen=True)
class DeliverySettings:
    """How photos are taken to the chart."""

    workers: int
    read_back: ReadBack
    sample_every: int
    retry_first_seconds: float
    retry_longest_seconds: float
    hold_after_days: float


@dataclass(frozen=True)
class ChartSettings:
    """A chart server and the account the bridge uses there: username and password, or a token."""

    url: str
    username: str | None
    password: Secret | None
    token: Secret | None
    verify_tls: bool | str
    connect_timeout_seconds: float
    read_timeout_seconds: float
    body_limit_bytes: int


@dataclass(frozen=True)
class PracticeSettings:
    """One clinic: its short name, its guid (None until paired), its mapping file, time zone and chart."""

    name: str
    guid: str | None
    mapping: Path
    time_zone: ZoneInfo
    chart: ChartSettings


@dataclass(frozen=True)
class Config:
    """A whole config.yaml, checked."""

    file: Path
    data_folder: Path
    log_level: str
    log_file: Path | None
    server: ServerSettings
    uploads: UploadSettings
    delivery: DeliverySettings
    practices: tuple[PracticeSettings, ...]

    def practice(self, name: str) -> PracticeSettings:
        """The practice of this name. Raises KeyError when there is none."""
        return {practice.name: practice for practice in self.practices}[name]
