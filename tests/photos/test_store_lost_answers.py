"""The answer to a commit is lost: it happened, and whoever asked for it heard that it failed."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from engines import NAMES, opened_store
from photo_makers import CHART, PRACTICES, TARGET, add, begun, claimed, in_seconds, let_leases_end

from bridge.photos import (
    ClaimLostError,
    MoveState,
    NewMove,
    PhotoState,
    Place,
    PostgresStore,
    PostState,
    SqliteStore,
    StoreAwayError,
    order_key,
)
from bridge.photos.sql import SqlStore
from bridge.targets import ChartTarget, ImageType

DIGEST = "d" * 64


class Loses(SqlStore):
    """A store that says once that it does not answer: after it has done what was asked, or before."""

    loses = False
    refuses = False

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """See SqlStore."""
        with super().writing() as connection:
            yield connection
        self._lose()

    @contextlib.contextmanager
    def hurrying(self) -> Iterator[sa.Connection]:
        """See SqlStore."""
        self._refuse()
        with super().hurrying() as connection:
            yield connection
        self._lose()

    def _refuse(self) -> None:
        if self.refuses:
            self.refuses = False
            raise StoreAwayError

    def _lose(self) -> None:
        if self.loses:
            self.loses = False
            raise StoreAwayError


class LosingSqlite(Loses, SqliteStore):
    """With SQLite."""


class LosingPostgres(Loses, PostgresStore):
    """With PostgreSQL."""


@pytest.fixture(params=NAMES)
def losing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Loses]:
    """An empty store that knows two practices."""
    with opened_store(request.param, tmp_path / "data", LosingSqlite, LosingPostgres) as opened:
        opened.ensure_practices(PRACTICES)
        yield opened


def test_a_claim_that_nobody_heard_of_is_put_back_and_those_in_hand_are_not(losing: Loses) -> None:
    first, second = add(losing, "1.jpg"), add(losing, "2.jpg")
    losing.loses = True
    with pytest.raises(StoreAwayError):
        losing.claim("worker-1")
    in_hand = claimed(losing)
    assert losing.photo(first.id).state is PhotoState.SENDING
    assert losing.renew([in_hand.claim or ""]) == 0
    assert losing.renew([in_hand.claim or ""]) == 1
    assert losing.photo(first.id).state is PhotoState.QUEUED
    assert losing.photo(second.id) == in_hand
    assert claimed(losing).id == first.id


def test_a_claim_that_is_just_being_made_is_left_alone(losing: Loses) -> None:
    add(losing)
    assert losing.renew([]) == 0
    in_hand = claimed(losing)
    assert [losing.renew([]), losing.renew([in_hand.claim or ""]), losing.renew([])] == [0, 0, 0]
    assert losing.photo(in_hand.id) == in_hand


def test_leases_of_claims_in_nobodys_hand_are_not_extended(losing: Loses) -> None:
    photo = add(losing)
    claimed(losing)
    let_leases_end(losing)
    losing.renew([])
    losing.recover()
    assert losing.photo(photo.id).state is PhotoState.QUEUED


def test_whoever_put_a_photo_in_its_place_without_hearing_of_it_cannot_take_it_from_the_next(losing: Loses) -> None:
    add(losing)
    first = claimed(losing, "first")
    losing.loses = True
    with pytest.raises(StoreAwayError):
        losing.place(first, Place(datetime(2026, 11, 21, 10), order_key(TARGET.patient, TARGET.type), is_placed=True))
    second = claimed(losing, "second")
    assert second.attempts == first.attempts
    attempt = begun(losing, second)
    with pytest.raises(ClaimLostError):
        losing.requeue(first, in_seconds(9), "put-back", "")
    with pytest.raises(ClaimLostError):
        begun(losing, first)
    assert losing.photo(first.id) == second
    assert losing.unsettled_attempts(second) == [attempt]


def test_a_post_that_nobody_heard_was_in_hand_is_unsettled_when_it_comes_again(losing: Loses) -> None:
    losing.loses = True
    with pytest.raises(StoreAwayError):
        losing.begin_post(DIGEST)
    assert losing.begin_post(DIGEST).state is PostState.UNSETTLED
    assert losing.begin_post(DIGEST).state is PostState.SENDING


def test_a_post_whose_end_could_not_be_recorded_is_unsettled_when_it_comes_again(losing: Loses) -> None:
    assert losing.begin_post(DIGEST).state is PostState.OURS
    losing.refuses = True
    with pytest.raises(StoreAwayError):
        losing.unsettled_post(DIGEST)
    assert losing.begin_post(DIGEST).state is PostState.UNSETTLED


def test_a_move_that_nobody_heard_was_claimed_is_claimed_again(losing: Loses) -> None:
    source = ChartTarget(3, ImageType.SURGERY, 1, 4)
    wanted = NewMove(CHART, "clinic-a", 7, source, DIGEST, 11, 5, "wrong patient", "sofia", "")
    move = losing.begin_move(wanted)[0]
    losing.loses = True
    with pytest.raises(StoreAwayError):
        losing.claim_move(move.id)
    losing.renew([])
    assert [due.id for due in losing.due_moves(9)] == [move.id]
    mine = losing.claim_move(move.id)
    assert mine is not None
    assert losing.end_move(mine, "Nothing was moved.").state is MoveState.FAILED
