"""Pictures that are too large for the chart are made to fit; what is no picture is the chart's to refuse."""

import base64
import io
import json
from collections.abc import Iterator

import pytest
import requests
from charting_site import ALL_OFF, Site, running_door
from PIL import Image

from bridge.charting import FixedLimit
from bridge.holds import HoldReason
from bridge.imaging import Limits, PictureError, Prepared, Workshop
from bridge.sandbox import SandboxServer
from imaging.imaging_samples import encoded, photo_like

NGINX_BYTES = 1_048_576


class Learned:
    """A BodyLimit that starts too high and halves at every refusal."""

    def __init__(self, first_bytes: int) -> None:
        self.now_bytes = first_bytes
        self.taken: list[int] = []
        self.refused: list[int] = []

    def limit_bytes(self) -> int:
        return self.now_bytes

    def was_taken(self, body_bytes: int) -> None:
        self.taken.append(body_bytes)

    def was_refused(self, body_bytes: int) -> None:
        self.refused.append(body_bytes)
        self.now_bytes = NGINX_BYTES


@pytest.fixture(scope="module")
def photo() -> bytes:
    return encoded(photo_like(2600, 1950, seed=4, noise=8), quality=97)


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop(1) as running:
        yield running


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def site(chart: SandboxServer, workshop: Workshop) -> Iterator[Site]:
    with running_door({"clinic": chart}, pictures=workshop) as running:
        yield running


def text(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def picture_of(answer: requests.Response, chart: SandboxServer) -> Image.Image:
    assert answer.status_code == 200, answer.text
    (stored,) = [image for image in chart.images() if image.id == answer.json()["id"]]
    picture = Image.open(io.BytesIO(base64.b64decode(stored.data or "", validate=True)))
    picture.load()
    return picture


def test_a_photo_too_large_for_the_chart_arrives_smaller(chart: SandboxServer, site: Site, photo: bytes) -> None:
    assert len(text(photo)) > 2_621_440
    answer = site.post(chart.token("bridge"), patient=123, type="Xray", clinic=2, station=1, data=text(photo))
    assert picture_of(answer, chart).format == "JPEG"
    stored = chart.images()[-1]
    assert (stored.patient, stored.clinic, stored.station, stored.type) == (123, 2, 1, "Xray")
    assert site.post(chart.token("bridge"), patient=123, type="Xray", clinic=2, station=1, data=text(photo)).json() == {
        "id": stored.id
    }


def test_a_tablets_escaped_slashes_are_understood(chart: SandboxServer, site: Site, photo: bytes) -> None:
    body = json.dumps({"patient": 1, "clinic": 2, "type": "Headshot", "data": text(photo)}).replace("/", "\\/")
    answer = site.ask("POST", "image/", chart.token("bridge"), data=body.encode())
    assert picture_of(answer, chart).width > 1000


def test_a_limit_that_was_guessed_too_high_is_learned(workshop: Workshop, photo: bytes) -> None:
    limit = Learned(2_621_440)
    with SandboxServer(behind_nginx=True) as nginx:
        with running_door({"clinic": nginx}, pictures=workshop, limit=limit) as site:
            answer = site.post(nginx.token("bridge"), data=text(photo))
        assert picture_of(answer, nginx).format == "JPEG"
    assert len(limit.refused) == 1
    assert limit.taken[0] <= NGINX_BYTES < limit.refused[0]


def test_a_chart_that_refuses_everything_teaches_nothing(workshop: Workshop, photo: bytes) -> None:
    limit = Learned(8_000_000)
    with (
        SandboxServer(allowed_hosts=("another.example.org",)) as strict,
        running_door({"clinic": strict}, pictures=workshop, limit=limit) as site,
    ):
        assert site.post(strict.token("bridge"), data=text(photo)).status_code == 502
    assert limit.refused == []


@pytest.mark.parametrize("data", ["QUJD" * 700_000, "no base64! " * 300_000])
def test_what_is_no_picture_is_the_charts_to_refuse(chart: SandboxServer, site: Site, data: str) -> None:
    answer = site.post(chart.token("bridge"), data=data)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_a_patient_the_chart_does_not_know_is_its_to_refuse(chart: SandboxServer, site: Site, photo: bytes) -> None:
    answer = site.post(chart.token("bridge"), patient=9999, data=text(photo))
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


class NoPictures:
    """A PictureMaker that nothing may come to."""

    def __init__(self) -> None:
        self.asked = 0

    def prepare(self, file: bytes, limits: Limits, /) -> Prepared:
        self.asked += 1
        raise PictureError(HoldReason.NOT_A_PICTURE, "This is no picture.")


def test_for_strangers_no_picture_is_opened(chart: SandboxServer) -> None:
    pictures, data = NoPictures(), "QUJD" * 700_000
    with running_door({"clinic": chart}, pictures=pictures) as site:
        assert site.post("nonsense", data=data).json() == {"detail": "Invalid token."}
        assert pictures.asked == 0
        assert site.post(chart.token("bridge"), data=data).status_code == 400
        assert pictures.asked == 1


def test_strangers_may_not_send_what_is_larger_than_any_chart_takes(chart: SandboxServer, site: Site) -> None:
    body = b"x" * 5_000_000
    for options in ({"data": body}, {"data": iter([body])}):
        answer = site.ask("POST", "image/", "nonsense", **options)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Token")


def test_nobody_may_send_what_is_larger_than_any_picture(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}, max_upload_bytes=5_000_000) as site:
        for body in (b"x" * 7_500_000, iter([b"x" * 7_500_000])):
            answer = site.ask("POST", "image/", chart.token("bridge"), data=body)
            assert answer.status_code == 413
            assert answer.json()["detail"].startswith("This is larger than any picture")


def test_the_switch_leaves_the_refusal_to_the_chart(chart: SandboxServer, workshop: Workshop, photo: bytes) -> None:
    with running_door({"clinic": chart}, pictures=workshop, door=ALL_OFF) as site:
        assert site.post(chart.token("bridge"), data=text(photo)).status_code == 400


def test_while_the_bridge_stops_a_large_photo_is_to_be_sent_again(chart: SandboxServer, photo: bytes) -> None:
    closed = Workshop(1)
    closed.close()
    with running_door({"clinic": chart}, pictures=closed, limit=FixedLimit(500_000)) as site:
        answer = site.post(chart.token("bridge"), data=text(photo))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
