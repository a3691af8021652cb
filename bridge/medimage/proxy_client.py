"""Asks a MedImage proxy over HTTP: what waits there (HEAD), and for the next file (GET). See contract/medimage.md.

`http.client` and not requests: of an answer that is cut it hands over every byte that came, and the proxy has no other
copy of them. Redirects are not followed: whoever answered there would file photos here.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, urlsplit

import certifi

from bridge.medimage.proxy_errors import Cause, ProxyAwayError, away
from bridge.medimage.proxy_source import ReadSettings, ReadSource

_PIECE_BYTES = 64 * 1024
_FILE_NAME = "file-name"
_HEADERS = {"Connection": "close", "Accept-Encoding": "identity"}


class Download:
    """The answer to a GET. `file_name` is that header as it came, or None when the proxy sent no file.

    After `pieces` is at its end, `ended_whole` says whether the answer ended as HTTP says that it should. Even so the
    file may be cut: a real proxy ends its answers cleanly whatever happened.
    """

    def __init__(self, response: HTTPResponse, line: "_Line") -> None:
        self.file_name = response.getheader(_FILE_NAME) or None
        self.ended_whole = False
        self._response = response
        self._line = line

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes. What breaks it off ends it, after the last byte that came."""
        try:
            while piece := self._response.read1(_PIECE_BYTES):
                yield piece
        except (OSError, HTTPException):
            return
        self.ended_whole = not self._line.expired and not self._response.length


class ProxyClient:
    """Asks one proxy, each time on a connection of its own. Raises ProxyAwayError when it does not answer as one."""

    def __init__(self, source: ReadSource, settings: ReadSettings) -> None:
        self._source = source
        self._settings = settings
        self._line: _Line | None = None
        self._is_looking = False

    def look(self) -> str | None:
        """The `file-name` header of what waits next, as it came, or None when nothing does. Nothing is removed."""
        with self._asked("HEAD") as (response, _):
            return response.getheader(_FILE_NAME) or None

    @contextlib.contextmanager
    def fetch(self) -> Iterator[Download]:
        """Ask for the next file, whichever that is by now. The proxy removes it, however much of it arrives."""
        with self._asked("GET") as (response, line):
            line.limit(self._settings.transfer_seconds)
            yield Download(response, line)

    def interrupt(self, *, files_too: bool) -> None:
        """Break off, from another thread, a HEAD that is on its way; a GET only when told so: its file ends there."""
        line = self._line
        if line is not None and (self._is_looking or files_too):
            line.cut()

    @contextlib.contextmanager
    def _asked(self, method: str) -> Iterator[tuple[HTTPResponse, "_Line"]]:
        with contextlib.ExitStack() as opened:
            try:
                line = opened.enter_context(_Line(self._connection()))
                self._is_looking, self._line = method == "HEAD", line
                response = opened.enter_context(self._answer(method, line))
            except (OSError, HTTPException) as error:
                raise away(self._source.host, error) from error
            self._require_ok(response.status)
            yield response, line

    def _answer(self, method: str, line: "_Line") -> HTTPResponse:
        line.limit(self._settings.answer_seconds)
        try:
            line.connect(self._settings.stall_seconds)
            line.connection.request(method, self._target, headers=_HEADERS)
            return line.connection.getresponse()
        except (OSError, HTTPException) as error:
            raise (TimeoutError() if line.expired else error) from error

    def _require_ok(self, status: int) -> None:
        if status in range(300, 400):
            raise ProxyAwayError(self._source.host, Cause.MOVED)
        if status != http.client.OK:
            raise ProxyAwayError(self._source.host, Cause.STATUS, status)

    def _connection(self) -> HTTPConnection:
        """A connection, not yet open: to the proxy, or to the web proxy before it, through a tunnel for https."""
        end = urlsplit(self._source.url)
        way = urlsplit(self._source.web_proxy) if self._source.web_proxy else end
        seconds = self._settings.connect_seconds
        if end.scheme == "http":
            return HTTPConnection(_host(way), way.port or 80, timeout=seconds)
        port = way.port or (443 if way is end else 80)
        connection = HTTPSConnection(_host(way), port, timeout=seconds, context=self._tls)
        if way is not end:
            connection.set_tunnel(_host(end), end.port or 443)
        return connection

    @property
    def _target(self) -> str:
        """The whole address for a web proxy that passes http on, else the path alone."""
        parts = urlsplit(self._source.url)
        whole = self._source.web_proxy is not None and parts.scheme == "http"
        return self._source.url if whole else SplitResult("", "", parts.path, "", "").geturl()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        if self._source.ca_file is not None:
            return ssl.create_default_context(cafile=self._source.ca_file)
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context


def proxy_trouble(source: ReadSource, settings: ReadSettings) -> str | None:
    """What is wrong with a proxy just now, in one sentence, or None. It is only looked at; nothing is removed there."""
    try:
        ProxyClient(source, settings).look()
    except ProxyAwayError as error:
        return str(error)
    return None


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").encode("idna").decode()


class _Line:
    """A connection that is cut when its time is over, also while bytes drip in. A context manager."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self.expired = False
        self._socket: socket.socket | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop_timer()
        self.connection.close()

    def limit(self, seconds: float) -> None:
        """Give it so many seconds from now on."""
        self._stop_timer()
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True
        self._timer.start()

    def connect(self, stall_seconds: float) -> None:
        """Open it; from here on it may be silent so long. Raises OSError, HTTPException."""
        self.connection.connect()
        self._socket = self.connection.sock
        if self.expired:
            raise TimeoutError
        self._socket.settimeout(stall_seconds)

    def cut(self) -> None:
        """Wake whoever waits on the socket. Not SSLSocket's own shutdown: that takes TLS off below the reader."""
        self.expired = True
        sock = self._socket or self.connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
