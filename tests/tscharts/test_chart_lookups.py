"""What the client asks about clinics, stations, patients and registrations."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import requests_mock
from chart_answers import BASE, EMPTY, JSON, NOT_FOUND, give, query

from bridge.tscharts import (
    ChartAnswerError,
    ChartClient,
    ChartNotFoundError,
    Clinic,
    Registration,
    Station,
)


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
        lambda client: client.consents(0, 1),
        lambda client: client.consents(1, 0),
    ],
)
def test_what_the_chart_would_ignore_or_bend_is_never_asked(
    chart: requests_mock.Mocker, client: ChartClient, ask: Callable[[ChartClient], object]
) -> None:
    with pytest.raises(ValueError, match=r"above 0|CURP|Selfie"):
        ask(client)
    assert chart.call_count == 0


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
        '"gender":"Male","curp":"INVI160506HBCNVG07","oldid":-1,"city":"Ensenada"}',
    )
    patient = client.patient(5)
    assert patient is not None
    assert (patient.paternal_last, patient.first, patient.middle) == ("Inventada", "Íñigo", "")
    assert patient.dob == date(2016, 5, 6)
    assert patient.oldid is None
    assert repr(patient) == "ChartPatient(id=5)"


def test_names_that_cannot_be_written_or_never_end_are_made_so_that_they_can_be_shown(
    chart: requests_mock.Mocker, client: ChartClient
) -> None:
    give(
        chart,
        "patient/5/",
        '{"id":5,"paternal_last":"Inven\\ud800tada","maternal_last":"","first":"' + "x" * 100_000 + '","middle":null,'
        '"dob":"","gender":"Male","curp":"","oldid":-1}',
    )
    patient = client.patient(5)
    assert patient is not None
    assert (patient.paternal_last, patient.first) == ("Inven?tada", "x" * 1000)


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
            {
                "text": '[{"id":1,"clinic":2,"patient":8,"timein":"2026-11-21T08:00:00.5","state":"Checked In"}]',
                "headers": JSON,
            },
            {"status_code": 404, **NOT_FOUND},
            {"status_code": 400, **EMPTY},
        ],
    )
    assert client.registrations(2, 8) == [Registration(1, 2, 8, datetime(2026, 11, 21, 8, 0, 0, 500_000), "Checked In")]
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
