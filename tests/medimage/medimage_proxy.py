"""A stand-in for a MedImage proxy, on a real socket, with the real one's habits and faults on demand.

It deletes what it sends, however much arrived; sends chunks without a length, and ends them cleanly even when cut;
still lists a sent file for some milliseconds, with garbage in it; and looks for the next file anew at each request.
"""

import contextlib
import os
import secrets
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

GUID = "uPSE4UWHmJ8XqFUqvf"
TLS_FOLDER = Path(__file__).parent.parent / "tscharts" / "tls"
LAST_CHUNK = b"0\r\n\r\n"
_PATIENCE_SECONDS = 10.0
_REASONS = {200: "OK", 302: "Found", 404: "Not Found", 500: "Internal Server Error"}


class Fault(StrEnum):
    """What goes wrong with one answer. The file is gone after those that send any of it."""

    HANG = "no answer ever"
    DROP = "the connection is closed instead"
    ERROR = "status 500 and a text"
    MISSING = "status 404 and a page"
    NONE = "the answer for an empty bucket"
    CUT = "half of the file, and a clean end"
    BREAK = "half of the file, and no end"
    RESET = "half of the file, and a reset"
    STALL = "half of the file, and silence"
    AGAIN = "the whole file, which is then offered for long, as garbage"
    KEEP = "the whole file, which is not removed"


class Connections:
    """Accepts connections on a port of this machine, and serves each in a thread until `stop`."""

    def __init__(self, serve: Callable[[socket.socket], None], port: int = 0, certificate: str | None = None) -> None:
        self.stopping = threading.Event()
        self._serve = serve
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(TLS_FOLDER / certificate, TLS_FOLDER / "key.pem")
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being served."""
        return not self._open

    def stop(self, *, crash: bool = False) -> None:
        """Stop listening, and wait for what is being served, or break it off."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open) if crash else []:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, sock: socket.socket) -> None:
        sock.settimeout(_PATIENCE_SECONDS)
        with contextlib.suppress(OSError):
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            self._open.add(sock)
            self._serve(sock)
        self._open.discard(sock)
        sock.close()


@dataclass
class _File:
    content: bytes
    gone_at: float = float("inf")


