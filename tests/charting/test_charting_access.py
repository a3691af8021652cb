"""Who may come in, how often passwords may be guessed, and what is noted of what people do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import requests
from charting_site import Site, relay_to, running_door
from memory_doors import MemoryAudit
from memory_names import MemoryNames

from bridge.charting import Access, Action, AuditEvent, Chart, FixedLimit, RefusedError, StaffSettings
from bridge.charting.access import OUTAGE_SECONDS
from bridge.charting.guesses import (
    DAY_SECONDS,
    MOST_OF_A_NETWORK,
    MOST_OF_AN_ACCOUNT,
    MOST_OF_BOTH,
    MOST_PINS_A_DAY,
    PERIOD_SECONDS,
    GuessLimits,
)
from bridge.errors import BridgeError
from bridge.sandbox import SandboxServer
from bridge.sandbox.faults import Fault, FaultKind

PASSWORDS = {"bridge": "bridge-pass", "nurse": "nurse-pass"}


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def charts_that_go() -> Iterator[SandboxServer]:
    """A chart of the test's own."""
    with SandboxServer() as running:
        yield running


def signs_in(site: Site, username: str, password: str | None = None, **options: str) -> requests.Response:
    body = {"username": username, "password": password or PASSWORDS[username]}
    return site.ask("POST", "login/", json=body, **options)


def test_without_a_list_every_user_of_the_chart_comes_in(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        assert signs_in(site, "nurse").json()["token"] == chart.token("nurse")
        assert site.post(chart.token("bridge")).status_code == 200
        assert site.post("nonsense").json() == {"detail": "Invalid token."}


def test_with_a_list_only_those_on_it_come_in_once_they_signed_in_here(chart: SandboxServer) -> None:
    staff = StaffSettings(frozenset({"nurse"}))
    with running_door({"clinic": chart}, staff=staff) as site:
        before = site.ask("GET", "image/?patient=1", chart.token("nurse"))
        assert (before.status_code, before.headers["WWW-Authenticate"]) == (401, "Token")
        assert "sign in through the bridge" in before.json()["detail"]
        assert "POST to /tscharts/v1/login/" in before.json()["detail"]
        there = site.ask("GET", "image/?patient=1", chart.token("nurse"), prefix="/p/clinic")
        assert "POST to /p/clinic/tscharts/v1/login/" in there.json()["detail"]
        refused = signs_in(site, "bridge")
        assert refused.status_code == 403
        assert chart.token("bridge") not in refused.text
        assert "Set-Cookie" not in refused.headers
        assert signs_in(site, "nurse").status_code == 200
        assert site.ask("GET", "image/?patient=9999", chart.token("nurse")).status_code == 404
        assert site.ask("GET", "image/?patient=9999", chart.token("bridge")).status_code == 401
        assert site.ask("GET", "image/", "nonsense").json() == {"detail": "Invalid token."}
        assert site.ask("GET", "image/").status_code == 401


def test_the_list_holds_for_every_address_and_way_of_writing_the_token(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}, staff=StaffSettings(frozenset())) as site:
        token = chart.token("bridge")
        for header in (f"Token {token}", f"tOKEN \t {token}", f"Token {token}  "):
            for method, path in (("GET", "image/1/"), ("GET", "patient/1/"), ("DELETE", "image/1/"), ("POST", "xray/")):
                assert site.ask(method, path, headers={"Authorization": header}).status_code == 401


def test_names_count_as_they_are_spelt(chart: SandboxServer) -> None:
    with (
        SandboxServer(mysql_family=True) as mysql,
        running_door({"clinic": mysql}, staff=StaffSettings(frozenset({"Nurse"}))) as site,
    ):
        assert signs_in(site, "nurse").status_code == 403
        assert signs_in(site, "Nurse", "nurse-pass").status_code == 200


def test_admins_come_in_whether_they_are_on_the_list_or_not(chart: SandboxServer) -> None:
    staff = StaffSettings(frozenset({"nurse"}), frozenset({"bridge"}))
    access = Access(staff, MemoryNames())
    there = Chart(frozenset({"clinic"}), relay_to(chart.url), FixedLimit(1))
    for username in PASSWORDS:
        access.learned(there, chart.token(username), username)
    known = [access.known(there, f"Token {chart.token(username)}") for username in PASSWORDS]
    assert [(caller.username, caller.is_admin) for caller in known] == [("bridge", True), ("nurse", False)]
    there.relay.close()


