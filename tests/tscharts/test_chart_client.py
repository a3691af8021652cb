"""What the chart client asks, and what it makes of answers. Answers are those recorded of tscharts."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests_mock

from bridge.secret import Secret
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import (
    ChartAccount,
    ChartAddressError,
    ChartAnswerError,
    ChartBusyError,
    ChartClient,
    ChartError,
    ChartForbiddenError,
    ChartImageUnreadableError,
    ChartNotFoundError,
    ChartPortalError,
    ChartRefusedError,
    ChartServerError,
    ChartTokenError,
    ChartTooLargeError,
    Clinic,
    Registration,
    Station,
    prepare_post,
)

BASE = "https://chart.example.org/tscharts/v1/"
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
EMPTY = {"content": b"", "headers": HTML}
NOT_FOUND = {"text": '{"detail":"Not found."}', "headers": JSON}
PAGE = {"text": "<!doctype html><title>Welcome</title>", "headers": HTML}
POST = prepare_post(ChartTarget(1, ImageType.HEADSHOT, 2), b"picture")
LARGE_POST = prepare_post(ChartTarget(1, ImageType.HEADSHOT, 2), bytes(400_000))


@pytest.fixture
def chart() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker(case_sensitive=True) as mocker:
        yield mocker


@pytest.fixture
def client() -> ChartClient:
    return ChartClient(ChartAccount("https://chart.example.org", token=Secret("abcdef")))


def give(chart: requests_mock.Mocker, path: str, text: str = "", method: str = "GET", **more: Any) -> None:
    """Let the chart answer a request with JSON text, or as `more` says."""
    chart.register_uri(method, BASE + path, **({"text": text, "headers": JSON} | more if text else more))


def query(chart: requests_mock.Mocker) -> dict[str, list[str]]:
    """The parameters of the last request."""
    last = chart.last_request
    assert last is not None
    return dict(last.qs)


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


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.image_ids(0),
        lambda client: client.image_ids(-1),
        lambda client: client.image_ids(True),
        lambda client: client.image_ids(1, clinic=0),
        lambda client: client.image_ids(1, station=0),
        lambda client: client.image_ids(1, type="Selfie"),
        lambda client: client.read_image(0),
        lambda client: client.delete_image(0),
        lambda client: client.clinic(0),
        lambda client: client.patient(2**63),
        lambda client: client.patient_ids_by_oldid(0),
        lambda client: client.patient_ids_by_oldid(-1),
        lambda client: client.patient_ids_by_curp(" "),
        lambda client: client.patient_ids_by_curp("A\x00B"),
        lambda client: client.patient_ids_by_curp("A" * 101),
        lambda client: client.registrations(0),
        lambda client: client.registrations(1, 0),
    ],
)
def test_what_the_chart_would_ignore_or_bend_is_never_asked(
    chart: requests_mock.Mocker, client: ChartClient, ask: Callable[[ChartClient], object]
) -> None:
    with pytest.raises(ValueError, match="above 0|CURP|Selfie"):
        ask(client)
    assert chart.call_count == 0


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


ENSENADA = Clinic(2, date(2026, 11, 20), date(2026, 11, 22), "Ensenada")
ENSENADA_JSON = '{"id":2,"start":"11/20/2026","end":"11/22/2026","location":"Ensenada"}'


def test_the_clinic_of_a_day_is_asked_for_in_the_charts_way(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "clinic/", ENSENADA_JSON)
    assert client.clinic_on(date(2026, 11, 21)) == ENSENADA
    assert query(chart) == {"date": ["11/21/2026"]}


def test_a_day_without_clinic_has_none(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "clinic/", status_code=404, **EMPTY)
    assert client.clinic_on(date(2026, 1, 2)) is None
    assert query(chart) == {"date": ["01/02/2026"]}


@pytest.mark.parametrize(
    "body",
    [
        f"[{ENSENADA_JSON}]",
        '{"id":1,"start":"02/07/2026","end":"02/08/2026","location":"Ensenada"}',
        '{"id":2,"start":"2026-11-20","end":"11/22/2026","location":"Ensenada"}',
        '{"id":2,"start":"11/20/2026","location":"Ensenada"}',
    ],
)
def test_a_clinic_that_does_not_cover_the_day_is_an_odd_answer(
    chart: requests_mock.Mocker, client: ChartClient, body: str
) -> None:
    give(chart, "clinic/", body)
    with pytest.raises(ChartAnswerError):
        client.clinic_on(date(2026, 11, 21))


def test_clinics_and_stations_are_listed(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "clinic/", f"[{ENSENADA_JSON}]")
    give(chart, "clinic/2/", ENSENADA_JSON)
    give(chart, "clinic/3/", status_code=404, **EMPTY)
    give(chart, "station/", '[{"id":1,"name":"Dental1","level":1},{"id":2,"name":"ENT","level":1}]')
    assert client.clinics() == [ENSENADA]
    assert client.clinic(2) == ENSENADA
    assert client.clinic(3) is None
    assert client.stations() == [Station(1, "Dental1"), Station(2, "ENT")]


def test_a_chart_answer_that_does_not_fit_is_named_by_field_and_never_by_value(
    chart: requests_mock.Mocker, client: ChartClient
) -> None:
    give(chart, "patient/5/", '{"id":5,"first":["Inventada"],"dob":"Inventada"}')
    with pytest.raises(ChartAnswerError, match=r"`patient` request .*\(wrong or missing: dob, first\)") as caught:
        client.patient(5)
    assert "Inventada" not in str(caught.value)


def test_a_patient_is_read_and_not_shown(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(
        chart,
        "patient/5/",
        '{"id":5,"paternal_last":"Inventada","maternal_last":"","first":"Íñigo","middle":null,"dob":"05/06/2016",'
        '"gender":"Male","curp":"XXXX160506HXXXXX00","oldid":-1,"city":"Ensenada"}',
    )
    patient = client.patient(5)
    assert patient is not None
    assert (patient.paternal_last, patient.first, patient.middle) == ("Inventada", "Íñigo", "")
    assert patient.dob == date(2016, 5, 6)
    assert patient.oldid is None
    assert repr(patient) == "ChartPatient(id=5)"


def test_a_patient_the_chart_does_not_have_is_none(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "patient/5/", status_code=404, **EMPTY)
    assert client.patient(5) is None


def test_another_patient_than_asked_for_is_an_odd_answer(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "patient/5/", '{"id":6,"first":"Íñigo"}')
    with pytest.raises(ChartAnswerError):
        client.patient(5)


def test_patients_are_found_by_whole_curp_and_by_old_id(chart: requests_mock.Mocker, client: ChartClient) -> None:
    give(chart, "patient/", "[1]")
    assert client.patient_ids_by_curp(" galm150314mbcrpr01 ") == [1]
    assert query(chart) == {"curp": ["galm150314mbcrpr01"], "exact": ["true"]}
    assert client.patient_ids_by_oldid(1001) == [1]
    assert query(chart) == {"oldid": ["1001"]}
    give(chart, "patient/", status_code=404, **EMPTY)
    assert client.patient_ids_by_curp("NOPE") == []
    assert client.patient_ids_by_oldid(4) == []


def test_registrations_are_listed_none_is_empty_and_unknown_is_not_found(
    chart: requests_mock.Mocker, client: ChartClient
) -> None:
    chart.get(
        BASE + "register/",
        [
            {"text": '[{"id":1,"clinic":2,"patient":8,"timein":"x","state":"Checked In"}]', "headers": JSON},
            {"status_code": 404, **NOT_FOUND},
            {"status_code": 400, **EMPTY},
        ],
    )
    assert client.registrations(2, 8) == [Registration(1, 2, 8, "Checked In")]
    assert query(chart) == {"clinic": ["2"], "patient": ["8"]}
    assert client.registrations(2) == []
    with pytest.raises(ChartNotFoundError):
        client.registrations(999)


def test_a_check_tells_the_stations_and_the_servers_time(chart: requests_mock.Mocker, client: ChartClient) -> None:
    headers = JSON | {"Date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    chart.get(BASE + "station/", text='[{"id":3,"name":"X-Ray","level":1}]', headers=headers)
    check = client.check()
    assert check.stations == (Station(3, "X-Ray"),)
    assert check.server_time == client.server_time() == datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.mark.parametrize("date_header", [{}, {"Date": "yesterday"}])
def test_a_server_that_tells_no_time_has_none(
    chart: requests_mock.Mocker, client: ChartClient, date_header: dict[str, str]
) -> None:
    chart.get(BASE + "station/", text="[]", headers=JSON | date_header)
    assert client.server_time() is None


def test_every_error_has_one_sentence_of_its_own() -> None:
    waiting, kinds = [ChartError], set[type[ChartError]]()
    while waiting:
        kind = waiting.pop()
        kinds.add(kind)
        waiting += kind.__subclasses__()
    sentences = {str(kind()) for kind in kinds}
    assert len(sentences) == len(kinds) == 16
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)
