"""What every engine of the store keeps to when its uploads are read in pages (bridge/photos/sql_uploads.py)."""

from datetime import UTC, datetime, timedelta

import pytest
from photo_makers import HOLD, TARGET, add, in_seconds, photo_in

from bridge.photos import PhotoState, Store, UploadSpan, all_assigned, all_uploads
from bridge.targets import ChartTarget, ImageType

BOTH = ("clinic-a", "clinic-b")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FACE = ChartTarget(patient=7, type=ImageType.HEADSHOT)


def ids(store: Store, span: UploadSpan) -> list[int]:
    return [upload.id for upload in all_uploads(store, span)]


def assign_held(store: Store, name: str, target: ChartTarget = TARGET, actor: str = "sofia") -> int:
    photo = add(store, name)
    store.hold(photo, HOLD)
    store.assign(photo.id, target, actor)
    return photo.id


@pytest.mark.parametrize("state", PhotoState)
def test_an_upload_of_any_state_is_remembered_with_what_its_name_and_people_said(
    store: Store, state: PhotoState
) -> None:
    photo = photo_in(store, state)
    span = store.upload_span(BOTH, LONG_AGO)
    assert (span.count, span.last_id) == (1, photo.id)
    (upload,) = all_uploads(store, span)
    assert (upload.id, upload.practice, upload.name) == (photo.id, photo.practice, photo.name)
    assert (upload.received_at, upload.state, upload.assigned) == (photo.received_at, state, None)


def test_they_are_read_in_pages_each_once_and_in_order(store: Store) -> None:
    expected = [add(store, f"{number}.jpg").id for number in range(5)]
    span = store.upload_span(BOTH, LONG_AGO)
    first = store.uploads_after(span, 0, 2)
    second = store.uploads_after(span, first[-1].id, 2)
    third = store.uploads_after(span, second[-1].id, 2)
    assert [upload.id for upload in (*first, *second, *third)] == expected == ids(store, span)
    assert store.uploads_after(span, third[-1].id, 2) == []


def test_they_are_those_of_the_practices_since_a_time(store: Store) -> None:
    own, others = add(store, "1.jpg"), add(store, "2.jpg", practice="clinic-b")
    assert ids(store, store.upload_span(["clinic-a"], LONG_AGO)) == [own.id]
    assert ids(store, store.upload_span(BOTH, others.received_at)) == [others.id]
    assert ids(store, store.upload_span(BOTH, others.received_at + timedelta(microseconds=1))) == []
    assert store.upload_span([], LONG_AGO).count == 0


def test_what_arrives_while_they_are_read_is_none_of_them(store: Store) -> None:
    before = add(store, "1.jpg")
    span = store.upload_span(BOTH, LONG_AGO)
    add(store, "2.jpg")
    assert ids(store, span) == [before.id]


def test_reading_keeps_nobody_from_writing(store: Store) -> None:
    for number in range(4):
        add(store, f"{number}.jpg")
    span = store.upload_span(BOTH, LONG_AGO)
    read = []
    for upload in all_uploads(store, span):
        store.hold(store.photo(upload.id), HOLD)
        read.append(upload.id)
    assert len(read) == 4
    assert store.counts()[PhotoState.HELD] == 4


def test_an_empty_store_has_an_empty_span(store: Store) -> None:
    span = store.upload_span(BOTH, LONG_AGO)
    assert (span.count, ids(store, span), list(all_assigned(store, span))) == (0, [], [])


def test_an_assignment_says_what_was_assigned_where_and_by_whom(store: Store) -> None:
    add(store, "other.jpg")
    photo_id = assign_held(store, "#7-Cara.jpg", FACE, "the pages, maria")
    (found,) = all_assigned(store, store.upload_span(BOTH, LONG_AGO))
    assert (found.upload.id, found.upload.name) == (photo_id, "#7-Cara.jpg")
    assert (found.target, found.upload.assigned, found.actor) == (FACE, FACE, "the pages, maria")


def test_of_several_assignments_of_one_upload_the_last_counts(store: Store) -> None:
    photo_id = assign_held(store, "#7-Cara.jpg", TARGET, "sofia")
    store.assign(photo_id, FACE, "maria")
    (found,) = all_assigned(store, store.upload_span(BOTH, LONG_AGO))
    assert (found.target, found.actor) == (FACE, "maria")


def test_one_that_was_never_held_and_one_that_was_only_retried_are_no_assignments(store: Store) -> None:
    store.assign(add(store, "1.jpg").id, TARGET, "sofia")
    held = add(store, "2.jpg")
    store.hold(held, HOLD)
    store.retry(held.id, "sofia")
    assert list(all_assigned(store, store.upload_span(BOTH, LONG_AGO))) == []


def test_assignments_are_read_in_pages_too(store: Store) -> None:
    expected = [assign_held(store, f"{number}.jpg") for number in range(3)]
    span = store.upload_span(BOTH, LONG_AGO)
    first = store.assigned_after(span, 0, 2)
    second = store.assigned_after(span, first[-1].upload.id, 2)
    assert [each.upload.id for each in (*first, *second)] == expected
    assert [each.upload.id for each in all_assigned(store, span)] == expected
    assert list(all_assigned(store, store.upload_span(BOTH, in_seconds(60)))) == []
