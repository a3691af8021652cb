"""Streams of events to open pages (HTML Living Standard, server-sent events): one thread has the sockets of all.

The web server has a thread for each request, and a page stays open all day. So a page's connection is taken over from
the server once its answer has begun (`bridge.server.TAKE_OVER`), and written to without waiting: one that takes nothing
just now is told how everything stands as soon as it takes something again. Knows no web framework.
"""

import contextlib
import logging
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

_log = logging.getLogger(__name__)
MOST_STREAMS = 256
"""Fewer than the 512 that `select` on Windows can watch."""

MOST_OF_A_CHANNEL = 3 * MOST_STREAMS // 4

TAKE_OVER = "bridge.take_over"
"""Where the web server hands its connections over, in the WSGI environment (bridge/server.py)."""

_LOOK_SECONDS = 0.4
_SIGN_OF_LIFE_SECONDS = 15.0
_LIFE_SECONDS = 300.0
"""Then a browser asks for a new one by itself, and is asked who it is."""

_STUCK_SECONDS = 30.0
_MOST_HEARD_BYTES = 65_536
_AGAIN_SECONDS = 2
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

BEGINNING = f"retry: {_AGAIN_SECONDS * 1000}\n\n".encode()
"""What a stream begins with: when to ask again after it has ended."""


class Feed(Protocol):
    """Where the events come from. It is asked by one thread, and may take a moment."""

    def whole(self, channel: str) -> str:
        """How everything stands: a message for those who have just come. One line. Raises BridgeError."""

    def news(self, channels: Collection[str]) -> Mapping[str, str]:
        """What has changed on these channels since it was last asked, or told whole; most often nothing. One line
        each. Raises BridgeError.
        """


class Taken(Protocol):
    """A connection that was taken over, after the beginning of its answer."""

    socket: socket.socket
    is_chunked: bool

    def close(self) -> None:
        """Close it. Never raises."""


@dataclass(eq=False)
class _Stream:
    connection: Taken
    channel: str
    ends_at: float
    stands: Callable[[], bool]
    heard_bytes: int = 0
    pending: bytearray = field(default_factory=bytearray)
    is_behind: bool = True
    moved_at: float = field(default_factory=time.monotonic)

    @property
    def is_waiting(self) -> bool:
        return bool(self.pending)


