"""Logging in, tokens that end, and many threads with one client."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests_mock
from chart_wire import STATIONS, Talk, response, serving

from bridge.secret import Secret
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import (
    ChartAccount,
    ChartAddressError,
    ChartAnswerError,
    ChartClient,
    ChartError,
    ChartLoginError,
    ChartPortalError,
    ChartServerError,
    ChartTokenError,
    prepare_post,
)

BASE = "https://chart.example.org/tscharts/v1/"
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
UNAUTHORIZED = {"status_code": 401, "text": '{"detail":"Invalid token."}', "headers": JSON}
CREATED = {"text": '{"id":41}', "headers": JSON}
POST = prepare_post(ChartTarget(1, ImageType.HEADSHOT), b"picture")


@pytest.fixture
def chart() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        yield mocker


@pytest.fixture
def client() -> ChartClient:
    return ChartClient(ChartAccount("https://chart.example.org", username="bridge", password=Secret("pä ss")))


def login_gives(chart: requests_mock.Mocker, *tokens: str) -> None:
    answers = [{"text": f'{{"token": "{token}", "id": "1"}}', "headers": JSON} for token in tokens]
    chart.post(BASE + "login/", answers)


def paths(chart: requests_mock.Mocker) -> list[str]:
    return [request.path.removeprefix("/tscharts/v1/") for request in chart.request_history]


def test_a_login_gives_the_token_and_the_user(chart: requests_mock.Mocker, client: ChartClient) -> None:
    login_gives(chart, "key1")
    login = client.login()
    assert login.token == Secret("key1")
    assert login.user_id == 1
    assert "key1" not in repr(login)
    last = chart.last_request
    assert last is not None
    assert last.json() == {"username": "bridge", "password": "pä ss"}
    assert "Authorization" not in last.headers


def test_the_first_call_logs_in_and_later_ones_use_its_token(chart: requests_mock.Mocker, client: ChartClient) -> None:
    login_gives(chart, "key1")
    chart.post(BASE + "image/", **CREATED)
    client.create_image(POST)
    client.create_image(POST)
    assert paths(chart) == ["login/", "image/", "image/"]
    assert chart.request_history[2].headers["Authorization"] == "Token key1"


def test_after_401_it_logs_in_and_sends_the_same_again_once(chart: requests_mock.Mocker, client: ChartClient) -> None:
    login_gives(chart, "key1", "key2")
    chart.post(BASE + "image/", [UNAUTHORIZED, CREATED])
    assert client.create_image(POST) == 41
    assert paths(chart) == ["login/", "image/", "login/", "image/"]
    assert chart.request_history[3].headers["Authorization"] == "Token key2"
    assert chart.request_history[1].body == chart.request_history[3].body == POST.body


def test_a_second_401_is_given_up(chart: requests_mock.Mocker, client: ChartClient) -> None:
    login_gives(chart, "key1")
    chart.post(BASE + "image/", **UNAUTHORIZED)
    with pytest.raises(ChartTokenError) as caught:
        client.create_image(POST)
    assert not caught.value.outcome_unknown
    assert paths(chart) == ["login/", "image/", "login/", "image/"]


def test_a_sign_in_page_of_something_between_is_no_reason_to_log_in(
    chart: requests_mock.Mocker, client: ChartClient
) -> None:
    login_gives(chart, "key1")
    chart.post(BASE + "image/", status_code=401, text="<html>Sign in</html>", headers=HTML)
    with pytest.raises(ChartPortalError):
        client.create_image(POST)
    assert paths(chart) == ["login/", "image/"]


def test_a_given_token_that_is_refused_is_not_tried_again(chart: requests_mock.Mocker) -> None:
    chart.post(BASE + "image/", **UNAUTHORIZED)
    client = ChartClient(ChartAccount("https://chart.example.org", token=Secret("abc")))
    with pytest.raises(ChartTokenError):
        client.create_image(POST)
    assert paths(chart) == ["image/"]


def test_an_account_with_a_token_cannot_log_in(chart: requests_mock.Mocker) -> None:
    with pytest.raises(ChartLoginError, match="a token alone"):
        ChartClient(ChartAccount("https://chart.example.org", token=Secret("abc"))).login()
    assert chart.call_count == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status_code": 403, "headers": HTML}, ChartLoginError),
        ({"status_code": 400, "headers": HTML}, ChartLoginError),
        ({"status_code": 400, "text": "<html>Bad Request</html>", "headers": HTML}, ChartAddressError),
        ({"status_code": 403, "text": "<html>Forbidden</html>", "headers": HTML}, ChartPortalError),
        ({"status_code": 500, "text": "<html>Error</html>", "headers": HTML}, ChartServerError),
        ({"text": "<html>Welcome</html>", "headers": HTML}, ChartPortalError),
        ({"status_code": 302, "headers": {"Location": "/sign-in"}}, ChartPortalError),
        ({"text": '{"token": "two words", "id": "1"}', "headers": JSON}, ChartAnswerError),
        ({"text": '{"token": "", "id": "1"}', "headers": JSON}, ChartAnswerError),
        ({"text": '{"token": "a\\nb", "id": "1"}', "headers": JSON}, ChartAnswerError),
        ({"text": '{"id": "1"}', "headers": JSON}, ChartAnswerError),
    ],
)
def test_a_login_that_fails_says_why_and_nothing_is_in_doubt(
    chart: requests_mock.Mocker, client: ChartClient, answer: dict[str, Any], kind: type[ChartError]
) -> None:
    chart.post(BASE + "login/", **answer)
    with pytest.raises(ChartError) as caught:
        client.create_image(POST)
    assert type(caught.value) is kind
    assert not caught.value.outcome_unknown
    assert "pä ss" not in str(caught.value)
    assert paths(chart) == ["login/"]


def test_ten_threads_log_in_once_and_have_a_connection_each() -> None:
    together = threading.Barrier(10, timeout=10)

    def script(talk: Talk) -> None:
        while True:
            login = talk.read().line.startswith("POST")
            talk.send(response(b'{"token": "key1", "id": "1"}') if login else STATIONS)

    with serving(*[script] * 10) as server:
        client = ChartClient(ChartAccount(server.url, username="bridge", password=Secret("pass")))

        def work(_: int) -> int:
            together.wait()
            return len(client.stations()) + len(client.stations())

        with ThreadPoolExecutor(10) as pool:
            assert list(pool.map(work, range(10))) == [2] * 10
        client.close()
    logins = [request for request in server.requests if request.line.startswith("POST")]
    assert len(logins) == 1
    assert len(server.talks) == 10


def test_a_closed_client_opens_a_new_connection_when_it_is_used_again() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        talk.send(STATIONS)
        talk.sock.recv(1)

    with serving(script, script) as server:
        client = ChartClient(ChartAccount(server.url, token=Secret("abc")))
        client.stations()
        client.close()
        client.stations()
        client.close()
    assert len(server.talks) == 2
