"""A download holds the chart no longer than the chart needs for it."""

import threading
from collections.abc import Iterator

import pytest

from bridge.charting.messages import Reply
from bridge.charting.spooling import spooled
from bridge.tscharts import ChartLostError
from phone import wait_until

PIECES = [bytes([number]) * 50_000 for number in range(40)]


class Chart:
    """An answer's source, and whether it was let go of."""

    def __init__(self, error: Exception | None = None, waits: threading.Event | None = None) -> None:
        self.closed = threading.Event()
        self._error = error
        self._waits = waits

    def pieces(self) -> Iterator[bytes]:
        for number, piece in enumerate(PIECES):
            if number == 20 and self._waits is not None:
                self._waits.wait(5)
            if number == 20 and self._error is not None:
                raise self._error
            yield piece

    def reply(self, *headers: tuple[str, str]) -> Reply:
        return spooled(Reply(200, headers, self.pieces(), close=self.closed.set))


def test_the_chart_is_let_go_of_before_the_reader_takes_anything() -> None:
    chart = Chart()
    reply = chart.reply(("Content-Length", "2000000"))
    assert chart.closed.wait(5)
    assert b"".join(reply.pieces) == b"".join(PIECES)
    reply.close()


def test_what_is_there_goes_on_while_the_rest_is_on_its_way() -> None:
    go_on = threading.Event()
    reply = Chart(waits=go_on).reply()
    taken, pieces = b"", iter(reply.pieces)
    while len(taken) < 1_000_000:
        taken += next(pieces)
    go_on.set()
    assert taken + b"".join(pieces) == b"".join(PIECES)
    reply.close()


def test_one_that_breaks_off_breaks_off_at_its_place() -> None:
    reply = Chart(ChartLostError()).reply()
    taken: list[bytes] = []
    with pytest.raises(ChartLostError):
        for piece in reply.pieces:
            taken.append(piece)
    assert b"".join(taken) == b"".join(PIECES[:20])
    reply.close()


def test_a_reader_that_goes_away_ends_the_fetching() -> None:
    go_on = threading.Event()
    chart = Chart(waits=go_on)
    reply = chart.reply()
    reply.close()
    assert not chart.closed.is_set()
    go_on.set()
    wait_until(chart.closed.is_set, 5)


def test_what_is_small_needs_no_thread() -> None:
    chart = Chart()
    reply = chart.reply(("Content-Length", "65536"))
    assert not chart.closed.wait(0.2)
    reply.close()
    assert chart.closed.is_set()
