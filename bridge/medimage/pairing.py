"""Asking a pairing service for the code that a phone types, and what a practice keeps of the answer.

The wire format is the real one (contract/medimage.md, "Server side of pairing"): the fields go out as a form, in the
address and in the body, and the answer is `CODE GUID ADDRESS COUNTRY` with spaces between.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from bridge.errors import BridgeError
from bridge.tags import GUID_PATTERN

DEFAULT_SERVICE = "https://medimage-pair.atomjump.com/med-genid.php"
"""The pairing service that the stock app asks; its address is fixed in the app (contract/medimage.md, "Pairing")."""

CODE_SECONDS = 3600
"""How long a code can be used. The answer of a pairing service does not say; it is an hour."""

_ANSWER_BYTES = 2048
_LONGEST_ADDRESS = 200
_CODE = re.compile(r"[A-Za-z0-9]{4,8}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]", re.ASCII)
_OTHERWISE = "or pair the phone by QR code or by hand"


class PairingError(BridgeError):
    """No pairing code could be had; try again, or pair the phone by QR code or by hand."""


@dataclass(frozen=True)
class PairingService:
    """A pairing service: the address of its script, and how the bridge gets there.

    `web_proxy` is `http://host:port`; without it none is used, not the environment's either. `verify_tls` may be the
    path of a certificate file. `read_timeout_seconds` is for the whole answer, however slowly it comes.
    """

    address: str = DEFAULT_SERVICE
    web_proxy: str | None = None
    verify_tls: bool | str = True
    connect_timeout_seconds: float = 10
    read_timeout_seconds: float = 20


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
    """A server's address as phones can use it: `https://host:port`, lower case, without a slash at the end.

    Phones send to `/api/photo` at the root, so a path is refused as everything else is. Raises PairingError.
    """
    base = text.strip().rstrip("/")
    try:
        parts = urlsplit(base)
        usable = parts.scheme in ("http", "https") and parts.port != 0 and f"{parts.scheme}://{parts.netloc}" == (
            f"{parts.scheme}{base[len(parts.scheme) :]}"
        )
        host = parts.netloc.removesuffix(f":{parts.port}")
    except ValueError:
        usable, host = False, ""
    if not usable or not _HOST.fullmatch(host) or len(base) > _LONGEST_ADDRESS:
        raise PairingError(
            "The server's address cannot be used by phones; set it to http:// or https://, "
            "the server's name and its port alone, such as https://photos.example.org:5566."
        )
    return base.lower()


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
    asked_at = now()
    fields = {"guid": guid or "", "proxyServer": address}
    if service.address != DEFAULT_SERVICE:
        fields["customPairing"] = service.address
    code, answered_guid, answered_address, country = _four_fields(_answer(service, urlencode(fields)), service)
    if not _CODE.fullmatch(code) or not GUID_PATTERN.fullmatch(answered_guid):
        raise _strange(service, "with a code or an id of a form that no phone app knows")
    if guid and answered_guid != guid:
        raise _strange(service, "for another clinic")
    if not _is_same_server(answered_address, address):
        raise _strange(service, "with the address of another server, to which phones would send their photos")
    return PairingCode(code, answered_guid, address, country, asked_at + timedelta(seconds=CODE_SECONDS))


def _four_fields(answer: str, service: PairingService) -> tuple[str, str, str, str]:
    """Code, guid, address and country. The country is percent-encoded, may hold spaces then, and is for people."""
    if answer.lstrip().startswith("<"):
        raise _strange(service, "with a web page; sign in to the network if it asks for that")
    parts = answer.strip().split(" ")
    if len(parts) != 4 or not all(part.isascii() and part.isprintable() for part in parts):
        raise _strange(service, "with something that is no code")
    country = "".join(letter for letter in unquote(parts[3]) if letter.isprintable())[:60]
    return parts[0], parts[1], parts[2], country


def _is_same_server(answered: str, asked: str) -> bool:
    try:
        return server_address(answered) == asked
    except PairingError:
        return False


def _answer(service: PairingService, form: str) -> str:
    """What the service says with status 200, at most _ANSWER_BYTES of it. Raises PairingError."""
    with _Deadline(service.connect_timeout_seconds + service.read_timeout_seconds) as deadline:
        try:
            with _session(service, deadline) as session, _post(session, service, form) as response:
                body: bytes = response.raw.read(_ANSWER_BYTES + 1, decode_content=False)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise _unreachable(service, error, is_late=deadline.is_over) from error
        if deadline.is_over:
            raise _unreachable(service, None, is_late=True)
    if 300 <= response.status_code < 400:
        raise _strange(service, "by sending the bridge elsewhere; sign in to the network if it asks for that")
    if response.status_code != requests.codes.ok:
        raise _strange(service, f"with error {response.status_code}")
    if len(body) > _ANSWER_BYTES:
        raise _strange(service, "with far more than a code")
    return body.decode("utf-8", "replace")


def _post(session: requests.Session, service: PairingService, form: str) -> requests.Response:
    """The stock server sends the fields twice, in the address and as the body, and so do we."""
    separator = "&" if "?" in service.address else "?"
    return session.post(
        f"{service.address}{separator}{form}",
        data=form,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=(service.connect_timeout_seconds, service.read_timeout_seconds),
        allow_redirects=False,
        stream=True,
    )


def _strange(service: PairingService, how: str) -> PairingError:
    """The answer itself is never quoted: anything may stand in it."""
    return PairingError(f"The pairing service at {_host(service)} answered {how}; try again, {_OTHERWISE}.")


def _unreachable(service: PairingService, error: Exception | None, *, is_late: bool) -> PairingError:
    if is_late or isinstance(error, requests.Timeout):
        what = "did not answer in time; try again"
    elif isinstance(error, requests.exceptions.ProxyError):
        what = "cannot be reached through the web proxy; check the proxy's address"
    elif isinstance(error, requests.exceptions.SSLError):
        what = "cannot be trusted (its certificate was refused); check this computer's clock and its network"
    else:
        what = "cannot be reached; check the internet connection and the service's address"
    return PairingError(f"The pairing service at {_host(service)} {what}, {_OTHERWISE}.")


def _host(service: PairingService) -> str:
    with contextlib.suppress(ValueError):
        host = urlsplit(service.address).hostname or ""
        if _HOST.fullmatch(host):
            return host
    return "the address in the settings"


class _Session(requests.Session):
    """A session that leaves redirects alone. requests would read a redirect's whole body even when not following it."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Deadline:
    """Cuts a request off when its time is over: a server that drips bytes would hold the caller for ever."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def watch(self, sock: socket.socket | None) -> None:
        """Take note of the socket that the request goes over."""
        with self._lock:
            self._socket = sock

    def _cut(self) -> None:
        """Wake whoever waits on the socket. Not SSLSocket's own shutdown: that takes TLS off below the reader."""
        with self._lock, contextlib.suppress(OSError):
            self.is_over = True
            if self._socket is not None:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _session(service: PairingService, deadline: _Deadline) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.verify = service.verify_tls
    session.proxies = {"http": service.web_proxy, "https": service.web_proxy} if service.web_proxy else {}
    session.headers.update({"Accept": "*/*", "Accept-Encoding": "identity"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(deadline))
    return session


class _Adapter(HTTPAdapter):
    """requests' adapter over connections that a deadline watches. It never sends anything twice by itself."""

    def __init__(self, deadline: _Deadline) -> None:
        self._pools = _watched_pools(deadline)
        super().__init__(max_retries=Retry(0, read=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _watched_pools(deadline: _Deadline) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
