"""Several bridges on one PostgreSQL: any of them takes, delivers and answers, and what one knows all know."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.admission import Purpose
from bridge.photos import PhotoState, StoreInUseError
from bridge.sandbox import SandboxServer
from bridge.service import Service, admission_of
from bridge.settings import Config
from bridge_runner import GUID, make_config, running_bridge
from phone import check, picture, post_photo, wait_until
from postgres_server import new_database

MACHINES = 3


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def configs(tmp_path: Path, chart: SandboxServer) -> Iterator[list[Config]]:
    """The configs of some machines with one database, each with a data folder of its own."""
    with new_database() as url:
        made = []
        for number in range(MACHINES):
            folder = tmp_path / f"machine-{number}"
            folder.mkdir()
            (folder / "database-url").write_text(url)
            made.append(make_config(folder, chart.url, more="database: {url_file: database-url}"))
        yield made


@pytest.fixture
def machines(configs: list[Config]) -> Iterator[list[Service]]:
    with contextlib.ExitStack() as running:
        yield [running.enter_context(running_bridge(config)) for config in configs]


def name_of(patient: int, second: int = 0) -> str:
    return f"#{GUID}-#{patient}-xray-21-Nov-2026-10-11-{second:02}.jpg"


def test_a_photo_taken_by_one_bridge_is_known_to_all_and_reaches_the_chart_once(
    machines: list[Service], chart: SandboxServer
) -> None:
    for number, machine in enumerate(machines):
        for other in range(4):
            answer = post_photo(machine.web.port, name_of(number + 1, other), picture(10 * number + other))
            assert answer.status == 200
    names = [name_of(number + 1, other) for number in range(MACHINES) for other in range(4)]
    for machine in machines:
        wait_until(lambda port=machine.web.port: all(check(port, name).body == b"false" for name in names), 30)
    assert [len(chart.images(number + 1)) for number in range(MACHINES)] == [4] * MACHINES


def test_photos_claimed_by_a_bridge_that_is_gone_are_delivered_by_another(
    configs: list[Config], chart: SandboxServer
) -> None:
    with running_bridge(configs[0]) as first:
        first.deliverer.stop()
        assert post_photo(first.web.port, name_of(1), picture()).status == 200
        assert first.store.claim("worker-1") is not None
    with running_bridge(configs[1]) as second:
        wait_until(lambda: second.store.counts()[PhotoState.DELIVERED] == 1, 20)
    assert len(chart.images(1)) == 1


def test_a_ticket_made_on_one_machine_opens_the_pages_of_one_alone(machines: list[Service]) -> None:
    doors = [admission_of(machine.config, machine.store) for machine in machines]
    ticket = doors[0].ticket(Purpose.PAGES)
    assert [door.admits(ticket, Purpose.PAGES) for door in (doors[1], doors[2], doors[0])] == [True, False, False]
    assert len({door.derived_key("cookies") for door in doors}) == 1


def test_a_job_for_one_bridge_passes_to_another_when_that_one_stops(configs: list[Config]) -> None:
    with contextlib.ExitStack() as later, running_bridge(configs[0]) as first:
        second = later.enter_context(running_bridge(configs[1]))
        done: list[str] = []
        jobs = [
            machine.alone("a job", lambda name=name: done.append(name))
            for name, machine in (("first", first), ("second", second))
        ]
        for _ in range(2):
            for job in jobs:
                job()
        assert done == ["first", "first"]
        first.store.close()
        jobs[1]()
        assert done[2:] == ["second"]


def test_two_bridges_do_not_share_a_data_folder(configs: list[Config]) -> None:
    with running_bridge(configs[0]), pytest.raises(StoreInUseError, match="give this one its own `data_folder`"):
        Service(configs[0])
