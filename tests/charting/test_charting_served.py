"""The tscharts-shaped door of a whole bridge, as `serve` opens it, in front of a chart."""

import base64
import contextlib
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest
import requests
import sqlalchemy as sa
from library_calls import Client, creating, deleting, reading

from bridge.config import load_config
from bridge.photos import PhotoState, chart_key
from bridge.photos.sql import SqlStore
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import GUID, make_config, running_bridge
from imaging.imaging_samples import encoded, photo_like
from noted import noted
from phone import ask, post_photo, wait_until

NGINX_BYTES = 1_048_576
LARGE_PHOTO = f"#{GUID}-#123-#Headshot-21-Nov-2026-10-11-12.jpg"


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A photo larger than any chart takes as shipped."""
    return encoded(photo_like(2600, 1950, seed=4, noise=8), quality=97)


@dataclass(frozen=True)
class Image:
    """An image that no other test sends, to be posted as often as one likes."""

    token: str
    data: str

    def post(self, port: int, timeout: float = 20) -> requests.Response:
        return asked(port, "POST", "image/", self.token, timeout=timeout, json=self.fields)

    @property
    def fields(self) -> dict[str, object]:
        return {"patient": 1, "type": "Headshot", "data": self.data}

    def ids(self, chart: SandboxServer) -> list[int]:
        return [image.id for image in chart.images() if image.data == self.data]


@pytest.fixture
def image(chart: SandboxServer) -> Image:
    return Image(chart.token("nurse"), base64.b64encode(secrets.token_bytes(12)).decode())


def asked(
    port: int, method: str, path: str, token: str = "", prefix: str = "", timeout: float = 20, json: object = None
) -> requests.Response:
    """One request under `/tscharts/v1/`."""
    headers = {"Authorization": f"Token {token}"} if token else {}
    url = f"http://127.0.0.1:{port}{prefix}/tscharts/v1/{path}"
    return requests.request(method, url, headers=headers, timeout=timeout, json=json)


def signed_in(port: int, username: str) -> requests.Response:
    return asked(port, "POST", "login/", json={"username": username, "password": f"{username}-pass"})


@contextlib.contextmanager
def served(config: Config) -> Iterator[Popen[bytes]]:
    """A bridge in a process of its own, which is killed at the end of the block."""
    command = [sys.executable, "-m", "bridge", "--config", str(config.file), "serve"]
    with Popen(command, stderr=DEVNULL, stdout=DEVNULL) as process:
        try:
            wait_until(lambda: is_up(config.server.port), 30)
            yield process
        finally:
            process.kill()


def is_up(port: int) -> bool:
    with contextlib.suppress(OSError):
        return ask(port, "GET", "/").status == 200
    return False


def image_posts(chart: SandboxServer) -> list[int]:
    """The statuses of all image POSTs that the chart had."""
    return [each.status for each in chart.requests if each.method == "POST" and "/image/" in each.path]


def test_the_charts_own_library_does_through_a_bridge_as_at_the_chart_itself(
    tmp_path: Path, chart: SandboxServer
) -> None:
    with SandboxServer() as other, running_bridge(make_config(tmp_path, other.url)) as bridge:
        at_chart, at_bridge = Client(chart.port), Client(bridge.web.port)
        calls = [*creating()[::3], *reading()[::4], *deleting()]
        pairs = [(call(at_chart), call(at_bridge)) for call in calls]
    assert [(own, ours) for own, ours in pairs if own != ours] == []
    assert {own[0] for own, _ in pairs} >= {200, 400, 404}


def test_a_post_sent_again_after_a_restart_answers_with_the_first_ones_image(
    tmp_path: Path, chart: SandboxServer, image: Image
) -> None:
    config = make_config(tmp_path, chart.url)
    with running_bridge(config) as bridge:
        first = image.post(bridge.web.port).json()
    with running_bridge(config) as bridge:
        again = image.post(bridge.web.port).json()
    assert again == first == {"id": image.ids(chart)[0]}
    assert len(image.ids(chart)) == 1


@pytest.mark.parametrize(
    ("kind", "made"), [(FaultKind.SLOW_ANSWER, 1), (FaultKind.LATE_IN_SILENCE, 0)], ids=["made", "not made"]
)
def test_a_post_in_whose_middle_the_bridge_was_killed_makes_one_image_when_it_is_sent_again(
    tmp_path: Path, chart: SandboxServer, image: Image, kind: FaultKind, made: int
) -> None:
    config = make_config(tmp_path, chart.url, chart="read_timeout_seconds: 60")
    fault = Fault(kind, "POST", "image", times=1, delay_seconds=60)
    with served(config) as process:
        chart.faults.add(fault)
        with killed_when(lambda: not chart.faults.active(), process), pytest.raises(requests.ConnectionError):
            image.post(config.server.port)
    assert len(image.ids(chart)) == made
    with running_bridge(config) as bridge:
        again = image.post(bridge.web.port)
        assert again.status_code == 200
        assert [again.json()["id"]] == image.ids(chart)
        assert image.post(bridge.web.port).json() == again.json()


@contextlib.contextmanager
def killed_when(true: Callable[[], bool], process: Popen[bytes]) -> Iterator[None]:
    """Kill the process as soon as something is true, while the block waits."""

    def kill() -> None:
        wait_until(true, 20)
        time.sleep(0.1)
        process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        killer.join()


def test_posts_are_forgotten_after_the_hour(tmp_path: Path, chart: SandboxServer, image: Image) -> None:
    with running_bridge(make_config(tmp_path, chart.url)) as bridge:
        image.post(bridge.web.port)
        let_an_hour_pass(bridge.store)
        _, forget = bridge.charting.jobs()["old posts"]
        assert (forget(), forget()) == (1, 0)
        image.post(bridge.web.port)
    assert len(image.ids(chart)) == 2


def let_an_hour_pass(store: object) -> None:
    assert isinstance(store, SqlStore)
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE repeated_posts SET changed_at = '2026-01-01 00:00:00.000000'"))


def test_only_the_staff_comes_in_and_whose_a_token_is_survives_a_restart(tmp_path: Path, chart: SandboxServer) -> None:
    config = make_config(tmp_path, chart.url, more="staff: {allow: [nurse]}")
    with running_bridge(config) as bridge:
        port = bridge.web.port
        assert asked(port, "GET", "patient/1/", chart.token("nurse")).status_code == 401
        assert signed_in(port, "bridge").status_code == 403
        assert signed_in(port, "nurse").json()["token"] == chart.token("nurse")
        assert asked(port, "GET", "patient/1/", chart.token("nurse")).status_code == 200
    with running_bridge(config) as bridge:
        assert asked(bridge.web.port, "GET", "patient/1/", chart.token("nurse")).status_code == 200
        assert asked(bridge.web.port, "GET", "patient/1/", chart.token("bridge")).status_code == 401


def test_switches_of_the_config_make_the_door_as_the_chart_itself(
    tmp_path: Path, chart: SandboxServer, image: Image
) -> None:
    off = "refuse_wrong_numbers: false, refuse_everyone: false, repeats_once: false, fit_pictures: false"
    config = make_config(tmp_path, chart.url, more=f"charting: {{resources: [image], {off}}}")
    with running_bridge(config) as bridge:
        port = bridge.web.port
        assert image.post(port).json() != image.post(port).json()
        assert asked(port, "GET", "image/?patient=x", image.token).status_code == 500
        assert asked(port, "GET", "image/?patient=0", image.token).json() == image.ids(chart)
        assert asked(port, "GET", "patient/", image.token).status_code == 404


def test_options_are_answered_by_whoever_is_asked(tmp_path: Path, chart: SandboxServer) -> None:
    own = asked(chart.port, "OPTIONS", "image/", chart.token("nurse"))
    with running_bridge(make_config(tmp_path, chart.url)) as bridge:
        port = bridge.web.port
        for prefix in ("", "/p/clinic-a"):
            ours = asked(port, "OPTIONS", "image/", chart.token("nurse"), prefix)
            assert (ours.status_code, ours.content) == (own.status_code, own.content)
            assert ours.headers["Allow"] == own.headers["Allow"]
            assert "Access-Control-Allow-Origin" not in ours.headers
        for target in ("/", "/api/photo", "/load", "/check=x", f"/read/{GUID}", "/anything", "/api/v1/pairing"):
            answer = ask(port, "OPTIONS", target, headers={"Origin": "https://app.example"})
            assert (answer.status, answer.body) == (200, b""), target
        assert ask(port, "OPTIONS", "/api/photo").headers["access-control-allow-methods"] == "OPTIONS, GET, POST"


def test_what_a_large_post_teaches_of_the_chart_is_known_to_deliveries(tmp_path: Path, photo: bytes) -> None:
    with SandboxServer(behind_nginx=True) as nginx, running_bridge(make_config(tmp_path, nginx.url)) as bridge:
        data = base64.b64encode(photo).decode()
        fields = {"patient": 5, "type": "Xray", "data": data}
        assert asked(bridge.web.port, "POST", "image/", nginx.token("nurse"), json=fields).status_code == 200
        assert image_posts(nginx) == [413, 200]
        assert (bridge.store.learned_limit(nginx.url).largest_taken_bytes or 0) <= NGINX_BYTES
        assert post_photo(bridge.web.port, LARGE_PHOTO, photo).status == 200
        wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == 1, 30)
        assert image_posts(nginx) == [413, 200, 200]
        assert all(len(each.data or "") < NGINX_BYTES for each in nginx.images())


def test_what_deliveries_have_learned_of_the_chart_is_known_to_posts(tmp_path: Path, photo: bytes) -> None:
    with SandboxServer(behind_nginx=True) as nginx, running_bridge(make_config(tmp_path, nginx.url)) as bridge:
        assert post_photo(bridge.web.port, LARGE_PHOTO, photo).status == 200
        wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == 1, 30)
        before = image_posts(nginx)
        fields = {"patient": 5, "type": "Xray", "data": base64.b64encode(photo).decode()}
        assert asked(bridge.web.port, "POST", "image/", nginx.token("nurse"), json=fields).status_code == 200
        assert image_posts(nginx) == [*before, 200]


def test_what_the_config_says_of_the_charts_limit_holds_for_posts(
    tmp_path: Path, chart: SandboxServer, photo: bytes
) -> None:
    config = make_config(tmp_path, chart.url, chart="body_limit_bytes: 300000")
    with running_bridge(config) as bridge:
        fields = {"patient": 5, "type": "Xray", "data": base64.b64encode(photo).decode()}
        assert asked(bridge.web.port, "POST", "image/", chart.token("nurse"), json=fields).status_code == 200
    assert len(chart.images()[-1].data or "") < 300_000


def test_who_saw_and_deleted_what_is_on_record(tmp_path: Path, chart: SandboxServer, image: Image) -> None:
    config = make_config(tmp_path, chart.url)
    with running_bridge(config) as bridge:
        port = bridge.web.port
        signed_in(port, "nurse")
        image_id = image.post(port).json()["id"]
        assert asked(port, "GET", f"image/{image_id}/", image.token).json()["data"] == image.data
        assert asked(port, "DELETE", f"image/{image_id}/", image.token).status_code == 200
    with running_bridge(config) as bridge:
        found = noted(bridge.store, image_id=image_id, who="nurse", chart=chart_key(chart.url))
    assert [(each.action, each.patient) for each in found] == [
        ("added", 1),
        ("seen", 1),
        ("deleting", 1),
        ("deleted", 1),
    ]


@pytest.fixture
def two_charts(tmp_path: Path, chart: SandboxServer) -> Iterator[tuple[SandboxServer, Path]]:
    """A second chart, and a config by which it is clinic-b's."""
    with SandboxServer() as other:
        file = make_config(tmp_path, chart.url).file
        own = f'chart: {{url: "{other.url}/tscharts/v1/", username: bridge, password_file: chart-password}}'
        file.write_text(file.read_text().replace("name: clinic-b,", f"name: clinic-b, {own},"))
        yield other, file


