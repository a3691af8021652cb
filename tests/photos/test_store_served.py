"""Practices that are served, one photo for each chart image, and since when a photo fails by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from photo_makers import add, claimed, deliver

from bridge.photos import PhotoState, RowConflictError, Store

GUID = "uPSE4UWHmJ8XqFUqvf"


def test_the_guid_of_a_practice_that_is_served_no_more_is_not_known(store: Store) -> None:
    assert store.practice_of_guid(GUID) == "clinic-a"
    store.ensure_practices({"clinic-b": None})
    assert store.practice_of_guid(GUID) is None
    store.ensure_practices({"clinic-a": None, "clinic-b": None})
    assert store.practice_of_guid(GUID) == "clinic-a"


def test_two_photos_never_share_one_chart_image(store: Store) -> None:
    add(store, "1-xray.jpg", b"same")
    add(store, "2-xray.jpg", b"same")
    first, second = claimed(store), claimed(store)
    deliver(store, first, image_id=5)
    with pytest.raises(RowConflictError):
        deliver(store, second, image_id=5)
    assert store.photo(second.id).state is PhotoState.SENDING
    assert store.receipt(second.id) is None


def test_failing_counts_from_the_first_own_failure_and_anew_after_a_person_looked(store: Store) -> None:
    add(store)
    soon = datetime.now(UTC) - timedelta(seconds=1)
    photo = claimed(store)
    store.requeue(photo, soon, "put-back", "chart away")
    assert store.photo(photo.id).failing_since is None
    store.requeue(claimed(store), soon, "put-back", "500", is_failing=True)
    since = store.photo(photo.id).failing_since
    assert since is not None
    store.requeue(claimed(store), soon, "put-back", "500", is_failing=True)
    assert store.photo(photo.id).failing_since == since
    assert store.retry(photo.id, "a nurse").failing_since is None
