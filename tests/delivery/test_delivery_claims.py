"""Claims while photos are carried: renewed, taken over from bridges that are gone, and dropped when lost."""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from bridge.delivery.claims import ClaimKeeper
from bridge.photos import NewUpload, Photo, PhotoState, PostgresStore, Source, StoreBusyError
from bridge.sandbox import SandboxServer
from bridge.secret import Secret
from bridge_runner import GUID, make_config, running_bridge
from phone import picture, wait_until
from postgres_server import new_database

END_LEASES = "UPDATE photos SET lease_until = '2026-01-01' WHERE state = 'sending'"
NAME = f"#{GUID}-#1-xray-21-Nov-2026-10-11-12.jpg"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[PostgresStore]]:
    """Two bridges' stores on one database."""
    with new_database() as url, contextlib.ExitStack() as opened:
        made = [
            opened.enter_context(contextlib.closing(PostgresStore(Secret(url), tmp_path / name, exclusive=True)))
            for name in ("a", "b")
        ]
        made[0].ensure_practices({"clinic-a": GUID})
        yield made


def add(store: PostgresStore) -> Photo:
    incoming = store.incoming()
    incoming.write(picture())
    return store.add(NewUpload("clinic-a", NAME, Source.PHOTO_API, "image/jpeg", None), incoming)[0]


def end_leases(store: PostgresStore) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql(END_LEASES)


def test_claims_are_renewed_while_the_bridge_runs(stores: list[PostgresStore]) -> None:
    here, there = stores
    photo = add(here)
    claimed = here.claim("worker-1")
    assert claimed is not None
    keeper = ClaimKeeper(here, lambda: None, 0.05)
    keeper.took(claimed)
    keeper.start()
    try:
        with here.reading() as connection:
            before = connection.exec_driver_sql("SELECT lease_until FROM photos").scalar_one()

        def is_renewed() -> bool:
            with here.reading() as connection:
                return bool(connection.exec_driver_sql("SELECT lease_until FROM photos").scalar_one() > before)

        wait_until(is_renewed)
        assert there.recover() == 0
        assert there.photo(photo.id).state is PhotoState.SENDING
    finally:
        keeper.stop()


def test_photos_of_a_bridge_that_is_gone_come_back_and_wake_the_workers(stores: list[PostgresStore]) -> None:
    here, there = stores
    add(here)
    assert here.claim("worker-1") is not None
    end_leases(here)
    woken: list[str] = []
    keeper = ClaimKeeper(there, lambda: woken.append("up"), 0.05)
    keeper.start()
    wait_until(lambda: bool(woken))
    keeper.stop()
    assert woken == ["up"]
    assert there.counts()[PhotoState.QUEUED] == 1


def test_a_database_in_trouble_does_not_end_the_renewing(stores: list[PostgresStore]) -> None:
    here, there = stores
    add(here)
    assert here.claim("worker-1") is not None
    troubles = [StoreBusyError(), StoreBusyError()]

    class Troubled:
        def renew(self, in_hand: Collection[str]) -> int:
            if troubles:
                raise troubles.pop()
            return there.renew(in_hand)

    end_leases(here)
    woken: list[str] = []
    keeper = ClaimKeeper(Troubled(), lambda: woken.append("up"), 0.02)
    keeper.start()
    wait_until(lambda: bool(woken))
    keeper.stop()


def test_a_worker_drops_a_photo_that_was_taken_over_and_the_chart_has_it_once(tmp_path: Path) -> None:
    with new_database() as url, SandboxServer() as chart:
        (tmp_path / "database-url").write_text(url)
        config = make_config(tmp_path, chart.url, more="database: {url_file: database-url}")
        with running_bridge(config) as bridge:
            bridge.deliverer.stop()
            assert isinstance(bridge.store, PostgresStore)
            photo = add(bridge.store)
            lost = bridge.store.claim("worker-1")
            assert lost is not None
            end_leases(bridge.store)
            assert bridge.store.renew([lost.claim or ""]) == 0
            end_leases(bridge.store)
            assert bridge.store.recover() == 1
            bridge.deliverer._carry_safely(lost)
            assert bridge.store.photo(photo.id).state is PhotoState.QUEUED
            assert len(bridge.store.events(photo.id)) == 3
            assert bridge.deliverer.deliver_next("worker-2")
            wait_until(lambda: bridge.deliverer.deliver_next("worker-2") or bool(chart.images(1)))
        assert len(chart.images(1)) == 1
