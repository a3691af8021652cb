"""What every engine of the store keeps to with images that people move to another patient (bridge/photos/sql_moves)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from photo_makers import (
    CHART,
    SHA256,
    TARGET,
    add,
    begun,
    claimed,
    deliver,
    in_seconds,
    in_threads,
    photo_in,
)

from bridge.holds import Hold, HoldReason
from bridge.photos import (
    Move,
    MoveLostError,
    MoveState,
    NewMove,
    NoSuchMoveError,
    PhotoState,
    PostgresStore,
    RowConflictError,
    Sending,
    SqliteStore,
    Store,
    back_up,
    move_store,
    restore,
)
from bridge.secret import Secret
from bridge.targets import ImageType

OLD, NEW = 77, 99
WANTED = NewMove(CHART, "clinic-a", OLD, TARGET, SHA256, 11, 13, "wrong person", "sofia", "ab12cd34")
SENDING = Sending("f" * 64, 12, 7, 90)


def begin(store: Store, **changes: object) -> Move:
    move, is_new = store.begin_move(replace(WANTED, **changes))
    assert is_new
    return move


def taken(store: Store, move: Move) -> Move:
    claimed_move = store.claim_move(move.id)
    assert claimed_move is not None
    return claimed_move


def copied(store: Store, new: int = NEW) -> Move:
    return store.copy_move(store.send_move(taken(store, begin(store)), SENDING), new)


class TestBeginning:
    def test_a_move_is_kept_as_it_was_asked_for(self, store: Store) -> None:
        move = begin(store)
        assert move.wanted == WANTED
        assert (move.state, move.sends, move.tries, move.claim) == (MoveState.ASKED, 0, 0, None)
        assert store.move(move.id) == move
        assert [each.id for each in store.due_moves(10)] == [move.id]

    def test_one_that_is_not_there_is_told(self, store: Store) -> None:
        with pytest.raises(NoSuchMoveError):
            store.move(1)
        with pytest.raises(NoSuchMoveError):
            store.resume_move(1)

    def test_of_many_that_are_asked_for_at_once_one_is_begun(self, store: Store) -> None:
        patients = iter(range(20, 28))
        begun_moves = in_threads(8, lambda: store.begin_move(replace(WANTED, to_patient=next(patients))))
        assert sorted(is_new for _move, is_new in begun_moves) == [False] * 7 + [True]
        assert len({move.id for move, _is_new in begun_moves}) == 1

    def test_another_one_of_the_same_image_the_new_image_or_a_copy_on_its_way_has_to_wait(self, store: Store) -> None:
        move = store.send_move(taken(store, begin(store)), SENDING)
        there = replace(TARGET, patient=13)
        assert store.begin_move(replace(WANTED, to_patient=14)) == (move, False)
        unknown_yet = replace(WANTED, image_id=NEW, source=there, source_sha256=SENDING.data_sha256)
        assert store.begin_move(unknown_yet) == (move, False)
        move = store.copy_move(move, NEW)
        assert store.begin_move(replace(WANTED, image_id=NEW, source=there)) == (move, False)
        assert store.begin_move(replace(WANTED, chart="https://other.example.org", image_id=OLD))[1]
        assert store.begin_move(replace(WANTED, image_id=OLD + 1))[1]

    def test_after_its_end_the_image_may_be_moved_again(self, store: Store) -> None:
        first = store.end_move(taken(store, begin(store)), "The chart refused it.")
        assert (first.state, first.trouble) == (MoveState.FAILED, "The chart refused it.")
        second = begin(store, to_patient=14)
        assert [each.id for each in store.moves_from(f"{CHART}/", OLD)] == [second.id, first.id]

    def test_who_asks_is_told_of_the_move_in_hand_by_its_old_and_its_new_image(self, store: Store) -> None:
        move = copied(store)
        assert store.move_in_hand(CHART, OLD) == store.move_in_hand(f"{CHART}/tscharts/v1/", NEW) == move
        assert store.move_in_hand(CHART, OLD + 1) is None
        store.end_move(move)
        assert store.move_in_hand(CHART, OLD) is None


class TestClaims:
    def test_what_is_not_in_hand_is_not_changed(self, store: Store) -> None:
        move = begin(store)
        first = taken(store, move)
        second = taken(store, move)
        for change in (
            lambda: store.send_move(first, SENDING),
            lambda: store.keep_move(first),
            lambda: store.end_move(first),
            lambda: store.stick_move(move, "stuck"),
            lambda: store.put_off_move(move, in_seconds(1)),
        ):
            with pytest.raises(MoveLostError):
                change()
        store.keep_move(second)
        assert store.send_move(second, SENDING).state is MoveState.SENDING

    def test_what_is_put_off_is_free_and_due_at_its_time(self, store: Store) -> None:
        move = store.put_off_move(taken(store, begin(store)), in_seconds(60), "The chart is away.")
        assert (move.tries, move.trouble, move.claim) == (1, "The chart is away.", None)
        assert store.due_moves(10) == []
        assert store.resume_move(move.id).trouble == "The chart is away."
        assert [each.id for each in store.due_moves(10)] == [move.id]
        assert store.due_moves(10, ["clinic-a"]) == []

    def test_nothing_is_taken_in_hand_that_is_over_or_waits_for_a_person(self, store: Store) -> None:
        stuck = store.stick_move(taken(store, begin(store)), "Look at it.")
        over = store.end_move(taken(store, begin(store, image_id=1)))
        assert store.claim_move(stuck.id) is store.claim_move(over.id) is store.claim_move(55) is None

    def test_one_that_is_over_may_be_looked_after(self, store: Store) -> None:
        over = store.end_move(taken(store, begin(store)), None, in_seconds(-1))
        assert [each.id for each in store.due_moves(10)] == [over.id]
        looked = store.put_off_move(taken(store, over), None)
        assert (looked.state, looked.next_at) == (MoveState.MOVED, None)
        assert store.due_moves(10) == []


class TestReceipts:
    def test_the_receipt_goes_along_with_the_copy(self, store: Store) -> None:
        photo = photo_in(store, PhotoState.DELIVERED)
        assert begin(store).photo_id == photo.id
        store.claim_move(1)
        move = store.copy_move(store.send_move(taken(store, store.move(1)), SENDING), NEW)
        receipt = store.receipt(photo.id)
        assert receipt is not None
        assert (receipt.image_id, receipt.target) == (NEW, replace(TARGET, patient=13))
        assert (receipt.data_sha256, receipt.data_length) == (SENDING.data_sha256, SENDING.data_length)
        event = store.events(photo.id)[-1]
        assert (event.reason, event.actor, event.to_state) == ("moved", "sofia", PhotoState.DELIVERED)
        assert "77" in event.detail
        assert move.photo_id == photo.id

    @pytest.mark.parametrize("way", ["failed", "stuck"])
    def test_it_comes_back_when_the_copy_is_gone(self, store: Store, way: str) -> None:
        photo = photo_in(store, PhotoState.DELIVERED)
        before = store.receipt(photo.id)
        move = copied(store)
        if way == "failed":
            store.end_move(move, "Somebody deleted it.")
        else:
            stuck = store.stick_move(move, "It differs.", forget_new=True)
            assert store.resume_move(stuck.id).state is MoveState.SENDING
        assert store.receipt(photo.id) == before

    def test_the_copy_is_nobody_elses_whether_a_photo_is_known_or_not(self, store: Store) -> None:
        assert store.known_images(CHART, [OLD, NEW]) == set()
        move = copied(store)
        assert store.known_images(CHART, [OLD, NEW]) == {NEW}
        store.end_move(move, "Somebody deleted it.")
        assert store.known_images(CHART, [OLD, NEW]) == set()

    def test_an_image_that_became_another_photos_is_not_taken(self, store: Store) -> None:
        photo_in(store, PhotoState.DELIVERED)
        add(store, "other.jpg", b"other")
        deliver(store, claimed(store), NEW)
        move = store.send_move(taken(store, begin(store)), SENDING)
        with pytest.raises(RowConflictError):
            store.copy_move(move, NEW)
        assert store.move(move.id).state is MoveState.SENDING

    def test_the_newest_headshot_is_that_of_the_patient_it_was_moved_to(self, store: Store) -> None:
        photo_in(store, PhotoState.DELIVERED)
        at = store.newest_delivered(CHART, TARGET.patient, ImageType.XRAY)
        assert at is not None
        copied(store)
        assert store.newest_delivered(CHART, TARGET.patient, ImageType.XRAY) is None
        assert store.newest_delivered(CHART, 13, ImageType.XRAY) == at

    def test_a_picture_that_a_photo_may_just_have_put_there_is_on_its_way(self, store: Store) -> None:
        add(store)
        photo = claimed(store)
        assert store.on_its_way(SHA256) is None
        attempt = begun(store, photo)
        assert store.on_its_way(SHA256) == (photo.id, PhotoState.SENDING)
        assert store.on_its_way("0" * 64) is None
        store.requeue(photo, in_seconds(60), "retry", "")
        assert store.on_its_way(SHA256) == (photo.id, PhotoState.QUEUED)
        deliver(store, claimed(store, "w") if store.retry(photo.id, "sofia") else photo)
        assert attempt.photo_id == photo.id
        assert store.on_its_way(SHA256) is None

    def test_so_is_one_whose_photo_is_held(self, store: Store) -> None:
        add(store)
        photo = claimed(store)
        begun(store, photo)
        store.hold(photo, Hold(HoldReason.CHART_REFUSED, "The chart refused it; retry the photo."))
        assert store.on_its_way(SHA256) == (photo.id, PhotoState.HELD)


class TestGettingStuck:
    def test_it_goes_on_from_where_it_was_once_a_person_asks(self, store: Store) -> None:
        asked = store.stick_move(taken(store, begin(store)), "Look.")
        assert (asked.state, asked.trouble, asked.next_at) == (MoveState.STUCK, "Look.", None)
        resumed = store.resume_move(asked.id)
        assert (resumed.state, resumed.trouble, resumed.tries) == (MoveState.ASKED, None, 0)
        sent = store.stick_move(store.send_move(taken(store, resumed), SENDING), "Look.")
        assert store.resume_move(sent.id).state is MoveState.SENDING
        kept = store.stick_move(store.copy_move(taken(store, sent), NEW), "Look.")
        assert kept.new_image_id == NEW
        assert store.resume_move(kept.id).state is MoveState.COPIED

    def test_it_is_given_up_if_there_is_no_copy(self, store: Store) -> None:
        stuck = store.stick_move(store.send_move(taken(store, begin(store)), SENDING), "Look.")
        given_up = store.give_up_move(stuck.id)
        assert (given_up.state, given_up.trouble, given_up.next_at) == (MoveState.FAILED, "Look.", stuck.sent_at)
        with_copy = store.stick_move(copied(store), "Look.")
        assert store.give_up_move(with_copy.id) == with_copy

    def test_a_chart_s_moves_are_listed_by_state_and_page(self, store: Store) -> None:
        over = store.end_move(taken(store, begin(store)))
        other = begin(store, image_id=5)
        begin(store, chart="https://other.example.org")
        assert store.moves_wanted(f"{CHART}/") == [other, over]
        assert store.moves_wanted(CHART, limit=1) == [other]
        assert store.moves_wanted(CHART, before=other.id) == [over]
        assert store.moves_wanted(CHART, state=MoveState.ASKED) == [other]

    def test_one_that_is_over_stays_as_it_is(self, store: Store) -> None:
        over = store.end_move(taken(store, begin(store)))
        assert store.resume_move(over.id) == over


def test_moves_survive_the_end_of_the_bridge_that_had_them_in_hand(folder: Path) -> None:
    store = SqliteStore(folder, exclusive=True)
    store.ensure_practices({"clinic-a": None})
    taken(store, begin(store))
    store.close()
    again = SqliteStore(folder, exclusive=True)
    assert again.claim_move(1) is None
    assert again.recover() == 0
    assert taken(again, again.move(1)).state is MoveState.ASKED
    again.close()


def test_of_several_bridges_one_has_a_move_in_hand_until_it_ends_or_is_gone(
    open_store: Callable[..., PostgresStore],
) -> None:
    here, there = open_store("a", exclusive=True), open_store("b", exclusive=True)
    move = begin(here)
    mine = taken(here, move)
    assert there.claim_move(move.id) is None
    here.renew()
    assert there.claim_move(move.id) is None
    here.close()
    theirs = taken(there, move)
    with pytest.raises(MoveLostError):
        there.end_move(mine)
    assert there.end_move(theirs).state is MoveState.MOVED


def test_moves_are_taken_along_into_a_database(folder: Path, database: Secret, tmp_path: Path) -> None:
    store = SqliteStore(folder, exclusive=True)
    store.ensure_practices({"clinic-a": None})
    photo_in(store, PhotoState.DELIVERED)
    move = copied(store)
    store.close()
    move_store(folder, database)
    new = PostgresStore(database, tmp_path / "machine")
    assert replace(new.move(move.id), claim=None) == replace(move, claim=None)
    assert taken(new, move).state is MoveState.COPIED
    assert begin(new, image_id=5).id == move.id + 1
    new.close()


def test_a_move_that_comes_from_a_backup_waits_for_a_person(folder: Path, tmp_path: Path) -> None:
    store = SqliteStore(folder)
    store.ensure_practices({"clinic-a": None})
    copied(store)
    store.close()
    back_up(folder, tmp_path / "backup.tar")
    for name, send_waiting, state in (("held", False, MoveState.STUCK), ("sent", True, MoveState.COPIED)):
        restore(tmp_path / "backup.tar", tmp_path / name, send_waiting=send_waiting)
        restored = SqliteStore(tmp_path / name)
        move = restored.move(1)
        assert move.state is state
        assert ("comes from that backup" in (move.trouble or "")) == (state is MoveState.STUCK)
        restored.close()
