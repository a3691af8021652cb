"""What the chart holds: seeds, days and clocks, a database between runs, the order of images."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from sandbox_client import Chart, eventually

from bridge.errors import BridgeError
from bridge.sandbox import SandboxServer, default_seed, load_seed

LATE_EVENING_IN_LOS_ANGELES = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def test_the_default_chart_has_the_people_and_stations_that_examples_name(chart: Chart) -> None:
    assert chart.get("patient/").json() == [*range(1, 13), 123]
    names = [station["name"] for station in chart.get("station/").json()]
    assert names == ["Dental1", "ENT", "X-Ray", "Surgery", "Audiology", "Registration"]
    assert len(chart.get("clinicstation/?clinic=2").json()) == 6
    assert 123 in [registration["patient"] for registration in chart.get("register/?clinic=2").json()]


def test_the_default_clinic_covers_today_by_the_servers_own_zone() -> None:
    with SandboxServer(clock=lambda: LATE_EVENING_IN_LOS_ANGELES) as server:
        clinic = Chart(server).get("clinic/?date=11/21/2026").json()
    assert clinic == {"id": 2, "start": "11/21/2026", "end": "11/23/2026", "location": "Ensenada"}


def test_another_time_zone_has_another_today() -> None:
    with SandboxServer(clock=lambda: LATE_EVENING_IN_LOS_ANGELES, time_zone="Europe/Berlin") as server:
        assert Chart(server).get("clinic/2/").json()["start"] == "11/22/2026"
        assert Chart(server).get("clinic/?date=11/21/2026").status_code == 404


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(BridgeError, match="Mars/Olympus is not a time zone"):
        SandboxServer(time_zone="Mars/Olympus")


def test_an_image_is_saved_at_the_servers_local_time() -> None:
    with SandboxServer(clock=lambda: LATE_EVENING_IN_LOS_ANGELES) as server:
        Chart(server).post_image()
        assert server.images()[0].saved == datetime(2026, 11, 21, 22, 30)


def test_a_patient_registers_once_a_day_of_the_servers_own() -> None:
    now = [LATE_EVENING_IN_LOS_ANGELES]
    with SandboxServer(clock=lambda: now[0]) as server:
        register = {"clinic": 2, "patient": 12}
        statuses = []
        for minutes in (0, 60, 40):
            now[0] += timedelta(minutes=minutes)
            statuses.append(Chart(server).call("POST", "register/", json=register).status_code)
    assert statuses == [200, 409, 200]


def test_images_posted_one_after_another_sort_newest_first(server: SandboxServer, chart: Chart) -> None:
    for _ in range(20):
        chart.post_image()
    assert chart.get("image/?sort=true").json() == list(range(20, 0, -1))
    assert len({image.saved for image in server.images()}) == 20


def test_what_the_sandbox_does_not_play_is_501(chart: Chart) -> None:
    assert chart.call("PUT", "station/1/", json={"name": "Other"}).status_code == 501
    assert chart.get("station/1/").json()["name"] == "Dental1"


def test_a_failure_of_its_own_is_500_with_a_page(chart: Chart) -> None:
    answer = chart.call("POST", "station/", data=b'{"name": "\\ud800"}')
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert len(chart.get("station/").json()) == 6


def test_stored_images_are_told_by_patient(server: SandboxServer, chart: Chart) -> None:
    chart.post_image("QQ==", patient=2, clinic=2, station=3, type="Surgery")
    chart.post_image("Qg==", patient=123)
    (image,) = server.images(patient=2)
    assert (image.id, image.patient, image.clinic, image.station) == (1, 2, 2, 3)
    assert (image.type, image.data) == ("Surgery", "QQ==")
    assert [image.patient for image in server.images()] == [2, 123]


def test_an_id_is_not_used_again_after_its_image_is_deleted(chart: Chart) -> None:
    chart.post_image()
    chart.call("DELETE", "image/1/")
    assert chart.post_image().json() == {"id": 2}


def test_on_a_mysql_family_database_a_new_image_takes_the_place_of_a_deleted_one() -> None:
    with SandboxServer(mysql_family=True) as server:
        chart = Chart(server)
        for _ in range(4):
            chart.post_image()
        chart.call("DELETE", "image/2/")
        chart.post_image()
        assert chart.get("image/?patient=1").json() == [1, 5, 3, 4]
        assert chart.get("image/?patient=1&sort=true").json() == [5, 4, 3, 1]


def test_a_database_file_keeps_the_chart_its_tokens_and_its_port_over_a_restart(tmp_path: Path) -> None:
    server = SandboxServer(database=tmp_path / "chart.sqlite")
    with server:
        before = server.url, server.token("bridge")
        Chart(server).post_image("QUJD")
    with pytest.raises(requests.ConnectionError):
        requests.get(before[0], timeout=5)
    with server:
        assert (server.url, server.token("bridge")) == before
        assert [image.data for image in server.images()] == ["QUJD"]


def test_a_kept_chart_has_its_clinic_for_today_on_every_day_it_is_opened(tmp_path: Path) -> None:
    now = [LATE_EVENING_IN_LOS_ANGELES]
    server = SandboxServer(database=tmp_path / "chart.sqlite", clock=lambda: now[0])
    with server:
        assert Chart(server).get("clinic/2/").json()["start"] == "11/21/2026"
    now[0] += timedelta(days=30)
    with server:
        assert Chart(server).get("clinic/2/").json()["start"] == "12/21/2026"


def test_a_port_in_use_is_told_in_one_sentence(server: SandboxServer) -> None:
    with pytest.raises(BridgeError, match=f"Port {server.port} on 127.0.0.1 cannot be used"):
        SandboxServer(port=server.port).start()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "chart.sqlite"
    file.write_text("this is a shopping list, not a database; " * 50)
    with pytest.raises(BridgeError, match=r"chart\.sqlite cannot be used as the chart's database"):
        SandboxServer(database=file).start()


def test_a_stopped_server_says_that_it_is_not_running() -> None:
    with pytest.raises(BridgeError, match="not running"):
        SandboxServer().images()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not a JSON file"),
        ("[]", "must hold one JSON object"),
        ('{"doctors": []}', "doctors is not a section of a seed"),
        ('{"stations": {"id": 1}}', "stations must be a list of objects"),
        ('{"stations": [{"name": "ENT"}, {"nom": "ENT"}]}', "stations, row 2: nom is not a field here"),
        ('{"clinics": [{"location": "X", "start": "2026-01-01", "end": "01/02/2026"}]}', "clinics, row 1: a day must"),
        ('{"registrations": [{"clinic": 9, "patient": 9}]}', "registrations, row 1 does not fit"),
    ],
)
def test_a_seed_that_cannot_be_used_names_the_place(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "seed.json"
    file.write_text(content)
    with pytest.raises(BridgeError, match=message):
        SandboxServer(load_seed(file)).start()


def test_a_seed_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match=r"none\.json cannot be read"):
        load_seed(tmp_path / "none.json")


def test_a_seed_can_be_made_from_the_default_one(tmp_path: Path) -> None:
    rows = {**default_seed().rows, "stations": ({"id": 9, "name": "Recovery"},), "clinicstations": ()}
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(rows))
    with SandboxServer(load_seed(file)) as server:
        assert Chart(server).get("station/").json() == [{"id": 9, "name": "Recovery", "level": 1}]


def test_the_command_prints_its_address_and_users_and_stops_when_asked(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge.sandbox", "--port", "0", "--database", str(tmp_path / "chart.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(2)]
        url = printed[0].split()[-1]
        assert requests.get(f"{url}station/", timeout=5).status_code == 401
        process.terminate()
        assert eventually(lambda: process.poll() is not None)
    assert url.startswith("http://127.0.0.1:")
    assert "user bridge, password bridge-pass, pin 1234" in printed[1]


def test_the_command_tells_a_bad_seed_in_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bridge.sandbox", "--port", "0", "--seed", str(tmp_path / "none.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
