"""What goes through the door and what does not: addresses, headers, several charts, trouble with the chart."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests
from charting_site import Site, running_door

from bridge.charting import ShapedDoorSettings
from bridge.sandbox import Fault, FaultKind, SandboxServer
from ports import free_port

LARGE = "QUJD" * 500_000


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def site(chart: SandboxServer) -> Iterator[Site]:
    with running_door({"clinic": chart}, read_timeout_seconds=1) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(chart: SandboxServer) -> Iterator[None]:
    yield
    chart.faults.clear()


def raw(site: Site, target: str, token: str, method: str = "GET") -> int:
    """The status of a request whose target goes out as it stands here."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        connection.putrequest(method, target, skip_host=True)
        for name, value in (("Host", "bridge"), ("Authorization", f"Token {token}")):
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path",
    [
        "createuser/",
        "updatepassword/",
        "image/../createuser/",
        "image/..%2fcreateuser/",
        "image/%2e%2e/createuser/",
        "./createuser/",
        "image/1/../../createuser/",
        "image%2f..%2fcreateuser/",
        "image;x/",
        "image/" + "1" * 300 + "/",
        "%E2%80%AEimage/",
        "http:/x/",
        "",
    ],
)
def test_no_address_leads_to_what_is_not_passed_on(chart: SandboxServer, site: Site, path: str) -> None:
    before = len(chart.requests)
    for method in ("GET", "POST", "PUT"):
        assert raw(site, f"/tscharts/v1/{path}", chart.token("bridge"), method) == 404
    assert len(chart.requests) == before


@pytest.mark.parametrize("path", ["clinic/", "station/", "patient/1/", "clinicstation/?clinic=2", "patient/?name=a"])
def test_what_image_clients_ask_on_the_way_is_passed_on(chart: SandboxServer, site: Site, path: str) -> None:
    headers = {"Authorization": f"Token {chart.token('bridge')}"}
    own = requests.get(f"{chart.url}/tscharts/v1/{path}", headers=headers, timeout=5)
    ours = site.ask("GET", path, chart.token("bridge"))
    assert (ours.status_code, ours.content) == (own.status_code, own.content)


def test_what_is_passed_on_can_be_narrowed_and_never_widened_to_the_charts_users(chart: SandboxServer) -> None:
    door = ShapedDoorSettings(resources=frozenset({"image"}))
    with running_door({"clinic": chart}, door=door) as site:
        assert site.ask("GET", "patient/1/", chart.token("bridge")).status_code == 404
        assert site.ask("GET", "image/?patient=9999", chart.token("bridge")).content == b""
    for word in ("createuser", "image/../x", ""):
        with pytest.raises(ValueError, match=r"cannot be passed on|no resource"):
            ShapedDoorSettings(resources=frozenset({word}))


def test_tablets_without_a_slash_are_sent_on_and_get_their_headshot(chart: SandboxServer, site: Site) -> None:
    site.post(chart.token("bridge"), data="c2xhc2g=")
    headers = {"Authorization": f"Token {chart.token('bridge')}"}
    url = f"{site.url}/tscharts/v1/image?patient=1&newest=true&type=Headshot"
    answer = requests.get(url, headers=headers, timeout=5)
    assert [each.status_code for each in answer.history] == [301]
    assert answer.json()["data"] == "c2xhc2g="


def test_each_practice_has_its_chart_behind_its_prefix(chart: SandboxServer) -> None:
    with SandboxServer() as other, running_door({"clinic-a": chart, "clinic-b": other}) as site:
        image_id = site.ask(
            "POST", "image/", other.token("nurse"), "/p/clinic-b", json={"patient": 1, "type": "Xray", "data": "Qg=="}
        ).json()["id"]
        assert site.ask("GET", f"image/{image_id}/", other.token("nurse"), "/p/clinic-b").json()["data"] == "Qg=="
        assert site.ask("GET", "image/", other.token("nurse"), "/p/clinic-a").status_code == 401
        moved = site.ask("GET", "image?patient=1", other.token("nurse"), "/p/clinic-b")
        assert moved.headers["Location"] == "/p/clinic-b/tscharts/v1/image/?patient=1"
        assert site.ask("GET", "image/", other.token("nurse"), "/p/nobody").status_code == 404
        unnamed = site.ask("GET", "image/", other.token("nurse"))
        assert (unnamed.status_code, unnamed.json()["title"]) == (404, "Not Found")
        assert "put /p/" in unnamed.json()["detail"]


def test_a_practice_can_be_the_one_meant_where_none_is_named(chart: SandboxServer) -> None:
    door = ShapedDoorSettings(default_practice="clinic-b")
    with SandboxServer() as other, running_door({"clinic-a": chart, "clinic-b": other}, door=door) as site:
        assert site.ask("GET", "image/?patient=9999", other.token("nurse")).status_code == 404
        assert site.ask("GET", "image/?patient=9999", chart.token("nurse")).status_code == 401
    unknown = ShapedDoorSettings(default_practice="clinic-c")
    with pytest.raises(ValueError, match="no practice `clinic-c`"), running_door({"clinic-a": chart}, door=unknown):
        pass