def listed(bridge: Service, chart: SandboxServer, prefix: str) -> tuple[int, str]:
    answer = asked(bridge.web.port, "GET", "image/?patient=1", chart.token("nurse"), prefix)
    return answer.status_code, answer.text


def test_of_several_charts_each_practice_has_its_own_and_none_is_meant_where_none_is_named(
    chart: SandboxServer, two_charts: tuple[SandboxServer, Path], image: Image
) -> None:
    other, file = two_charts
    with running_bridge(load_config(file)) as bridge:
        made = asked(bridge.web.port, "POST", "image/", other.token("nurse"), "/p/clinic-b", json=image.fields)
        assert [made.json()["id"]] == image.ids(other)
        assert image.ids(chart) == []
        assert listed(bridge, chart, "/p/clinic-a")[0] == 404
        status, body = listed(bridge, chart, "")
        assert status == 404
        assert "put /p/ and the practice's name before the address" in body
        assert "no practice of this name" in listed(bridge, chart, "/p/clinic-c")[1]


def test_of_several_charts_the_default_practices_answers_where_none_is_named(
    two_charts: tuple[SandboxServer, Path], image: Image
) -> None:
    other, file = two_charts
    file.write_text(f"charting: {{default_practice: clinic-b}}\n{file.read_text()}")
    with running_bridge(load_config(file)) as bridge:
        made = asked(bridge.web.port, "POST", "image/", other.token("nurse"), json=image.fields)
        assert [made.json()["id"]] == image.ids(other)


