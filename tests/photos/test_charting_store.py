"""What the charting doors keep in the store: audit records, image POSTs of the last hour, whose tokens are."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from photo_makers import CHART, PRACTICES, add, in_threads

from bridge.photos import AuditRecord, KnownPost, PostState, SqliteStore, StoreError, move_store
from bridge.photos.charting_tables import audit, repeated_posts, token_names
from bridge.photos.postgres import PostgresStore
from bridge.photos.sql import SqlStore
from bridge.secret import Secret
from noted import noted

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DIGEST = "a" * 64
OTHER = "b" * 64
OURS, UNSETTLED, SENDING = (KnownPost(state) for state in (PostState.OURS, PostState.UNSETTLED, PostState.SENDING))
MADE = KnownPost(PostState.MADE, 7)


SEEN = AuditRecord(NOON, CHART, "maria", "0123abcd", "seen", 100, 12)


def record(minute: int = 0, **fields: Any) -> AuditRecord:
    """A look at another image each minute, with some fields otherwise."""
    return replace(SEEN, **({"at": NOON + timedelta(minutes=minute), "image_id": 100 + minute} | fields))


def let_an_hour_pass(store: SqlStore) -> None:
    long_ago = sa.text("UPDATE repeated_posts SET changed_at = '2026-01-01 00:00:00.000000'")
    with store.writing() as connection:
        connection.execute(long_ago)


def posts(store: SqlStore) -> int:
    with store.reading() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(repeated_posts)) or 0)


def test_an_audit_record_is_kept_with_all_it_says(store: SqlStore) -> None:
    photo = add(store)
    told = record(photo_id=photo.id, reason="wrong patient", image_id=10**17, patient=10**17)
    store.note(told)
    store.note(record(who=None, image_id=None, patient=None))
    kept, nobody = noted(store)
    assert kept == told
    assert (nobody.who, nobody.image_id, nobody.patient, nobody.photo_id, nobody.reason) == (None, None, None, None, "")


def test_a_time_without_a_zone_is_not_kept(store: SqlStore) -> None:
    with pytest.raises((ValueError, sa.exc.StatementError)):
        store.note(record(at=datetime(2026, 11, 21)))
    assert noted(store) == []


def test_a_post_is_ours_once_then_sending_then_what_came_of_it(store: SqlStore) -> None:
    assert store.begin_post(DIGEST) == OURS
    assert store.begin_post(DIGEST) == SENDING
    store.made_post(DIGEST, 7)
    assert [store.begin_post(DIGEST) for _ in range(2)] == [MADE, MADE]
    assert store.begin_post(OTHER) == OURS
    store.unsettled_post(OTHER)
    assert [store.begin_post(OTHER) for _ in range(2)] == [UNSETTLED, SENDING]


def test_whether_a_post_is_in_hand_is_told_without_taking_it(store: SqlStore) -> None:
    assert not store.is_post_in_hand(DIGEST)
    store.begin_post(DIGEST)
    assert store.is_post_in_hand(DIGEST)
    assert not store.is_post_in_hand(OTHER)
    store.made_post(DIGEST, 7)
    assert not store.is_post_in_hand(DIGEST)
    assert store.begin_post(OTHER) == OURS


def test_several_records_are_kept_together_or_not_at_all(store: SqlStore) -> None:
    store.note_all([])
    store.note_all([record(image_id=1), record(image_id=2)])
    with pytest.raises((ValueError, sa.exc.StatementError)):
        store.note_all([record(image_id=3), record(at=datetime(2026, 11, 21))])
    assert [each.image_id for each in noted(store)] == [1, 2]


def test_a_post_that_made_nothing_is_as_if_it_had_never_come(store: SqlStore) -> None:
    store.begin_post(DIGEST)
    store.forget_post(DIGEST)
    assert posts(store) == 0
    assert store.begin_post(DIGEST) == OURS


def test_of_many_that_begin_a_post_at_once_one_has_it(store: SqlStore) -> None:
    found = in_threads(8, lambda: store.begin_post(DIGEST))
    assert sorted(known.state for known in found) == [PostState.OURS] + [PostState.SENDING] * 7


def test_what_is_not_in_hand_is_not_ended(store: SqlStore) -> None:
    store.begin_post(DIGEST)
    store.made_post(DIGEST, 7)
    store.forget_post(DIGEST)
    store.unsettled_post(DIGEST)
    assert store.begin_post(DIGEST) == MADE


def test_a_post_whose_image_is_gone_makes_a_new_one(store: SqlStore) -> None:
    for digest, image_id in ((DIGEST, 7), (OTHER, 8)):
        store.begin_post(digest)
        store.made_post(digest, image_id)
    store.forget_posts_of(7)
    assert store.begin_post(DIGEST) == OURS
    assert store.begin_post(OTHER) == KnownPost(PostState.MADE, 8)


@pytest.mark.parametrize("ends", [lambda store: store.made_post(DIGEST, 7), lambda store: store.unsettled_post(DIGEST)])
def test_after_an_hour_a_post_is_a_new_one_and_its_row_goes(store: SqlStore, ends: Callable[[SqlStore], None]) -> None:
    store.begin_post(DIGEST)
    ends(store)
    assert store.forget_old_posts() == 0
    let_an_hour_pass(store)
    assert store.begin_post(DIGEST) == OURS
    store.forget_post(DIGEST)
    store.begin_post(OTHER)
    store.made_post(OTHER, 8)
    let_an_hour_pass(store)
    assert store.forget_old_posts() == 1
    assert posts(store) == 0


def test_a_post_in_hand_is_in_hand_however_long_it_takes(store: SqlStore) -> None:
    store.begin_post(DIGEST)
    let_an_hour_pass(store)
    assert store.forget_old_posts() == 0
    assert store.begin_post(DIGEST) == SENDING


def test_a_clock_that_was_wrong_does_not_keep_a_post_for_years(store: SqlStore) -> None:
    store.begin_post(DIGEST)
    store.made_post(DIGEST, 7)
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE repeated_posts SET changed_at = '2099-01-01 00:00:00.000000'"))
    assert store.begin_post(DIGEST) == OURS


def test_whose_a_token_is_can_be_learned_and_corrected(store: SqlStore) -> None:
    assert store.token_name(DIGEST) is None
    for name in ("maria", "maria", "María José"):
        store.learn_token_name(DIGEST, name)
    assert store.token_name(DIGEST) == "María José"
    assert store.token_name(OTHER) is None


def test_many_that_learn_a_token_at_once_do_not_fail(store: SqlStore) -> None:
    in_threads(8, lambda: store.learn_token_name(DIGEST, "maria"))
    assert store.token_name(DIGEST) == "maria"


def test_what_was_in_hand_when_the_process_ended_is_unsettled_and_the_rest_is_as_it_was(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder, exclusive=True)) as store:
        store.begin_post(DIGEST)
        store.begin_post(OTHER)
        store.made_post(OTHER, 7)
        store.learn_token_name(DIGEST, "maria")
        store.note(record())
    with contextlib.closing(SqliteStore(folder, exclusive=True)) as again:
        assert [again.begin_post(DIGEST) for _ in range(2)] == [UNSETTLED, SENDING]
        assert again.begin_post(OTHER) == MADE
        assert again.token_name(DIGEST) == "maria"
        assert len(noted(again)) == 1


def test_what_a_bridge_that_is_gone_had_in_hand_is_forgotten_after_the_hour(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder)) as store:
        store.begin_post(DIGEST)
    with contextlib.closing(SqliteStore(folder)) as again:
        assert again.forget_old_posts() == 0
        let_an_hour_pass(again)
        assert again.forget_old_posts() == 1


def test_moved_photos_take_along_who_looked_at_what_and_posts_in_hand_are_unsettled(
    folder: Path, database: Secret
) -> None:
    with contextlib.closing(SqliteStore(folder)) as store:
        store.ensure_practices(PRACTICES)
        store.note(record(photo_id=add(store).id))
        store.learn_token_name(DIGEST, "maria")
        store.begin_post(DIGEST)
    move_store(folder, database)
    with contextlib.closing(PostgresStore(database, folder.with_name("machine"))) as moved:
        assert [each.who for each in noted(moved)] == ["maria"]
        moved.note(record())
        assert len(noted(moved)) == 2
        assert moved.token_name(DIGEST) == "maria"
        assert moved.begin_post(DIGEST) == UNSETTLED


def test_a_store_without_its_tables_says_so_in_a_sentence(store: SqlStore) -> None:
    with store.writing() as connection:
        for table in (audit, repeated_posts, token_names):
            connection.execute(sa.text(f"DROP TABLE {table.name}"))
    for ask in (lambda: store.note(record()), lambda: store.begin_post(DIGEST), lambda: store.token_name(DIGEST)):
        with pytest.raises(StoreError):
            ask()
