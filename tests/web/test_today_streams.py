"""Streams of events on a real web server: many at once, slow ones, their end, and what they cost the server."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Blueprint, Response, request

import bridge.server
from bridge.app import create_app
from bridge.photos import StoreError
from bridge.server import WebServer
from bridge.settings import ServerSettings, TlsFiles
from bridge.tls import TlsSettings, make_self_signed
from bridge.web.streams import BEGINNING, MOST_OF_A_CHANNEL, MOST_STREAMS, TAKE_OVER, Streams
from phone import Line, ask, wait_until
from phone import request as head

THREADS = 8
MANY = 60
ANSWER_END = b"\r\n\r\n"


@dataclass
class Told:
    """A feed whose messages a test makes."""

    number: int = 0
    size: int = 10
    is_away: bool = False
    is_mute: bool = False
    asked: int = 0
    told: dict[str, int] = field(default_factory=dict)

    def whole(self, channel: str) -> str:
        """See Feed."""
        if self.is_mute:
            raise StoreError("The store is away.")
        return f"whole {channel} {self.told.setdefault(channel, self.number)}"

    def news(self, channels: Collection[str]) -> dict[str, str]:
        """See Feed."""
        self.asked += 1
        if self.is_away:
            raise StoreError("The store is away.")
        late = [each for each in channels if self.told.get(each, self.number) != self.number]
        self.told.update(dict.fromkeys(late, self.number))
        return {each: f"news {each} {self.number} {'x' * self.size}" for each in late}


@dataclass
class Running:
    """A server with one route for streams, and one that answers at once."""

    port: int
    feed: Told
    streams: Streams
    left: set[str]


def application(streams: Streams, left: set[str]) -> Blueprint:
    blueprint = Blueprint("streams", __name__)

    def live(channel: str) -> Response:
        if request.method == "GET":
            request.environ[TAKE_OVER](streams.taker(channel, lambda: channel not in left))
        return Response(iter((BEGINNING,)), content_type="text/event-stream")

    blueprint.add_url_rule("/live/<channel>", "live", live)
    blueprint.add_url_rule("/now", "now", lambda: Response("now"))
    return blueprint


@pytest.fixture
def serve() -> Iterator[Callable[..., Running]]:
    """Starts a server; streams live so many seconds."""
    with contextlib.ExitStack() as running:

        def start(life_seconds: float = 60.0, tls: TlsFiles | None = None) -> Running:
            feed, left = Told(), set[str]()
            streams = Streams(feed, life_seconds)
            web = WebServer(
                create_app([application(streams, left)]), ServerSettings("127.0.0.1", 0, THREADS, 10, tls=tls)
            )
            web.start()
            running.callback(web.stop)
            running.callback(streams.close)
            return Running(web.port, feed, streams, left)

        yield start


class Page(Line):
    """A page that listens to a channel."""

    def __init__(self, port: int, channel: str = "a") -> None:
        super().__init__(port)
        self.send(head("GET", f"/live/{channel}"))

    def read_until(self, words: str) -> bytes:
        """All that came up to these words."""
        data = bytearray()
        while data.find(words.encode(), max(0, len(data) - 70_000)) < 0:
            piece = self.socket.recv(65536)
            assert piece, f"closed after {bytes(data[-200:])!r}"
            data += piece
        return bytes(data)


def test_the_server_and_the_pages_call_the_way_over_by_one_name() -> None:
    assert TAKE_OVER == bridge.server.TAKE_OVER


def test_many_pages_are_told_at_once_and_hold_no_thread_of_the_server(serve: Callable[..., Running]) -> None:
    running = serve()
    with contextlib.ExitStack() as opened:
        pages = [opened.enter_context(Page(running.port, "a")) for _ in range(MANY)]
        other = opened.enter_context(Page(running.port, "b"))
        for page in pages:
            began = page.read_until("whole a 0\n\n")
            assert began.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"text/event-stream" in began
            assert b"retry: 2000" in began
        other.read_until("whole b 0\n\n")
        assert running.streams.count == MANY + 1 > THREADS
        assert ask(running.port, "GET", "/now").body == b"now"
        running.feed.number = 1
        for page in pages:
            assert b"news b" not in page.read_until("news a 1")
        other.read_until("news b 1")
    wait_until(lambda: running.streams.count == 0)


def test_while_nobody_listens_nothing_is_asked(serve: Callable[..., Running]) -> None:
    running = serve()
    with Page(running.port) as page:
        page.read_until("whole a 0")
    wait_until(lambda: running.streams.count == 0)
    time.sleep(0.1)
    asked = running.feed.asked
    time.sleep(1.0)
    assert running.feed.asked == asked


def test_a_page_that_reads_nothing_delays_no_other_and_is_told_how_all_stands_later(
    serve: Callable[..., Running],
) -> None:
    running = serve()
    running.feed.size = 3_000_000
    with Page(running.port) as slow, Page(running.port) as quick:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        quick.read_until("whole a 0")
        wait_until(lambda: running.streams.count == 2)
        for number in (1, 2, 3):
            running.feed.number = number
            quick.read_until(f"news a {number}")
        time.sleep(0.5)
        slow.read_until("whole a 3")


def test_a_stream_ends_whole_after_its_time(serve: Callable[..., Running]) -> None:
    running = serve(0.5)
    with Page(running.port) as page:
        rest = page.rest()
    assert rest.endswith(b"0\r\n\r\n")
    assert running.streams.count == 0


def test_a_stream_ends_soon_when_its_listener_may_not_listen_any_more_and_no_other(
    serve: Callable[..., Running],
) -> None:
    running = serve()
    with Page(running.port, "a") as page, Page(running.port, "b") as other:
        page.read_until("whole a 0")
        other.read_until("whole b 0")
        began = time.monotonic()
        running.left.add("a")
        assert page.rest().endswith(b"0\r\n\r\n")
        assert time.monotonic() - began < 5
        running.feed.number = 1
        other.read_until("news b 1")
    wait_until(lambda: running.streams.count == 0)


def test_a_client_of_the_old_protocol_gets_it_without_chunks(serve: Callable[..., Running]) -> None:
    running = serve(0.5)
    with Line(running.port) as page:
        page.send(b"GET /live/a HTTP/1.0\r\n\r\n")
        body = page.rest().partition(ANSWER_END)[2]
    assert body == BEGINNING + b"data: whole a 0\n\n"


def test_head_opens_no_stream(serve: Callable[..., Running]) -> None:
    running = serve()
    assert ask(running.port, "HEAD", "/live/a").headers["content-type"] == "text/event-stream"
    assert running.streams.count == 0


def test_what_a_page_sends_meanwhile_is_dropped(serve: Callable[..., Running]) -> None:
    running = serve()
    with Page(running.port) as page:
        page.read_until("whole a 0")
        page.send(b"GET /now HTTP/1.1\r\n\r\n" * 50)
        running.feed.number = 1
        assert b"now" not in page.read_until("news a 1")


def test_who_sends_and_sends_is_let_go(serve: Callable[..., Running]) -> None:
    running = serve()
    with Page(running.port) as page:
        page.read_until("whole a 0")
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                page.send(b"x" * 4096)
        wait_until(lambda: running.streams.count == 0)


def test_no_channel_takes_all_places(serve: Callable[..., Running]) -> None:
    running = serve()
    with contextlib.ExitStack() as pages:

        def open_pages(channel: str, number: int) -> None:
            before = running.streams.count
            for _ in range(number):
                pages.enter_context(Page(running.port, channel))
            wait_until(lambda: running.streams.count == before + number)

        open_pages("a", MOST_OF_A_CHANNEL)
        assert [running.streams.has_room(channel) for channel in "ab"] == [False, True]
        open_pages("b", MOST_STREAMS - MOST_OF_A_CHANNEL)
        assert not running.streams.has_room("b")


def test_a_feed_that_fails_is_asked_again_and_ends_no_stream(serve: Callable[..., Running]) -> None:
    running = serve()
    with Page(running.port) as page:
        page.read_until("whole a 0")
        running.feed.is_away = True
        running.feed.number = 1
        asked = running.feed.asked
        wait_until(lambda: running.feed.asked > asked + 1)
        running.feed.is_away = False
        page.read_until("news a 1")


def test_a_feed_that_cannot_tell_newcomers_the_whole_keeps_no_news_from_the_others(
    serve: Callable[..., Running],
) -> None:
    running = serve()
    with contextlib.ExitStack() as opened:
        pages = [opened.enter_context(Page(running.port)) for _ in range(8)]
        for page in pages:
            page.read_until("whole a 0")
        running.feed.is_mute = True
        late = opened.enter_context(Page(running.port))
        wait_until(lambda: running.streams.count == 9)
        running.feed.number = 1
        for page in pages:
            page.read_until("news a 1")
        running.feed.is_mute = False
        late.read_until("whole a 1")


def test_closing_ends_all_streams_and_takes_no_more(serve: Callable[..., Running]) -> None:
    running = serve()
    with Page(running.port) as page, Page(running.port) as second:
        page.read_until("whole a 0")
        second.read_until("whole a 0")
        running.streams.close()
        assert page.rest().endswith(b"0\r\n\r\n")
        assert second.rest().endswith(b"0\r\n\r\n")
        with Page(running.port) as late:
            late.rest()
    assert running.streams.count == 0
    assert "streams" not in [thread.name for thread in threading.enumerate()]


def test_streams_go_over_tls_too(serve: Callable[..., Running], tmp_path: Path) -> None:
    pair = TlsSettings.in_folder(tmp_path)
    make_self_signed(pair, ["127.0.0.1"])
    running = serve(tls=TlsFiles(pair.certificate_file, pair.key_file))
    context = ssl.create_default_context(cafile=str(pair.certificate_file))
    with (
        socket.create_connection(("127.0.0.1", running.port), 10) as bare,
        context.wrap_socket(bare, server_hostname="127.0.0.1") as page,
    ):
        page.sendall(head("GET", "/live/a"))
        seen = b""
        while b"whole a 0" not in seen:
            seen += page.recv(65536)
        running.feed.size = 2_000_000
        running.feed.number = 1
        while b"news a 1" not in seen or not seen.endswith(b"\n\n\r\n"):
            piece = page.recv(65536)
            assert piece
            seen += piece
    assert seen.count(b"x") > 1_900_000
