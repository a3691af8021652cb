"""What the chart client makes of broken connections, over real sockets."""

import socket
import time

import pytest
from chart_wire import Script, Talk, as_json, response, serving

from bridge.secret import Secret
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import (
    ChartAccount,
    ChartAnswerError,
    ChartClient,
    ChartError,
    ChartLostError,
    ChartServerError,
    ChartTooLargeError,
    ChartUnreachableError,
    prepare_post,
)

TOKEN = Secret("0123456789abcdef")
POST = prepare_post(ChartTarget(1, ImageType.HEADSHOT, 2), b"picture")


def client_of(url: str, connect: float = 2, read: float = 5) -> ChartClient:
    return ChartClient(
        ChartAccount(url, token=TOKEN, connect_timeout_seconds=connect, read_timeout_seconds=read),
    )


def lost(script: Script, **timeouts: float) -> ChartLostError:
    """The error of a POST that this script serves."""
    with serving(script) as server:
        client = client_of(server.url, **timeouts)
        with pytest.raises(ChartLostError) as caught:
            client.create_image(POST)
        client.close()
        assert len(server.requests) == 1
    return caught.value


def test_a_closed_port_means_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ChartUnreachableError, match="Nothing takes a connection") as caught:
        client_of(f"http://127.0.0.1:{port}", connect=5).create_image(POST)
    assert not caught.value.outcome_unknown


def test_a_name_nobody_knows_means_nothing_was_sent() -> None:
    with pytest.raises(ChartUnreachableError, match="does not know the name") as caught:
        client_of("http://chart.invalid").create_image(POST)
    assert not caught.value.outcome_unknown


def test_a_connection_cut_before_any_answer_leaves_the_outcome_unknown() -> None:
    error = lost(lambda talk: talk.read() and None)
    assert error.outcome_unknown
    assert "broke the connection" in str(error)


def test_a_connection_reset_after_the_request_leaves_the_outcome_unknown() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.reset()

    assert lost(script).outcome_unknown


def test_a_connection_cut_within_the_headers_leaves_the_outcome_unknown() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(b"HTTP/1.1 20")

    assert lost(script).outcome_unknown


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "500 Oh", "401 No"])
@pytest.mark.parametrize("rest", ["", "Date: today\r\n", "Content-Type: text/html\r\nContent-Length: "])
def test_a_status_whose_headers_are_cut_off_is_a_lost_answer_and_nothing_else(status: str, rest: str) -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(f"HTTP/1.1 {status}\r\n{rest}".encode())

    assert lost(script).outcome_unknown
    with serving(script) as server:
        client = client_of(server.url)
        with pytest.raises(ChartLostError):
            client.read_image(5)
        client.close()


def test_a_404_page_cut_within_its_body_is_a_lost_answer() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(response(b"<html>Not here</html>", status="404 Not Found", kind="text/html")[:-22])

    assert lost(script).outcome_unknown


def test_a_500_page_cut_within_its_body_is_the_servers_failure_and_no_unreadable_image() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(response(b"<html>Error</html>", status="500 Oh", kind="text/html")[:-18])

    with serving(script) as server:
        client = client_of(server.url)
        with pytest.raises(ChartServerError):
            client.read_image(5)
        client.close()


def test_an_answer_cut_within_its_body_leaves_the_outcome_unknown() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(as_json({"id": 41})[:-3])

    assert lost(script).outcome_unknown


def test_a_chunked_answer_cut_before_its_end_leaves_the_outcome_unknown() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        talk.send(head, b'9\r\n{"id": 41\r\n')

    assert lost(script).outcome_unknown


def test_a_server_that_never_answers_is_left_after_the_read_timeout() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.sock.recv(1)

    started = time.monotonic()
    error = lost(script, read=0.3)
    assert error.outcome_unknown
    assert "did not answer within 0.3 s" in str(error)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"],
    ids=["status line", "headers", "body"],
)
def test_a_server_that_drips_bytes_is_cut_off_at_the_time_limit(beginning: bytes) -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(beginning)
        for _ in range(400):
            talk.send(b"H" if not beginning else b" ")
            time.sleep(0.05)

    started = time.monotonic()
    error = lost(script, connect=0.3, read=0.3)
    assert error.outcome_unknown
    assert "took longer than" in str(error)
    assert time.monotonic() - started < 10


def test_a_lost_answer_to_a_question_leaves_nothing_unknown() -> None:
    with serving(lambda talk: talk.read() and None) as server:
        client = client_of(server.url)
        with pytest.raises(ChartLostError) as caught:
            client.stations()
        client.close()
    assert not caught.value.outcome_unknown


def test_an_early_413_is_read_although_the_server_stops_taking_the_body() -> None:
    big = prepare_post(ChartTarget(1, ImageType.XRAY), bytes(3_000_000))

    def script(talk: Talk) -> None:
        talk.sock.recv(1000)
        talk.send(response(b"<html>413</html>", "Connection: close", status="413 Too Large", kind="text/html"))
        talk.sock.shutdown(socket.SHUT_WR)
        while talk.sock.recv(65536):
            pass

    with serving(script) as server:
        client = client_of(server.url)
        with pytest.raises(ChartTooLargeError) as caught:
            client.create_image(big)
        client.close()
    assert caught.value.body_bytes == len(big.body)
    assert not caught.value.outcome_unknown


def test_an_endless_answer_is_not_taken_into_memory() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        for _ in range(10_000):
            talk.send(b" " * 65536)

    with serving(script) as server:
        client = client_of(server.url)
        with pytest.raises(ChartAnswerError, match="far larger"):
            client.stations()
        client.close()


def test_an_endless_refusal_and_an_endless_redirect_are_judged_by_their_status() -> None:
    def endless(status: str) -> Script:
        def script(talk: Talk) -> None:
            talk.read()
            talk.send(f"HTTP/1.1 {status}\r\nLocation: http://[\r\nContent-Type: text/html\r\n\r\n".encode())
            while True:
                talk.send(b" " * 65536)

        return script

    started = time.monotonic()
    for status, number in (("500 Oh", 500), ("302 Found", 302)):
        with serving(endless(status)) as server:
            client = client_of(server.url)
            with pytest.raises(ChartError) as caught:
                client.stations()
            client.close()
        assert caught.value.status == number
    assert time.monotonic() - started < 15
