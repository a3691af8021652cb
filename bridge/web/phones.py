"""What the page about phones shows and does for one practice. Knows no web framework."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bridge.errors import BridgeError
from bridge.medimage import PairingDesk, PhoneAddress, SharedNotes, senders_lately
from bridge.web.languages import N_
from bridge.web.phones_lately import ShownDay, shown_lately
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
class KeptCode:
    """A pairing code of a practice that somebody was shown, and can see again until it runs out."""

    practice: str
    letters: str
    expires_at: datetime

    @classmethod
    def of(cls, values: Sequence[str]) -> "KeptCode":
        """From what `values` gave."""
        practice, letters, expires_at = values
        return cls(practice, letters, datetime.fromisoformat(expires_at))

    def values(self) -> list[str]:
        """As plain texts."""
        return [self.practice, self.letters, self.expires_at.isoformat()]


@dataclass(frozen=True)
class ShownCode:
    """A pairing code as people read it: `until` is the clinic's time, `minutes` how long it can still be used."""

    letters: str
    until: str
    minutes: int


@dataclass(frozen=True)
class PhonePairing:
    """A practice's phones. With `locked`, nothing that the bridge keeps is changed. `notes` tell which ones sent."""

    desk: PairingDesk
    practice: PagePractice
    locked: bool
    notes: SharedNotes

    @property
    def address(self) -> PhoneAddress | None:
        """Where the practice's phones send; None until it has an address."""
        return self.desk.address_of(self.practice.name)

    def may(self, wish: Wish) -> bool:
        """Whether the page offers this. Without an address, a code makes one, and keeps it."""
        has_address = self.address is not None
        return has_address or not self.locked if wish is Wish.CODE else not has_address and not self.locked

    def new_code(self) -> KeptCode:
        """A new pairing code. Raises BridgeError, in words for the page."""
        if not self.may(Wish.CODE):
            raise PagesLockedError
        made = self.desk.code_for(self.practice.name)
        return KeptCode(self.practice.name, made.code, made.expires_at)

    def shown(self, kept: KeptCode | None, now: datetime) -> ShownCode | None:
        """A code that was made before, for as long as it can be used here; `now` is aware."""
        is_good = kept is not None and kept.practice == self.practice.name and now < kept.expires_at
        return shown_code(kept, self.practice.time_zone, now) if kept and is_good else None

    def lately(self, now: datetime) -> list[ShownDay]:
        """Which phones sent lately, and how many photos; `now` is aware. Raises BridgeError."""
        return shown_lately(senders_lately(self.notes, self.practice.name), self.practice.time_zone, now)

    def make_address(self) -> None:
        """Give the practice an address without asking a pairing service. Raises BridgeError."""
        if self.locked:
            raise PagesLockedError
        self.desk.address_by_hand(self.practice.name)


def shown_code(kept: KeptCode, time_zone: ZoneInfo, now: datetime) -> ShownCode:
    """A code in the clinic's own time."""
    until = f"{kept.expires_at.astimezone(time_zone):%H:%M}"
    return ShownCode(kept.letters, until, max(0, math.ceil((kept.expires_at - now).total_seconds() / 60)))
