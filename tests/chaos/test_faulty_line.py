"""The faulty line itself: each trouble does what it says, to the bridge's side and to the chart's."""

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator

import pytest
from clinic import small_picture
from faulty_line import CUTS, FaultyLine, Late, Trouble
from pybase64 import b64encode_as_string

from bridge.sandbox import SandboxServer
from phone import Answer, wait_until

LATE = Late(silence_seconds=0.5, late_seconds=0.3)


@pytest.fixture
def lines(chart: SandboxServer) -> Iterator[Callable[[Trouble], FaultyLine]]:
    """Makes lines to the chart that have one trouble always."""
    with contextlib.ExitStack() as ending:
        yield lambda trouble: ending.enter_context(FaultyLine(chart.port, 1, {trouble: 1.0}, LATE))


def post(line: FaultyLine, token: str, timeout: float = 30) -> Answer | None:
    """One image filed over the line; None when the line breaks or stays silent."""
    body = json.dumps({"patient": 1, "type": "Xray", "data": b64encode_as_string(small_picture(7))})
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=timeout)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("POST", "/tscharts/v1/image/", body, headers)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    return None


@pytest.mark.parametrize(
    ("trouble", "status", "images"),
    [
        (Trouble.PASS, 200, 1),
        (Trouble.REFUSE, None, 0),
        (Trouble.CUT_BEFORE, None, 0),
        (Trouble.CUT_INSIDE, None, 0),
        (Trouble.CUT_AFTER, None, 1),
        (Trouble.DELAY, None, 1),
        (Trouble.BAD_GATEWAY, 502, 1),
        (Trouble.DUPLICATE, 200, 2),
        (Trouble.LATE, None, 0),
    ],
)
def test_a_trouble_is_over_at_the_chart_when_the_bridge_hears_of_it(
    lines: Callable[[Trouble], FaultyLine], chart: SandboxServer, trouble: Trouble, status: int | None, images: int
) -> None:
    answer = post(lines(trouble), chart.token("bridge"))
    assert (answer and answer.status) == status
    assert len(chart.images()) == images


def test_a_late_request_is_carried_out_long_after_it_was_cut(
    lines: Callable[[Trouble], FaultyLine], chart: SandboxServer
) -> None:
    line = lines(Trouble.LATE)
    assert post(line, chart.token("bridge")) is None
    assert chart.images() == ()
    wait_until(lambda: len(chart.images()) == 1)
    wait_until(line.is_idle)


def test_a_delay_lasts_until_the_other_side_gives_up(
    lines: Callable[[Trouble], FaultyLine], chart: SandboxServer
) -> None:
    line = lines(Trouble.DELAY)
    started = time.monotonic()
    assert post(line, chart.token("bridge"), timeout=0.2) is None
    assert time.monotonic() - started >= 0.2
    wait_until(line.is_idle)


def test_a_line_that_refused_takes_connections_again(
    lines: Callable[[Trouble], FaultyLine], chart: SandboxServer
) -> None:
    line = lines(Trouble.REFUSE)
    assert post(line, chart.token("bridge")) is None
    line.mend()
    wait_until(lambda: post(line, chart.token("bridge")) is not None)


def test_the_same_seed_gives_the_same_troubles(chart: SandboxServer) -> None:
    def run(seed: int) -> list[bool]:
        with FaultyLine(chart.port, seed, {Trouble.CUT_BEFORE: 0.5}) as line:
            return [post(line, chart.token("bridge")) is None for _ in range(20)]

    assert run(3) == run(3) != run(4)


def test_the_usual_troubles_leave_most_requests_alone_and_none_late() -> None:
    assert 0 < sum(CUTS.values()) < 0.5
    assert not {Trouble.LATE, Trouble.DUPLICATE} & set(CUTS)
