"""The web server: cheroot, with more threads than there are slow phones, and with `bridge.http_request`'s reading."""

import logging
import socket
import threading
from typing import Any

from cheroot.wsgi import Gateway_10, Server
from flask import Flask

from bridge.errors import BridgeError
from bridge.http_request import Connection
from bridge.patience import Patience, Turns
from bridge.settings import ServerSettings
from bridge.tls import ReloadingAdapter, TlsSettings

_log = logging.getLogger(__name__)
_STOP_SECONDS = 5
_FORCED_STOP_SECONDS = 8
_QUEUED_CONNECTIONS = 512
_LARGEST_HEADERS_BYTES = 64 * 1024
_FIRST_THREADS = 16
"""So many are there when the bridge begins to listen; the others start meanwhile."""

_IDLE_CONNECTIONS = 256
"""Fewer than the 512 that `select` on Windows can watch."""


TAKE_OVER = "bridge.take_over"
"""In the WSGI environment: `Connection.take_over` of the request's connection."""


class CannotListenError(BridgeError):
    """The bridge cannot listen on its port; choose another `server.port` in the config."""


class WebServer:
    """Serves a Flask app over HTTP in threads of its own. `port` is the real one when the config's is 0."""

    def __init__(self, app: Flask, settings: ServerSettings) -> None:
        self._settings = settings
        self._server = _QuietServer(
            (settings.host, settings.port),
            app,
            numthreads=min(_FIRST_THREADS, settings.threads),
            max=settings.threads,
            request_queue_size=_QUEUED_CONNECTIONS,
            timeout=settings.stalled_seconds,
            shutdown_timeout=_FORCED_STOP_SECONDS,
            server_name="tscharts-bridge",
        )
        self._server.gateway = _Gateway
        if settings.tls is not None:
            pair = TlsSettings(settings.tls.certificate_file, settings.tls.key_file)
            self._server.ssl_adapter = ReloadingAdapter(pair)
        self._patience = Patience(self._server.turns)
        self._thread = threading.Thread(target=self._server.serve, name="web", daemon=True)
        grow = self._server.requests.grow
        self._growing = threading.Thread(target=grow, args=(settings.threads,), name="web threads", daemon=True)

    @property
    def port(self) -> int:
        """The port listened on; known after `start`."""
        return int(self._server.bind_addr[1])

    @property
    def url(self) -> str:
        """The server's address as this machine reaches it."""
        return self._settings.own_url(self.port)

    def start(self) -> None:
        """Listen, and serve in the background. Raises CannotListenError."""
        try:
            self._server.prepare()
        except OSError as error:
            if self._server.socket:
                self._server.socket.close()
            raise CannotListenError(
                f"The bridge cannot listen on {self._settings.host} port {self._settings.port} "
                f"({_reason(self._server.bind_error or error)}); "
                "another program may use it: choose another `server.port` in the config."
            ) from error
        self._patience.start()
        self._thread.start()
        self._growing.start()

    def stop(self) -> None:
        """Take no more connections and finish the requests in hand; those that take longer than a few seconds to come
        in are cut, and stay on their phones.
        """
        self._patience.end_in(_STOP_SECONDS)
        self._server.turns.close()
        self._growing.join()
        self._server.stop()
        self._thread.join(_FORCED_STOP_SECONDS)
        self._patience.stop()


class _Visit(Connection):
    """A connection that says when it is over."""

    def close(self) -> None:
        super().close()
        self.server.turns.done(self)


class _Gateway(Gateway_10):
    """Lets applications have connections taken over."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.env[TAKE_OVER] = request.conn.take_over


class _QuietServer(Server):
    """cheroot with our connections, and its complaints in our log: one line each, and never its text, which may
    quote a request.
    """

    ConnectionClass = _Visit
    max_request_header_size = _LARGEST_HEADERS_BYTES
    keep_alive_conn_limit = _IDLE_CONNECTIONS

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.turns: Turns[_Visit] = Turns(settings["max"], self.requests.put)
        self.bind_error: OSError | None = None

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Bind, and keep the system's own error: the base class tells only its own words."""
        try:
            bound: socket.socket = super().bind(family, type, proto)
        except OSError as error:
            self.bind_error = error
            raise
        return bound

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Bind a socket, or close it, which the base class forgets."""
        try:
            socket_.bind(bind_addr)
        except OSError:
            socket_.close()
            raise
        return socket_

    def process_conn(self, conn: _Visit) -> None:
        """Give a connection to a thread; a new one only when its first bytes are here. Browsers open some in stock."""
        is_new = conn.last_used is None
        if is_new and self.can_add_keepalive_connection:
            self.put_conn(conn)
        else:
            self.turns.ask(conn)

    def put_conn(self, conn: _Visit) -> None:
        """Watch an idle connection; close it when the server is stopping meanwhile. One that is taken over goes."""
        self.turns.done(conn)
        if conn.taker is not None:
            conn.taker(conn)
            return
        try:
            super().put_conn(conn)
        except (OSError, ValueError, KeyError):
            conn.close()

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Log that there was trouble, and of an exception where."""
        _log.log(level, "event=web-server-trouble", exc_info=traceback)


def _reason(error: OSError) -> str:
    """Why, in the system's words."""
    return error.strerror or "no reason given"
