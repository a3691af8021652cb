"""A line between the bridge and the chart that fails in every way a line can, by a seeded choice for each request.

It is a TCP proxy with a port of its own. But for the two switchable kinds, every trouble is over on the server before
the bridge hears of it: what the chart will ever hold of a request, it holds by then.
"""

import contextlib
import random
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from line_wire import Request, ask_server, break_off, read_request, send_cut, wait_for_hang_up

from phone import wait_until

_CARDS = 200
_POLL_SECONDS = 0.02
_DOWN_SECONDS = 0.15
_BIND_SECONDS = 20.0
_IDLE_SECONDS = 120.0
_BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 24\r\nConnection: close\r\n\r\n"
    b"<h1>502 Bad Gateway</h1>"
)


class Trouble(StrEnum):
    """What the line does to one request."""

    PASS = "pass"
    REFUSE = "refuse"
    """Hangs up, and takes no connection at all for a moment."""
    CUT_BEFORE = "cut-before"
    """Reads the request and hangs up; the server gets nothing."""
    CUT_INSIDE = "cut-inside"
    """Passes a part of the request on and hangs up on both sides."""
    CUT_AFTER = "cut-after"
    """Passes the request on, waits until the server has answered, and hangs up without a word."""
    DELAY = "delay"
    """The same, but says nothing until the bridge has given up."""
    BAD_GATEWAY = "bad-gateway"
    """The same, but answers 502 in the server's place."""
    DUPLICATE = "duplicate"
    """Passes the request on twice, and gives one of the two answers back. Switchable: the chart then holds two."""
    LATE = "late"
    """Hangs up at once, and passes the request on long after the bridge has given it up. Switchable."""


CUTS: Mapping[Trouble, float] = {
    Trouble.REFUSE: 0.01,
    Trouble.CUT_BEFORE: 0.03,
    Trouble.CUT_INSIDE: 0.03,
    Trouble.CUT_AFTER: 0.04,
    Trouble.DELAY: 0.005,
    Trouble.BAD_GATEWAY: 0.02,
}
"""How many of all requests have each trouble; the rest pass. Without the two that leave images the server got late."""

_FOR_POSTS_ALONE = frozenset({Trouble.DUPLICATE, Trouble.LATE})


@dataclass(frozen=True)
class Late:
    """How long the late troubles last: `silence_seconds` at most for a delay, `late_seconds` until a late request."""

    silence_seconds: float = 60.0
    late_seconds: float = 3.0


