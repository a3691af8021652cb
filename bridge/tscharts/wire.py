"""Connections that know how far a request got, and that no request outlives its time.

requests by itself cannot tell "never sent" from "perhaps carried out" when TLS breaks, gives an upload only the
connect timeout, and lets a server that drips bytes hold a worker for ever.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar, Token
from enum import Enum
from http.cookiejar import DefaultCookiePolicy
from types import MappingProxyType, TracebackType
from typing import Any, Self
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection

from bridge.alarms import Alarms
from bridge.tscharts.account import ChartAccount

_LONGEST_IDLE_SECONDS = 15.0
_ALARMS = Alarms("chart-alarms")


class Progress(Enum):
    """How far a request got. UNTRIED: no connection of this module was used."""

    UNTRIED = "untried"
    CONNECTING = "connecting"
    SENT = "sent"


class Attempt:
    """One request on its way, as a context manager: `progress`, `expired` once its time limit cut it off, and `is_cut`
    once its session was cut off. Its time is watched by `alarms`, those of all others unless it gets its own.
    """

    def __init__(self, limit_seconds: float, cutter: "Cutter | None" = None, alarms: Alarms = _ALARMS) -> None:
        self.progress = Progress.UNTRIED
        self.expired = False
        self.is_cut = False
        self._cutter = cutter or Cutter()
        self.limit_seconds = limit_seconds
        self._ends = time.monotonic() + limit_seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = alarms.alarm(limit_seconds, self._expire)

    def __enter__(self) -> Self:
        self._before: Token[Attempt | None] = _ATTEMPT.set(self)
        self._timer.start()
        self._cutter.add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._timer.cancel()
        self._cutter.remove(self)
        with self._lock:
            self._socket = None
        _ATTEMPT.reset(self._before)

    def uses(self, sock: socket.socket) -> None:
        """Take note of the socket that the request goes over, and give it the time that is left."""
        sock.settimeout(max(self._ends - time.monotonic(), 0.001))
        with self._lock:
            self._socket = sock

    def check(self) -> None:
        """Raises ConnectionAbortedError when it was cut: nothing more may be sent."""
        if self.is_cut:
            raise ConnectionAbortedError("the bridge stops")

    def cut(self) -> None:
        """End it, from another thread. One that is connecting goes on until it is connected, or not."""
        with self._lock:
            self.is_cut = True
            self._end()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            self._end()

    def _end(self) -> None:
        if self._socket is not None:
            _shut(self._socket)


class Cutter:
    """Ends all requests of a session at once, and those begun later before anything of them is sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_cut = False
        self._attempts: set[Attempt] = set()

    def add(self, attempt: Attempt) -> None:
        """An attempt begins."""
        with self._lock:
            self._attempts.add(attempt)
            is_cut = self._is_cut
        if is_cut:
            attempt.cut()

    def remove(self, attempt: Attempt) -> None:
        """An attempt is over."""
        with self._lock:
            self._attempts.discard(attempt)

    def cut(self) -> None:
        """End them all."""
        with self._lock:
            self._is_cut = True
            attempts = list(self._attempts)
        for attempt in attempts:
            attempt.cut()


_ATTEMPT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


def _shut(sock: socket.socket) -> None:
    """Wake whoever waits on a socket. Not SSLSocket's own shutdown: that takes TLS off below the reader."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return


class _Connection(HTTPConnection):
    """A connection that reports to the current attempt."""

    _connecting = False

    def connect(self) -> None:
        attempt = _ATTEMPT.get()
        if attempt is not None:
            attempt.progress = Progress.CONNECTING
            attempt.check()
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Send bytes. What a proxy is sent while connecting is not yet the request."""
        if self.sock is None:
            self.connect()
        attempt = _ATTEMPT.get()
        if attempt is not None and self.sock is not None:
            attempt.uses(self.sock)
            attempt.check()
            if not self._connecting:
                attempt.progress = Progress.SENT
        super().send(data)


class _TLSConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection

    def _validate_conn(self, conn: Any) -> None:
        """Connect before the request, without urllib3's warning: not to check certificates was the admin's choice."""
        if conn.is_closed:
            conn.connect()


class _Adapter(HTTPAdapter):
    """requests' adapter on the connections above. It never sends anything twice by itself."""

    def __init__(self) -> None:
        super().__init__(pool_connections=2, pool_maxsize=1, max_retries=Retry(0, read=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager


class _Session(requests.Session):
    """A session that leaves redirects alone. requests would read a redirect's whole body even when not following it."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Wire:
    """One thread's requests session to one chart server. `clock` gives seconds that never go back."""

    def __init__(self, account: ChartAccount, clock: Callable[[], float] = time.monotonic) -> None:
        self._account = account
        self._session = _session(account)
        self._clock = clock
        self._last_used = clock()

    def open(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """Send a request and give the answer with its body unread, to be closed by the caller.

        Raises what requests raises. Redirects are not followed. A connection idle for long is not used again: the
        other end, or a router between, may have forgotten it, and then a POST's outcome would be unknown.
        """
        if self._clock() - self._last_used > _LONGEST_IDLE_SECONDS:
            self._session.close()
        timeouts = (self._account.connect_timeout_seconds, self._account.read_timeout_seconds)
        try:
            return self._session.send(
                self._prepared(method, path, **kwargs),
                timeout=timeouts,
                allow_redirects=False,
                stream=True,
                proxies=self._session.proxies,
            )
        finally:
            self._last_used = self._clock()

    def _prepared(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str | bytes | None] = MappingProxyType({}),
        params: Iterable[tuple[str, str]] = (),
        data: bytes | Iterable[bytes] | None = None,
    ) -> requests.PreparedRequest:
        """What `Session.request` makes of it, without its search for cookies, passwords and settings to add.

        A header that is None is not sent, though the session has it.
        """
        prepared = requests.PreparedRequest()
        merged = {**self._session.headers, **headers}
        given = {name: value for name, value in merged.items() if value is not None}
        prepared.prepare(method, self._account.base + path, given, params=list(params), data=data)
        return prepared

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()


def _session(account: ChartAccount) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.verify = account.verify_tls
    session.proxies = {"http": account.web_proxy, "https": account.web_proxy} if account.web_proxy else {}
    session.headers.update({"Accept": "application/json", "Accept-Encoding": "identity"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return session


class Wires:
    """The wires of one account: each thread has its own, and keeps its connection open."""

    def __init__(self, account: ChartAccount) -> None:
        self._account = account
        self._here = threading.local()
        self._lock = threading.Lock()
        self._all: WeakSet[Wire] = WeakSet()

    def here(self) -> Wire:
        """This thread's."""
        wire: Wire | None = getattr(self._here, "wire", None)
        if wire is None:
            wire = self._here.wire = Wire(self._account)
            with self._lock:
                self._all.add(wire)
        return wire

    def close(self) -> None:
        """Close the connections that are kept open; a later request opens new ones."""
        with self._lock:
            wires = list(self._all)
        for wire in wires:
            wire.close()
