"""The settings of a running bridge: frozen dataclasses, made by `bridge.config` from config.yaml."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from bridge.secret import Secret

NOTICE_EVENTS = ("stored", "delivered", "held", "outage-begins", "outage-ends")
"""What a notice can be about."""

NOTICE_MESSAGE = "[MESSAGE]"
"""Stands for a notice's sentence, in a web address or an argument (as MedImage's error notification has it)."""


class ReadBack(StrEnum):
    """How often a delivered image is read back from the chart and compared before it counts."""

    ALWAYS = "always"
    SAMPLE = "sample"
    NEVER = "never"


class PdfPages(StrEnum):
    """Which pages of a PDF document go to the chart: the first, or all, under each other in one picture."""

    FIRST = "first"
    ALL = "all"


class DrainOrder(StrEnum):
    """Which of many waiting photos go to the chart first; those of one patient and type go in order of capture."""

    NEWEST_DAY_FIRST = "newest-day-first"
    OLDEST_FIRST = "oldest-first"


@dataclass(frozen=True)
class TlsFiles:
    """The server's certificate and key, both PEM."""

    certificate_file: Path
    key_file: Path


_THIS_MACHINE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Where this machine reaches a server that listens on all of its addresses."""


@dataclass(frozen=True)
class ServerSettings:
    """Where the bridge listens, and how many requests it serves at once. `public_url` is how phones reach it.
    `web_servers` are the addresses of web servers in front: of theirs alone is it believed for whom they ask.
    """

    host: str
    port: int
    threads: int
    stalled_seconds: int
    public_url: str | None = None
    web_servers: frozenset[str] = frozenset()
    tls: TlsFiles | None = None

    def own_url(self, port: int | None = None) -> str:
        """Where programs on this machine reach the bridge: `http://127.0.0.1:5566`. `port` is the one that it listens
        on, where that is not the config's.
        """
        host = _THIS_MACHINE.get(self.host, self.host)
        return f"{'https' if self.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port or self.port}"


@dataclass(frozen=True)
class UploadSettings:
    """What phones may send. `unpaired_practice` is set whenever `allow_unpaired` is on; `allowed_types` are names of
    `bridge.file_types`, judged by a file's content.
    """

    allow_unpaired: bool
    unpaired_practice: str | None
    max_upload_bytes: int
    max_pixels: int
    allowed_types: frozenset[str]


@dataclass(frozen=True)
class DeliverySettings:
    """How photos are taken to the chart. `late_look_seconds` after a request, and 5 and 30 times as long after it, the
    chart is looked through for images that arrived late.
    """

    workers: int
    read_back: ReadBack
    sample_every: int
    retry_first_seconds: float
    retry_longest_seconds: float
    hold_after_days: float
    pdf_pages: PdfPages = PdfPages.FIRST
    order: DrainOrder = DrainOrder.NEWEST_DAY_FIRST
    late_look_seconds: float = 60.0


class PatientFolder(StrEnum):
    """How the first folder of a copy, the patient's, is spelt."""

    AS_TYPED = "as-typed"
    UPPER = "upper"
    LOWER = "lower"


@dataclass(frozen=True)
class CopySettings:
    """Where copies of originals go; with `find_drives`, also to every drive with a folder `MedImage/photos`."""

    folders: tuple[Path, ...] = ()
    find_drives: bool = False
    patient_folder: PatientFolder = PatientFolder.AS_TYPED


@dataclass(frozen=True)
class PairingConfig:
    """Where pairing codes come from: a pairing service, or the bridge itself when `own_service` is on. Then, with
    `codes_on_this_machine`, any program on this machine may have codes made.
    """

    service: str
    own_service: bool
    codes_on_this_machine: bool = False


@dataclass(frozen=True)
class NoticeConfig:
    """One receiver of notices: the events it wants, of which practices (none named: all, and the bridge's own), and
    either a web address or a command.
    """

    on: tuple[str, ...]
    url: str | None
    command: tuple[str, ...]
    secret: Secret | None
    with_patient_data: bool
    timeout_seconds: float
    practices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChartSettings:
    """A chart server and the account the bridge uses there: username and password, or a token. `body_limit_bytes` is
    the largest request it takes, or None where that is learned.
    """

    url: str
    username: str | None
    password: Secret | None
    token: Secret | None
    verify_tls: bool | str
    connect_timeout_seconds: float
    read_timeout_seconds: float
    body_limit_bytes: int | None


