"""What the directory remembers, and for how long. The clock is turned by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
import requests_mock

from bridge.secret import Secret
from bridge.tscharts import ChartAccount, ChartClient, ChartDirectory, ChartServerError
from bridge.tscharts.cache import TimedCache

BASE = "https://chart.example.org/tscharts/v1/"
JSON = {"Content-Type": "application/json"}
CLINIC = {"text": '{"id":2,"start":"11/20/2026","end":"11/22/2026","location":"Ensenada"}', "headers": JSON}
NONE = {"status_code": 404, "headers": {"Content-Type": "text/html"}}


@dataclass
class HandClock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def chart() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker() as mocker:
        yield mocker


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def directory(clock: HandClock) -> ChartDirectory:
    client = ChartClient(ChartAccount("https://chart.example.org", token=Secret("abc")))
    return ChartDirectory(client, clock)


def stations(*names: str) -> dict[str, object]:
    listed = ",".join(f'{{"id":{number},"name":"{name}","level":1}}' for number, name in enumerate(names, 1))
    return {"text": f"[{listed}]", "headers": JSON}


def test_a_station_is_known_by_its_name_and_else_by_any_case(
    chart: requests_mock.Mocker, directory: ChartDirectory
) -> None:
    chart.get(BASE + "station/", **stations("X-Ray", "ENT", "ent", "Registro"))
    assert directory.station_id("X-Ray") == 1
    assert directory.station_id("x-ray") == 1
    assert directory.station_id("ent") == 3
    assert directory.station_id("registro") == 4
    assert chart.call_count == 1


def test_a_station_name_that_fits_two_is_not_guessed(chart: requests_mock.Mocker, directory: ChartDirectory) -> None:
    chart.get(BASE + "station/", **stations("ENT", "ent"))
    assert directory.station_id("Ent") is None


def test_a_station_not_found_is_asked_for_again_after_half_a_minute(
    chart: requests_mock.Mocker, directory: ChartDirectory, clock: HandClock
) -> None:
    chart.get(BASE + "station/", [stations("ENT"), stations("ENT", "X-Ray")])
    assert directory.station_id("X-Ray") is None
    assert directory.station_id("X-Ray") is None
    assert chart.call_count == 1
    clock.now += 31
    assert directory.station_id("X-Ray") == 2


def test_known_stations_are_asked_for_again_after_five_minutes(
    chart: requests_mock.Mocker, directory: ChartDirectory, clock: HandClock
) -> None:
    chart.get(BASE + "station/", **stations("ENT"))
    directory.station_id("ENT")
    clock.now += 299
    directory.station_id("ENT")
    assert chart.call_count == 1
    clock.now += 2
    directory.station_id("ENT")
    assert chart.call_count == 2


def test_the_clinic_of_a_day_is_kept_for_minutes_and_no_clinic_for_half_a_minute(
    chart: requests_mock.Mocker, directory: ChartDirectory, clock: HandClock
) -> None:
    chart.get(BASE + "clinic/", [NONE, CLINIC])
    day = date(2026, 11, 21)
    assert directory.clinic_on(day) is None
    clock.now += 29
    assert directory.clinic_on(day) is None
    clock.now += 2
    for _ in range(2):
        found = directory.clinic_on(day)
        assert found is not None
        assert found.id == 2
        clock.now += 200
    assert chart.call_count == 2


def test_a_clinic_is_kept_by_its_id(chart: requests_mock.Mocker, directory: ChartDirectory) -> None:
    chart.get(BASE + "clinic/2/", **CLINIC)
    for _ in range(2):
        found = directory.clinic(2)
        assert found is not None
        assert found.location == "Ensenada"
    assert chart.call_count == 1


def test_a_patient_is_kept_for_an_hour_and_no_patient_for_ten_seconds(
    chart: requests_mock.Mocker, directory: ChartDirectory, clock: HandClock
) -> None:
    chart.get(BASE + "patient/5/", [NONE, {"text": '{"id":5}', "headers": JSON}, NONE])
    assert not directory.patient_exists(5)
    assert not directory.patient_exists(5)
    clock.now += 11
    assert directory.patient_exists(5)
    clock.now += 3599
    assert directory.patient_exists(5)
    assert chart.call_count == 2
    clock.now += 2
    assert not directory.patient_exists(5)


def test_a_search_that_found_nobody_is_made_again(chart: requests_mock.Mocker, directory: ChartDirectory) -> None:
    chart.get(BASE + "patient/", [NONE, {"text": "[1,7]", "headers": JSON}])
    assert directory.patients_by_curp("GALM150314MBCRPR01") == []
    assert directory.patients_by_curp("GALM150314MBCRPR01") == [1, 7]
    assert directory.patients_by_curp("galm150314mbcrpr01") == [1, 7]
    assert chart.call_count == 2
    chart.get(BASE + "patient/", [NONE, {"text": "[3]", "headers": JSON}])
    assert directory.patients_by_oldid(77) == []
    assert directory.patients_by_oldid(77) == directory.patients_by_oldid(77) == [3]


def test_what_no_record_can_have_is_answered_without_asking(
    chart: requests_mock.Mocker, directory: ChartDirectory
) -> None:
    assert not directory.patient_exists(0)
    assert not directory.patient_exists(10**30)
    assert directory.patients_by_oldid(-1) == []
    assert directory.patients_by_curp(" ") == []
    assert directory.clinic(0) is None
    assert chart.call_count == 0


def test_a_failure_is_raised_and_not_remembered(chart: requests_mock.Mocker, directory: ChartDirectory) -> None:
    chart.get(BASE + "patient/5/", [{"status_code": 500}, {"text": '{"id":5}', "headers": JSON}])
    with pytest.raises(ChartServerError):
        directory.patient_exists(5)
    assert directory.patient_exists(5)


def test_everything_can_be_forgotten(chart: requests_mock.Mocker, directory: ChartDirectory) -> None:
    chart.get(BASE + "station/", **stations("ENT"))
    directory.station_id("ENT")
    directory.forget()
    directory.station_id("ENT")
    assert chart.call_count == 2


def test_a_cache_keeps_a_limited_number_and_drops_what_was_used_longest_ago(clock: HandClock) -> None:
    cache: TimedCache[int, str] = TimedCache(clock, most=2)
    cache.put(1, "a", 60)
    cache.put(2, "b", 60)
    cache.get(1)
    cache.put(3, "c", 60)
    assert cache.get(2) is None
    found = cache.get(1)
    assert found is not None
    assert found.value == "a"
