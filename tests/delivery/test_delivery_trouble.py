"""What a practice's people are told of trouble with its chart, by one bridge and by several."""

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.delivery.trouble import Trouble
from bridge.holds import Hold
from bridge.photos import Photo, PhotoState, PostgresStore, SqliteStore
from bridge.photos.tables import leases
from bridge.sandbox import SandboxServer
from bridge.secret import Secret
from bridge.settings import Config
from bridge_runner import GUID, make_config, running_bridge
from phone import picture, post_photo, wait_until
from ports import free_port
from postgres_server import new_database

PRACTICE = "clinic-a"
AWAY = "Nothing takes a connection at http://127.0.0.1:9; check that the chart server runs, its address and port."


class Told:
    """What the people of all practices are told, through one bridge."""

    def __init__(self) -> None:
        self.troubles: list[str | None] = []

    def photo_changed(self, photo: Photo, state: PhotoState, hold: Hold | None) -> None:
        """Of photos nothing."""

    def trouble_changed(self, practice: str, sentence: str | None) -> None:
        """A sentence, or None when it is over."""
        self.troubles.append(sentence)


class Clock:
    """Seconds that go by when they are told to: trouble that is over is looked at again after one."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 10.0
        return self.seconds


@pytest.fixture
def database() -> Iterator[str]:
    with new_database() as url:
        yield url


@pytest.fixture
def stores(database: str, tmp_path: Path) -> Iterator[list[PostgresStore]]:
    """Three bridges' stores on one database."""
    with contextlib.ExitStack() as opened:
        made = [
            opened.enter_context(contextlib.closing(PostgresStore(Secret(database), tmp_path / f"machine-{number}")))
            for number in range(3)
        ]
        made[0].ensure_practices({PRACTICE: None, "clinic-a-b": None})
        yield made


def test_one_bridge_tells_of_trouble_at_once_also_right_after_a_delivery(tmp_path: Path) -> None:
    with contextlib.closing(SqliteStore(tmp_path / "data")) as store:
        store.ensure_practices({PRACTICE: None})
        trouble = Trouble(store, Clock())
        trouble.is_over(PRACTICE)
        assert trouble.tell(PRACTICE, AWAY)
        assert not trouble.tell(PRACTICE, AWAY)
        assert store.troubles() == {PRACTICE: AWAY}
        trouble.is_over(PRACTICE)
        assert store.troubles() == {}


def test_trouble_of_one_bridge_is_its_own_while_another_delivers(
    stores: list[PostgresStore], caplog: pytest.LogCaptureFixture
) -> None:
    here, there, _idle = (Trouble(store, Clock()) for store in stores)
    there.is_over(PRACTICE)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert not here.tell(PRACTICE, AWAY)
    assert stores[0].troubles() == {}
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("event=chart-away-from-here practice=clinic-a reason='Nothing takes a connection")
    assert here.tell("clinic-a-b", AWAY)


def test_when_no_bridge_delivers_any_more_the_last_to_fail_tells_at_once(stores: list[PostgresStore]) -> None:
    here, there, third = (Trouble(store, Clock()) for store in stores)
    for trouble in (here, there, third):
        trouble.is_over(PRACTICE)
    assert not here.tell(PRACTICE, AWAY)
    assert not third.tell(PRACTICE, AWAY)
    assert there.tell(PRACTICE, AWAY)
    assert not here.tell(PRACTICE, AWAY)
    assert stores[0].troubles() == {PRACTICE: AWAY}
    third.is_over(PRACTICE)
    assert stores[0].troubles() == {}
    assert not here.tell(PRACTICE, AWAY)


def test_a_bridge_that_has_not_delivered_for_a_while_keeps_nobody_from_telling(stores: list[PostgresStore]) -> None:
    here, there, _third = (Trouble(store, Clock()) for store in stores)
    there.is_over(PRACTICE)
    with stores[0].writing() as connection:
        seconds = sa.select(sa.func.extract("epoch", leases.c.until - sa.func.now()))
        assert 60 < connection.execute(seconds).scalar_one() <= 120
        connection.execute(leases.update().values(until=sa.func.now()))
    assert here.tell(PRACTICE, AWAY)
    with stores[0].reading() as connection:
        assert connection.execute(sa.select(leases)).all() == []


def machine(folder: Path, name: str, chart: str, database: str) -> Config:
    folder = folder / name
    folder.mkdir()
    (folder / "database-url").write_text(database)
    return make_config(folder, chart, more="database: {url_file: database-url}")


def test_a_bridge_that_alone_does_not_reach_the_chart_makes_no_outages(
    tmp_path: Path, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    def cut_off() -> int:
        return sum("event=chart-away-from-here" in record.getMessage() for record in caplog.records)

    with SandboxServer() as chart, running_bridge(machine(tmp_path, "well", chart.url, database)) as well:

        def post(number: int) -> None:
            name = f"#{GUID}-#{number % 3 + 1}-#x-ray-21-Nov-2026-10-11-{number:02d}.jpg"
            assert post_photo(well.web.port, name, picture(number)).status == 200

        post(0)
        wait_until(lambda: well.store.counts()[PhotoState.DELIVERED] == 1)
        nowhere = machine(tmp_path, "cut-off", f"http://127.0.0.1:{free_port()}", database)
        told = Told()
        with caplog.at_level(logging.WARNING), running_bridge(nowhere) as cut:
            for bridge in (well, cut):
                bridge.store.set_listener(told)
            for number in range(1, 50):
                post(number)
                time.sleep(0.1)
            wait_until(lambda: well.store.counts()[PhotoState.QUEUED] == 0, 20)
        assert told.troubles == []
        assert cut_off() == 1
