"""Every recorded image and login exchange through the door, beside the same exchange with the chart itself."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from charting_differences import ALWAYS, REPEATS, SWITCHED, Difference
from charting_site import ALL_OFF, running_door

from bridge.charting import ShapedDoorSettings
from bridge.sandbox import SandboxServer, load_seed
from sandbox.recorded_exchanges import SEED_FILE, Received, recorded, resource_of, send

RECORDED_AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
TOKEN = re.compile(rb"[0-9a-f]{40}")
OF_ONE_CONNECTION = {"date", "server", "connection"}
PAGE_HEADERS = {"content-security-policy", "x-content-type-options"}
NOT_FOR_THE_DOOR = {
    "nginx: plain HTTP port": "the port that sends on to TLS is not the bridge's",
    "nginx: plain HTTP sent to the TLS port": "the sandbox has no TLS port",
}
KINDS = ("direct", "nginx", "mysql")


@dataclass(frozen=True)
class World:
    """A chart with its doors: direct, behind nginx, and another one on a MySQL-family database."""

    servers: dict[str, SandboxServer]

    def server(self, kind: str) -> SandboxServer:
        return self.servers[kind]


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    ticks = itertools.count()

    def clock() -> datetime:
        return RECORDED_AT + timedelta(milliseconds=next(ticks))

    folder.mkdir()
    seed, file = load_seed(SEED_FILE), folder / "chart.sqlite"
    with (
        SandboxServer(seed, file, clock=clock) as direct,
        SandboxServer(seed, file, clock=clock, behind_nginx=True) as nginx,
        SandboxServer(seed, clock=clock, mysql_family=True) as mysql,
    ):
        yield World({"direct": direct, "nginx": nginx, "mysql": mysql})


def kind_of(name: str) -> str:
    if name.startswith("nginx: "):
        return "nginx"
    return "mysql" if "MySQL-family" in name else "direct"


def post_to(server: SandboxServer, **fields: object) -> int:
    headers = {"Authorization": f"Token {server.token('bridge')}"}
    body = {"data": "QUJD", **fields}
    answer = requests.post(f"{server.url}/tscharts/v1/image/", json=body, headers=headers, timeout=5)
    return int(answer.json()["id"])


UNRECORDED_STEPS: dict[str, Callable[[SandboxServer], None]] = {
    "image GET by id: its file is gone from the server's disk": lambda server: server.lose_file(
        post_to(server, patient=5, type="Headshot")
    ),
    "image DELETE: the only Xray image of a patient": lambda server: (
        post_to(server, patient=8, clinic=2, type="Xray"),
        None,
    )[1],
}


def seen(received: Received) -> dict[str, Any]:
    """What is compared of an answer: all of it but what belongs to one connection, tokens made alike."""
    headers = {name: value for name, value in received.headers.items() if name not in OF_ONE_CONNECTION}
    if headers.get("content-type", "").startswith("text/html"):
        headers = {name: value for name, value in headers.items() if name not in PAGE_HEADERS}
    headers.pop("set-cookie", None)
    body = TOKEN.sub(b"token", received.body)
    return {
        "status": received.status,
        "reason": received.reason,
        "headers": headers,
        "cookies": sorted(received.cookies),
        "body": body,
    }


def replay(folder: Path, settings: ShapedDoorSettings, repeated: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    """The answers that differ, by the exchange's name: the chart's own and the door's."""
    differing = {}
    with ExitStack() as stack:
        here, there = (stack.enter_context(a_world(folder / name)) for name in ("here", "there"))
        doors = {
            kind: stack.enter_context(running_door({"clinic": there.server(kind)}, door=settings)).port
            for kind in KINDS
        }
        for exchange in recorded():
            name, kind = exchange["name"], kind_of(exchange["name"])
            if name in NOT_FOR_THE_DOOR:
                continue
            for world in (here, there):
                UNRECORDED_STEPS.get(name, lambda _server: None)(world.server("direct"))
            is_ours = resource_of(exchange) in ("image", "login")
            user = "second" if "by another user" in name else "bridge"
            port = doors[kind] if is_ours else there.server(kind).port
            own = seen(send(exchange, here.server(kind).port, here.server(kind).token(user)))
            ours = seen(send(exchange, port, there.server(kind).token(user)))
            if own != ours:
                differing[name] = (own, ours)
            if name in repeated:
                send(exchange, there.server(kind).port, there.server(kind).token(user))
    return differing


def statuses(differences: tuple[Difference, ...]) -> dict[str, int]:
    return {name: each.status for each in differences for name in each.names}


def test_every_recorded_exchange_is_answered_as_by_the_chart_but_for_the_named_differences(tmp_path: Path) -> None:
    differing = replay(tmp_path, ShapedDoorSettings(), REPEATS.names)
    expected = statuses((*ALWAYS, *SWITCHED))
    found = {name: ours["status"] for name, (_own, ours) in differing.items()}
    assert found == expected, {name: pair for name, pair in differing.items() if found[name] != expected.get(name)}


def test_with_every_switch_off_only_what_has_no_switch_differs(tmp_path: Path) -> None:
    differing = replay(tmp_path, ALL_OFF, ())
    assert {name: ours["status"] for name, (_own, ours) in differing.items()} == statuses(ALWAYS), differing


@pytest.mark.parametrize("difference", (*ALWAYS, *SWITCHED), ids=lambda each: each.names[0])
def test_the_manual_names_every_difference(difference: Difference) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "charting.md").read_text("utf-8")
    assert difference.why in " ".join(manual.split())
