"""What every engine of the store keeps to: when bytes may go, and what stays of a photo when they are gone."""

from datetime import UTC, datetime

import pytest
from photo_makers import HOLD, add, claimed, deliver, in_seconds, photo_in, send, upload

from bridge.photos import BytesMissingError, Chores, Photo, PhotoState, Store, WrongStateError, photo_json

_, _, DELIVERED, HELD, DISCARDED = PhotoState


def may_go(store: Store, state: PhotoState = DELIVERED, limit: int = 100) -> list[int]:
    return [photo.id for photo in store.forgettable("clinic-a", state, datetime.now(UTC), limit)]


def forgotten(store: Store, state: PhotoState = DELIVERED) -> Photo:
    photo = photo_in(store, state)
    store.forget_bytes([photo])
    return store.photo(photo.id)


class TestKeeping:
    @pytest.mark.parametrize("state", PhotoState)
    def test_bytes_may_go_when_a_photo_is_delivered_or_discarded(self, store: Store, state: PhotoState) -> None:
        photo = photo_in(store, state)
        assert may_go(store, state) == ([photo.id] if state.is_done else [])

    @pytest.mark.parametrize("state", PhotoState)
    def test_bytes_of_a_photo_that_is_not_done_are_never_removed(self, store: Store, state: PhotoState) -> None:
        photo = forgotten(store, state)
        assert (photo.bytes_gone_at is not None) is state.is_done
        if state.is_done:
            with pytest.raises(BytesMissingError):
                store.bytes_of(photo)
        else:
            assert store.bytes_of(photo) == b"a picture"

    def test_bytes_stay_until_the_given_time_after_the_delivery(self, store: Store) -> None:
        photo_in(store, DELIVERED)
        assert store.forgettable("clinic-a", DELIVERED, in_seconds(-60), 10) == []
        assert store.forgettable("clinic-b", DELIVERED, in_seconds(60), 10) == []

    def test_bytes_stay_while_a_copy_is_due(self, store: Store) -> None:
        store.set_chores(lambda _practice: Chores(copies=("/usb", "/nas")))
        photo = photo_in(store, DELIVERED)
        store.end_copy(photo.id, "/usb", "/usb/1.jpg")
        store.put_off_copies("/nas", in_seconds(3600))
        assert may_go(store) == []
        store.end_copy(photo.id, "/nas", None)
        assert may_go(store) == [photo.id]

    def test_bytes_stay_while_a_medimage_server_has_still_to_pull_them(self, store: Store) -> None:
        store.set_chores(lambda _practice: Chores(offered=True))
        photo = photo_in(store, DELIVERED)
        assert may_go(store) == []
        store.end_offer(photo.id)
        assert may_go(store) == [photo.id]

    def test_what_is_gone_is_not_named_again_and_the_rest_comes_in_parts(self, store: Store) -> None:
        for number in range(5):
            add(store, f"{number}.jpg")
            deliver(store, claimed(store), image_id=number + 1)
        seen = []
        while photos := store.forgettable("clinic-a", DELIVERED, datetime.now(UTC), 2):
            seen += [photo.id for photo in photos]
            store.forget_bytes(photos)
        assert len(seen) == len(set(seen)) == 5

    def test_a_removal_that_was_cut_short_is_made_again(self, store: Store) -> None:
        photo = photo_in(store, DELIVERED)
        store.forget_bytes([photo])
        store.forget_bytes([photo])
        assert may_go(store) == []


class TestWhatStays:
    @pytest.mark.parametrize("state", [DELIVERED, DISCARDED])
    def test_name_hash_history_and_receipt_stay(self, store: Store, state: PhotoState) -> None:
        photo = photo_in(store, state)
        history, receipt = store.events(photo.id), store.receipt(photo.id)
        store.forget_bytes([photo])
        gone = store.photo(photo.id)
        assert (gone.name, gone.sha256, gone.size_bytes) == (photo.name, photo.sha256, photo.size_bytes)
        assert (store.events(photo.id), store.receipt(photo.id)) == (history, receipt)
        assert store.photos_checked("clinic-a", photo.name) == [gone]
        assert photo_json(gone)["bytes_gone_at"] == gone.bytes_gone_at.isoformat() if gone.bytes_gone_at else False

    @pytest.mark.parametrize("state", [DELIVERED, DISCARDED])
    def test_the_same_file_sent_again_is_known_and_changes_nothing(self, store: Store, state: PhotoState) -> None:
        gone = forgotten(store, state)
        again, is_new = send(store, upload())
        assert not is_new
        assert again == gone
        with pytest.raises(BytesMissingError):
            store.bytes_of(gone)

    @pytest.mark.parametrize("state", [DELIVERED, DISCARDED])
    def test_nobody_can_send_on_a_photo_whose_bytes_are_gone(self, store: Store, state: PhotoState) -> None:
        gone = forgotten(store, state)
        with pytest.raises(WrongStateError):
            store.retry(gone.id, "sofia")
        assert store.photo(gone.id) == gone

    def test_what_a_person_must_look_at_keeps_its_bytes(self, store: Store) -> None:
        photo = photo_in(store, HELD)
        store.forget_bytes([photo])
        store.retry(photo.id, "sofia")
        store.hold(claimed(store), HOLD)
        assert store.bytes_of(photo) == b"a picture"
