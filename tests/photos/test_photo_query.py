"""What every engine of the store keeps to when photos are looked for (bridge/photos/sql_query.py)."""

from datetime import timedelta

import pytest
from photo_makers import HOLD, add

from bridge.holds import HoldReason
from bridge.photos import Photo, PhotoQuery, PhotoState, Store

BOTH = frozenset({"clinic-a", "clinic-b"})


@pytest.fixture
def three(store: Store) -> list[Photo]:
    """Two photos of one practice, the second of them held, then one of another practice."""
    photos = [add(store, "1.jpg"), add(store, "2.jpg"), add(store, "3.jpg", practice="clinic-b")]
    store.hold(photos[1], HOLD)
    return photos


def found(store: Store, **wanted: object) -> list[int]:
    query = PhotoQuery(**{"practices": BOTH, **wanted})
    return [photo.id for photo in store.photos_wanted(query)]


def test_they_come_newest_first_in_pages(store: Store, three: list[Photo]) -> None:
    assert found(store) == [3, 2, 1]
    assert found(store, limit=2) == [3, 2]
    assert found(store, limit=2, before=2) == [1]
    assert store.photos_wanted(PhotoQuery(BOTH, before=2)) == [three[0]]


def test_they_are_narrowed_by_practice_state_reason_and_time(store: Store, three: list[Photo]) -> None:
    assert found(store, practices=frozenset({"clinic-a"})) == [2, 1]
    assert found(store, practices=frozenset()) == []
    assert found(store, state=PhotoState.HELD) == [2]
    assert found(store, reason=HOLD.reason) == [2]
    assert found(store, reason=HoldReason.TOO_LARGE) == []
    at = three[1].received_at
    assert found(store, since=at) == [3, 2]
    assert found(store, until=at) == [1]
    assert found(store, since=at, until=at + timedelta(microseconds=1)) == [2]
