"""What the pages are built from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge.asking import LOOPBACKS


@dataclass(frozen=True)
class PagePractice:
    """A practice as the pages know it. `password_hash` (`bridge.passwords.hashed`) is of its shared password, or None:
    then nobody but the admin sees its pages.
    """

    name: str
    time_zone: ZoneInfo
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PageSettings:
    """The practices, and what the pages may do.

    `locked`: they change no settings and show no log. `secure_cookies`: all of them go over HTTPS, as when the bridge
    has a certificate. `web_servers`: addresses of web servers in front of the bridge, which are believed for whom they
    ask.
    """

    practices: tuple[PagePractice, ...]
    locked: bool = False
    secure_cookies: bool = False
    web_servers: frozenset[str] = LOOPBACKS

    def practice(self, name: str) -> PagePractice | None:
        """The practice of this name."""
        return next((each for each in self.practices if each.name == name), None)


class LogLines(Protocol):
    """The log's last lines. For any thread."""

    def last(self, count: int, practice: str | None = None) -> Sequence[str]:
        """At most so many, oldest first; of a practice, those alone that name it and no other."""
