"""Asking a pairing service for the code that a phone types, and the addresses that come of it.

The wire format is the real one (contract/medimage.md, "Server side of pairing"): the fields go out as a form, in the
address and in the body, and the answer is `CODE GUID ADDRESS COUNTRY` with spaces between.
"""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlencode, urlsplit

from bridge.errors import BridgeError
from bridge.medimage.pairing_wire import NoAnswerError, Trouble, Way, post_form
from bridge.secret import Secret
from bridge.tags import GUID_PATTERN

DEFAULT_SERVICE = "https://medimage-pair.atomjump.com/med-genid.php"
"""The pairing service that the stock app asks; its address is fixed in the app (contract/medimage.md, "Pairing")."""

CODE_SECONDS = 3600
"""How long a code can be used. The answer of a pairing service does not say; it is an hour."""

_ANSWER_BYTES = 2048
_LONGEST_ADDRESS = 200
_LONGEST_COUNTRY = 60
_CODE = re.compile(r"[A-Za-z0-9]{4,8}", re.ASCII)
_HOST = re.compile(r"[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\]", re.ASCII)


class PairingError(BridgeError):
    """No pairing code could be had; try again, or pair the phone by QR code or by hand."""


class PairingInputError(PairingError):
    """What was given for a pairing code, a guid or a server's address, is none that phones can use."""


class ServiceAwayError(PairingError):
    """Nothing answers at the pairing service's address; check the internet connection."""


@dataclass(frozen=True)
class PairingService:
    """A pairing service: the address of its script, and how the bridge gets there.

    `web_proxy` is `http://host:port`; without it none is used, not the environment's either. `verify_tls` may be the
    path of a certificate file. `read_timeout_seconds` is for the whole answer, however slowly it comes. `bearer` is
    for a service that makes codes for those alone whom it knows, as the bridge's own does.
    """

    address: str = DEFAULT_SERVICE
    web_proxy: str | None = None
    verify_tls: bool | str = True
    connect_timeout_seconds: float = 10
    read_timeout_seconds: float = 20
    bearer: Secret | None = None


@dataclass(frozen=True)
class PairingCode:
    """A code, the practice's guid and the server address that a phone gets for it, until `expires_at` (UTC).

    `country` is where the server stands, as the pairing service tells it: for people to read.
    """

    code: str = field(repr=False)
    guid: str = field(repr=False)
    address: str
    country: str
    expires_at: datetime

    @property
    def write_address(self) -> str:
        """The address that a paired phone keeps."""
        return write_address(self.address, self.guid)

    @property
    def read_address(self) -> str:
        """The address at which another MedImage server would fetch this practice's photos."""
        return read_address(self.address, self.guid)


def write_address(base_url: str, guid: str) -> str:
    """`BASE/write/GUID`: what a phone is paired with, also by hand or by QR code."""
    return f"{base_url.rstrip('/')}/write/{guid}"


def read_address(base_url: str, guid: str) -> str:
    """`BASE/read/GUID`: where a MedImage server polls."""
    return f"{base_url.rstrip('/')}/read/{guid}"


def server_address(text: str) -> str:
    """A server's address as phones can use it: `https://host:port`, in lower case, without a slash at the end.

    Phones send to `/api/photo` at the root, so a path is refused as everything else is. Raises PairingInputError.
    """
    base = text.strip().rstrip("/").lower()
    canonical = None
    with contextlib.suppress(ValueError):
        parts = urlsplit(base)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        if parts.scheme in ("http", "https") and parts.port != 0 and _HOST.fullmatch(host):
            canonical = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    if canonical != base or len(base) > _LONGEST_ADDRESS:
        raise PairingInputError(
            "Phones cannot use this server's address; write it as http:// or https:// "
            "with the server's name and port alone, such as https://photos.example.org:5566."
        )
    return base


