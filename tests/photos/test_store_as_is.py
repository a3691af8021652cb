"""Damaged pictures that a person wants sent as they are, and originals (bridge/photos/store.py)."""

from pathlib import Path

from photo_makers import add, photo_in

from bridge.photos import PhotoState, Store


class TestStore:
    def test_a_person_may_want_a_held_photo_sent_as_it_is(self, store: Store) -> None:
        photo = photo_in(store, PhotoState.HELD)
        assert not store.is_wanted_as_is(photo)
        again = store.retry(photo.id, "nurse", as_is=True)
        assert again.state is PhotoState.QUEUED
        assert store.is_wanted_as_is(again)
        assert (store.events(photo.id)[-1].reason, store.events(photo.id)[-1].actor) == ("sent as it is", "nurse")

    def test_a_photo_tried_again_is_not_sent_as_it_is(self, store: Store) -> None:
        photo = photo_in(store, PhotoState.HELD)
        store.retry(photo.id, "nurse")
        assert not store.is_wanted_as_is(photo)

    def test_the_original_is_a_file_or_its_bytes(self, store: Store) -> None:
        original = store.original(add(store, content=b"a picture"))
        assert (original.read_bytes() if isinstance(original, Path) else original) == b"a picture"
