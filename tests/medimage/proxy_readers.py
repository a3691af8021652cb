"""Readers of proxies with settings that suit tests, and what they stored."""

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from medimage_proxy import GUID

from bridge.medimage.proxy_reading import ProxyReader
from bridge.medimage.proxy_source import ReadSettings, ReadSource
from bridge.photos import Photo, SqliteStore
from bridge.settings import UploadSettings

UPLOADS = UploadSettings(
    allow_unpaired=False,
    unpaired_practice=None,
    max_upload_bytes=100_000,
    max_pixels=1_000_000,
    allowed_types=frozenset({"jpeg", "png", "heic", "pdf"}),
)


@contextlib.contextmanager
def open_store(folder: Path) -> Iterator[SqliteStore]:
    """A store in a folder, with one practice."""
    with contextlib.closing(SqliteStore(folder / "data")) as store:
        store.ensure_practices({"clinic-a": GUID})
        yield store


def quick_settings(folder: Path, **changes: Any) -> ReadSettings:
    """Settings that wait for less than a second anywhere."""
    usual: dict[str, Any] = {
        "spool_folder": folder / "data" / "proxy",
        "uploads": UPLOADS,
        "connect_seconds": 2,
        "answer_seconds": 0.5,
        "stall_seconds": 0.3,
        "transfer_seconds": 5,
        "settle_seconds": 0.4,
        "look_again_seconds": 0.005,
        "again_seconds": 0.8,
        "retry_first_seconds": 0.01,
        "retry_longest_seconds": 0.05,
    }
    return ReadSettings(**usual | changes)


def reader_of(url: str, store: SqliteStore, folder: Path, **changes: Any) -> ProxyReader:
    """A reader of clinic A's photos, with quick settings."""
    return ProxyReader(ReadSource("clinic-a", GUID, url), store, lambda: None, quick_settings(folder, **changes))


def poll_until(reader: ProxyReader, true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Poll as the clock does, until something is true. Raises AssertionError when that takes too long."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        reader.poll()
        time.sleep(0.005)


def by_name(store: SqliteStore) -> dict[str, list[Photo]]:
    """All photos by their names without the guid, oldest first."""
    found: dict[str, list[Photo]] = defaultdict(list)
    for photo in reversed(store.photos(limit=10_000)):
        found[photo.name.removeprefix(f"#{GUID}-")].append(photo)
    return found