def test_the_bridges_own_cookies_stay_here_and_its_own_account_is_never_used(chart: SandboxServer, site: Site) -> None:
    answer = site.ask("GET", "image/", headers={"Cookie": "sessionid=sandbox; bridge-0=secret"})
    assert answer.json() == {"detail": "Authentication credentials were not provided."}


def test_the_charts_pages_for_browsers_may_run_nothing_here(chart: SandboxServer, site: Site) -> None:
    site.post(chart.token("bridge"), data="cGFnZQ==")
    page = site.ask("GET", "image/?patient=1", chart.token("bridge"), headers={"Accept": "text/html"})
    assert page.headers["Content-Security-Policy"].startswith("sandbox;")
    lost = site.ask("GET", "image/999999/x/", chart.token("bridge"))
    assert (lost.status_code, lost.headers["Content-Type"][:9]) == (404, "text/html")
    assert lost.headers["Content-Security-Policy"].startswith("sandbox;")
    plain = site.ask("GET", "image/?patient=1", chart.token("bridge"))
    assert "Content-Security-Policy" not in plain.headers


def test_a_chart_that_is_away_is_502_with_a_sentence() -> None:
    with running_door({"clinic": f"http://127.0.0.1:{free_port()}"}) as site:
        for method, path in (
            ("GET", "image/1/"),
            ("DELETE", "image/1/"),
            ("POST", "login/"),
            ("GET", "image/?patient=0"),
        ):
            answer = site.ask(method, path, "a-token")
            assert (answer.status_code, answer.json()["title"]) == (502, "Bad Gateway")
            assert "nothing was done" in answer.json()["detail"]
        assert site.post("a-token").status_code == 502


def test_a_chart_that_does_not_answer_is_504_with_a_sentence(chart: SandboxServer, site: Site) -> None:
    chart.faults.add(Fault(FaultKind.SLOW_ANSWER, delay_seconds=3, times=1))
    answer = site.ask("GET", "image/1/", chart.token("bridge"))
    assert (answer.status_code, answer.json()["title"]) == (504, "Gateway Timeout")


def test_nobody_is_sent_to_a_captive_portal(chart: SandboxServer, site: Site) -> None:
    chart.faults.add(Fault(FaultKind.PORTAL_REDIRECT, times=1))
    answer = site.ask("GET", "image/1/", chart.token("bridge"))
    assert (answer.status_code, "Location" in answer.headers) == (502, False)


def test_an_image_that_breaks_off_at_the_chart_breaks_off_here(chart: SandboxServer, site: Site) -> None:
    image_id = site.post(chart.token("bridge"), data=LARGE).json()["id"]
    chart.faults.add(Fault(FaultKind.CUT_ANSWER, "GET", "image", times=1))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        site.ask("GET", f"image/{image_id}/", chart.token("bridge"))
    assert site.ask("GET", f"image/{image_id}/", chart.token("bridge")).json()["data"] == LARGE


def test_a_client_that_goes_away_in_the_middle_harms_nobody(chart: SandboxServer, site: Site) -> None:
    image_id = site.post(chart.token("bridge"), data=LARGE + "QQ==").json()["id"]
    head = f"Host: x\r\nAuthorization: Token {chart.token('bridge')}\r\n\r\n"
    request = f"GET /tscharts/v1/image/{image_id}/ HTTP/1.1\r\n{head}"
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", site.port), timeout=5) as connection:
            connection.sendall(request.encode())
            connection.recv(1000)
    assert len(site.ask("GET", f"image/{image_id}/", chart.token("bridge")).json()["data"]) == len(LARGE) + 4


def test_every_answer_of_the_chart_is_let_go_of(chart: SandboxServer, site: Site) -> None:
    token = chart.token("bridge")
    image_id = site.post(token, data=LARGE[:-4] + "Z28=").json()["id"]
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        for path in (f"image/{image_id}/", "image/999999/", "image/?patient=1", "image?patient=1", "station/"):
            for caller in (token, "nonsense"):
                site.ask(method, path, caller)
    site.ask("POST", "login/", json={"username": "bridge", "password": "wrong"})
    end = time.monotonic() + 5
    while (
        watched := [each for each in threading.enumerate() if each.name == "chart-alarms"]
    ) and time.monotonic() < end:
        time.sleep(0.02)
    assert watched == []


def test_a_connection_serves_one_request_after_another(chart: SandboxServer, site: Site) -> None:
    headers = {"Authorization": f"Token {chart.token('bridge')}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.connect()
    opened = connection.sock
    for path in ("image/1/", "image/999999/", "image?patient=1", "station/", "image/?patient=0", "nothing/"):
        for method in ("GET", "HEAD", "OPTIONS", "TRACE", "DELETE"):
            connection.request(method, f"/tscharts/v1/{path}", "{}", headers)
            connection.getresponse().read()
            assert connection.sock is opened, (method, path)
    connection.close()
