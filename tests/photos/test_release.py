"""Held photos that are let go after an edit of the mapping: bridge/photos/sql_release.py."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from photo_makers import HOLD, TARGET, add, begun, claimed, deliver, in_seconds, in_threads, let_leases_end, receipt

from bridge.holds import Hold, HoldReason
from bridge.photos import Photo, PhotoState, Place, PostgresStore, Store, WrongStateError, order_key
from bridge.targets import ImageType

OLD, NEW = "0" * 12, "1" * 12
REASONS = frozenset({HoldReason.NO_PATIENT, HoldReason.NO_TYPE})
NOON = datetime(2026, 11, 21, 12)
PLACE = Place(NOON, order_key(12, ImageType.XRAY), True)


def held(store: Store, name: str = "12.jpg", why: Hold = HOLD, by: str = OLD, practice: str = "clinic-a") -> Photo:
    """A photo that a version of the mapping held."""
    arrived = add(store, name, practice=practice)
    photo = claimed(store)
    assert photo.id == arrived.id
    store.set_mapping_version(photo, by)
    store.hold(photo, why)
    return store.photo(photo.id)


def found(store: Store, practice: str = "clinic-a", after_id: int = 0, limit: int = 10) -> list[int]:
    return [photo.id for photo in store.held_by_others(practice, NEW, REASONS, after_id, limit)]


def actors(store: Store, photo: Photo) -> list[tuple[str, str]]:
    return [(event.reason, event.actor) for event in store.events(photo.id)]


def test_photos_are_found_that_another_version_held_for_such_a_reason(store: Store) -> None:
    wanted = [held(store, "1.jpg"), held(store, "2.jpg", Hold(HoldReason.NO_TYPE, "No type."))]
    held(store, "3.jpg", Hold(HoldReason.DAMAGED_PICTURE, "Damaged."))
    held(store, "4.jpg", by=NEW)
    other = held(store, "5.jpg", practice="clinic-b")
    never_mapped = add(store, "6.jpg")
    store.hold(never_mapped, HOLD)
    add(store, "7.jpg")
    assert found(store) == [wanted[0].id, wanted[1].id, never_mapped.id]
    assert found(store, limit=1) == [wanted[0].id]
    assert found(store, after_id=wanted[0].id) == [wanted[1].id, never_mapped.id]
    assert found(store, "clinic-b") == [other.id]


def test_what_a_person_assigned_or_sends_as_it_is_stays_that_persons(store: Store) -> None:
    assigned, as_is, neither = (held(store, f"{number}.jpg") for number in range(3))
    store.assign(assigned.id, TARGET, "sofia")
    store.hold(claimed(store), HOLD)
    store.retry(as_is.id, "sofia", as_is=True)
    store.hold(claimed(store), HOLD)
    assert store.counts()[PhotoState.HELD] == 3
    assert found(store) == [neither.id]


def test_a_released_photo_is_due_in_the_line_where_it_belongs_with_an_event(store: Store) -> None:
    photo = held(store)
    assert store.release(photo, PLACE, f"{NEW} after {OLD}")
    released = store.photo(photo.id)
    assert (released.state, released.hold, released.place) == (PhotoState.QUEUED, None, PLACE)
    last = store.events(photo.id)[-1]
    assert (last.from_state, last.to_state, last.reason, last.detail, last.actor) == (
        PhotoState.HELD, PhotoState.QUEUED, "released", f"{NEW} after {OLD}", "bridge",
    )  # fmt: skip
    assert claimed(store).id == photo.id


@pytest.mark.parametrize("minutes", [-5, 5])
def test_it_waits_for_its_turn_and_goes_before_later_ones(store: Store, minutes: int) -> None:
    photo = held(store)
    waiting = add(store, "12-xray.jpg")
    store.place(claimed(store), replace(PLACE, order_at=NOON + timedelta(minutes=minutes)))
    assert store.release(photo, PLACE, "")
    first, second = (waiting.id, photo.id) if minutes < 0 else (photo.id, waiting.id)
    for number, photo_id in enumerate((first, second)):
        on_its_way = claimed(store)
        assert on_its_way.id == photo_id
        assert store.claim("another") is None
        deliver(store, on_its_way, 77 + number)
    assert store.mend_lines() == 0


def seconds_later(store: Store, photo: Photo) -> None:
    """A person retries it, and it is held again for the same reason by the same version."""
    store.retry(photo.id, "sofia")
    store.hold(claimed(store), HOLD)


ACTS: dict[str, Callable[[Store, Photo], object]] = {
    "retried": lambda store, photo: store.retry(photo.id, "sofia"),
    "assigned": lambda store, photo: store.assign(photo.id, TARGET, "sofia"),
    "discarded": lambda store, photo: store.discard(photo.id, "sofia", ""),
    "tried again": seconds_later,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_person_who_was_faster_wins(store: Store, act: Callable[[Store, Photo], object]) -> None:
    seen = held(store)
    act(store, seen)
    before, history = store.photo(seen.id), store.events(seen.id)
    assert not store.release(seen, PLACE, "")
    assert store.photo(seen.id) == before
    assert store.events(seen.id) == history


def test_a_photo_that_is_gone_is_not_released(store: Store) -> None:
    assert not store.release(replace(held(store), id=99), PLACE, "")


def test_of_many_that_release_one_photo_at_once_one_does(store: Store) -> None:
    photo = held(store)
    assert sum(in_threads(8, lambda: store.release(photo, PLACE, ""))) == 1
    assert [reason for reason, _ in actors(store, photo)].count("released") == 1


def test_who_assigns_a_photo_while_it_is_released_is_obeyed(store: Store) -> None:
    for number in range(10):
        photo = held(store, f"{number}.jpg")
        turns = iter([True, False])

        def act(photo: Photo = photo, turns: object = turns) -> bool:
            if next(turns):
                store.assign(photo.id, TARGET, "sofia")
                return True
            return store.release(photo, PLACE, "")

        in_threads(2, act)
        now = store.photo(photo.id)
        assert (now.state, now.assigned) == (PhotoState.QUEUED, TARGET)
        assert actors(store, photo)[-1] == ("assigned", "sofia")
        deliver(store, claimed(store), 100 + number)


def test_who_discards_a_photo_while_it_is_released_is_obeyed_or_told(store: Store) -> None:
    photo = held(store)
    turns = iter([True, False])

    def act() -> bool:
        if not next(turns):
            return store.release(photo, PLACE, "")
        try:
            return store.discard(photo.id, "sofia", "").state is PhotoState.DISCARDED
        except WrongStateError:
            return False

    assert sum(in_threads(2, act)) == 1
    assert len(store.events(photo.id)) == 4


def test_of_two_bridges_one_releases(open_store: Callable[..., PostgresStore]) -> None:
    first, second = open_store("first"), open_store("second")
    photo = held(first)
    bridges = iter([first, second])
    assert sum(in_threads(2, lambda: next(bridges).release(photo, PLACE, ""))) == 1
    assert [reason for reason, _ in actors(first, photo)].count("released") == 1


def test_the_version_that_delivers_is_the_one_on_record(store: Store) -> None:
    """An earlier try by another version has put the image into the chart; this one finds it there."""
    add(store)
    first = replace(claimed(store), mapping_version=OLD)
    attempt = begun(store, first)
    store.requeue(first, datetime.now(UTC), "put-back", "")
    second = replace(claimed(store), mapping_version=NEW)
    store.deliver(second, receipt(second), attempt)
    assert store.photo(second.id).mapping_version == NEW


def test_who_has_lost_a_claim_records_no_version(open_store: Callable[..., PostgresStore]) -> None:
    first, second = open_store("first"), open_store("second")
    add(first)
    lost = claimed(first)
    let_leases_end(first)
    assert second.recover() == 1
    again = claimed(second)
    first.set_mapping_version(lost, OLD)
    assert second.photo(lost.id).mapping_version is None
    second.set_mapping_version(again, NEW)
    assert second.photo(lost.id).mapping_version == NEW


def test_a_photo_that_waited_long_is_due_at_once(store: Store) -> None:
    add(store)
    photo = claimed(store)
    store.requeue(photo, in_seconds(3600), "chart-failed", "", is_failing=True)
    assert store.hold_waiting(store.photo(photo.id), HOLD)
    assert store.release(store.photo(photo.id), PLACE, "")
    released = store.photo(photo.id)
    assert released.failing_since is None
    assert claimed(store).id == photo.id
