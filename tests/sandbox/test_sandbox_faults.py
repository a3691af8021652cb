"""Each fault that a test can switch on, seen from a client."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from sandbox_client import Chart, eventually

from bridge.sandbox import Fault, FaultKind, SandboxServer


def test_a_slow_answer_comes_after_the_image_is_stored(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.SLOW_ANSWER, "POST", "image", delay_seconds=5))
    with pytest.raises(requests.ReadTimeout):
        chart.post_image(timeout=0.3)
    assert len(server.images()) == 1


def test_a_slow_reader_stores_what_a_client_gave_up_on(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.SLOW_READ, "POST", "image", delay_seconds=0.4))
    with pytest.raises(requests.ReadTimeout):
        chart.post_image(timeout=0.1)
    assert server.images() == ()
    assert eventually(lambda: len(server.images()) == 1)


def test_a_slow_answer_delays_no_other_client(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.SLOW_READ, "POST", "image", delay_seconds=30))
    with pytest.raises(requests.ReadTimeout):
        chart.post_image(timeout=0.1)
    started = time.monotonic()
    assert chart.get("station/").status_code == 200
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("status", [500, 502, 503, 401, 403])
def test_a_status_fault_answers_that_status_and_stores_nothing(
    server: SandboxServer, chart: Chart, status: int
) -> None:
    server.faults.add(Fault(FaultKind.STATUS, "POST", "image", status=status))
    assert chart.post_image().status_code == status
    assert server.images() == ()


def test_a_429_says_when_to_come_again(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.STATUS, status=429, retry_after_seconds=7))
    answer = chart.post_image()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_a_connection_cut_before_storing_leaves_no_image(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.CUT_BEFORE_STORING, "POST", "image"))
    with pytest.raises(requests.ConnectionError):
        chart.post_image()
    assert server.images() == ()
    assert server.requests == (("POST", "/tscharts/v1/image/", None),)


def test_a_connection_cut_after_storing_leaves_the_image(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.CUT_AFTER_STORING, "POST", "image"))
    with pytest.raises(requests.ConnectionError):
        chart.post_image("QUJDRA==")
    assert [image.data for image in server.images()] == ["QUJDRA=="]


def test_an_answer_can_be_cut_in_the_middle_of_its_body(server: SandboxServer, chart: Chart) -> None:
    assert chart.post_image("Q" * 4000).status_code == 200
    server.faults.add(Fault(FaultKind.CUT_ANSWER, "GET", "image"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        chart.get("image/1/")


@pytest.mark.parametrize(
    ("kind", "error"),
    [(FaultKind.LATE_AFTER_CUT, requests.ConnectionError), (FaultKind.LATE_IN_SILENCE, requests.ReadTimeout)],
)
def test_an_image_can_be_stored_long_after_the_client_has_lost_the_answer(
    server: SandboxServer, chart: Chart, kind: FaultKind, error: type[Exception]
) -> None:
    server.faults.add(Fault(kind, "POST", "image", delay_seconds=0.4))
    with pytest.raises(error):
        chart.post_image("Q" * 300_000, timeout=0.2)
    assert server.images() == ()
    assert eventually(lambda: len(server.images()) == 1)


def test_what_waits_to_be_stored_is_dropped_when_the_server_stops(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.LATE_AFTER_CUT, "POST", "image", delay_seconds=60))
    with pytest.raises(requests.ConnectionError):
        chart.post_image()
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 10
    assert server.requests == ()


def test_a_body_limit_is_400_with_a_page_straight_to_the_server(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.BODY_LIMIT, limit_bytes=1000))
    refused = chart.post_image("Q" * 1000)
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert refused.text
    assert chart.post_image("Q" * 500).status_code == 200


def test_a_body_limit_is_413_behind_nginx() -> None:
    with SandboxServer(behind_nginx=True) as server:
        server.faults.add(Fault(FaultKind.BODY_LIMIT, limit_bytes=1000))
        refused = Chart(server).post_image("Q" * 1000)
        assert (refused.status_code, refused.headers["Content-Type"]) == (413, "text/html")
        assert server.images() == ()


def test_a_captive_portal_answers_everything_with_a_page(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.PORTAL_PAGE))
    for answer in (chart.post_image(), chart.get("station/"), chart.call("POST", "login/", json={})):
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
        assert "<html" in answer.text
    assert server.images() == ()


def test_a_captive_portal_can_redirect_to_its_page(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.PORTAL_REDIRECT, location="http://portal.invalid/hello"))
    answer = chart.post_image()
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://portal.invalid/hello")


def test_a_wrong_clock_shows_in_the_date_header_and_in_image_times(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.CLOCK, times=1, offset_seconds=-86_400 * 3))
    first = chart.post_image()
    chart.post_image()
    drift = datetime.now(UTC) - parsedate_to_datetime(first.headers["Date"])
    assert timedelta(days=2, hours=23) < drift < timedelta(days=3, hours=1)
    earlier, later = server.images()
    assert timedelta(days=2, hours=23) < later.saved - earlier.saved < timedelta(days=3, hours=1)


def test_altered_data_differs_in_one_letter_from_what_is_stored(server: SandboxServer, chart: Chart) -> None:
    chart.post_image("QUJDREVG")
    server.faults.add(Fault(FaultKind.ALTERED_DATA, "GET", "image"))
    for path in ("image/1/", "image/?patient=1&newest=true"):
        given = chart.get(path).json()["data"]
        assert sum(a != b for a, b in zip(given, "QUJDREVG", strict=True)) == 1
    assert server.images()[0].data == "QUJDREVG"


def test_a_fault_strikes_only_its_method_and_resource(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.STATUS, "POST", "image", status=503))
    assert chart.get("image/").status_code == 404
    assert chart.get("station/").status_code == 200
    assert chart.post_image().status_code == 503


def test_a_fault_lasts_for_its_number_of_requests(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.STATUS, "POST", "image", times=2, status=502))
    assert [chart.post_image().status_code for _ in range(3)] == [502, 502, 200]
    assert server.faults.active() == ()


def test_cleared_faults_strike_no_more(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.STATUS))
    assert chart.post_image().status_code == 500
    server.faults.clear()
    assert chart.post_image().status_code == 200


def test_faults_of_one_kind_strike_one_after_another(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.STATUS, times=1, status=503))
    server.faults.add(Fault(FaultKind.STATUS, times=1, status=502))
    assert [chart.post_image().status_code for _ in range(3)] == [503, 502, 200]


def test_a_body_limit_can_be_larger_than_the_servers_own(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.BODY_LIMIT, limit_bytes=4_000_000))
    assert chart.post_image("A" * 3_000_000).status_code == 200


def test_a_status_without_a_name_can_be_answered(server: SandboxServer, chart: Chart) -> None:
    server.faults.add(Fault(FaultKind.STATUS, status=522))
    assert chart.post_image().status_code == 522
