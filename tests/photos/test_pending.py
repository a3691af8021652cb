"""What people say to held photos and may still take back: bridge/photos/sql_pending.py."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from photo_makers import HOLD, TARGET, add, begun, claimed, in_seconds, in_threads, photo_in

from bridge.photos import (
    Act,
    Doubtful,
    NoSuchPhotoError,
    PendingAct,
    Photo,
    PhotoQuery,
    PhotoState,
    Place,
    PostgresStore,
    Store,
    WrongStateError,
)
from bridge.photos.restored import hold_doubtful
from bridge.photos.sql import SqlStore

PRACTICES = frozenset({"clinic-a", "clinic-b"})


def act(photo: Photo, what: Act = Act.RETRY, due_in: float = -1.0, reason: str = "") -> PendingAct:
    """An act of Sofia's, due a second ago where nothing is said."""
    target = TARGET if what is Act.ASSIGN else None
    return PendingAct(photo.id, what, "sofia", datetime.now(UTC), in_seconds(due_in), target, reason)


def held(store: Store, name: str = "12-xray.jpg") -> Photo:
    photo = add(store, name)
    store.hold(photo, HOLD)
    return store.photo(photo.id)


def test_a_photo_stays_as_it_is_until_its_act_is_due(store: Store) -> None:
    photo = held(store)
    put_off = act(photo, Act.DISCARD, due_in=60, reason="a thumb")
    store.put_off(put_off)
    assert store.photo(photo.id) == photo
    assert store.pending_acts([photo.id, 999]) == {photo.id: put_off}
    assert store.due_acts() == []


@pytest.mark.parametrize(
    ("what", "state", "reason"),
    [
        (Act.ASSIGN, PhotoState.QUEUED, "assigned"),
        (Act.RETRY, PhotoState.QUEUED, "retried"),
        (Act.SEND_AS_IS, PhotoState.QUEUED, "sent as it is"),
        (Act.DISCARD, PhotoState.DISCARDED, "discarded"),
    ],
)
def test_what_is_due_is_done_once_in_the_name_of_who_said_it(
    store: Store, what: Act, state: PhotoState, reason: str
) -> None:
    photo = held(store)
    store.put_off(act(photo, what, reason="a thumb" if what is Act.DISCARD else ""))
    (due,) = store.due_acts()
    done = store.do_act(due)
    assert done is not None
    assert (done.state, done.assigned) == (state, TARGET if what is Act.ASSIGN else None)
    last = store.events(photo.id)[-1]
    assert (last.reason, last.actor) == (reason, "sofia")
    assert (store.do_act(due), store.due_acts(), store.pending_acts([photo.id])) == (None, [], {})


def test_what_is_taken_back_leaves_the_photo_untouched(store: Store) -> None:
    photo = held(store)
    put_off = act(photo, Act.ASSIGN)
    store.put_off(put_off)
    assert store.take_back(photo.id) == put_off
    assert store.do_act(put_off) is None
    assert (store.photo(photo.id), len(store.events(photo.id))) == (photo, 2)
    with pytest.raises(WrongStateError, match="done, or was taken back"):
        store.take_back(photo.id)


def test_a_photo_has_one_act_at_a_time(store: Store) -> None:
    photo = held(store)
    store.put_off(act(photo, Act.RETRY))
    with pytest.raises(WrongStateError, match="undo that first"):
        store.put_off(act(photo, Act.DISCARD))
    assert [each.act for each in store.due_acts()] == [Act.RETRY]


@pytest.mark.parametrize("state", [each for each in PhotoState if each is not PhotoState.HELD])
def test_only_held_photos_have_acts(store: Store, state: PhotoState) -> None:
    photo = photo_in(store, state)
    with pytest.raises(WrongStateError, match=f"is {state}"):
        store.put_off(act(photo))
    with pytest.raises(NoSuchPhotoError):
        store.put_off(act(replace(photo, id=photo.id + 1000)))