def ask_for_code(
    service: PairingService,
    guid: str | None,
    public_url: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> PairingCode:
    """Ask a pairing service for a code that leads phones to `public_url`.

    `guid` is the practice's; with None the service makes a new one, to be kept for the practice. Raises PairingError
    when there is no answer, and for every answer that could lead a phone elsewhere.
    """
    address = server_address(public_url)
    expires_at = now() + timedelta(seconds=CODE_SECONDS)
    code, answered_guid, answered_address, country = _four_fields(_answer(service, guid, address), service)
    if not _CODE.fullmatch(code) or not GUID_PATTERN.fullmatch(answered_guid):
        raise _strange(service, "with a code or a clinic's id that no photo app knows")
    if guid and answered_guid != guid:
        raise _strange(service, "for another clinic")
    if not _is_same_server(answered_address, address):
        raise _strange(service, "with the address of another server, to which phones would send their photos")
    return PairingCode(code, answered_guid, address, country, expires_at)


def _answer(service: PairingService, guid: str | None, address: str) -> str:
    """What the service says with status 200. The stock server sends the fields twice, and so do we."""
    fields = {"guid": guid or "", "proxyServer": address}
    if service.address != DEFAULT_SERVICE:
        fields["customPairing"] = service.address
    form = urlencode(fields)
    separator = "&" if "?" in service.address else "?"
    timeouts = service.connect_timeout_seconds, service.read_timeout_seconds
    way = Way(service.web_proxy, service.verify_tls, *timeouts, service.bearer)
    try:
        status, body = post_form(f"{service.address}{separator}{form}", form, way, _ANSWER_BYTES)
    except NoAnswerError as error:
        raise _no_answer(service, error.trouble) from error
    if 300 <= status < 400:
        raise _strange(service, "by sending the bridge to another address (sign in to the network if it asks for that)")
    if status != 200:
        raise _strange(service, f"with the error {status}")
    if len(body) > _ANSWER_BYTES:
        raise _strange(service, "with far more than a code")
    return body.decode("utf-8", "replace")


def _four_fields(answer: str, service: PairingService) -> tuple[str, str, str, str]:
    """Code, guid, address and country. The country comes percent-encoded."""
    if answer.lstrip("\ufeff \t\r\n").startswith("<"):
        raise _strange(service, "with a web page (sign in to the network if it asks for that)")
    parts = answer.strip().split(" ")
    if len(parts) != 4 or not all(part.isascii() and part.isprintable() for part in parts):
        raise _strange(service, "with something that is no code")
    country = "".join(letter for letter in unquote(parts[3]) if letter.isprintable())
    return parts[0], parts[1], parts[2], country[:_LONGEST_COUNTRY]


def _is_same_server(answered: str, asked: str) -> bool:
    try:
        return server_address(answered) == asked
    except PairingError:
        return False


def _strange(service: PairingService, how: str) -> PairingError:
    """The answer itself is never quoted: anything may stand in it."""
    return PairingError(
        f"The pairing service at {_host(service)} answered {how}; "
        "try again later, or pair the phone by QR code or by hand."
    )


_TROUBLES = {
    Trouble.LATE: "did not answer in time; try again",
    Trouble.WEB_PROXY: "cannot be reached through the web proxy; check the proxy's address",
    Trouble.CERTIFICATE: "cannot be trusted, as its certificate was refused; check this computer's clock and network",
    Trouble.UNREACHABLE: "cannot be reached; check the internet connection and the service's address",
}


def _no_answer(service: PairingService, trouble: Trouble) -> PairingError:
    what = _TROUBLES[trouble]
    kind = ServiceAwayError if trouble is Trouble.UNREACHABLE else PairingError
    return kind(f"The pairing service at {_host(service)} {what}, or pair the phone by QR code or by hand.")


def _host(service: PairingService) -> str:
    with contextlib.suppress(ValueError):
        host = urlsplit(service.address).hostname or ""
        if _HOST.fullmatch(host):
            return host
    return "the address in the settings"
