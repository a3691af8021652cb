"""Claims that end with their worker, jobs for one bridge, and what bridges share (bridge/photos/store.py)."""

from collections.abc import Callable

import pytest
from photo_makers import HOLD, add, begun, claimed, deliver, in_seconds, in_threads, let_leases_end, receipt

from bridge.photos import ClaimLostError, Photo, PhotoState, Store
from bridge.photos.sql import SqlStore

ENDINGS: dict[str, Callable[[Store, Photo], object]] = {
    "start_attempt": begun,
    "requeue": lambda store, photo: store.requeue(photo, in_seconds(9), "put-back", ""),
    "hold": lambda store, photo: store.hold(photo, HOLD),
}


def taken_over(store: SqlStore) -> tuple[Photo, Photo]:
    """A photo as its first worker has it in hand, and as the second, who took it over."""
    add(store)
    first = claimed(store, "first")
    let_leases_end(store)
    assert store.recover() == 1
    return first, claimed(store, "second")


class TestClaims:
    @pytest.mark.parametrize("ending", ENDINGS)
    def test_whoever_lost_a_claim_can_do_no_more_with_the_photo(self, store: SqlStore, ending: str) -> None:
        first, second = taken_over(store)
        history = store.events(first.id)
        with pytest.raises(ClaimLostError, match="taken over by another bridge, or by a person"):
            ENDINGS[ending](store, first)
        assert store.photo(first.id) == second
        assert store.events(first.id) == history
        deliver(store, second)

    def test_whoever_lost_a_claim_cannot_deliver_and_leaves_the_attempt_unsettled(self, store: SqlStore) -> None:
        add(store)
        first = claimed(store)
        attempt = begun(store, first)
        let_leases_end(store)
        store.recover()
        with pytest.raises(ClaimLostError):
            store.deliver(first, receipt(first), attempt)
        second = claimed(store)
        assert store.unsettled_attempts(second) == [attempt]
        with pytest.raises(ClaimLostError):
            store.deliver(first, receipt(first), attempt)
        assert store.photo(first.id) == second
        assert store.receipt(first.id) is None

    def test_a_photo_that_somebody_held_meanwhile_is_lost_to_its_worker(self, store: SqlStore) -> None:
        add(store)
        photo = claimed(store)
        store.hold(store.photo(photo.id), HOLD)
        with pytest.raises(ClaimLostError):
            store.requeue(photo, in_seconds(9), "put-back", "")
        assert store.photo(photo.id).state is PhotoState.HELD

    def test_a_job_is_always_its_holders_own_until_the_time_is_over(self, store: SqlStore) -> None:
        assert store.hold_lease("job", store.bridge_id, 60)
        assert store.hold_lease("job", store.bridge_id, 60)

    def test_a_shared_key_is_made_once_and_another_for_each_name(self, store: SqlStore) -> None:
        keys = set(in_threads(8, lambda: store.shared_key("pages")))
        assert len(keys) == 1
        assert keys == {store.shared_key("pages")}
        assert len(keys.pop()) == 32
        assert store.shared_key("other") != store.shared_key("pages")

    def test_what_many_change_at_once_is_all_kept(self, store: SqlStore) -> None:
        in_threads(8, lambda: [store.change_shared("note", lambda note: note + b"x") for _ in range(5)])
        assert store.change_shared("note", bytes) == b"x" * 40

    def test_a_change_that_fails_leaves_the_note_alone(self, store: SqlStore) -> None:
        store.change_shared("note", lambda _note: b"before")
        with pytest.raises(ZeroDivisionError):
            store.change_shared("note", lambda note: note * (1 // 0))
        assert store.change_shared("note", bytes) == b"before"