def test_a_good_token_is_remembered_for_a_minute_and_a_bad_one_is_not(chart: SandboxServer) -> None:
    now = [1000.0]
    access = Access(StaffSettings(), MemoryNames(), lambda: now[0])
    there = Chart(frozenset({"clinic"}), relay_to(chart.url), FixedLimit(1))
    before = len(chart.requests)
    for _ in range(3):
        now[0] += 19
        assert access.is_good(there, f"Token {chart.token('nurse')}")
    assert len(chart.requests) == before + 1
    now[0] += 23
    assert access.is_good(there, f"Token {chart.token('nurse')}")
    assert len(chart.requests) == before + 2
    assert [access.is_good(there, header) for header in ("Token nonsense", "Token", "", "Basic eHg=")] == [False] * 4
    there.relay.close()


def test_while_the_chart_is_away_a_token_that_was_good_counts_for_hours_and_no_other(
    charts_that_go: SandboxServer,
) -> None:
    now, chart = [1000.0], charts_that_go
    access = Access(StaffSettings(), MemoryNames(), lambda: now[0])
    there = Chart(frozenset({"clinic"}), relay_to(chart.url), FixedLimit(1))
    nurse, other = (f"Token {chart.token(name)}" for name in ("nurse", "bridge"))
    assert access.is_good(there, nurse)
    chart.stop()
    now[0] += OUTAGE_SECONDS - 1
    assert access.is_good(there, nurse)
    with pytest.raises(RefusedError):
        access.is_good(there, other)
    now[0] += 2
    with pytest.raises(RefusedError):
        access.is_good(there, nurse)
    there.relay.close()


def test_a_chart_that_is_back_says_itself_whose_token_is_good(charts_that_go: SandboxServer) -> None:
    now, chart = [1000.0], charts_that_go
    access = Access(StaffSettings(), MemoryNames(), lambda: now[0])
    there = Chart(frozenset({"clinic"}), relay_to(chart.url), FixedLimit(1))
    nurse = f"Token {chart.token('nurse')}"
    assert access.is_good(there, nurse)
    now[0] += 3600
    chart.faults.add(Fault(FaultKind.STATUS, resource="image", status=502))
    assert access.is_good(there, nurse)
    before = len(chart.requests)
    now[0] += 14
    assert access.is_good(there, nurse)
    assert len(chart.requests) == before
    chart.faults.clear()
    chart.faults.add(Fault(FaultKind.STATUS, resource="image", status=401))
    now[0] += 2
    assert not access.is_good(there, nurse)
    chart.stop()
    with pytest.raises(RefusedError):
        access.is_good(there, nurse)
    there.relay.close()


def test_wrong_passwords_of_an_account_are_limited(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        statuses = [signs_in(site, "nurse", "wrong").status_code for _ in range(MOST_OF_BOTH + 1)]
        assert statuses == [403] * MOST_OF_BOTH + [429]
        answer = signs_in(site, "nurse")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(PERIOD_SECONDS))
        assert signs_in(site, "ŃURSE", "wrong").status_code == 429
        assert signs_in(site, "bridge").status_code == 200
        assert site.ask("GET", "image/?patient=9999", chart.token("nurse")).status_code == 404


def test_pins_are_limited_as_passwords_are(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        body = {"username": "nopin", "pin": "1234"}
        statuses = [site.ask("POST", "login/", json=body).status_code for _ in range(MOST_OF_BOTH + 1)]
        assert statuses == [500] * MOST_OF_BOTH + [429]


def test_wrong_pins_of_an_account_are_limited_by_the_day(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}, web_servers=frozenset({"127.0.0.1"})) as site:

        def tries(number: int, body: dict[str, object]) -> requests.Response:
            headers = {"X-Forwarded-For": f"192.0.2.{number}"}
            return site.ask("POST", "login/", json={"username": "nurse", **body}, headers=headers)

        answer = tries(1, {"password": "nurse-pass"})
        assert answer.status_code == 200
        statuses = [tries(number, {"pin": f"{number:04}"}).status_code for number in range(MOST_OF_AN_ACCOUNT)]
        assert 429 not in statuses
        assert tries(200, {"pin": "9999"}).json()["detail"].startswith("There were too many wrong passwords")
    now = [0.0]
    limits = GuessLimits(lambda: now[0])
    for number in range(MOST_PINS_A_DAY):
        now[0] = number * 200.0
        assert limits.begin("nurse", f"network {number}", is_pin=True) is not None
    now[0] = MOST_PINS_A_DAY * 200.0
    assert not limits.has_pins_left("nurse")
    assert limits.begin("nurse", "another network", is_pin=True) is None
    assert limits.begin("nurse", "another network") is not None
    assert limits.begin("another", "another network", is_pin=True) is not None
    now[0] = float(DAY_SECONDS)
    right = limits.begin("nurse", "another network", is_pin=True)
    assert right is not None
    limits.was_not_wrong(right)
    assert limits.has_pins_left("nurse")


