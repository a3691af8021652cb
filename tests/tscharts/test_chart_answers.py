"""What every answer of the chart, and of things between, means. Answers are those recorded of tscharts."""

from typing import Any

import pytest
import requests_mock
from chart_answers import BASE, EMPTY, HTML, JSON, LARGE_POST, NOT_FOUND, PAGE, POST, give

from bridge.secret import Secret
from bridge.tscharts import (
    ChartAccount,
    ChartAddressError,
    ChartAnswerError,
    ChartBusyError,
    ChartClient,
    ChartError,
    ChartForbiddenError,
    ChartNotFoundError,
    ChartPortalError,
    ChartRefusedError,
    ChartServerError,
    ChartTokenError,
    ChartTooLargeError,
)


def test_the_id_of_a_new_image_is_given_back(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "image/", '{"id":41}', "POST")
    assert client.create_image(POST) == 41


@pytest.mark.parametrize(
    "body",
    [
        "[53,54]",
        '{"id":true}',
        '{"id":"41"}',
        '{"id":0}',
        '{"id":-1}',
        '{"id":1.0}',
        '{"id":null}',
        "{}",
        "null",
        "41",
        '{"id":41',
        "",
        "[" * 100_000,
        '{"id":' + "9" * 5000 + "}",
        '{"id":9223372036854775808}',
    ],
)
def test_only_json_with_a_whole_id_above_zero_is_success(
    chart: requests_mock.Mocker, client: ChartClient, body: str
) -> None:
    chart.post(BASE + "image/", text=body, headers=JSON)
    with pytest.raises(ChartAnswerError) as caught:
        client.create_image(POST)
    assert caught.value.outcome_unknown


def _redirect(location: str) -> dict[str, Any]:
    return {"status_code": 302, "headers": {"Location": location}}


MEANINGS: list[tuple[dict[str, Any], type[ChartError], bool]] = [
    ({"status_code": 400, **EMPTY}, ChartRefusedError, False),
    ({"status_code": 400, **PAGE}, ChartAddressError, False),
    ({"status_code": 401, "text": '{"detail":"Invalid token."}', "headers": JSON}, ChartTokenError, False),
    ({"status_code": 401, **PAGE}, ChartPortalError, False),
    ({"status_code": 403, "text": '{"detail":"No."}', "headers": JSON}, ChartForbiddenError, False),
    ({"status_code": 403, **PAGE}, ChartPortalError, False),
    ({"status_code": 404, **NOT_FOUND}, ChartNotFoundError, False),
    ({"status_code": 404, **PAGE}, ChartAddressError, False),
    ({"status_code": 405, "text": "{}", "headers": JSON}, ChartRefusedError, False),
    ({"status_code": 407, **PAGE}, ChartPortalError, False),
    ({"status_code": 408, **PAGE}, ChartBusyError, False),
    ({"status_code": 413, **PAGE}, ChartTooLargeError, False),
    ({"status_code": 429}, ChartBusyError, False),
    ({"status_code": 500, "text": "<class 'TypeError'>", "headers": HTML}, ChartServerError, True),
    ({"status_code": 500, **EMPTY}, ChartServerError, True),
    ({"status_code": 502, **PAGE}, ChartServerError, True),
    ({"status_code": 503, **PAGE}, ChartBusyError, True),
    ({"status_code": 511, **PAGE}, ChartPortalError, False),
    ({"status_code": 301, "headers": {"Location": "/tscharts/v1/image/"}}, ChartPortalError, False),
    ({"status_code": 304}, ChartPortalError, False),
    (_redirect("http://login.example.net/?next=x"), ChartPortalError, False),
    ({"status_code": 200, **PAGE}, ChartPortalError, True),
    ({"status_code": 200, **EMPTY}, ChartPortalError, True),
    ({"status_code": 200, "text": "ok"}, ChartPortalError, True),
    ({"status_code": 201, "text": '{"id":41}', "headers": JSON}, ChartAnswerError, True),
    ({"status_code": 204}, ChartAnswerError, True),
]


@pytest.mark.parametrize(("answer", "kind", "unknown"), MEANINGS, ids=lambda value: getattr(value, "__name__", None))
def test_every_answer_to_a_post_has_one_meaning(
    chart: requests_mock.Mocker,
    client: ChartClient,
    answer: dict[str, Any],
    kind: type[ChartError],
    unknown: bool,
) -> None:
    chart.post(BASE + "image/", **answer)
    with pytest.raises(ChartError) as caught:
        client.create_image(POST)
    error = caught.value
    assert type(error) is kind
    assert error.outcome_unknown is unknown
    assert error.status == answer["status_code"]
    assert error.body_bytes == len(POST.body)
    assert str(error).endswith(".")
    assert "\n" not in str(error)
    assert chart.call_count == 1


def test_400_on_a_large_body_means_too_large(chart: requests_mock.Mocker, client: ChartClient) -> None:
    chart.post(BASE + "image/", status_code=400, **PAGE)
    with pytest.raises(ChartTooLargeError) as caught:
        client.create_image(LARGE_POST)
    assert caught.value.body_bytes == len(LARGE_POST.body)


def test_a_host_that_the_chart_does_not_allow_is_explained(chart: requests_mock.Mocker, client: ChartClient) -> None:
    chart.get(BASE + "station/", status_code=400, **PAGE)
    with pytest.raises(ChartAddressError, match=r"https://chart.example.org .*ALLOWED_HOSTS"):
        client.stations()


def test_a_redirect_to_https_says_which_address_to_write(chart: requests_mock.Mocker) -> None:
    chart.get("http://chart.example.org/tscharts/v1/station/", **_redirect("https://chart.example.org/x?secret"))
    plain = ChartClient(ChartAccount("http://chart.example.org", token=Secret("abcdef")))
    with pytest.raises(ChartPortalError, match=r"change its address to https://chart.example.org\.$"):
        plain.stations()


def test_a_redirect_that_is_no_address_is_a_portal(chart: requests_mock.Mocker, client: ChartClient) -> None:
    chart.get(BASE + "station/", **_redirect("http://["))
    with pytest.raises(ChartPortalError, match="sign-in page"):
        client.stations()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("999999999999", 3600),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 10:00:00 GMT", 3600),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
    ],
)
def test_a_busy_server_says_when_to_come_back(
    chart: requests_mock.Mocker, client: ChartClient, header: str, seconds: float | None
) -> None:
    headers = {"Retry-After": header, "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    chart.get(BASE + "station/", status_code=503, headers=headers)
    with pytest.raises(ChartBusyError) as caught:
        client.stations()
    assert caught.value.retry_after_seconds == seconds


def test_every_error_has_one_sentence_of_its_own() -> None:
    waiting, kinds = [ChartError], set[type[ChartError]]()
    while waiting:
        kind = waiting.pop()
        kinds.add(kind)
        waiting += kind.__subclasses__()
    sentences = {str(kind()) for kind in kinds}
    assert len(sentences) == len(kinds) == 17
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)
