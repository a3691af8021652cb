"""How requests go out, and which connections they use, over real sockets."""

import time

from chart_wire import STATIONS, Talk, answering, as_json, response, serving

from bridge.secret import Secret
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import (
    ChartAccount,
    ChartClient,
    prepare_post,
)
from bridge.tscharts.wire import Wire

TOKEN = Secret("0123456789abcdef")
POST = prepare_post(ChartTarget(1, ImageType.HEADSHOT, 2), b"picture")


def client_of(url: str, connect: float = 2, read: float = 5) -> ChartClient:
    return ChartClient(
        ChartAccount(url, token=TOKEN, connect_timeout_seconds=connect, read_timeout_seconds=read),
    )


def test_an_image_goes_out_as_one_post_with_length_slash_token_and_json_headers() -> None:
    with serving(answering(as_json({"id": 41}))) as server:
        client = client_of(server.url)
        assert client.create_image(POST) == 41
        client.close()
    (request,) = server.requests
    assert request.line == "POST /tscharts/v1/image/ HTTP/1.1"
    assert request.body == POST.body
    assert request.headers["content-length"] == str(len(POST.body))
    assert request.headers["authorization"] == "Token 0123456789abcdef"
    assert request.headers["content-type"] == request.headers["accept"] == "application/json"
    assert "transfer-encoding" not in request.headers


def test_a_chunked_answer_is_read_whole() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        talk.send(head, b'5\r\n{"id"\r\n', b"4\r\n:41}\r\n", b"0\r\n\r\n")

    with serving(script) as server:
        client = client_of(server.url)
        assert client.create_image(POST) == 41
        client.close()


def test_an_upload_over_a_thin_line_may_take_longer_than_both_timeouts() -> None:
    big = prepare_post(ChartTarget(1, ImageType.XRAY), bytes(12_000_000))

    def script(talk: Talk) -> None:
        time.sleep(0.8)
        talk.read()
        talk.send(as_json({"id": 7}))

    with serving(script) as server:
        client = client_of(server.url, connect=0.2, read=0.4)
        assert client.create_image(big) == 7
        client.close()


def test_a_kept_connection_that_the_server_has_closed_is_replaced_without_sending_twice() -> None:
    with serving(answering(STATIONS), answering(as_json({"id": 8}))) as server:
        client = client_of(server.url)
        client.stations()
        time.sleep(0.1)
        assert client.create_image(POST) == 8
        client.close()
    assert [len(talk.requests) for talk in server.talks] == [1, 1]


def test_a_connection_that_the_server_keeps_open_is_used_again() -> None:
    with serving(answering(STATIONS, STATIONS)) as server:
        client = client_of(server.url)
        client.stations()
        client.stations()
        client.close()
    assert len(server.talks) == 1


def test_a_connection_idle_for_long_is_not_used_again() -> None:
    now = [0.0]

    def script(talk: Talk) -> None:
        for _ in range(2):
            talk.read()
            talk.send(STATIONS)

    with serving(script, script) as server:
        wire = Wire(ChartAccount(server.url, token=TOKEN), clock=lambda: now[0])
        for pause in (10.0, 16.0, 0.0):
            with wire.open("GET", "station/") as answer:
                assert answer.json()
            now[0] += pause
        wire.close()
    assert [len(talk.requests) for talk in server.talks] == [2, 1]


def test_cookies_of_the_login_are_not_sent_back() -> None:
    login = response(b'{"token": "abc", "id": "1"}', "Set-Cookie: sessionid=1234; Path=/")
    with serving(answering(login, STATIONS)) as server:
        client = ChartClient(ChartAccount(server.url, username="bridge", password=Secret("pass")))
        client.stations()
        client.close()
    assert "cookie" not in server.requests[1].headers
    assert server.requests[1].headers["authorization"] == "Token abc"
