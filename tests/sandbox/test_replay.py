"""Every recorded exchange with a real chart server, sent to the sandbox in the order it was recorded."""

import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from recorded_exchanges import SEED_FILE, differences, recorded, resource_of, send

from bridge.sandbox import SandboxServer, load_seed

EXCEPTIONS = {
    "nginx: plain HTTP port": "the sandbox has no TLS, so its nginx does not send plain HTTP on to https",
    "nginx: plain HTTP sent to the TLS port": "the sandbox has no TLS port",
}
MAIN_RESOURCES = {"image", "login", "clinic", "station", "clinicstation", "patient", "register"}
LEAST_SHARE = 0.95
RECORDED_AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Servers:
    """Two doors to one chart, direct and behind nginx; and another chart, of its own, on a MySQL-family database."""

    direct: SandboxServer
    nginx: SandboxServer
    mysql: SandboxServer

    def for_exchange(self, name: str) -> SandboxServer:
        if name.startswith("nginx: "):
            return self.nginx
        return self.mysql if "MySQL-family" in name else self.direct


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    ticks = itertools.count()

    def clock() -> datetime:
        return RECORDED_AT + timedelta(milliseconds=next(ticks))

    database = tmp_path / "chart.sqlite"
    seed = load_seed(SEED_FILE)
    with (
        SandboxServer(seed, database, clock=clock) as direct,
        SandboxServer(seed, database, clock=clock, behind_nginx=True) as nginx,
        SandboxServer(seed, clock=clock, mysql_family=True) as mysql,
    ):
        yield Servers(direct, nginx, mysql)


def post_image(server: SandboxServer, **fields: object) -> int:
    answer = requests.post(
        f"{server.url}/tscharts/v1/image/",
        json={"data": "QUJD", **fields},
        headers={"Authorization": f"Token {server.token('bridge')}"},
        timeout=5,
    )
    return int(answer.json()["id"])


def lose_an_image_of_patient_5(server: SandboxServer) -> None:
    server.lose_file(post_image(server, patient=5, type="Headshot"))


def post_an_xray_of_patient_8(server: SandboxServer) -> None:
    post_image(server, patient=8, clinic=2, type="Xray")


UNRECORDED_STEPS: dict[str, Callable[[SandboxServer], None]] = {
    "image GET by id: its file is gone from the server's disk": lose_an_image_of_patient_5,
    "image DELETE: the only Xray image of a patient": post_an_xray_of_patient_8,
}
"""What was done on the real server just before these exchanges and is not among them; their ids show it."""


def replay(servers: Servers) -> dict[str, list[str]]:
    """All differences, by the exchange's name, an empty list for each that matches."""
    found = {}
    for exchange in recorded():
        name = exchange["name"]
        if name in UNRECORDED_STEPS:
            UNRECORDED_STEPS[name](servers.direct)
        server = servers.for_exchange(name)
        user = "second" if "by another user" in name else "bridge"
        found[name] = differences(exchange, send(exchange, server.port, server.token(user)))
    return found


def share_of_main_resources(found: dict[str, list[str]]) -> tuple[int, int]:
    """How many exchanges of the main resources match, of how many."""
    names: list[dict[str, Any]] = [exchange for exchange in recorded() if resource_of(exchange) in MAIN_RESOURCES]
    return sum(not found[exchange["name"]] for exchange in names), len(names)


def test_every_recorded_exchange_but_the_named_exceptions_is_answered_as_the_real_server_did(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    found = replay(servers)
    matching, count = share_of_main_resources(found)
    whole = sum(not differing for differing in found.values())
    with capsys.disabled():
        sys.stdout.write(f"\n{whole} of {len(found)} recorded exchanges match; main resources: {matching} of {count}\n")
    assert {name: differing for name, differing in found.items() if differing and name not in EXCEPTIONS} == {}
    assert [name for name in EXCEPTIONS if not found[name]] == []
    assert matching / count >= LEAST_SHARE


def test_the_recorded_exchanges_have_a_name_each() -> None:
    names = [exchange["name"] for exchange in recorded()]
    assert len(set(names)) == len(names) == 527
    assert set(EXCEPTIONS) | set(UNRECORDED_STEPS) <= set(names)
