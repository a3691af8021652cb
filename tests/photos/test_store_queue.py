"""What every engine of the store keeps to: the queue, changes of state, attempts (bridge/photos/store.py)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from photo_makers import (
    CHART,
    HOLD,
    SHA256,
    TARGET,
    add,
    begun,
    claimed,
    deliver,
    in_seconds,
    in_threads,
    let_leases_end,
    photo_in,
    receipt,
)

from bridge.photos import Outcome, Photo, PhotoState, Store, WrongStateError
from bridge.photos.errors import RowConflictError
from bridge.photos.sql import SqlStore
from bridge.targets import ChartTarget, ImageType

QUEUED, SENDING, DELIVERED, HELD, DISCARDED = PhotoState

CHANGES: dict[str, tuple[set[PhotoState], PhotoState, str, Callable[[Store, Photo], object]]] = {
    "deliver": (
        {SENDING},
        DELIVERED,
        "only a photo that is sending can be delivered",
        lambda store, photo: store.deliver(photo, receipt(photo), begun(store, photo)),
    ),
    "requeue": (
        {SENDING},
        QUEUED,
        "only a photo that is sending can be put back",
        lambda store, photo: store.requeue(photo, in_seconds(9), "put-back", "chart-away"),
    ),
    "hold": (
        {QUEUED, SENDING},
        HELD,
        "only a photo that is queued or sending can be held",
        lambda store, photo: store.hold(photo, HOLD),
    ),
    "retry": (
        {HELD, QUEUED},
        QUEUED,
        "only a photo that is held or queued can be retried",
        lambda store, photo: store.retry(photo.id, "sofia"),
    ),
    "assign": (
        {HELD, QUEUED},
        QUEUED,
        "only a photo that is held or queued can be assigned",
        lambda store, photo: store.assign(photo.id, TARGET, "sofia"),
    ),
    "discard": (
        {HELD},
        DISCARDED,
        "only a photo that is held can be discarded",
        lambda store, photo: store.discard(photo.id, "sofia", "a test picture"),
    ),
}


class TestQueue:
    # the queue

    def test_a_claim_takes_a_photo_for_sending_and_counts_the_try(self, store: Store) -> None:
        add(store)
        photo = claimed(store)
        assert (photo.state, photo.attempts) == (SENDING, 1)
        assert store.claim("worker-2") is None
        store.requeue(photo, in_seconds(-1), "put-back", "")
        assert claimed(store).attempts == 2

    def test_the_longest_due_photo_is_claimed_first_and_equals_in_order_of_arrival(self, store: Store) -> None:
        first, second, third, fourth = (add(store, name=f"{number}.jpg") for number in range(4))
        assert [claimed(store).id for _ in range(3)] == [first.id, second.id, third.id]
        for photo, seconds in ((first, -10), (second, -15), (third, -20)):
            store.requeue(photo, in_seconds(seconds), "put-back", "")
        fifth = add(store, name="5.jpg")
        expected = [photo.id for photo in (third, second, first, fourth, fifth)]
        assert [claimed(store).id for _ in range(5)] == expected

    def test_a_photo_is_not_claimed_before_its_time(self, store: Store) -> None:
        add(store)
        store.requeue(claimed(store), in_seconds(3600), "put-back", "")
        assert store.claim("worker-1") is None

    def test_a_photo_waiting_for_its_time_is_due_at_once_when_a_person_says_so(self, store: Store) -> None:
        add(store)
        photo = claimed(store)
        store.requeue(photo, in_seconds(3600), "put-back", "")
        store.retry(photo.id, "sofia")
        assert claimed(store).id == photo.id

    def test_practices_can_be_left_out_of_a_claim(self, store: Store) -> None:
        add(store)
        there = add(store, practice="clinic-b")
        assert store.claim("worker-1", ["clinic-a", "clinic-b"]) is None
        photo = store.claim("worker-1", ["clinic-a"])
        assert photo is not None
        assert photo.id == there.id

    def test_8_workers_claiming_at_once_get_each_photo_once(self, store: Store) -> None:
        added = [add(store, name=f"{number}.jpg").id for number in range(40)]

        def work() -> list[int]:
            mine = []
            while photo := store.claim("worker"):
                mine.append(photo.id)
            return mine

        assert sorted(photo_id for mine in in_threads(8, work) for photo_id in mine) == added
        assert {len(store.events(photo_id)) for photo_id in added} == {2}

    def test_photos_left_on_their_way_are_put_back_and_due(self, store: SqlStore) -> None:
        photo = photo_in(store, SENDING)
        let_leases_end(store)
        waiting = add(store, name="2.jpg")
        assert store.recover() == 1
        assert store.photo(photo.id).state is QUEUED
        assert store.events(photo.id)[-1].reason == "recovered"
        assert store.photo(waiting.id) == waiting
        assert store.recover() == 0
        assert {claimed(store).id, claimed(store).id} == {photo.id, waiting.id}

    # changes of state

    @pytest.mark.parametrize("state", PhotoState)
    @pytest.mark.parametrize("change", CHANGES)
    def test_a_change_is_one_event_or_is_refused_in_one_sentence(
        self, store: Store, change: str, state: PhotoState
    ) -> None:
        allowed, after, rule, make = CHANGES[change]
        photo = photo_in(store, state)
        history, proof = store.events(photo.id), store.receipt(photo.id)
        if state in allowed:
            make(store, photo)
            *before, event = store.events(photo.id)
            assert before == history
            assert (event.from_state, event.to_state) == (state, after)
            assert store.photo(photo.id).state is after
        else:
            with pytest.raises(WrongStateError) as refused:
                make(store, photo)
            assert str(refused.value) == f"Photo {photo.id} is {state}, and {rule}."
            assert (store.photo(photo.id), store.events(photo.id)) == (photo, history)
            assert store.receipt(photo.id) == proof

    def test_a_history_is_a_chain_from_nothing_to_the_present(self, store: Store) -> None:
        photo = photo_in(store, HELD)
        store.retry(photo.id, "sofia")
        store.requeue(claimed(store), in_seconds(-1), "put-back", "chart-away")
        deliver(store, claimed(store))
        history = store.events(photo.id)
        assert [event.to_state for event in history] == [QUEUED, HELD, QUEUED, SENDING, QUEUED, SENDING, DELIVERED]
        assert [event.from_state for event in history] == [None, *(event.to_state for event in history[:-1])]
        assert [event.at for event in history] == sorted(event.at for event in history)
        assert [event.reason for event in history[:5]] == ["received", "no-patient", "retried", "claimed", "put-back"]

    def test_a_hold_says_why_until_the_photo_moves_on(self, store: Store) -> None:
        photo = photo_in(store, HELD)
        assert photo.hold == HOLD
        assert store.retry(photo.id, "sofia").hold is None
        assert store.claim("worker-1") is not None

    def test_a_person_who_acts_is_in_the_history(self, store: Store) -> None:
        photo = photo_in(store, HELD)
        store.assign(photo.id, TARGET, "sofia")
        store.hold(photo, HOLD)
        store.discard(photo.id, "ana", "a test picture")
        assert [event.actor for event in store.events(photo.id)] == ["bridge", "bridge", "sofia", "bridge", "ana"]
        assert store.events(photo.id)[-1].detail == "a test picture"

    @pytest.mark.parametrize("target", [TARGET, ChartTarget(2**31 - 1, ImageType.HEADSHOT)])
    def test_an_assigned_target_stays_with_the_photo(self, store: Store, target: ChartTarget) -> None:
        photo = photo_in(store, HELD)
        assert store.assign(photo.id, target, "sofia").assigned == target
        assert claimed(store).assigned == target

    def test_16_people_discarding_one_photo_make_one_event(self, store: Store) -> None:
        photo = photo_in(store, HELD)

        def discard() -> bool:
            try:
                return store.discard(photo.id, "sofia", "").state is DISCARDED
            except WrongStateError:
                return False

        assert sum(map(bool, in_threads(16, discard))) == 1
        assert len(store.events(photo.id)) == 3

    def test_the_mapping_version_is_remembered(self, store: Store) -> None:
        photo = add(store)
        store.set_mapping_version(photo, "5f" * 32)
        assert store.photo(photo.id) == replace(photo, mapping_version="5f" * 32)

    # attempts and receipts

    def test_an_attempt_is_unsettled_until_its_outcome_is_certain(self, store: Store) -> None:
        photo = photo_in(store, SENDING)
        first, second, third = begun(store, photo), begun(store, photo), begun(store, photo)
        assert (first.number, first.target, first.data_sha256, first.data_length) == (1, TARGET, SHA256, 11)
        assert first.started_at.tzinfo is UTC
        assert store.unsettled_attempts(photo) == [first, second, third]
        store.end_attempt(first, Outcome.UNKNOWN)
        store.end_attempt(second, Outcome.NOT_STORED)
        assert store.unsettled_attempts(photo) == [replace(first, outcome=Outcome.UNKNOWN), third]
        store.deliver(photo, receipt(photo), third)
        assert store.unsettled_attempts(photo) == [replace(first, outcome=Outcome.UNKNOWN)]

    def test_attempts_of_another_photo_are_not_its_own(self, store: Store) -> None:
        begun(store, photo_in(store, SENDING))
        assert store.unsettled_attempts(add(store, name="2.jpg")) == []

    def test_a_receipt_is_kept_as_it_was_given(self, store: Store) -> None:
        photo = photo_in(store, SENDING)
        assert store.receipt(photo.id) is None
        delivered_at = datetime(2026, 11, 21, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-8)))
        proof = replace(receipt(photo), target=ChartTarget(5, ImageType.SURGERY), delivered_at=delivered_at)
        store.deliver(photo, proof, begun(store, photo))
        kept = store.receipt(photo.id)
        assert kept == proof
        assert kept is not None
        assert kept.delivered_at.tzinfo is UTC

    def test_a_delivery_that_fails_changes_nothing(self, store: Store) -> None:
        photo = photo_in(store, SENDING)
        attempt = begun(store, photo)
        with pytest.raises(RowConflictError):
            store.deliver(photo, replace(receipt(photo), photo_id=photo.id + 1), attempt)
        assert store.photo(photo.id) == photo
        assert len(store.events(photo.id)) == 2
        assert store.unsettled_attempts(photo) == [attempt]

    def test_the_chart_images_that_are_photos_already_are_known(self, store: Store) -> None:
        for image_id in (5, 40_000):
            add(store, name=f"{image_id}.jpg")
            deliver(store, claimed(store), image_id)
        add(store, name="elsewhere.jpg")
        deliver(store, claimed(store), 6, "https://other.example.org")
        assert store.known_images(CHART, [4, 5, 6]) == {5}
        assert store.known_images(CHART, []) == set()
        assert store.known_images(CHART, (number for number in range(70_000))) == {5, 40_000}


def test_a_waiting_photo_is_held_and_one_that_is_claimed_is_not(store: Store) -> None:
    waiting, under_way = add(store, "#1.jpg"), add(store, "#2.jpg")
    assert store.hold_waiting(waiting, HOLD)
    assert claimed(store).id == under_way.id
    assert not store.hold_waiting(under_way, HOLD)
    assert [store.photo(photo.id).state for photo in (waiting, under_way)] == [HELD, SENDING]


def test_waiting_photos_are_listed_by_arrival_from_where_one_was(store: Store) -> None:
    first, second, third = (add(store, f"#{number}.jpg") for number in (1, 2, 3))
    assert store.waiting_after(0, in_seconds(1), 2) == [first, second]
    assert store.waiting_after(second.id, in_seconds(1), 2) == [third]
    assert store.waiting_after(0, first.received_at, 2) == []