def test_what_is_done_otherwise_meanwhile_ends_the_act(store: Store) -> None:
    photo = held(store)
    store.put_off(act(photo, Act.DISCARD, reason="a thumb"))
    (due,) = store.due_acts()
    store.retry(photo.id, "tomas")
    store.hold(claimed(store), HOLD)
    assert (store.due_acts(), store.do_act(due)) == ([], None)
    assert store.photo(photo.id).state is PhotoState.HELD


def test_a_new_mapping_lets_nothing_go_of_which_somebody_has_said_what_becomes(store: Store) -> None:
    photo, free = held(store, "1.jpg"), held(store, "2.jpg")
    store.put_off(act(photo, due_in=60))
    found = store.held_by_others("clinic-a", "1" * 12, {HOLD.reason}, 0, 10)
    assert [each.id for each in found] == [free.id]
    assert not store.release(photo, Place(photo.place.order_at, None, False), "a newer version")
    assert store.photo(photo.id).state is PhotoState.HELD


def test_photos_are_asked_for_with_an_act_or_without(store: Store) -> None:
    pending, free = held(store, "1.jpg"), held(store, "2.jpg")
    store.put_off(act(pending, due_in=60))
    for is_pending, ids in ((True, [pending.id]), (False, [free.id]), (None, [free.id, pending.id])):
        found = store.photos_wanted(PhotoQuery(PRACTICES, is_pending=is_pending))
        assert [each.id for each in found] == ids


def test_an_act_is_done_though_the_clock_was_set_back(store: Store) -> None:
    photo = held(store)
    store.put_off(act(photo, due_in=3 * 86400))
    assert [each.photo_id for each in store.due_acts()] == [photo.id]


def test_a_discarded_photo_that_may_still_arrive_says_so(store: Store) -> None:
    add(store)
    photo = claimed(store)
    begun(store, photo)
    store.hold(photo, HOLD)
    store.put_off(act(photo, Act.DISCARD, reason="a thumb"))
    assert store.do_act(store.due_acts()[0]) is not None
    assert store.events(photo.id)[-1].detail.startswith("a thumb; an earlier try may have put it into the chart")


def test_an_act_from_a_backup_is_not_done(store: Store) -> None:
    assert isinstance(store, SqlStore)
    store.put_off(act(held(store), Act.RETRY))
    assert hold_doubtful(store) == Doubtful(held=1)
    assert store.due_acts() == []


def test_of_undoing_and_doing_at_once_one_wins(store: Store) -> None:
    photos = [held(store, f"{number}.jpg") for number in range(20)]
    for photo in photos:
        store.put_off(act(photo))
    due = store.due_acts()

    def undo(number: int) -> bool:
        try:
            return bool(store.take_back(photos[number].id))
        except WrongStateError:
            return False

    def do(number: int) -> bool:
        return store.do_act(due[number]) is not None

    for number in range(20):
        both = iter((partial(undo, number), partial(do, number)))
        assert sorted(in_threads(2, lambda work=both: next(work)())) == [False, True]
        is_done = bool(store.events(photos[number].id)[-1].reason == "retried")
        assert (store.photo(photos[number].id).state is PhotoState.QUEUED) == is_done


def test_of_two_bridges_one_does_it(open_store: Callable[..., PostgresStore]) -> None:
    first, second = open_store("first"), open_store("second")
    photo = held(first)
    first.put_off(act(photo))
    (due,) = second.due_acts()
    both = iter((first, second))
    done = in_threads(2, lambda: next(both).do_act(due))
    assert sum(each is not None for each in done) == 1
    assert [each.reason for each in first.events(photo.id)][-1] == "retried"


def test_times_are_kept_to_the_microsecond(store: Store) -> None:
    photo = held(store)
    at = datetime(2026, 11, 21, 10, 11, 12, 345678, UTC)
    put_off = PendingAct(photo.id, Act.RETRY, "sofia", at, at + timedelta(seconds=60))
    store.put_off(put_off)
    assert store.pending_acts([photo.id])[photo.id] == put_off
