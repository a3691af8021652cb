"""Many clients at once, large images, connections, and a quick stop."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

from sandbox_client import Chart, raw_exchange

from bridge.sandbox import SandboxServer


def test_twenty_clients_store_a_hundred_images_with_different_ids(server: SandboxServer, chart: Chart) -> None:
    with ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(lambda number: chart.post_image(f"aW1n{number:04}"), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["id"] for answer in answers) == list(range(1, 101))
    assert {image.data for image in server.images()} == {f"aW1n{number:04}" for number in range(100)}
    assert sorted(chart.get("image/?patient=1&sort=true").json()) == list(range(1, 101))


def test_sixty_four_connections_at_once_are_all_answered(server: SandboxServer, chart: Chart) -> None:
    with ThreadPoolExecutor(64) as clients:
        answers = list(clients.map(lambda _: chart.get("station/1/"), range(64)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(server.requests) == 64


def test_an_image_of_two_and_a_half_megabytes_is_stored_in_a_moment(chart: Chart) -> None:
    started = time.monotonic()
    assert chart.post_image("A" * 2_600_000).status_code == 200
    assert time.monotonic() - started < 5


def test_every_connection_straight_to_the_server_is_closed_after_one_answer(server: SandboxServer) -> None:
    request = b"GET /tscharts/v1/station/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answers = raw_exchange(server, request * 2)
    assert answers.count(b"HTTP/1.1 401") == 1
    assert b"Connection: close\r\n" in answers


def test_nginx_keeps_a_connection_open_until_the_client_closes_it() -> None:
    with SandboxServer(behind_nginx=True) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.connect()
        first_socket = connection.sock
        for _ in range(3):
            connection.request("GET", "/tscharts/v1/station/", headers=Chart(server).headers)
            assert len(json.loads(connection.getresponse().read())) == 6
        assert connection.sock is first_socket
        connection.close()


def test_a_stop_does_not_wait_for_an_idle_connection() -> None:
    with SandboxServer(behind_nginx=True) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/tscharts/v1/station/")
        connection.getresponse().read()
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 5
        connection.close()


def test_a_body_shorter_than_announced_is_500_and_stores_nothing(server: SandboxServer) -> None:
    token = server.token("bridge")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.putrequest("POST", "/tscharts/v1/image/")
    connection.putheader("Authorization", f"Token {token}")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b'{"patient":1,')
    connection.sock.shutdown(1)
    assert connection.getresponse().status == 500
    connection.close()
    assert server.images() == ()


def test_a_client_that_asks_to_continue_is_told_to(server: SandboxServer) -> None:
    head = b"POST /tscharts/v1/login/ HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    answers = raw_exchange(server, head + b"{}")
    assert answers.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 ")


def test_a_request_that_is_no_http_is_400_with_a_page(server: SandboxServer) -> None:
    for request in (
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    ):
        assert raw_exchange(server, request).startswith(b"HTTP/1.1 400 ")


def test_a_chunk_without_a_size_is_400_behind_nginx() -> None:
    head = b"POST /tscharts/v1/login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with SandboxServer(behind_nginx=True) as server:
        assert raw_exchange(server, head + b"-5\r\n{}\r\n").startswith(b"HTTP/1.1 400 ")
