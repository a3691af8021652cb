"""A full disk under PostgreSQL: no 200 without a stored photo, and photos flow again when there is room.

PostgreSQL itself refuses rows on a full disk, and ends all its connections when its log finds no room. It recovers by
itself once there is room, or, when it gave up while recovering, once it is started again.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from clinic import day_of_shots, misfiled
from fleet import Fleet, chaos_config
from phones import Phones
from scale import SCALE, SEED
from small_disk import SmallDisk, small_disk

from bridge.sandbox import SandboxServer
from phone import check, wait_until
from postgres_server import PostgresServer

PHOTOS = 20
REFUSALS = 12
MOST_LOG_FILES = 200
DISK_BYTES = 96 * 1024 * 1024
SETTINGS = {"max_wal_size": "4MB", "min_wal_size": "2MB", "shared_buffers": "8MB", "max_connections": "60"}


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """A small disk that PostgreSQL's own user may use."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-disk-"))
    folder.chmod(0o755)
    with small_disk(folder / "disk", size_bytes=DISK_BYTES) as made:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            shutil.chown(made.seen, "nobody")
        yield made
    shutil.rmtree(folder)


@pytest.fixture
def server(disk: SmallDisk) -> Iterator[PostgresServer]:
    """A server on that disk."""
    data = Path(str(disk.seen).partition("/root")[2] or disk.seen) / "data"
    with PostgresServer(SETTINGS, is_durable=True, data=data, shell=disk.shell) as started:
        yield started


def test_a_full_disk_under_postgresql_loses_nothing_and_photos_flow_again_when_there_is_room(
    tmp_path: Path, chart: SandboxServer, disk: SmallDisk, server: PostgresServer, figures: Callable[..., None]
) -> None:
    shots = day_of_shots(PHOTOS, SEED, large=True)
    (tmp_path / "database-url").write_text(server.url(server.new_database()))
    config = chaos_config(tmp_path, chart.url, more="database: {url_file: database-url}")
    restarts = 0
    with Fleet([config], tmp_path) as fleet, Phones(shots, fleet.ports, SEED) as phones:
        (bridge,) = fleet.bridges
        for until, log_too in ((PHOTOS // 2, False), (PHOTOS, True)):
            phones.allow(until - phones.allowed - 4)
            wait_until(lambda number=until - 4: len(phones.accepted) == number, SCALE.patience_seconds)
            disk.fill(0)
            if log_too:
                use_the_log_up(server)
            refused = phones.refusals.get(206, 0) + REFUSALS
            phones.allow(4)
            # A server that has panicked may find room when it starts again, by itself and at once.
            wait_until(
                lambda least=refused, most=until: phones.refusals.get(206, 0) >= least or len(phones.accepted) == most,
                SCALE.patience_seconds,
            )
            disk.make_room(0)
            restarts += started_again(server)
            wait_until(lambda number=until: len(phones.accepted) == number, SCALE.patience_seconds)
            assert all(check(bridge.port, shot.name).status == 200 for shot in list(phones.accepted))
        phones.wait_until_all_may_be_forgotten(SCALE.patience_seconds)
        panics = server.log().count("PANIC:")
        assert panics > 0
        figures(photos=PHOTOS, refused=phones.refusals, panics=panics, restarts=restarts, images=len(chart.images()))
        assert misfiled(shots, chart.images()) == {}
        assert fleet.tracebacks() == []
        assert not bridge.has_ended()


def use_the_log_up(server: PostgresServer) -> None:
    """Go on to the next file of the server's log until there is no room for one, so that it panics."""
    with contextlib.suppress(psycopg.OperationalError):
        for _ in range(MOST_LOG_FILES):
            server.do("SELECT txid_current(), pg_switch_wal()")
        raise AssertionError("the server's log found room on a full disk")


def started_again(server: PostgresServer) -> bool:
    """Start the server where it gave up, as its admin or its service manager does."""
    with contextlib.suppress(AssertionError):
        wait_until(server.has_ended, 2)
    if not server.has_ended():
        return False
    server.start()
    return True
