"""What the page about phones shows and does for one practice. Knows no web framework."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bridge.errors import BridgeError
from bridge.medimage import PairingCode, PairingDesk, PhoneAddress
from bridge.web.languages import N_
from bridge.web.settings import PagePractice


class PagesLockedError(BridgeError):
    """The pages are locked, and this would change what the bridge keeps."""

    def __init__(self) -> None:
        super().__init__(
            N_("These pages are locked and change no settings; use `tscharts-bridge pair` on the bridge's computer.")
        )


class Wish(StrEnum):
    """What a button of the page asks for."""

    CODE = "code"
    ADDRESS = "address"


@dataclass(frozen=True)
class ShownCode:
    """A pairing code as people read it: `until` is the clinic's time, `minutes` how long it can still be used."""

    letters: str
    until: str
    minutes: int


@dataclass(frozen=True)
class PhonePairing:
    """A practice's phones. With `locked`, nothing that the bridge keeps is changed."""

    desk: PairingDesk
    practice: PagePractice
    locked: bool

    @property
    def address(self) -> PhoneAddress | None:
        """Where the practice's phones send; None until it has an address."""
        return self.desk.address_of(self.practice.name)

    def may(self, wish: Wish) -> bool:
        """Whether the page offers this. Without an address, a code makes one, and keeps it."""
        has_address = self.address is not None
        return has_address or not self.locked if wish is Wish.CODE else not has_address and not self.locked

    def code(self, now: Callable[[], datetime]) -> ShownCode:
        """A new pairing code; `now` gives aware times. Raises BridgeError, in words for the page."""
        if not self.may(Wish.CODE):
            raise PagesLockedError
        made = self.desk.code_for(self.practice.name)
        return shown_code(made, self.practice.time_zone, now())

    def make_address(self) -> None:
        """Give the practice an address without asking a pairing service. Raises BridgeError."""
        if self.locked:
            raise PagesLockedError
        self.desk.address_by_hand(self.practice.name)


def shown_code(made: PairingCode, time_zone: ZoneInfo, now: datetime) -> ShownCode:
    """A code in the clinic's own time."""
    until = f"{made.expires_at.astimezone(time_zone):%H:%M}"
    return ShownCode(made.code, until, max(0, math.ceil((made.expires_at - now).total_seconds() / 60)))
