"""What the chart server knows, as values. Names and picture data are left out of every `repr`."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

from bridge.secret import Secret
from bridge.targets import ImageType


@dataclass(frozen=True)
class Login:
    """A login's result: the account's token, the same at every login, and its user id."""

    token: Secret
    user_id: int


@dataclass(frozen=True)
class Clinic:
    """A clinic: the days from `start` to `end`, both included, at a place."""

    id: int
    start: date
    end: date
    location: str

    def covers(self, day: date) -> bool:
        """Whether a day is one of this clinic's."""
        return self.start <= day <= self.end


@dataclass(frozen=True)
class Station:
    """A station of any clinic, known by its name."""

    id: int
    name: str


@dataclass(frozen=True)
class ChartPatient:
    """A patient. Names may be ""; `dob` and `oldid` are None where the chart has none (tscharts says -1)."""

    id: int
    paternal_last: str = field(repr=False)
    maternal_last: str = field(repr=False)
    first: str = field(repr=False)
    middle: str = field(repr=False)
    dob: date | None = field(repr=False)
    gender: str = field(repr=False)
    curp: str = field(repr=False)
    oldid: int | None = field(repr=False)

    @property
    def full_name(self) -> str:
        """The name as people write it, first name first; "without a name" when the chart has none."""
        names = (self.first, self.middle, self.paternal_last, self.maternal_last)
        return " ".join(name.strip() for name in names if name.strip()) or "without a name"


@dataclass(frozen=True)
class Registration:
    """A patient's registration at a clinic; `state` is `Checked In` or `Checked Out`.

    `timein` is when, by the chart server's own clock and zone; tscharts gives it without a zone.
    """

    id: int
    clinic: int
    patient: int
    timein: datetime
    state: str


@dataclass(frozen=True)
class Consent:
    """What a patient agreed to at a registration (from the public source of tscharts, `consent/`).

    A patient who registers at a clinic on several days has one for each registration.
    """

    id: int
    registration: int
    clinic: int
    patient: int
    general_consent: bool
    photo_consent: bool


@dataclass(frozen=True)
class ChartImage:
    """An image in the chart. `data` is the text that was posted, up to its first line end; nobody checked it."""

    id: int
    patient: int
    clinic: int | None
    station: int | None
    type: ImageType
    data: str = field(repr=False)

    @property
    def data_sha256(self) -> str:
        """SHA-256 of the `data` text in hex, to be compared with `ImagePost.data_sha256`."""
        return hashlib.sha256(self.data.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class ChartCheck:
    """What a look at the chart server found: its stations, and its clock (UTC) when it tells the time."""

    stations: tuple[Station, ...]
    server_time: datetime | None
