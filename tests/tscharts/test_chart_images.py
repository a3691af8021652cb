"""How images are read, listed and deleted."""

import pytest
import requests_mock
from chart_answers import BASE, EMPTY, JSON, NOT_FOUND, PAGE, POST, give, query

from bridge.targets import ImageType
from bridge.tscharts import (
    ChartAddressError,
    ChartAnswerError,
    ChartClient,
    ChartImageUnreadableError,
    ChartNotFoundError,
    ChartServerError,
)


def test_an_image_is_read_with_its_data_and_the_datas_hash(chart: requests_mock.Mocker, client: ChartClient) -> None:
    data = "cGljdHVyZQ=="
    give(
        chart, "image/41/", f'{{"id":41,"patient":1,"clinic":2,"station":null,"type":"Headshot","data":"{data}","x":1}}'
    )
    image = client.read_image(41)
    assert (image.patient, image.clinic, image.station, image.type) == (1, 2, None, ImageType.HEADSHOT)
    assert image.data == data
    assert image.data_sha256 == POST.data_sha256
    assert data not in repr(image)


def test_data_that_is_no_proper_text_still_has_a_hash(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "image/4/", '{"id":4,"patient":1,"clinic":null,"station":null,"type":"Xray","data":"\\ud800"}')
    assert len(client.read_image(4).data_sha256) == 64


def test_a_missing_image_is_not_found(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "image/41/", status_code=404, **EMPTY)
    with pytest.raises(ChartNotFoundError):
        client.read_image(41)


def test_an_image_whose_file_is_lost_on_the_server_is_unreadable(
    chart: requests_mock.Mocker, client: ChartClient
) -> None:
    give(chart, "image/41/", status_code=500, **EMPTY)
    with pytest.raises(ChartImageUnreadableError):
        client.read_image(41)


def test_any_other_500_on_reading_an_image_is_the_servers_failure(
    chart: requests_mock.Mocker, client: ChartClient
) -> None:
    give(chart, "image/41/", status_code=500, **PAGE)
    with pytest.raises(ChartServerError, match="status 500"):
        client.read_image(41)


@pytest.mark.parametrize(
    "body",
    [
        '{"id":42,"patient":1,"clinic":2,"station":1,"type":"Headshot","data":""}',
        '{"id":41,"patient":1,"clinic":2,"station":1,"type":"Selfie","data":""}',
        '{"id":41,"patient":1,"clinic":2,"station":1,"type":"Headshot","data":null}',
        '{"id":41,"patient":1,"clinic":2,"station":1,"type":"Headshot"}',
        '{"id":41,"patient":0,"clinic":2,"station":1,"type":"Headshot","data":""}',
        "[41]",
    ],
)
def test_an_image_that_is_another_one_or_none_is_an_odd_answer(
    chart: requests_mock.Mocker, client: ChartClient, body: str
) -> None:
    give(chart, "image/41/", body)
    with pytest.raises(ChartAnswerError):
        client.read_image(41)


def test_a_patients_images_are_asked_for_by_every_given_id(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "image/", "[60,53]")
    assert client.image_ids(6, type=ImageType.XRAY, clinic=1, station=3) == [60, 53]
    assert query(chart) == {"patient": ["6"], "type": ["Xray"], "clinic": ["1"], "station": ["3"], "sort": ["true"]}
    client.image_ids(6, newest_first=False)
    assert query(chart) == {"patient": ["6"]}


def test_no_image_is_an_empty_list(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "image/", status_code=404, **EMPTY)
    assert client.image_ids(6) == []


def test_a_404_page_is_not_taken_for_an_empty_list(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "image/", status_code=404, **PAGE)
    with pytest.raises(ChartAddressError):
        client.image_ids(6)


@pytest.mark.parametrize("body", ['{"id":1,"data":""}', '["1"]', "[true]", "[0]", "[[1]]", "null", "[1.0]"])
def test_a_list_of_anything_but_ids_is_an_odd_answer(
    chart: requests_mock.Mocker, client: ChartClient, body: str
) -> None:
    give(chart, "image/", body)
    with pytest.raises(ChartAnswerError):
        client.image_ids(6)


def test_an_image_is_deleted_once(chart: requests_mock.Mocker, client: ChartClient) -> None:
    chart.delete(BASE + "image/41/", [{"text": "{}", "headers": JSON}, {"status_code": 404, **NOT_FOUND}])
    client.delete_image(41)
    with pytest.raises(ChartNotFoundError):
        client.delete_image(41)


def test_a_delete_that_failed_inside_may_have_been_done(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "image/41/", method="DELETE", status_code=502, **PAGE)
    with pytest.raises(ChartServerError) as caught:
        client.delete_image(41)
    assert caught.value.outcome_unknown
