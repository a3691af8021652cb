"""Pairing codes and addresses for practices: who may have one, for which guid, and what is kept. Knows no web
framework.

The page, the command and the call of other systems all come here; the code itself is made by a pairing service or by
the bridge's own code book.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bridge.asking import LOOPBACKS
from bridge.errors import BridgeError
from bridge.medimage.pairing import PairingCode, PairingError, PairingService, write_address
from bridge.medimage.pairing_codes import new_guid
from bridge.medimage.qr import png_bytes, svg_text
from bridge.secret import Secret

_log = logging.getLogger(__name__)


class GuidRefusedError(BridgeError):
    """This guid is not the practice's own; ask without a guid to get a code for the practice's."""


@dataclass(frozen=True)
class PairingSettings:
    """How phones are paired.

    `public_url` is the address at which phones reach this bridge. Codes come from `service`, or, with `own_service`,
    from the bridge itself. With `codes_on_this_machine` any program on the bridge's machine, such as a MedImage server,
    may have the bridge's own service make a code: only for bridges that no web server leads strangers to, as whoever
    comes through one seems to be on its machine. `web_servers` are the addresses of web servers in front of the bridge:
    of theirs alone is it believed for whom they ask.
    """

    public_url: str
    own_service: bool = False
    service: PairingService = field(default_factory=PairingService)
    codes_on_this_machine: bool = False
    web_servers: frozenset[str] = LOOPBACKS


@dataclass(frozen=True)
class PhoneAddress:
    """The address that a phone is given by hand or by QR code. Drawing it raises QrTooLongError."""

    text: str

    @property
    def server(self) -> str:
        """The server's part: `https://photos.example.org:5566`."""
        return self.text.removesuffix(self.path)

    @property
    def path(self) -> str:
        """The practice's part: `/write/GUID`."""
        return self.text[self.text.rindex("/write/") :]

    def png_bytes(self) -> bytes:
        """Its QR code as a PNG."""
        return png_bytes(self.text)

    def svg_text(self) -> str:
        """Its QR code as SVG."""
        return svg_text(self.text)


class PracticeGuids(Protocol):
    """The guids of this bridge's practices. For any thread."""

    def guid_of(self, practice: str) -> str | None:
        """A practice's guid, or None until it is paired."""

    def practice_of_guid(self, guid: str) -> str | None:
        """Whose guid this is, or None."""

    def save_guid(self, practice: str, guid: str) -> str:
        """Keep a practice's first guid, durably, and give the one that is kept: of two at once, the first one's."""


@dataclass(frozen=True)
class PairingDesk:
    """Gives out codes. `make_code` asks for one by guid (None: a new one) and server address, as
    `CodeBook.open` and `partial(ask_for_code, service)` do. `public_url` is where phones reach this bridge.
    """

    guids: PracticeGuids
    make_code: Callable[[str | None, str], PairingCode]
    public_url: str

    def code_for(self, practice: str, guid: str | None = None) -> PairingCode:
        """A code for a practice; a new guid is saved before this returns, as phones are refused without that.

        `guid` is what the asker takes for the practice's own: it is refused when it is not, and becomes it when the
        practice has none and no other has it. Raises GuidRefusedError, PairingError, and what saving raises.
        """
        made = self.make_code(self._checked(practice, guid), self.public_url)
        if self.guids.practice_of_guid(made.guid) not in (None, practice):
            raise PairingError("The pairing service gave an id that is taken already; ask for a code again.")
        kept = self.guids.guid_of(practice) or self.guids.save_guid(practice, made.guid)
        if guid not in (None, kept):
            raise GuidRefusedError
        if kept != made.guid:
            made = self.make_code(kept, self.public_url)
        _log.info("event=pairing-code-made practice=%s", practice)
        return made

    def address_of(self, practice: str) -> PhoneAddress | None:
        """Where a practice's phones send, or None until it has a guid."""
        guid = self.guids.guid_of(practice)
        return PhoneAddress(write_address(self.public_url, guid)) if guid else None

    def address_by_hand(self, practice: str) -> PhoneAddress:
        """Where a practice's phones send; without a guid it gets a new one, saved before this returns."""
        guid = self.guids.guid_of(practice) or self.guids.save_guid(practice, new_guid())
        return PhoneAddress(write_address(self.public_url, guid))

    def _checked(self, practice: str, guid: str | None) -> str | None:
        """The guid to ask with. Another's and an unknown one are refused alike: whose it is is nobody's business."""
        own = self.guids.guid_of(practice)
        if guid is None:
            return own
        if guid != (own or guid) or self.guids.practice_of_guid(guid) not in (None, practice):
            raise GuidRefusedError
        return guid


def practice_with_token(tokens: Mapping[str, Secret], token: Secret) -> str | None:
    """The practice whose API token this is. Every token is compared, each in constant time."""
    owners = [practice for practice, own in tokens.items() if own == token]
    return owners[0] if owners else None


def instructions(made: PairingCode) -> str:
    """What to tell the person with the phone, in one sentence."""
    return (
        f"On the phone, open the photo app, connect to a new server and type the code {made.code} "
        f"before {made.expires_at:%H:%M} UTC; it can be used for as many phones as you like."
    )