def test_practices_that_share_a_chart_have_one_door_to_it(tmp_path: Path, chart: SandboxServer, image: Image) -> None:
    with running_bridge(make_config(tmp_path, chart.url)) as bridge:
        ids = {
            asked(bridge.web.port, "POST", "image/", image.token, prefix, json=image.fields).json()["id"]
            for prefix in ("", "/p/clinic-a", "/p/clinic-b")
        }
        assert len(list(bridge.charting.charts)) == 1
    assert list(ids) == image.ids(chart)


def test_a_bridge_stops_within_seconds_while_the_chart_hangs_and_the_post_is_looked_for_afterwards(
    tmp_path: Path, chart: SandboxServer, image: Image
) -> None:
    config = make_config(tmp_path, chart.url, chart="read_timeout_seconds: 150")
    answers: list[requests.Response] = []
    with running_bridge(config) as bridge:
        chart.faults.add(Fault(FaultKind.SLOW_ANSWER, "POST", "image", times=1, delay_seconds=60))
        sending = threading.Thread(target=lambda: answers.append(image.post(bridge.web.port, 60)))
        sending.start()
        wait_until(lambda: not chart.faults.active() and bool(image.ids(chart)))
        began = time.monotonic()
    assert time.monotonic() - began < 12
    sending.join()
    assert [answer.status_code for answer in answers] == [504]
    with running_bridge(config) as bridge:
        assert [image.post(bridge.web.port).json()["id"]] == image.ids(chart)