class Streams:
    """Sends what a feed tells to all who listen, until `close`. For any thread. Its own thread starts with the first
    listener; while nobody listens, the feed is asked nothing.
    """

    def __init__(self, feed: Feed, life_seconds: float = _LIFE_SECONDS) -> None:
        self._feed = feed
        self._life_seconds = life_seconds
        self._lock = threading.Lock()
        self._arrived: list[_Stream] = []
        self._streams: set[_Stream] = set()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._look_at = self._alive_at = 0.0
        self._is_failing = False

    def taker(self, channel: str, stands: Callable[[], bool] = lambda: True) -> Callable[[Taken], None]:
        """What takes over a connection of somebody who listens to a channel, until `stands` says that they may not any
        more. It is asked every moment, for every stream: it must be quick, and never raise.
        """
        return lambda connection: self._take(connection, channel, stands)

    @property
    def count(self) -> int:
        """How many listen."""
        with self._lock:
            return len(self._arrived) + len(self._streams)

    def has_room(self, channel: str) -> bool:
        """Whether one more may listen to a channel. No channel takes all places."""
        with self._lock:
            listening = [each.channel for each in (*self._arrived, *self._streams)]
        return len(listening) < MOST_STREAMS and listening.count(channel) < MOST_OF_A_CHANNEL

    def close(self) -> None:
        """End all streams, and take no more."""
        with self._lock:
            self._is_closed = True
            thread = self._thread
        if thread is not None:
            self._wake()
            thread.join()

    def _take(self, connection: Taken, channel: str, stands: Callable[[], bool]) -> None:
        stream = _Stream(connection, channel, time.monotonic() + self._life_seconds, stands)
        with self._lock:
            is_welcome = not self._is_closed and len(self._arrived) + len(self._streams) < MOST_STREAMS
            if is_welcome:
                self._arrived.append(stream)
                if self._thread is None:
                    self._start()
        if is_welcome:
            self._wake()
        else:
            connection.close()

    def _start(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._alive_at = time.monotonic() + _SIGN_OF_LIFE_SECONDS
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
        self._thread.start()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._button.send(b"!")

    def _run(self) -> None:
        while not self._is_closed:
            try:
                self._turn()
            except Exception as error:
                self._tell_failing(error)
                time.sleep(_LOOK_SECONDS)
        for stream in list(self._streams):
            self._end(stream)
        for stream in self._newcomers():
            stream.connection.close()
        self._selector.close()
        self._bell.close()
        self._button.close()

    def _turn(self) -> None:
        """Wait for something to do, and do it."""
        wait = max(0.0, self._look_at - time.monotonic()) if self._streams else None
        for key, mask in self._selector.select(wait):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(4096)
            else:
                self._move(key.data, mask)
        for stream in self._newcomers():
            self._begin(stream)
        now = time.monotonic()
        if self._streams and now >= self._look_at:
            self._look_at = now + _LOOK_SECONDS
            self._look_after(now)
            self._tell_news()
            self._is_failing = False

    def _newcomers(self) -> list[_Stream]:
        with self._lock:
            arrived, self._arrived = self._arrived, []
            return arrived

    def _begin(self, stream: _Stream) -> None:
        try:
            stream.connection.socket.setblocking(False)
            self._selector.register(stream.connection.socket, selectors.EVENT_READ, stream)
        except (OSError, ValueError):
            stream.connection.close()
            return
        with self._lock:
            self._streams.add(stream)
        self._look_at = 0.0

    def _move(self, stream: _Stream, mask: int) -> None:
        """Something can be read or written. What browsers send on such a connection is of no interest, but its end;
        who sends and sends is no browser.
        """
        try:
            if mask & selectors.EVENT_READ:
                heard = len(stream.connection.socket.recv(4096))
                stream.heard_bytes += heard
                if not heard or stream.heard_bytes > _MOST_HEARD_BYTES:
                    self._drop(stream)
                    return
        except _NOT_NOW:
            pass
        except OSError:
            self._drop(stream)
            return
        if mask & selectors.EVENT_WRITE:
            self._flush(stream)

    def _look_after(self, now: float) -> None:
        """End what is old or stuck, or whose listener was signed out, and show the others now and then that they are
        still connected.
        """
        is_due = now >= self._alive_at
        self._alive_at = now + _SIGN_OF_LIFE_SECONDS if is_due else self._alive_at
        for stream in list(self._streams):
            if stream.is_waiting and now - stream.moved_at > _STUCK_SECONDS:
                self._drop(stream)
            elif now >= stream.ends_at or not stream.stands():
                self._end(stream)
            elif is_due and not stream.is_waiting:
                self._send(stream, b":\n\n")

    def _tell_news(self) -> None:
        """Tell news first: a feed tells them once, and may fail when it is asked for the whole."""
        news = self._feed.news({stream.channel for stream in self._streams})
        current = [stream for stream in self._streams if not stream.is_behind]
        for stream in current:
            message = news.get(stream.channel)
            if message is not None and stream.is_waiting:
                stream.is_behind = True
            elif message is not None:
                self._send(stream, _event(message))
        for stream in [each for each in self._streams if each.is_behind]:
            self._catch_up(stream)

    def _catch_up(self, stream: _Stream) -> None:
        if not stream.is_waiting:
            message = self._feed.whole(stream.channel)
            stream.is_behind = False
            self._send(stream, _event(message))

    def _send(self, stream: _Stream, data: bytes) -> None:
        stream.moved_at = stream.moved_at if stream.is_waiting else time.monotonic()
        stream.pending += b"%x\r\n%b\r\n" % (len(data), data) if stream.connection.is_chunked else data
        self._flush(stream)

    def _flush(self, stream: _Stream) -> None:
        was_waiting = stream.is_waiting
        try:
            while stream.pending:
                del stream.pending[: stream.connection.socket.send(stream.pending)]
                stream.moved_at = time.monotonic()
        except _NOT_NOW:
            pass
        except OSError:
            self._drop(stream)
            return
        if was_waiting or stream.is_waiting:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if stream.is_waiting else 0)
            self._selector.modify(stream.connection.socket, wanted, stream)

    def _end(self, stream: _Stream) -> None:
        """Say that there comes no more."""
        if stream.connection.is_chunked and not stream.is_waiting:
            with contextlib.suppress(OSError):
                stream.connection.socket.send(b"0\r\n\r\n")
        self._drop(stream)

    def _drop(self, stream: _Stream) -> None:
        if stream in self._streams:
            with self._lock:
                self._streams.remove(stream)
            self._selector.unregister(stream.connection.socket)
            stream.connection.close()

    def _tell_failing(self, error: Exception) -> None:
        """One line for as long as it lasts: the feed is asked again all the time."""
        if not self._is_failing:
            _log.warning("event=stream-trouble error=%s", type(error).__name__)
        self._is_failing = True


def _event(message: str) -> bytes:
    return f"data: {message}\n\n".encode()
