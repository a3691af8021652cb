"""A chart that hangs, or something else that answers in its place, harms neither phones nor callers."""

import base64
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from charting_site import Site, running_door
from memory_doors import MemoryRepeats

from bridge.charting import FixedLimit, RefusedError
from bridge.charting.waiting import Waiting
from bridge.photos import KnownPost
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.tscharts import ChartBusyError, Places
from bridge_runner import GUID, make_config, running_bridge
from phone import picture, post_photo, wait_until

THREADS = 24
PLACES, OF_STRANGERS = 6, 3
PHOTO = f"#{GUID}-#4-#Headshot-21-Nov-2026-10-11-12.jpg"


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def ask(port: int, token: str) -> requests.Response:
    url = f"http://127.0.0.1:{port}/tscharts/v1/patient/1/"
    return requests.get(url, headers={"Authorization": f"Token {token}"} if token else {}, timeout=20)


def hangs(chart: SandboxServer, seconds: float, method: str = "GET") -> None:
    chart.faults.add(Fault(FaultKind.SLOW_ANSWER, method, delay_seconds=seconds))


def test_phones_get_through_while_the_chart_hangs_for_people_without_a_token(
    tmp_path: Path, chart: SandboxServer
) -> None:
    config = make_config(tmp_path, chart.url, chart="read_timeout_seconds: 20")
    with running_bridge(config) as bridge, ExitStack() as callers:
        hangs(chart, 5)
        for _ in range(2 * THREADS):
            caller = callers.enter_context(socket.create_connection(("127.0.0.1", bridge.web.port)))
            caller.sendall(b"GET /tscharts/v1/patient/1/ HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1)
        started = time.monotonic()
        assert post_photo(bridge.web.port, PHOTO, picture()).status == 200
        assert time.monotonic() - started < 4
        refused = ask(bridge.web.port, "")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.headers["Content-Type"] == "application/problem+json"


def test_those_whom_the_chart_knows_have_places_that_others_cannot_take(tmp_path: Path, chart: SandboxServer) -> None:
    token = chart.token("nurse")
    with running_bridge(make_config(tmp_path, chart.url)) as bridge:
        assert ask(bridge.web.port, token).status_code == 200
        hangs(chart, 4)
        with ThreadPoolExecutor(20) as together:
            strangers = [together.submit(ask, bridge.web.port, f"wrong{number}") for number in range(8)]
            wait_until(lambda: sum(each.done() for each in strangers) == 8 - OF_STRANGERS, 5)
            known = [together.submit(ask, bridge.web.port, token) for _ in range(8)]
        assert sorted(each.result().status_code for each in strangers) == [401] * OF_STRANGERS + [503] * 5
        assert sorted(each.result().status_code for each in known) == [200] * (PLACES - OF_STRANGERS) + [503] * 5
        chart.faults.clear()
        assert {ask(bridge.web.port, token).status_code for _ in range(PLACES + 2)} == {200}


def test_only_what_the_chart_lets_in_makes_a_token_known(tmp_path: Path, chart: SandboxServer) -> None:
    with running_bridge(make_config(tmp_path, chart.url)) as bridge:
        url = f"http://127.0.0.1:{bridge.web.port}/tscharts/v1"
        headers = {"Authorization": "Token wrong"}
        for path in ("station/x/", "clinic", "image/1/", "image/0/"):
            requests.get(f"{url}/{path}", headers=headers, allow_redirects=False, timeout=5)
        requests.options(f"{url}/image/", headers=headers, timeout=5)
        body = {"username": "nurse", "password": "nurse-pass"}
        assert requests.post(f"{url}/login/", json=body, headers=headers, timeout=5).status_code in (200, 401)
        hangs(chart, 1.5)
        with ThreadPoolExecutor(8) as together:
            answers = list(together.map(lambda _: ask(bridge.web.port, "wrong").status_code, range(8)))
    assert sorted(answers) == [401] * OF_STRANGERS + [503] * 5


def test_a_place_is_free_again_when_its_request_is_over() -> None:
    places = Places(2, 1)
    places.let_in("Token a")
    first = places.take("")
    with pytest.raises(ChartBusyError):
        places.take("Token b")
    second = places.take("Token a")
    with pytest.raises(ChartBusyError):
        places.take("Token a")
    first()
    second()
    places.take("Token b")()


def test_a_token_is_known_for_a_minute() -> None:
    now = [0.0]
    places = Places(3, 1, lambda: now[0])
    places.let_in("Token a")
    places.take("")
    now[0] = 59
    places.take("Token a")()
    now[0] = 61
    with pytest.raises(ChartBusyError):
        places.take("Token a")


class Counting(MemoryRepeats):
    """Counts how often it is asked what would be a write."""

    begun = 0

    def begin(self, digest: str) -> KnownPost:
        self.begun += 1
        return super().begin(digest)


def test_those_who_wait_for_a_post_only_read_until_it_is_over() -> None:
    repeats = Counting()
    repeats.begin("post")
    waiting = Waiting(repeats)
    with ThreadPoolExecutor(2) as together:
        waiters = [together.submit(waiting.until_free, "post") for _ in range(2)]
        time.sleep(0.5)
        with pytest.raises(RefusedError) as caught:
            waiting.until_free("post")
        repeats.made("post", 7)
        assert {waiter.result().image_id for waiter in waiters} == {7}
    assert (caught.value.status, repeats.begun) == (503, 6)
    assert waiting.until_free("post").image_id == 7


def test_sixteen_wait_in_all() -> None:
    repeats = MemoryRepeats()
    digests = [str(number) for number in range(9)]
    for digest in digests:
        repeats.begin(digest)
    waiting = Waiting(repeats)
    with ThreadPoolExecutor(18) as together:
        waiters = [together.submit(waiting.until_free, digest) for digest in (*digests, *digests)]
        wait_until(lambda: sum(each.done() for each in waiters) == 2, 5)
        for digest in digests:
            repeats.made(digest, 7)
    assert sum(each.exception() is None for each in waiters) == 16


class TestACaptivePortal:
    @pytest.fixture
    def site(self, chart: SandboxServer) -> Iterator[Site]:
        with running_door({"clinic": chart}, limit=self.limit(), read_timeout_seconds=2) as site:
            yield site

    def limit(self) -> "Learning":
        self.learned = Learning(2_000_000)
        return self.learned

    def test_that_takes_an_image_has_not_taken_it(self, chart: SandboxServer, site: Site) -> None:
        chart.faults.add(Fault(FaultKind.PORTAL_PAGE, "POST", "image", times=1))
        answer = site.post(chart.token("nurse"), data="cG9ydGFs")
        assert (answer.status_code, answer.headers["Content-Type"]) == (502, "application/problem+json")
        assert "not known whether this image is there" in answer.json()["detail"]
        assert self.learned.taken == []
        again = site.post(chart.token("nurse"), data="cG9ydGFs").json()["id"]
        assert [image.id for image in chart.images() if image.data == "cG9ydGFs"] == [again]
        assert len(self.learned.taken) == 1

    @pytest.mark.parametrize("portal", [FaultKind.PORTAL_PAGE, FaultKind.PORTAL_REDIRECT, FaultKind.STATUS])
    @pytest.mark.parametrize("good", [0, 1])
    def test_that_answers_when_a_lost_image_is_looked_for_makes_no_second_one(
        self, chart: SandboxServer, site: Site, portal: FaultKind, good: int
    ) -> None:
        data = base64.b64encode(picture(good)).decode()
        chart.faults.add(Fault(FaultKind.CUT_AFTER_STORING, "POST", "image", times=1))
        assert site.post(chart.token("nurse"), data=data).status_code == 504
        chart.faults.add(Fault(portal, "GET", "image", times=1, status=503))
        answer = site.post(chart.token("nurse"), data=data)
        assert (answer.status_code, answer.headers["Content-Type"]) == (504, "application/problem+json")
        found = site.post(chart.token("nurse"), data=data).json()["id"]
        assert [image.id for image in chart.images() if image.data == data] == [found]


class Learning(FixedLimit):
    """A limit that says what it was taught."""

    def __init__(self, fixed_bytes: int) -> None:
        super().__init__(fixed_bytes)
        object.__setattr__(self, "taken", [])

    taken: list[int]

    def was_taken(self, body_bytes: int) -> None:
        self.taken.append(body_bytes)


@pytest.mark.parametrize("start", [b"\x0b", b"\x85", b"\xa0", b"\x1c", b"\x0c"])
@pytest.mark.parametrize("name", ["Accept", "User-Agent", "Range", "Authorization"])
def test_headers_that_begin_with_odd_spaces_go_to_the_chart(chart: SandboxServer, start: bytes, name: str) -> None:
    token = chart.token("nurse").encode()
    odd = start + (b"Token " + token if name == "Authorization" else b"x/y" if name == "Accept" else b"x")
    lines = [b"GET /tscharts/v1/station/ HTTP/1.1", b"Host: x", b"Connection: close", name.encode() + b": " + odd]
    lines += [] if name == "Authorization" else [b"Authorization: Token " + token]
    with running_door({"clinic": chart}) as site, socket.create_connection(("127.0.0.1", site.port)) as connection:
        before = len(chart.requests)
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        status = int(connection.recv(100).split()[1])
        assert status in (200, 401, 406)
        assert len(chart.requests) == before + 1


def test_an_address_of_two_slashes_is_none_of_the_charts(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site, socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall(b"GET //tscharts/v1/station/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert connection.recv(100).split()[1] == b"404"
    assert not chart.requests


def test_threads_of_a_door_are_free_again_after_its_callers_left(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}, threads=4) as site:
        hangs(chart, 0.5)
        threads = [threading.Thread(target=ask, args=(site.port, "x")) for _ in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        chart.faults.clear()
        assert ask(site.port, chart.token("nurse")).status_code == 200