@dataclass(frozen=True)
class PracticeSettings:
    """One clinic: its short name, its guid (None until paired), its mapping file, time zone and chart. `keep_days` is
    how long photos' bytes stay once they are in the chart, `keep_discarded_days` those of discarded ones.
    """

    name: str
    guid: str | None
    mapping: Path
    time_zone: ZoneInfo
    chart: ChartSettings
    read_from: tuple[str, ...] = ()
    api_token: Secret | None = None
    page_password_hash: str | None = None
    keep_days: float = 0.0
    keep_discarded_days: float = 7.0


CHART_RESOURCES = (
    "clinic",
    "clinicstation",
    "image",
    "login",
    "logout",
    "patient",
    "register",
    "station",
    "xray",
)
"""What clients that use images ask of a chart on the way (contract/tscharts-clients.md)."""

_OPEN_RESOURCES = frozenset({"createuser", "updatepassword", "updatepin"})
"""With these tscharts lets anyone make a user, or change anyone's password, without a token (contract, 22)."""

_RESOURCE = re.compile(r"[a-z]{1,40}", re.ASCII)


def check_resource(word: str) -> None:
    """Raises ValueError, with what is wrong, when requests for this resource of tscharts may not be passed on."""
    if word in _OPEN_RESOURCES:
        raise ValueError(f"`{word}` cannot be passed on: it would let anyone change the chart's users; remove it")
    if not _RESOURCE.fullmatch(word):
        raise ValueError(f"`{word}` is no resource of tscharts; give the word after /tscharts/v1/, like image")


@dataclass(frozen=True)
class ShapedDoorSettings:
    """How the tscharts-shaped door differs from tscharts, each difference with its switch; docs/charting.md explains.

    `resources` are the words after `/tscharts/v1/` that are passed on. `default_practice` is the practice whose chart
    answers where the address names none; None: the only chart there is. Raises ValueError with one sentence.
    """

    resources: frozenset[str] = frozenset(CHART_RESOURCES)
    default_practice: str | None = None
    refuse_wrong_numbers: bool = True
    refuse_everyone: bool = True
    repeats_once: bool = True
    fit_pictures: bool = True

    def __post_init__(self) -> None:
        for word in sorted(self.resources):
            check_resource(word)


@dataclass(frozen=True)
class StaffSettings:
    """Which of the chart's users may come in, by their usernames, spelt as in the chart. `allow` None: all of them.

    `admins` may come in anyway, and may do what only admins may. A name as `clinic-a/maria` is that user of the chart
    of this practice; one without, of any chart. Users are asked for with all practices of their chart.
    """

    allow: frozenset[str] | None = None
    admins: frozenset[str] = field(default=frozenset())

    @property
    def is_limited(self) -> bool:
        """Whether the chart's word that somebody is a user is not enough."""
        return self.allow is not None

    def lets_in(self, username: str, practices: Collection[str]) -> bool:
        """Whether this user may use the bridge at all."""
        return self.allow is None or self.names(username, practices)

    def names(self, username: str | None, practices: Collection[str]) -> bool:
        """Whether this user is named, in either list; nobody known is not."""
        return bool(_spellings(username, practices) & ((self.allow or frozenset()) | self.admins))

    def is_admin(self, username: str | None, practices: Collection[str]) -> bool:
        """Whether this user is one of the admins; nobody known is not."""
        return bool(_spellings(username, practices) & self.admins)


def _spellings(username: str | None, practices: Collection[str]) -> set[str]:
    return set() if username is None else {username, *(f"{practice}/{username}" for practice in practices)}


def kept_mapping(data_folder: Path, practice: str) -> Path:
    """Where the bridge keeps a copy of a practice's last good mapping file."""
    return data_folder / "mappings" / f"good-{practice}.yaml"


@dataclass(frozen=True)
class Config:
    """A whole config.yaml, checked. `database` is the libpq URL of the PostgreSQL that holds the photos; with None, the
    data folder does.
    """

    file: Path
    data_folder: Path
    log_level: str
    log_file: Path | None
    server: ServerSettings
    uploads: UploadSettings
    delivery: DeliverySettings
    practices: tuple[PracticeSettings, ...]
    pairing: PairingConfig
    copies: CopySettings
    serve_downloads: bool
    read_ca_file: Path | None
    pages_locked: bool
    web_proxy: str | None
    notices: tuple[NoticeConfig, ...]
    database: Secret | None = None
    staff: StaffSettings = field(default_factory=StaffSettings)
    charting: ShapedDoorSettings = field(default_factory=ShapedDoorSettings)

    def practice(self, name: str) -> PracticeSettings:
        """The practice of this name. Raises KeyError when there is none."""
        return {practice.name: practice for practice in self.practices}[name]