def test_guesses_from_other_networks_are_counted_apart(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}, web_servers=frozenset({"127.0.0.1"})) as site:
        for _ in range(MOST_OF_BOTH):
            signs_in(site, "nurse", "wrong", headers={"X-Forwarded-For": "192.0.2.7"})
        assert signs_in(site, "nurse", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 429
        assert signs_in(site, "nurse", headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 200


def test_a_network_and_an_account_have_limits_of_their_own_which_end_after_an_hour() -> None:
    now = [0.0]
    limits = GuessLimits(lambda: now[0])
    assert all(limits.begin(f"account {number}", "one network") for number in range(MOST_OF_A_NETWORK))
    assert limits.begin("another", "one network") is None
    assert all(limits.begin("one account", f"network {number}") for number in range(MOST_OF_AN_ACCOUNT))
    assert limits.begin("one account", "another network") is None
    now[0] = PERIOD_SECONDS
    assert limits.begin("one account", "one network") is not None


def test_right_passwords_do_not_count(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        assert {signs_in(site, "nurse").status_code for _ in range(MOST_OF_A_NETWORK + 1)} == {200}


def test_a_login_far_too_large_is_refused(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        assert signs_in(site, "nurse", "x" * 70_000).status_code == 413


@dataclass(frozen=True)
class Did:
    """What an event says, without its time."""

    who: str | None
    action: Action
    image_id: int | None
    patient: int | None

    @classmethod
    def of(cls, event: AuditEvent) -> "Did":
        assert event.at.tzinfo is UTC
        assert abs((datetime.now(UTC) - event.at).total_seconds()) < 60
        assert event.chart.endswith("/tscharts/v1/")
        return cls(event.who, event.action, event.image_id, event.patient)


def test_every_look_and_every_deletion_is_noted(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        token = chart.token("nurse")
        signs_in(site, "nurse")
        image_id = site.post(token, patient=123, data="bG9vaw==").json()["id"]
        site.ask("GET", "image/?patient=123", token)
        site.ask("HEAD", f"image/{image_id}/", token)
        site.ask("GET", "image/999999/", token)
        site.ask("GET", f"image/{image_id}/", token)
        site.ask("GET", "image/?patient=123&newest=true", token)
        site.ask("GET", f"image/{image_id}/", token, headers={"Accept": "text/html"})
        site.ask("DELETE", f"image/{image_id}/", token)
        site.ask("DELETE", f"image/{image_id}/", token)
        assert [Did.of(event) for event in site.audit.events()] == [
            Did("nurse", Action.ADDED, image_id, 123),
            Did("nurse", Action.SEEN, image_id, 123),
            Did("nurse", Action.SEEN, image_id, 123),
            Did("nurse", Action.SEEN, image_id, 123),
            Did("nurse", Action.DELETING, image_id, 123),
            Did("nurse", Action.DELETED, image_id, 123),
        ]


def test_the_deletion_of_an_image_whose_file_is_lost_is_noted_too(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        image_id = site.post(chart.token("nurse"), data="bG9zdA==").json()["id"]
        chart.lose_file(image_id)
        assert site.ask("DELETE", f"image/{image_id}/", chart.token("nurse")).status_code == 200
        assert [(event.action, event.image_id) for event in site.audit.events()[1:]] == [
            (Action.DELETING, image_id),
            (Action.DELETED, image_id),
        ]


def test_who_signed_in_elsewhere_is_told_apart_by_a_mark_that_is_not_the_token(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        for username in PASSWORDS:
            site.post(chart.token(username), data=f"bWFyaw{username}")
        events = site.audit.events()
        assert [event.who for event in events] == [None, None]
        assert len({event.token_mark for event in events}) == 2
        assert not any(event.token_mark in chart.token(username) for event in events for username in PASSWORDS)


class FullAudit(MemoryAudit):
    """One whose disk is full."""

    def note(self, event: AuditEvent) -> None:
        raise BridgeError("The bridge's disk is full; make room.")


def test_a_picture_that_cannot_be_noted_is_not_shown(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}) as site:
        image_id = site.post(chart.token("nurse"), data="c2VjcmV0").json()["id"]
    with running_door({"clinic": chart}, audit=FullAudit()) as site:
        answer = site.ask("GET", f"image/{image_id}/", chart.token("nurse"))
        assert (answer.status_code, answer.text) == (500, answer.text)
        assert answer.json()["detail"] == "The bridge's disk is full; make room."
        assert site.ask("DELETE", f"image/{image_id}/", chart.token("nurse")).status_code == 500
    assert image_id in [image.id for image in chart.images()]
