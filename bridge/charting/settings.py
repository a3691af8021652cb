"""The settings of the charting doors."""

import re
from dataclasses import dataclass, field

RESOURCES = frozenset({"clinic", "clinicstation", "image", "login", "logout", "patient", "register", "station", "xray"})
"""What clients that use images ask for on the way (contract/tscharts-clients.md)."""

OPEN_RESOURCES = frozenset({"createuser", "updatepassword", "updatepin"})
"""With these tscharts lets anyone make a user, or change anyone's password, without a token (contract, 22)."""

_RESOURCE = re.compile(r"[a-z]{1,40}", re.ASCII)


@dataclass(frozen=True)
class ShapedDoorSettings:
    """How the tscharts-shaped door differs from tscharts, each difference with its switch; docs/charting.md explains.

    `resources` are the words after `/tscharts/v1/` that are passed on. `default_practice` is the practice whose chart
    answers where the address names none; None: the only chart there is. Raises ValueError with one sentence.
    """

    resources: frozenset[str] = RESOURCES
    default_practice: str | None = None
    refuse_wrong_numbers: bool = True
    refuse_everyone: bool = True
    repeats_once: bool = True
    fit_pictures: bool = True

    def __post_init__(self) -> None:
        for word in sorted(self.resources):
            if word in OPEN_RESOURCES:
                raise ValueError(f"`{word}` cannot be passed on: it would let anyone change the chart's users")
            if not _RESOURCE.fullmatch(word):
                raise ValueError(f"`{word}` is no resource of tscharts; give the word after /tscharts/v1/, like image")


@dataclass(frozen=True)
class StaffSettings:
    """Which of the chart's users may come in, by their usernames, spelt as in the chart. `allow` None: all of them.

    `admins` may come in anyway, and may do what only admins may.
    """

    allow: frozenset[str] | None = None
    admins: frozenset[str] = field(default=frozenset())

    @property
    def is_limited(self) -> bool:
        """Whether the chart's word that somebody is a user is not enough."""
        return self.allow is not None

    def lets_in(self, username: str) -> bool:
        """Whether this user may use the bridge at all."""
        return self.allow is None or username in self.allow or username in self.admins

    def is_admin(self, username: str | None) -> bool:
        """Whether this user is one of the admins; nobody known is not."""
        return username is not None and username in self.admins


@dataclass(frozen=True)
class ChartingSettings:
    """What the charting doors go by. `web_servers` are the addresses of web servers in front, believed for whom they
    ask; `max_upload_bytes` is the largest picture that is taken.
    """

    door: ShapedDoorSettings = field(default_factory=ShapedDoorSettings)
    web_servers: frozenset[str] = frozenset()
    max_upload_bytes: int = 32 * 1024 * 1024
    max_pixels: int = 220_000_000

    @property
    def max_body_bytes(self) -> int:
        """The largest body of a request: such a picture in base64, its slashes escaped, and what stands around it."""
        return self.max_upload_bytes * 4 // 3 * 33 // 32 + 64 * 1024
