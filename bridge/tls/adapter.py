"""What cheroot wants for HTTPS: connections under TLS, with a certificate that can change while it serves."""

import contextlib
import errno
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cheroot.errors import FatalSSLAlert
from cheroot.makefile import StreamReader, StreamWriter
from cheroot.ssl import Adapter

from bridge.tls.settings import TlsError, TlsSettings

if TYPE_CHECKING:
    from bridge.tls.certificates import Pair

_log = logging.getLogger(__name__)
_DRAIN_SECONDS = 5.0
_DRAIN_PAUSE_SECONDS = 0.5
_DRAIN_BYTES = 64 * 1024
_SAID = "This server speaks HTTPS; write https:// at the beginning of its address.\n"
_PLAIN_ANSWER = (
    f"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {len(_SAID)}\r\n"
    f"Connection: close\r\n\r\n{_SAID}"
).encode()


class ReloadingAdapter(Adapter):
    """Serves HTTPS for a cheroot server (`server.ssl_adapter`), TLS 1.2 and up.

    Changed files are taken up for new connections; what cannot be used is logged once, and the pair before it stays.
    The files are looked at when a connection comes, at most every `look_seconds`, and by `reload_if_changed`. Raises
    TlsError when the pair cannot be used at the start; one that is only out of its time is used, and logged.
    """

    def __init__(self, settings: TlsSettings, look_seconds: float = 5.0) -> None:
        super().__init__(str(settings.certificate_file), str(settings.key_file))
        self._settings = settings
        self._look_seconds = look_seconds
        self._lock = threading.Lock()
        self._seen = _state_of(settings)
        self._look_at = time.monotonic() + look_seconds
        pair = _loaded(settings)
        self.context: ssl.SSLContext = _lazy(pair)
        try:
            pair.check_time(datetime.now(UTC))
        except TlsError as error:
            _log.error("event=certificate-out-of-time reason=%r", str(error))

    def reload_if_changed(self) -> bool:
        """Take up the files when they have changed. True when new connections get another certificate."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self._look_at = time.monotonic() + self._look_seconds
            seen = _state_of(self._settings)
            changed, self._seen = seen != self._seen, seen
            return changed and self._reload()
        finally:
            self._lock.release()

    def bind(self, sock: socket.socket) -> socket.socket:
        """The listening socket, as it is."""
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """A new connection under TLS, before its handshake. Raises FatalSSLAlert when it is gone already."""
        if time.monotonic() >= self._look_at:
            self.reload_if_changed()
        try:
            return self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), {}
        except (OSError, ValueError) as error:
            sock.close()
            raise FatalSSLAlert("the connection was gone before its handshake") from error

    def get_environ(self) -> dict[str, str]:
        """Nothing: applications see by the scheme that it is HTTPS."""
        return {}

    def makefile(self, sock: ssl.SSLSocket, mode: str = "r", bufsize: int = -1) -> StreamReader | StreamWriter:
        """A connection as a file to read or to write."""
        return _TlsReader(sock, mode, bufsize) if "r" in mode else StreamWriter(sock, mode, bufsize)

    def _reload(self) -> bool:
        try:
            pair = _loaded(self._settings)
            pair.check_time(datetime.now(UTC))
        except TlsError as error:
            _log.error("event=certificate-not-taken-up reason=%r", str(error))
            return False
        self.context = _lazy(pair)
        _log.info("event=certificate-taken-up until=%s", f"{pair.ends_at:%Y-%m-%d}")
        return True


class _TlsSocket(ssl.SSLSocket):
    """A connection whose handshake is made at the first reading, by the thread that reads, within its timeout."""

    _is_shaken = False

    def getpeername(self) -> Any:
        """Asked when a connection is put under TLS. One whose client is gone by then is closed: unasked, it would be
        left open half made.
        """
        try:
            return super().getpeername()
        except OSError:
            self.close()
            raise ConnectionAbortedError(errno.ECONNABORTED, "the client is gone") from None

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        if not self._is_shaken:
            self._shake()
        return super().recv_into(buffer, nbytes, flags)

    def _shake(self) -> None:
        """Raises FatalSSLAlert, on which cheroot closes without a word in the log: anyone can send nonsense."""
        try:
            self.do_handshake()
        except (OSError, ValueError) as error:
            if isinstance(error, ssl.SSLError) and error.reason == "HTTP_REQUEST":
                self._answer_plain()
            raise FatalSSLAlert("no handshake") from error
        self._is_shaken = True

    def _answer_plain(self) -> None:
        """Tell a client without TLS what to do, and hear it out for a moment: closing on bytes that nobody read makes
        its system throw the answer away.
        """
        until = time.monotonic() + _DRAIN_SECONDS
        with contextlib.suppress(OSError):
            self.settimeout(_DRAIN_PAUSE_SECONDS)
            socket.socket.sendall(self, _PLAIN_ANSWER)
            socket.socket.shutdown(self, socket.SHUT_WR)
            while time.monotonic() < until and socket.socket.recv(self, _DRAIN_BYTES):
                pass


class _TlsReader(StreamReader):
    """Knows of a next request that was decrypted with the one before it: the bare socket shows nothing of it."""

    def __init__(self, sock: ssl.SSLSocket, mode: str, bufsize: int) -> None:
        super().__init__(sock, mode, bufsize)
        self._connection = sock

    def has_data(self) -> bool:
        is_buffered: Callable[[], bool] = super().has_data
        return is_buffered() or self._connection.pending() > 0


def _loaded(settings: TlsSettings) -> "Pair":
    """The pair, read by a library that takes long to import and that nobody needs without HTTPS."""
    from bridge.tls.certificates import load_pair

    return load_pair(settings)


def _lazy(pair: "Pair") -> ssl.SSLContext:
    pair.context.sslsocket_class = _TlsSocket
    return pair.context


def _state_of(settings: TlsSettings) -> list[tuple[int, ...]]:
    """By what a change of the two files is seen."""
    state: list[tuple[int, ...]] = []
    for file in (settings.certificate_file, settings.key_file):
        try:
            known = file.stat()
            state.append((known.st_mtime_ns, known.st_size, known.st_ino))
        except (OSError, ValueError):
            state.append(())
    return state
