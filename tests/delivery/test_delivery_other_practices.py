"""Several bridges of one store that do not have the same practices in their configs."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from late_and_early import clinic_config, photo, send
from outage_tools import HandClock
from test_delivery_chart_restored import AT

from bridge.config import load_config
from bridge.delivery import Courier, Deliverer
from bridge.holds import HoldReason
from bridge.photos import NewUpload, PhotoState, PostgresStore, Source
from bridge.sandbox import SandboxServer
from bridge.secret import Secret
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import GUID
from phone import picture, wait_until
from postgres_server import new_database

UNSERVED_SECONDS = 0.5


def machine(folder: Path, chart: SandboxServer, url: str, *, has_clinic_a: bool) -> Config:
    """The config of one of several bridges."""
    folder.mkdir()
    (folder / "database-url").write_text(url)
    file = clinic_config(folder, chart.url).file
    lines = [line for line in file.read_text("utf-8").splitlines() if has_clinic_a or "name: clinic-a" not in line]
    file.write_text("\n".join([*lines, "database: {url_file: database-url}"]), "utf-8")
    return load_config(file)


def test_photos_of_a_practice_that_another_bridge_has_are_left_to_it(tmp_path: Path, chart: SandboxServer) -> None:
    with new_database() as url, contextlib.ExitStack() as stack:
        configs = (machine(tmp_path / str(has), chart, url, has_clinic_a=has) for has in (False, True))
        _old, new = bridges = [Service(config) for config in configs]
        for bridge in bridges:
            stack.callback(bridge.stop)
            bridge.start()
        names = [send(new, f"#{number + 1}-x-ray", AT, number) for number in range(12)]
        wait_until(lambda: new.store.counts()[PhotoState.DELIVERED] == len(names), 20)
        assert {photo(new, name).state for name in names} == {PhotoState.DELIVERED}
        assert len(chart.images()) == len(names)


@pytest.fixture
def database() -> Iterator[Secret]:
    """The URL of an empty database."""
    with new_database() as url:
        yield Secret(url)


@pytest.fixture
def store(database: Secret, tmp_path: Path) -> Iterator[PostgresStore]:
    """The store of a bridge that has clinic B alone."""
    store = PostgresStore(database, tmp_path / "data", exclusive=True, unserved_seconds=UNSERVED_SECONDS)
    with contextlib.closing(store) as opened:
        opened.ensure_practices({"clinic-b": None})
        yield opened


def without_clinic_a(store: PostgresStore, config: Config, clock: HandClock) -> Deliverer:
    """A deliverer that has no practice to which photos come."""
    return Deliverer(store, {}, config.delivery, Courier(store, config.delivery, cast(Any, None)), clock)


def added_by_another(database: Secret, folder: Path) -> int:
    """The number of a photo of clinic A, which a bridge has stored that is gone since."""
    with contextlib.closing(PostgresStore(database, folder / "other", exclusive=True)) as other:
        other.ensure_practices({"clinic-a": GUID})
        incoming = other.incoming()
        incoming.write(picture())
        return other.add(NewUpload("clinic-a", "1.jpg", Source.PHOTO_API, "image/jpeg", None), incoming)[0].id


def test_photos_of_a_practice_that_no_bridge_has_wait_for_one_and_are_held_when_none_comes(
    store: PostgresStore, database: Secret, tmp_path: Path, chart: SandboxServer
) -> None:
    clock = HandClock()
    deliverer = without_clinic_a(store, clinic_config(tmp_path, chart.url), clock)
    waiting = added_by_another(database, tmp_path)
    assert not deliverer.deliver_next()
    assert (store.photo(waiting).state, store.photo(waiting).attempts) == (PhotoState.QUEUED, 0)
    time.sleep(UNSERVED_SECONDS)
    clock.now += 61
    assert deliverer.deliver_next()
    assert store.photo(waiting).hold_reason is HoldReason.NO_PRACTICE


def test_a_practice_that_came_since_the_last_look_is_left_alone_after_its_first_photo(
    store: PostgresStore, database: Secret, tmp_path: Path, chart: SandboxServer
) -> None:
    deliverer = without_clinic_a(store, clinic_config(tmp_path, chart.url), HandClock())
    assert not deliverer.deliver_next()
    first = added_by_another(database, tmp_path)
    assert deliverer.deliver_next()
    assert not deliverer.deliver_next()
    assert store.photo(first).state is PhotoState.QUEUED
