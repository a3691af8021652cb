"""Data folders as earlier versions of the bridge left them, with rows put in by plain SQL."""

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import bridge.photos

_MIGRATIONS = Path(bridge.photos.__file__).parent / "migrations"
_PHOTO = (
    "insert into photos (id, practice, name, check_key, sha256, size_bytes, media_type, source, received_at, state,"
    " next_attempt_at, attempts, bytes_key, offered) values (?, 'clinic-a', ?, ?, ?, 9, 'image/jpeg', 'photo-api',"
    " '2026-11-21 10:11:12.000000', ?, '2026-11-21 10:11:12.000000', 1, ?, 0)"
)
_RECEIPT = (
    "insert into receipts (photo_id, chart, image_id, patient, type, data_sha256, data_length, read_back, delivered_at)"
    " values (?, ?, ?, 12, 'Xray', ?, 11, 1, '2026-11-21 10:11:13.000000')"
)


def make_older(folder: Path, revision: str) -> None:
    """An empty data folder whose database stands at a migration."""
    folder.mkdir()
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS.as_posix())
    engine = sa.create_engine(f"sqlite:///{folder / 'bridge.db'}")
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def put_photos(folder: Path, states: Iterable[str]) -> None:
    """Photos 1, 2, ... in these states, without bytes."""
    with contextlib.closing(sqlite3.connect(folder / "bridge.db")) as database, database:
        database.execute("insert into practices (name, created_at) values ('clinic-a', '2026-11-20 08:00:00.000000')")
        for number, state in enumerate(states, start=1):
            name = f"{number}.jpg"
            database.execute(_PHOTO, (number, name, name, f"{number:064}", state, f"{number:032}"))


def put_receipt(folder: Path, photo_id: int, chart: str, image_id: int) -> None:
    """The receipt of a photo."""
    with contextlib.closing(sqlite3.connect(folder / "bridge.db")) as database, database:
        database.execute(_RECEIPT, (photo_id, chart, image_id, "0" * 64))