class FaultyLine:
    """A line to a server on this machine, as a context manager. `seed` fixes the choices in the order of requests.

    `odds` are the shares of the troubles: they are dealt like cards, so that each 200 requests meet just so many.
    `done` counts what was done.
    """

    def __init__(self, server_port: int, seed: int, odds: Mapping[Trouble, float], late: Late | None = None) -> None:
        self.late = late or Late()
        self.done: Counter[Trouble] = Counter()
        self.server_port = server_port
        self._odds = odds
        self._cards: list[Trouble] = []
        self._luck = random.Random(seed)
        self._lock = threading.Lock()
        self._under_way = 0
        self._stopping = threading.Event()
        self._listener = _Listener(("127.0.0.1", 0), self)
        self.port = self._listener.server_address[1]
        self._keeper = threading.Thread(target=self._keep_listening)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends when all that was on the line is through. The server must still be there."""
        self._stopping.set()
        while self._keeper.is_alive():
            # The keeper may just have put another one in its place.
            self._listener.shutdown()
            self._keeper.join(_POLL_SECONDS)
        wait_until(self.is_idle, _IDLE_SECONDS)

    @property
    def url(self) -> str:
        """Where the chart seems to be."""
        return f"http://127.0.0.1:{self.port}"

    def is_idle(self) -> bool:
        """True when nothing is on the line, late requests included."""
        with self._lock:
            return self._under_way == 0

    @contextlib.contextmanager
    def carrying(self) -> Iterator[None]:
        """Counts one request as under way."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def choose(self, request: Request) -> Trouble:
        """What happens to this request."""
        with self._lock:
            if not self._cards:
                self._cards = self._shuffled()
            trouble = self._cards.pop()
            if trouble in _FOR_POSTS_ALONE and not request.is_image_post:
                trouble = Trouble.PASS
            self.done[trouble] += 1
            return trouble

    def mend(self) -> None:
        """Let everything pass from now on."""
        with self._lock:
            self._odds, self._cards = {}, []

    def _shuffled(self) -> list[Trouble]:
        cards = [trouble for trouble, share in self._odds.items() for _ in range(round(share * _CARDS))]
        cards += [Trouble.PASS] * (_CARDS - len(cards))
        self._luck.shuffle(cards)
        return cards

    def part(self, length: int) -> int:
        """So many of `length` bytes get through before a cut."""
        with self._lock:
            return self._luck.randrange(1, max(2, length))

    def go_down(self) -> None:
        """Refuse every connection for a moment."""
        self._listener.stop_soon()

    def wait(self, seconds: float) -> bool:
        """Wait; True when the line is being closed meanwhile."""
        return self._stopping.wait(seconds)

    def _keep_listening(self) -> None:
        while True:
            self._listener.serve_forever(_POLL_SECONDS)
            self._listener.server_close()
            if self._stopping.wait(_DOWN_SECONDS):
                return
            self._listener = self._listening_again()

    def _listening_again(self) -> "_Listener":
        """On the same port, which another program's connection may hold for a moment."""
        deadline = time.monotonic() + _BIND_SECONDS
        while True:
            try:
                return _Listener(("127.0.0.1", self.port), self)
            except OSError:
                assert time.monotonic() < deadline, f"port {self.port} is taken"
                time.sleep(_POLL_SECONDS)


class _Listener(socketserver.ThreadingTCPServer):
    """Accepts connections, a thread for each; on its end it waits for none of them."""

    request_queue_size = 128
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], line: FaultyLine) -> None:
        self.line = line
        super().__init__(address, _Connection)

    def stop_soon(self) -> None:
        """End `serve_forever` without waiting for it: the caller may be one of its own threads."""
        threading.Thread(target=self.shutdown, daemon=True).start()


class _Connection(socketserver.BaseRequestHandler):
    """One connection of the bridge, one request."""

    server: _Listener
    request: socket.socket

    def handle(self) -> None:
        line = self.server.line
        with contextlib.suppress(OSError), line.carrying():
            request = read_request(self.request)
            if request is not None:
                self._suffer(line, request, line.choose(request))

    def _suffer(self, line: FaultyLine, request: Request, trouble: Trouble) -> None:
        match trouble:
            case Trouble.REFUSE:
                line.go_down()
                break_off(self.request)
            case Trouble.CUT_BEFORE:
                break_off(self.request)
            case Trouble.CUT_INSIDE:
                send_cut(line.server_port, request.data[: line.part(len(request.data))])
                break_off(self.request)
            case Trouble.LATE:
                break_off(self.request)
                if not line.wait(line.late.late_seconds):
                    ask_server(line.server_port, request)
            case _:
                self._answer(line, ask_server(line.server_port, request), request, trouble)

    def _answer(self, line: FaultyLine, answer: bytes, request: Request, trouble: Trouble) -> None:
        """The server has done its work; what the bridge hears of it."""
        match trouble:
            case Trouble.CUT_AFTER:
                break_off(self.request)
            case Trouble.DELAY:
                wait_for_hang_up(self.request, line.late.silence_seconds)
            case Trouble.BAD_GATEWAY:
                self.request.sendall(_BAD_GATEWAY)
            case Trouble.DUPLICATE:
                again = ask_server(line.server_port, request)
                self.request.sendall(again if line.part(3) == 1 else answer)
            case _:
                self.request.sendall(answer)
