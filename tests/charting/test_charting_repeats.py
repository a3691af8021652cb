"""The same POST sent again makes no second image; what is no repeat makes one."""

import base64
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests
from charting_site import ALL_OFF, Site, running_door
from memory_doors import MemoryRepeats

from bridge.photos import PostState
from bridge.sandbox import Fault, FaultKind, SandboxServer


@dataclass(frozen=True)
class Case:
    """A chart and a door to it, and image data that no other test sends."""

    chart: SandboxServer
    site: Site
    data: str

    def post(self, user: str = "bridge", timeout: float = 20, **fields: object) -> requests.Response:
        body = {"patient": 1, "type": "Headshot", "data": self.data, **fields}
        return self.site.ask("POST", "image/", self.chart.token(user), timeout=timeout, json=body)

    def ids(self) -> list[int]:
        return [image.id for image in self.chart.images() if image.data == self.data]

    def fault(self, kind: FaultKind, delay_seconds: float = 0) -> None:
        self.chart.faults.add(Fault(kind, "POST", "image", times=1, delay_seconds=delay_seconds))


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[SandboxServer, Site]]:
    with SandboxServer() as chart, running_door({"clinic": chart}, read_timeout_seconds=3) as site:
        yield chart, site


@pytest.fixture
def case(door: tuple[SandboxServer, Site]) -> Case:
    return Case(*door, data=base64.b64encode(secrets.token_bytes(12)).decode())


def test_a_client_that_timed_out_and_sends_again_gets_the_first_ones_id(case: Case) -> None:
    case.fault(FaultKind.SLOW_ANSWER, 0.6)
    with pytest.raises(requests.ReadTimeout):
        case.post(timeout=0.2)
    again = case.post()
    assert [again.json()["id"]] == case.ids()


def test_of_eight_at_the_same_time_two_wait_for_the_first_ones_image_and_the_others_hear_to_come_later(
    case: Case,
) -> None:
    case.fault(FaultKind.SLOW_ANSWER, 1)
    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda _: case.post(), range(8)))
    (image_id,) = case.ids()
    made = [answer for answer in answers if answer.status_code == 200]
    assert [answer.content for answer in made] == [f'{{"id":{image_id}}}'.encode()] * 3
    late = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in late} == {(503, "30")}
    assert case.post().content == made[0].content


def test_the_second_answer_looks_as_the_first(case: Case) -> None:
    first, second = (case.post() for _ in range(2))
    names = ("Content-Type", "Allow", "Vary", "Content-Length")
    assert [first.headers[name] for name in names] == [second.headers[name] for name in names]
    assert (first.status_code, first.content) == (second.status_code, second.content)


def test_another_body_user_or_address_makes_another_image(case: Case) -> None:
    case.post()
    case.post(patient=123)
    case.post("nurse")
    body = {"patient": 1, "type": "Headshot", "data": case.data}
    case.site.ask("POST", "image/1/", case.chart.token("bridge"), json=body)
    assert len(case.ids()) == 4


def test_what_was_deleted_can_be_sent_again(case: Case) -> None:
    first = case.post().json()["id"]
    assert case.site.ask("DELETE", f"image/{first}/", case.chart.token("bridge")).status_code == 200
    second = case.post().json()["id"]
    assert case.ids() == [second] != [first]


def test_what_was_deleted_without_the_bridge_can_be_sent_again(case: Case) -> None:
    first = case.post().json()["id"]
    headers = {"Authorization": f"Token {case.chart.token('bridge')}"}
    requests.delete(f"{case.chart.url}/tscharts/v1/image/{first}/", headers=headers, timeout=5)
    second = case.post().json()["id"]
    assert case.ids() == [second] != [first]


def test_what_was_refused_is_not_remembered(case: Case) -> None:
    before = len(case.chart.requests)
    assert [case.post(patient=9999).status_code for _ in range(2)] == [404, 404]
    assert [request.method for request in case.chart.requests[before:]] == ["POST", "POST"]


@pytest.mark.parametrize("kind", [FaultKind.CUT_AFTER_STORING, FaultKind.CUT_ANSWER])
def test_one_whose_answer_was_lost_is_looked_for_in_the_chart(case: Case, kind: FaultKind) -> None:
    case.fault(kind)
    lost = case.post()
    assert lost.status_code == 504
    assert "not known whether" in lost.json()["detail"]
    assert [case.post().json()["id"]] == case.ids()


def test_one_that_was_lost_on_the_way_is_sent_again(case: Case) -> None:
    case.fault(FaultKind.CUT_BEFORE_STORING)
    assert case.post().status_code == 504
    assert [case.post().json()["id"]] == case.ids()


def test_an_image_of_the_same_looks_at_another_station_is_not_taken_for_a_lost_one(case: Case) -> None:
    case.post("nurse", station=1)
    case.fault(FaultKind.CUT_BEFORE_STORING)
    assert case.post().status_code == 504
    assert case.post().status_code == 200
    assert len(case.ids()) == 2


def test_an_unreadable_image_is_not_sent_again_either(case: Case) -> None:
    first = case.post(data="").json()
    assert case.post(data="").json() == first


def test_after_an_hour_it_is_a_new_one() -> None:
    now = [time.monotonic()]
    with SandboxServer() as chart, running_door({"clinic": chart}, clock=lambda: now[0]) as site:
        site.post(chart.token("bridge"))
        now[0] += 3599
        site.post(chart.token("bridge"))
        assert len(chart.images()) == 1
        now[0] += 2
        site.post(chart.token("bridge"))
        assert len(chart.images()) == 2


def test_the_switch_makes_every_post_an_image() -> None:
    with SandboxServer() as chart, running_door({"clinic": chart}, door=ALL_OFF) as site:
        site.post(chart.token("bridge"))
        site.post(chart.token("bridge"))
        assert len(chart.images()) == 2


def test_the_memory_is_bounded_and_keeps_what_is_in_hand() -> None:
    repeats = MemoryRepeats(most=3)
    assert repeats.begin("in hand").state is PostState.OURS
    for number in range(1, 20):
        repeats.begin(str(number))
        repeats.made(str(number), number)
    assert repeats.begin("in hand").state is PostState.SENDING
    assert repeats.begin("19").image_id == 19
    assert repeats.begin("2").state is PostState.OURS


def test_an_unsettled_one_is_given_to_one_at_a_time() -> None:
    repeats = MemoryRepeats()
    repeats.begin("a")
    repeats.unsettled("a")
    assert [repeats.begin("a").state for _ in range(2)] == [PostState.UNSETTLED, PostState.SENDING]
    repeats.not_made("a")
    assert repeats.begin("a").state is PostState.OURS
