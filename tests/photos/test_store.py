"""What every engine of the store keeps to: adding and finding photos, and practices (bridge/photos/store.py)."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from photo_makers import HOLD, add, in_threads, photo_in, send, upload

from bridge.photos import NoSuchPhotoError, Photo, PhotoState, Store
from bridge.photos.errors import RowConflictError

QUEUED, SENDING, DELIVERED, HELD, DISCARDED = PhotoState

ODD_NAMES = (
    "",
    " ",
    "José-Ñandú-🦷👩‍👧-漢字-שלום.jpg",
    "e\u0301-is-not-\u00e9",
    "\U0010ffff" * 255,
    "'; drop table photos; --",
    "100%_of\\them?*",
)


def ids(photos: Iterable[Photo]) -> list[int]:
    return [photo.id for photo in photos]


class TestStore:
    # adding

    def test_an_upload_becomes_a_queued_photo_with_its_bytes_and_one_event(self, store: Store) -> None:
        taken_at = datetime(2026, 11, 21, 10, 11, 12)
        photo, is_new = send(store, upload("12-xray.jpg", captured_at=taken_at), b"a picture")
        assert is_new
        assert (photo.practice, photo.name, photo.media_type) == ("clinic-a", "12-xray.jpg", "image/jpeg")
        assert (photo.size_bytes, photo.sha256) == (9, hashlib.sha256(b"a picture").hexdigest())
        assert (photo.state, photo.hold, photo.attempts, photo.assigned) == (QUEUED, None, 0, None)
        assert photo.captured_at == taken_at
        assert store.bytes_of(photo) == b"a picture"
        assert store.photo(photo.id) == photo
        (event,) = store.events(photo.id)
        assert (event.from_state, event.to_state, event.reason, event.actor) == (None, QUEUED, "received", "bridge")

    def test_the_same_name_and_content_again_is_the_same_photo(self, store: Store) -> None:
        photo = add(store)
        assert send(store, upload()) == (photo, False)
        assert len(store.events(photo.id)) == 1
        assert store.bytes_of(photo) == b"a picture"

    @pytest.mark.parametrize("state", PhotoState)
    def test_a_photo_sent_again_stays_in_its_state(self, store: Store, state: PhotoState) -> None:
        photo = photo_in(store, state)
        assert send(store, upload()) == (photo, False)

    def test_another_name_or_content_or_practice_is_another_photo(self, store: Store) -> None:
        same = add(store)
        others = [add(store, name="13-xray.jpg"), add(store, content=b"other"), add(store, practice="clinic-b")]
        assert len({same.id, *ids(others)}) == 4

    def test_16_phones_sending_the_same_photo_at_once_make_one(self, store: Store) -> None:
        answers = in_threads(16, lambda: send(store, upload()))
        assert sorted(is_new for _, is_new in answers) == [False] * 15 + [True]
        assert {photo.id for photo, _ in answers} == {store.photos()[0].id}
        assert sum(store.counts().values()) == 1
        assert store.bytes_of(store.photos()[0]) == b"a picture"

    def test_an_unknown_practice_is_refused_and_nothing_is_stored(self, store: Store) -> None:
        with pytest.raises(RowConflictError, match="check the config"):
            add(store, practice="gone")
        assert store.photos() == []

    def test_an_upload_that_is_not_added_leaves_nothing(self, store: Store) -> None:
        incoming = store.incoming()
        incoming.write(b"half a pic")
        incoming.discard()
        assert not incoming.path.exists()
        assert store.photos() == []

    def test_an_incoming_upload_can_be_looked_at_before_it_is_added(self, store: Store) -> None:
        incoming = store.incoming()
        for chunk in (b"a ", bytearray(b"pic"), memoryview(b"ture"), b""):
            incoming.write(chunk)
        assert (incoming.size_bytes, incoming.path.read_bytes()) == (9, b"a picture")
        assert incoming.sha256 == hashlib.sha256(b"a picture").hexdigest()
        incoming.discard()

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_any_name_is_found_again_exactly(self, store: Store, name: str) -> None:
        add(store, name="another")
        photo = add(store, name=name)
        assert photo.name == name
        assert store.photos_named(name) == [photo]
        assert store.photos_named(name + "X") == []

    def test_names_differ_by_case(self, store: Store) -> None:
        assert add(store, name="A.jpg") != add(store, name="a.jpg")

    def test_times_are_in_utc_but_the_phones_own_time_has_no_zone(self, store: Store) -> None:
        before = datetime.now(UTC)
        photo = add(store)
        assert before <= photo.received_at <= datetime.now(UTC)
        assert photo.received_at.tzinfo is UTC
        assert photo.next_attempt_at.tzinfo is UTC
        assert store.events(photo.id)[0].at.tzinfo is UTC

    # looking

    def test_photos_come_newest_first_page_by_page(self, store: Store) -> None:
        added = [add(store, name=f"{number}.jpg").id for number in range(7)]
        first = store.photos(limit=3)
        second = store.photos(limit=3, before_id=first[-1].id)
        third = store.photos(limit=3, before_id=second[-1].id)
        assert [ids(first), ids(second), ids(third)] == [added[:3:-1], added[3:0:-1], added[:1]]
        assert store.photos(before_id=added[0]) == []

    def test_photos_are_chosen_by_states_and_practice(self, store: Store) -> None:
        held = photo_in(store, HELD)
        here, there = add(store, name="2.jpg"), add(store, practice="clinic-b")
        assert ids(store.photos(states=[HELD])) == [held.id]
        assert ids(store.photos(states=[HELD, QUEUED])) == [there.id, here.id, held.id]
        assert ids(store.photos(practice="clinic-a", states=[QUEUED])) == [here.id]
        assert store.photos(states=[DELIVERED]) == []

    def test_photos_are_counted_by_state_and_practice(self, store: Store) -> None:
        photo_in(store, HELD)
        add(store, practice="clinic-b")
        none = dict.fromkeys(PhotoState, 0)
        assert store.counts() == none | {QUEUED: 1, HELD: 1}
        assert store.counts("clinic-b") == none | {QUEUED: 1}
        assert store.counts("gone") == none

    def test_all_photos_of_a_name_are_given_oldest_first(self, store: Store) -> None:
        same = [add(store, content=b"one"), add(store, content=b"two"), add(store, practice="clinic-b")]
        assert store.photos_named("12-xray.jpg") == same

    @pytest.mark.parametrize("photo_id", [0, 2, 2**31])
    def test_a_number_without_a_photo_is_said_so(self, store: Store, photo_id: int) -> None:
        photo = replace(add(store), id=photo_id)
        for ask in (store.photo, lambda number: store.retry(number, "sofia"), lambda _: store.hold(photo, HOLD)):
            with pytest.raises(NoSuchPhotoError, match="no photo with this number"):
                ask(photo_id)
        assert store.events(photo_id) == []
        assert store.receipt(photo_id) is None

    # practices

    def test_a_guid_leads_to_its_practice_by_exact_case(self, store: Store) -> None:
        assert store.practice_of_guid("uPSE4UWHmJ8XqFUqvf") == "clinic-a"
        assert store.practice_of_guid("UPSE4UWHMJ8XQFUQVF") is None
        assert store.practice_of_guid("") is None

    def test_a_config_without_guid_leaves_a_paired_practice_paired(self, store: Store) -> None:
        store.ensure_practices({"clinic-a": None})
        assert store.practice_of_guid("uPSE4UWHmJ8XqFUqvf") == "clinic-a"

    def test_a_guid_can_be_changed_swapped_and_given_to_a_renamed_practice(self, store: Store) -> None:
        one, two = "a" * 16, "b" * 16
        store.ensure_practices({"clinic-a": one, "clinic-b": two})
        assert store.practice_of_guid("uPSE4UWHmJ8XqFUqvf") is None
        store.ensure_practices({"clinic-a": two, "clinic-b": one})
        assert (store.practice_of_guid(one), store.practice_of_guid(two)) == ("clinic-b", "clinic-a")
        store.ensure_practices({"renamed": one})
        assert store.practice_of_guid(one) == "renamed"

    def test_a_trouble_is_told_once_and_until_it_is_over(self, store: Store) -> None:
        assert store.troubles() == {}
        assert store.set_trouble("clinic-a", "The chart does not answer.")
        assert not store.set_trouble("clinic-a", "The chart does not answer.")
        assert store.set_trouble("clinic-a", "The chart refuses the account.")
        assert store.set_trouble("clinic-b", "The chart does not answer.")
        assert store.troubles() == {
            "clinic-a": "The chart refuses the account.",
            "clinic-b": "The chart does not answer.",
        }
        assert store.set_trouble("clinic-a", None)
        assert not store.set_trouble("clinic-a", None)
        assert list(store.troubles()) == ["clinic-b"]

    def test_free_space_is_known(self, store: Store) -> None:
        assert store.free_bytes() > 0
