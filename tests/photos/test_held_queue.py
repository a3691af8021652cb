"""What every engine of the store counts of photos that wait for a person (bridge/photos/sql_held_queue.py)."""

from datetime import UTC, datetime, timedelta

import pytest
from photo_makers import HOLD, add

from bridge.holds import Hold, HoldReason
from bridge.photos import Act, HeldPlace, PendingAct, Photo, Store

BOTH = frozenset({"clinic-a", "clinic-b"})
OTHER = Hold(HoldReason.TOO_LARGE, "It is too large.")


@pytest.fixture
def held(store: Store) -> list[Photo]:
    """Six photos: the first is not held, the fourth is of another practice, the fifth is held for another reason."""
    photos = [add(store, f"{number}.jpg", practice="clinic-b" if number == 4 else "clinic-a") for number in range(1, 7)]
    for photo in photos[1:]:
        store.hold(photo, OTHER if photo.id == photos[4].id else HOLD)
    return photos


def test_all_are_counted_by_reason_the_reason_of_the_newest_first(store: Store, held: list[Photo]) -> None:
    assert list(store.held_counts(BOTH).items()) == [(HOLD.reason, 4), (OTHER.reason, 1)]
    assert store.held_counts({"clinic-b"}) == {HOLD.reason: 1}
    assert store.held_counts(()) == {}


def test_a_photo_has_its_place_among_all_or_among_those_of_a_reason(store: Store, held: list[Photo]) -> None:
    _first, second, third, fourth, fifth, sixth = (each.id for each in held)
    assert store.held_place(BOTH, third) == HeldPlace(True, 3, fourth, second)
    assert store.held_place({"clinic-a"}, third) == HeldPlace(True, 2, fifth, second)
    assert store.held_place(BOTH, fourth, HOLD.reason) == HeldPlace(True, 1, sixth, third)
    assert store.held_place(BOTH, fifth, HOLD.reason) == HeldPlace(False, 1, sixth, fourth)
    assert store.held_place(BOTH, sixth) == HeldPlace(True, 0, None, fifth)


def test_those_of_which_somebody_has_just_said_something_do_not_wait(store: Store, held: list[Photo]) -> None:
    now, third = datetime.now(UTC), held[2].id
    store.put_off(PendingAct(third, Act.RETRY, "nurse", now, now + timedelta(seconds=60)))
    assert store.held_counts(BOTH)[HOLD.reason] == 3
    assert store.held_place(BOTH, third) == HeldPlace(False, 3, held[3].id, held[1].id)
    store.take_back(third)
    assert store.held_counts(BOTH)[HOLD.reason] == 4
