"""One request to a pairing service: bounded in size and in time, redirects left alone, its troubles told apart."""

import contextlib
import socket
import threading
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from bridge.errors import BridgeError
from bridge.secret import Secret


class Trouble(Enum):
    """Why there was no answer."""

    LATE = "late"
    WEB_PROXY = "web-proxy"
    CERTIFICATE = "certificate"
    UNREACHABLE = "unreachable"


class NoAnswerError(BridgeError):
    """The service gave no answer."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__()


@dataclass(frozen=True)
class Way:
    """How to get to a service: over which web proxy (`http://host:port`, or none), trusting whom, in what time, and
    with which bearer token, if any.
    """

    web_proxy: str | None
    verify_tls: bool | str
    connect_timeout_seconds: float
    read_timeout_seconds: float
    bearer: Secret | None = None


def post_form(address: str, form: str, way: Way, most_bytes: int) -> tuple[int, bytes]:
    """POST an encoded form; the answer's status and body. Of a body that is longer, a little over `most_bytes` is read.

    Raises NoAnswerError. Once connected it takes no longer than both timeouts together, however slowly bytes come.
    """
    with _Deadline(way.connect_timeout_seconds + way.read_timeout_seconds) as deadline:
        try:
            with _session(way, deadline) as session, _post(session, address, form, way) as response:
                status, body = response.status_code, _body(response, most_bytes)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise NoAnswerError(Trouble.LATE if deadline.is_over else _trouble(error)) from error
    if deadline.is_over:
        raise NoAnswerError(Trouble.LATE)
    return status, body


def _post(session: requests.Session, address: str, form: str, way: Way) -> requests.Response:
    signed = {"Authorization": f"Bearer {way.bearer.reveal()}"} if way.bearer else {}
    return session.post(
        address,
        data=form,
        headers={"Content-Type": "application/x-www-form-urlencoded"} | signed,
        timeout=(way.connect_timeout_seconds, way.read_timeout_seconds),
        allow_redirects=False,
        stream=True,
    )


def _body(response: requests.Response, most_bytes: int) -> bytes:
    """Read to the end, which is where urllib3 notices that an answer was cut short."""
    body = b""
    while len(body) <= most_bytes and (piece := response.raw.read(most_bytes + 1, decode_content=False)):
        body += piece
    return body


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, requests.Timeout):
        return Trouble.LATE
    if isinstance(error, requests.exceptions.ProxyError):
        return Trouble.WEB_PROXY
    if isinstance(error, requests.exceptions.SSLError):
        return Trouble.CERTIFICATE
    return Trouble.UNREACHABLE


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


def _session(way: Way, deadline: _Deadline) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.verify = way.verify_tls
    session.proxies = {"http": way.web_proxy, "https": way.web_proxy} if way.web_proxy else {}
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
    """Pools for one request, whose connections tell the deadline their socket."""

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
