"""Receipts of images that the chart has lost, and photos that wait (bridge/photos/store.py)."""

from dataclasses import replace

from photo_makers import CHART, add, begun, claimed, deliver, in_seconds, receipt

from bridge.photos import Outcome, PhotoState, Store

OTHER_SHA256 = "0" * 64


def test_a_receipt_of_another_picture_than_the_one_seen_is_forgotten_and_the_photo_tells_of_it(store: Store) -> None:
    lost = add(store, "1.jpg")
    deliver(store, claimed(store), 7)
    add(store, "2.jpg")
    new = claimed(store)
    seen = replace(receipt(new, 7), data_sha256=OTHER_SHA256)
    assert store.forget_stale_receipt(seen) == lost.id
    assert store.receipt(lost.id) is None
    assert store.photo(lost.id).state is PhotoState.DELIVERED
    last = store.events(lost.id)[-1]
    assert (last.reason, last.from_state, last.to_state) == (
        "receipt-stale",
        PhotoState.DELIVERED,
        PhotoState.DELIVERED,
    )
    assert last.detail.startswith("chart image 7 is another picture now, so the chart has lost this photo's")
    store.deliver(new, seen, begun(store, new))
    assert store.receipt(new.id) == seen
    assert store.known_hashes(CHART, [6, 7]) == {7: OTHER_SHA256}


def test_a_receipt_of_the_very_picture_that_was_seen_stays(store: Store) -> None:
    photo = add(store)
    deliver(store, claimed(store), 7)
    history = store.events(photo.id)
    assert store.forget_stale_receipt(receipt(photo, 7)) is None
    assert store.forget_stale_receipt(replace(receipt(photo, 8), data_sha256=OTHER_SHA256)) is None
    elsewhere = replace(receipt(photo, 7, "https://other.example.org"), data_sha256=OTHER_SHA256)
    assert store.forget_stale_receipt(elsewhere) is None
    assert store.receipt(photo.id) is not None
    assert store.events(photo.id) == history


def test_photos_that_may_be_in_the_chart_are_left_out_of_those_that_wait(store: Store) -> None:
    for number in range(3):
        add(store, f"{number}.jpg")
    first, second, third = (claimed(store) for _ in range(3))
    begun(store, first)
    store.end_attempt(begun(store, second), Outcome.UNKNOWN)
    store.end_attempt(begun(store, third), Outcome.NOT_STORED)
    for photo in (first, second, third):
        store.requeue(photo, in_seconds(9), "put-back", "")
    assert [photo.id for photo in store.waiting_after(0, in_seconds(1), 9)] == [third.id]


def test_of_photos_those_that_are_queued_or_on_their_way_wait(store: Store) -> None:
    add(store, "1.jpg")
    deliver(store, claimed(store))
    queued, sending = add(store, "2.jpg"), add(store, "3.jpg")
    claimed(store)
    assert store.waiting_among([1, queued.id, sending.id, 99]) == {queued.id, sending.id}
    assert store.waiting_among([]) == set()