@dataclass
class MedImageProxy:
    """The stand-in. `linger_seconds` is how long a sent file is still listed.

    `requests` are the methods asked for, with the time; `sent_whole` the paths of files sent to their last byte,
    `read_whole` of those after which the reader closed the connection in order, with the time, and `cut` what was sent
    of those that a fault cut. `at_head` is called with the path after each HEAD that named one, and `at_half` in the
    middle of each file.
    """

    linger_seconds: float = 0.02
    port: int = 0
    head_faults: list[Fault] = field(default_factory=list)
    at_head: Callable[[str], object] = lambda _path: None
    at_half: Callable[[str], object] = lambda _path: None
    requests: list[tuple[str, float]] = field(default_factory=list)
    sent_whole: list[str] = field(default_factory=list)
    read_whole: dict[str, float] = field(default_factory=dict)
    cut: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address to read from."""
        return f"http://127.0.0.1:{self.port}/read/{GUID}"

    def start(self) -> None:
        """Listen; after `stop` on the same port."""
        self._connections = Connections(self._answer, self.port)
        self.port = self._connections.port

    def stop(self, *, crash: bool = False) -> None:
        """Stop; the files stay, but that which a crash breaks off is gone."""
        self._connections.stop(crash=crash)

    @property
    def is_idle(self) -> bool:
        """Whether nobody is being served."""
        return self._connections.is_idle

    def put(self, path: str, content: bytes, *faults: Fault) -> None:
        """Let a file wait at `NHID1234/arm/wound.jpg`; one fault for each time that it is asked for."""
        with self._lock:
            self._files[path] = _File(content)
            self._faults[path] += faults

    def waiting(self) -> list[str]:
        """Paths in the order in which they are offered: of the top folder first, then by their bytes."""
        with self._lock:
            return self._listed()

    def count(self, method: str) -> int:
        """How many requests there were of a method."""
        return sum(asked == method for asked, _ in self.requests)

    def _listed(self) -> list[str]:
        now = time.monotonic()
        self._files = {path: file for path, file in self._files.items() if file.gone_at > now}
        return sorted(self._files, key=lambda path: (path.count("/"), path.encode()))

    def _answer(self, sock: socket.socket) -> None:
        method = read_request(sock).split()[0]
        self.requests.append((method, time.monotonic()))
        with self._lock:
            path = next(iter(self._listed()), None)
            faults = self.head_faults if method == "HEAD" else self._faults[path or ""]
            fault = faults.pop(0) if faults else None
            content = self._files[path].content if path else b""
            if path and method == "GET" and fault not in _WITHOUT_FILE:
                self._remove_later(path, fault)
        if fault in _WITHOUT_FILE:
            self._fail(sock, fault)
        elif path is None:
            sock.sendall(head(200, "content-type: text/html") + (chunk(b"none") + LAST_CHUNK) * (method == "GET"))
        elif method == "HEAD":
            self.at_head(path)
            sock.sendall(head(200, "content-type: image/jpeg", self._file_name(path)))
        else:
            self._send(sock, path, content, fault)

    def _remove_later(self, path: str, fault: Fault | None) -> None:
        """Overwrite a file that is about to be sent; it disappears a moment later."""
        if fault is not Fault.KEEP:
            garbage = secrets.token_bytes(len(self._files[path].content))
            seconds = 20 * self.linger_seconds if fault is Fault.AGAIN else self.linger_seconds
            self._files[path] = _File(garbage, time.monotonic() + seconds)

    def _send(self, sock: socket.socket, path: str, content: bytes, fault: Fault | None) -> None:
        middle = len(content) // 2
        is_cut = fault in (Fault.CUT, Fault.BREAK, Fault.RESET, Fault.STALL)
        sock.sendall(head(200, "content-type: image/jpeg", self._file_name(path)) + chunk(content[:middle]))
        if is_cut:
            self.cut[path] = content[:middle]
        self.at_half(path)
        if fault is Fault.STALL:
            self._connections.stopping.wait(_PATIENCE_SECONDS)
        if fault is Fault.RESET:
            reset(sock)
        if not is_cut:
            sock.sendall(chunk(content[middle:]))
        if fault not in (Fault.BREAK, Fault.STALL):
            sock.sendall(LAST_CHUNK)
        if not is_cut:
            self.sent_whole.append(path)
            if sock.recv(1) == b"":
                self.read_whole[path] = time.monotonic()

    def _fail(self, sock: socket.socket, fault: Fault | None) -> None:
        if fault is Fault.HANG:
            self._connections.stopping.wait(_PATIENCE_SECONDS)
        if fault is Fault.ERROR:
            sock.sendall(head(500, "content-type: text/plain") + chunk(b"oops") + LAST_CHUNK)
        if fault is Fault.MISSING:
            sock.sendall(head(404, "content-type: text/html") + chunk(b"<h1>Not found</h1>") + LAST_CHUNK)
        if fault is Fault.NONE:
            sock.sendall(head(200, "content-type: text/html") + chunk(b"none") + LAST_CHUNK)

    def _file_name(self, path: str) -> bytes:
        return f"file-name: /{GUID}/{path}".encode()


_WITHOUT_FILE = (Fault.HANG, Fault.DROP, Fault.ERROR, Fault.MISSING, Fault.NONE)


@contextlib.contextmanager
def scripted(serve: Callable[[socket.socket, str], None], certificate: str | None = None) -> Iterator[Connections]:
    """A server that answers each request, given as its head, by a script."""
    connections = Connections(lambda sock: serve(sock, read_request(sock)), certificate=certificate)
    try:
        yield connections
    finally:
        connections.stop()


def read_request(sock: socket.socket) -> str:
    """A request's head. Raises OSError when there is none."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise ConnectionError
        data += byte
    return data.decode("latin-1")


def head(status: int, *lines: str | bytes, chunked: bool = True) -> bytes:
    """An answer's head, as the real proxy writes it."""
    fields = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Other')}", "Connection: keep-alive", *lines]
    if chunked:
        fields.append("Transfer-Encoding: chunked")
    return b"\r\n".join(each if isinstance(each, bytes) else each.encode() for each in [*fields, "", ""])


def chunk(data: bytes) -> bytes:
    """One chunk; of nothing, none."""
    return b"%X\r\n%b\r\n" % (len(data), data) if data else b""


def reset(sock: socket.socket) -> None:
    """Break a connection so that the other side sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
    sock.close()
