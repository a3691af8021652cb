"""What every engine of the store keeps to: which attempts are looked for again, when, and how that ends."""

from datetime import datetime

import pytest
from photo_makers import SHA256, TARGET, add, claimed, in_seconds, photo_in, receipt

from bridge.photos import Attempt, Outcome, Photo, PhotoState, Store


def attempted(store: Store, photo: Photo, look_at: datetime | None) -> Attempt:
    return store.start_attempt(photo, TARGET, SHA256, 11, look_at)


def due(store: Store) -> list[int]:
    return [attempt.id for attempt, _photo in store.due_looks(10)]


class TestLooks:
    @pytest.mark.parametrize("outcome", [None, Outcome.UNKNOWN, Outcome.DELIVERED, Outcome.NOT_STORED])
    def test_an_attempt_is_looked_for_unless_nothing_was_stored(self, store: Store, outcome: Outcome | None) -> None:
        add(store)
        attempt = attempted(store, claimed(store), in_seconds(-1))
        if outcome is not None:
            store.end_attempt(attempt, outcome)
        assert due(store) == ([] if outcome is Outcome.NOT_STORED else [attempt.id])

    def test_looks_come_at_their_time_the_longest_due_first_and_with_their_photos(self, store: Store) -> None:
        add(store)
        photo = claimed(store)
        attempts = [attempted(store, photo, in_seconds(seconds)) for seconds in (-10, 60, -20)]
        attempted(store, photo, None)
        assert due(store) == [attempts[2].id, attempts[0].id]
        assert store.due_looks(1)[0][1] == photo

    def test_a_look_that_a_wrong_clock_put_off_too_far_is_due(self, store: Store) -> None:
        add(store)
        photo = claimed(store)
        far, near, now = (attempted(store, photo, in_seconds(seconds)) for seconds in (86400, 60, -1))
        found = [attempt.id for attempt, _photo in store.due_looks(10, longest_wait_seconds=3600)]
        assert found == [now.id, far.id]
        assert near.id not in found
        assert due(store) == [now.id]

    def test_looks_that_were_made_are_counted_and_those_put_off_are_not(self, store: Store) -> None:
        add(store)
        attempt = attempted(store, claimed(store), in_seconds(-1))
        for looked in (True, False, True):
            store.look_again([attempt.id], in_seconds(-1), looked=looked)
        ((found, _photo),) = store.due_looks(10)
        assert (attempt.looks, found.looks) == (0, 2)

    def test_a_look_that_is_over_leaves_what_was_unknown_as_absent(self, store: Store) -> None:
        add(store)
        photo = claimed(store)
        unknown, delivered = (attempted(store, photo, in_seconds(-1)) for _ in range(2))
        store.end_attempt(unknown, Outcome.UNKNOWN)
        store.deliver(photo, receipt(photo), delivered)
        store.look_again([unknown.id], in_seconds(60))
        assert due(store) == [delivered.id]
        assert [attempt.id for attempt in store.unsettled_attempts(photo)] == [unknown.id]
        store.look_again([unknown.id, delivered.id], None)
        assert due(store) == []
        assert store.unsettled_attempts(photo) == []

    def test_a_duplicate_that_was_removed_stands_in_the_photos_history(self, store: Store) -> None:
        photo = photo_in(store, PhotoState.DELIVERED)
        store.record_removed(photo, 78)
        event = store.events(photo.id)[-1]
        assert (event.reason, event.from_state, event.to_state) == ("late-duplicate-removed", *2 * [photo.state])
        assert "78" in event.detail
        assert store.photo(photo.id) == photo
