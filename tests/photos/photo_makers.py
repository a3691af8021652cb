"""Makes photos in any state, through the store's own methods."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from bridge.holds import Hold, HoldReason
from bridge.photos import Attempt, NewUpload, Photo, PhotoState, Receipt, Source, Store
from bridge.photos.sql import SqlStore
from bridge.targets import ChartTarget, ImageType

T = TypeVar("T")
PRACTICES: dict[str, str | None] = {"clinic-a": "uPSE4UWHmJ8XqFUqvf", "clinic-b": None}
TARGET = ChartTarget(patient=12, type=ImageType.XRAY, clinic=3, station=4)
HOLD = Hold(HoldReason.NO_PATIENT, "The name says no patient; assign it by hand.")
CHART = "https://chart.example.org"
SHA256 = hashlib.sha256(b"base64 text").hexdigest()


def upload(name: str = "12-xray.jpg", practice: str = "clinic-a", captured_at: datetime | None = None) -> NewUpload:
    return NewUpload(practice, name, Source.PHOTO_API, "image/jpeg", captured_at)


def send(store: Store, what: NewUpload, content: bytes = b"a picture") -> tuple[Photo, bool]:
    """Add an upload as the photo API does."""
    incoming = store.incoming()
    try:
        incoming.write(content)
        return store.add(what, incoming)
    finally:
        incoming.discard()


def add(store: Store, name: str = "12-xray.jpg", content: bytes = b"a picture", practice: str = "clinic-a") -> Photo:
    return send(store, upload(name, practice), content)[0]


def claimed(store: Store, worker: str = "worker-1") -> Photo:
    photo = store.claim(worker)
    assert photo is not None
    return photo


def begun(store: Store, photo: Photo, target: ChartTarget = TARGET) -> Attempt:
    return store.start_attempt(photo, target, SHA256, 11)


def receipt(photo: Photo, image_id: int = 77, chart: str = CHART) -> Receipt:
    return Receipt(photo.id, chart, image_id, TARGET, SHA256, 11, True, datetime.now(UTC))


def deliver(store: Store, photo: Photo, image_id: int = 77, chart: str = CHART) -> None:
    """Deliver a claimed photo."""
    store.deliver(photo, receipt(photo, image_id, chart), begun(store, photo))


def photo_in(store: Store, state: PhotoState) -> Photo:
    """The store's first photo, brought to a state."""
    photo = add(store)
    if state in (PhotoState.SENDING, PhotoState.DELIVERED):
        photo = claimed(store)
    if state is PhotoState.DELIVERED:
        deliver(store, photo)
    if state in (PhotoState.HELD, PhotoState.DISCARDED):
        store.hold(photo, HOLD)
    if state is PhotoState.DISCARDED:
        store.discard(photo.id, "sofia", "a test picture")
    return store.photo(photo.id)


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def let_leases_end(store: SqlStore) -> None:
    """As if the bridges that have claimed photos had been gone for a while."""
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE photos SET lease_until = '2026-01-01' WHERE state = 'sending'"))


def in_threads(number: int, work: Callable[[], T]) -> list[T]:
    """What each of so many threads gets from the same work, begun at one moment."""
    together = threading.Barrier(number)

    def begin(_number: int) -> T:
        together.wait()
        return work()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(begin, range(number)))
