"""A scripted server on a real socket: each connection is served by the next script, faults and all."""

import contextlib
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

TLS_FOLDER = Path(__file__).parent / "tls"


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire; header names in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Talk:
    """One connection, seen from the server."""

    sock: socket.socket
    requests: list[Request] = field(default_factory=list)

    def read(self) -> Request:
        """Read one request with its body."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.sock.recv(1)
            if not byte:
                raise ConnectionError("the client closed the connection")
            head += byte
        line, *fields = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name.lower(): value for name, value in (entry.split(": ", 1) for entry in fields)}
        body = b""
        while len(body) < int(headers.get("content-length", 0)):
            body += self.sock.recv(65536)
        request = Request(line, headers, body)
        self.requests.append(request)
        return request

    def send(self, *pieces: bytes) -> None:
        """Send bytes as they are."""
        for piece in pieces:
            self.sock.sendall(piece)

    def reset(self) -> None:
        """Break the connection so that the client sees a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
        self.sock.close()


Script = Callable[[Talk], None]


@dataclass
class WireServer:
    """Serves one connection after another, each by its script; `talks` holds what came."""

    scripts: tuple[Script, ...]
    certificate: str | None = None
    talks: list[Talk] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """All requests, in order of connection."""
        return [request for talk in self.talks for request in talk.requests]

    def start(self) -> None:
        """Begin to listen."""
        self._threads[0].start()

    def stop(self) -> None:
        """Stop listening and wait for the scripts."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _serve(self) -> None:
        for script in self.scripts:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(sock, script), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, sock: socket.socket, script: Script) -> None:
        sock.settimeout(10)
        with contextlib.suppress(OSError):
            if self.certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(TLS_FOLDER / self.certificate, TLS_FOLDER / "key.pem")
                sock = context.wrap_socket(sock, server_side=True)
            talk = Talk(sock)
            self.talks.append(talk)
            script(talk)
        sock.close()


@contextlib.contextmanager
def serving(*scripts: Script, certificate: str | None = None) -> Iterator[WireServer]:
    """A running server for the length of a `with`."""
    server = WireServer(scripts, certificate)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def response(body: bytes, *headers: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    """A whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answering(*answers: bytes) -> Script:
    """A script that reads a request and gives the next answer, over one kept connection."""

    def script(talk: Talk) -> None:
        for answer in answers:
            talk.read()
            talk.send(answer)

    return script


def as_json(value: object) -> bytes:
    """A 200 answer with JSON."""
    return response(json.dumps(value, separators=(",", ":")).encode())


STATIONS = as_json([{"id": 3, "name": "X-Ray", "level": 1}])
