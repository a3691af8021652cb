"""How requests are passed on to the chart, byte by byte, over real sockets."""

import threading
import time

import pytest
from charting_site import relay_to

from bridge.tscharts import ChartAnswerError, ChartLostError, ChartUnreachableError, RelayRequest
from tscharts.chart_wire import Talk, answering, response, serving

LOOK = RelayRequest("GET", "image/?patient=%201&type=Xray", (("Authorization", "Token abc"),))
SMALL = response(b"[1,2]")


def test_a_request_goes_out_as_it_came_and_nothing_is_added_for_the_caller() -> None:
    with serving(answering(SMALL)) as server:
        relay = relay_to(server.url)
        with relay.open(LOOK) as answer:
            assert (answer.status, answer.reason, answer.read(100)) == (200, "OK", b"[1,2]")
        relay.close()
    (request,) = server.requests
    assert request.line == "GET /tscharts/v1/image/?patient=%201&type=Xray HTTP/1.1"
    assert request.headers["authorization"] == "Token abc"
    assert request.headers.keys().isdisjoint({"accept", "cookie", "content-type", "content-length"})


def test_a_connection_that_the_chart_keeps_open_is_used_again() -> None:
    answers = (SMALL, response(b"", status="404 Not Found"), response(b"", status="405 No"), SMALL)
    with serving(answering(*answers)) as server:
        relay = relay_to(server.url)
        for method in ("GET", "GET", "HEAD", "GET"):
            with relay.open(RelayRequest(method, "image/1/")) as answer:
                list(answer.pieces()) if method == "GET" else None
        relay.close()
    assert [len(talk.requests) for talk in server.talks] == [4]


def test_an_answer_nobody_reads_to_its_end_takes_its_connection_along() -> None:
    large = response(b"x" * 1_000_000)
    with serving(answering(large), answering(SMALL)) as server:
        relay = relay_to(server.url)
        with relay.open(LOOK) as answer:
            assert next(answer.pieces())
        with relay.open(LOOK) as answer:
            assert answer.read(10) == b"[1,2]"
        relay.close()
    assert len(server.talks) == 2


def test_headers_that_stand_twice_stay_two() -> None:
    with serving(answering(response(b"{}", "Set-Cookie: a=1", "Set-Cookie: b=2"))) as server:
        relay = relay_to(server.url)
        with relay.open(LOOK) as answer:
            assert [value for name, value in answer.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
            assert (answer.header("content-TYPE"), answer.header("X-None")) == ("application/json", "")
        relay.close()


def test_an_answer_that_never_has_a_body_needs_no_length() -> None:
    with serving(answering(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")) as server:
        relay = relay_to(server.url)
        with relay.open(LOOK) as answer:
            assert (answer.status, answer.read(10)) == (304, b"")
        relay.close()


def test_an_answer_in_chunks_comes_whole() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\n[1\r\n", b"1\r\n]\r\n", b"0\r\n\r\n")

    with serving(script) as server:
        relay = relay_to(server.url)
        with relay.open(LOOK) as answer:
            assert answer.read(100) == b"[1]"
        relay.close()


def test_what_is_larger_than_wanted_is_not_read() -> None:
    with serving(answering(response(b"x" * 300_000))) as server:
        relay = relay_to(server.url)
        with relay.open(LOOK) as answer, pytest.raises(ChartAnswerError):
            answer.read(1000)
        relay.close()


@pytest.mark.parametrize(
    ("sent", "method", "unknown"),
    [
        (b"", "POST", True),
        (b"", "GET", False),
        (b"HTTP/1.1 404 Not Found\r\n", "GET", False),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", "DELETE", True),
    ],
)
def test_an_answer_that_breaks_off_in_its_headers_is_none(sent: bytes, method: str, unknown: bool) -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(sent)

    with serving(script) as server:
        relay = relay_to(server.url)
        with pytest.raises(ChartLostError) as lost:
            relay.open(RelayRequest(method, "image/1/", body=b"{}" if method == "POST" else None))
        assert lost.value.outcome_unknown == unknown
        relay.close()


def test_a_body_that_breaks_off_is_lost() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    with serving(script) as server:
        relay = relay_to(server.url)
        with relay.open(LOOK) as answer, pytest.raises(ChartLostError):
            answer.read(1000)
        relay.close()


def test_requests_under_way_can_be_cut_and_none_begin_afterwards() -> None:
    with serving(lambda talk: (talk.read(), talk.sock.recv(1), None)[2]) as server:
        relay = relay_to(server.url)
        timer = threading.Timer(0.2, relay.cut)
        timer.start()
        began = time.monotonic()
        with pytest.raises(ChartLostError):
            relay.open(LOOK)
        assert time.monotonic() - began < 10
        timer.join()
        with pytest.raises(ChartUnreachableError):
            relay.open(LOOK)
        relay.close()


def test_an_answer_may_be_read_and_closed_by_another_thread() -> None:
    with serving(answering(SMALL)) as server:
        relay = relay_to(server.url)
        answer = relay.open(LOOK)
        bodies: list[bytes] = []
        thread = threading.Thread(target=lambda: (bodies.append(answer.read(100)), answer.close()))
        thread.start()
        thread.join()
        answer.close()
        assert bodies == [b"[1,2]"]
        relay.close()
