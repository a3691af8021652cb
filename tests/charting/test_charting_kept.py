"""What the doors keep in the store, where it is more than the store's own doing."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.charting import Action, AuditEvent, KeptAudit, KeptNames, KeptPosts, LearnedBodyLimit
from bridge.photos import AuditRecord, KnownPost, PostState, SqliteStore, StoreError
from noted import noted

CHART = "https://chart.example.org/tscharts/v1/"
DIGEST = "a" * 64
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with contextlib.closing(SqliteStore(tmp_path / "data")) as opened:
        yield opened


def let_write(store: SqliteStore, *, may: bool) -> None:
    """Whether the database takes what became of a POST, as on a disk that is full for a while."""
    with store.writing() as connection:
        for change in ("UPDATE", "DELETE"):
            refuse = f"CREATE TRIGGER no_{change} BEFORE {change} ON repeated_posts BEGIN SELECT RAISE(FAIL, 'no'); END"
            connection.exec_driver_sql(f"DROP TRIGGER no_{change}" if may else refuse)


@pytest.mark.parametrize("end", ["made", "not_made", "unsettled"])
def test_a_post_whose_end_could_not_be_written_is_unsettled_when_it_comes_again(store: SqliteStore, end: str) -> None:
    posts = KeptPosts(store)
    assert posts.begin(DIGEST) == KnownPost(PostState.OURS)
    let_write(store, may=False)
    ends = {
        "made": lambda: posts.made(DIGEST, 7),
        "not_made": lambda: posts.not_made(DIGEST),
        "unsettled": lambda: posts.unsettled(DIGEST),
    }
    with pytest.raises(StoreError):
        ends[end]()
    with pytest.raises(StoreError):
        posts.begin(DIGEST)
    let_write(store, may=True)
    assert [posts.begin(DIGEST) for _ in range(2)] == [KnownPost(PostState.UNSETTLED), KnownPost(PostState.SENDING)]


def test_a_post_is_remembered_with_its_image_until_that_is_gone(store: SqliteStore) -> None:
    posts = KeptPosts(store)
    posts.begin(DIGEST)
    posts.made(DIGEST, 7)
    assert KeptPosts(store).begin(DIGEST) == KnownPost(PostState.MADE, 7)
    posts.forget_image(7)
    assert posts.begin(DIGEST) == KnownPost(PostState.OURS)


def test_every_part_of_an_event_is_kept(store: SqliteStore) -> None:
    KeptAudit(store).note(AuditEvent(None, "0123abcd", Action.DELETED, 7, 12, NOON, CHART, "blurred"))
    (kept,) = noted(store)
    assert kept == AuditRecord(NOON, "https://chart.example.org", None, "0123abcd", "deleted", 7, 12, None, "blurred")


def test_a_name_learned_at_another_bridge_is_known_at_once_and_a_corrected_one_after_a_minute(
    store: SqliteStore,
) -> None:
    seconds = [0.0]
    here, there = KeptNames(store), KeptNames(store, lambda: seconds[0])
    assert there.name_of(DIGEST) is None
    here.learned(DIGEST, "maria")
    assert there.name_of(DIGEST) == "maria"
    here.learned(DIGEST, "Maria")
    assert here.name_of(DIGEST) == "Maria"
    seconds[0] = 61.0
    assert there.name_of(DIGEST) == "Maria"


def test_a_fixed_limit_holds_until_it_is_refused_and_is_tried_again_after_a_start(store: SqliteStore) -> None:
    now = [NOON]
    limit = LearnedBodyLimit(store, CHART, 8_000_000, lambda: now[0])
    assert limit.limit_bytes() == 8_000_000
    limit.was_refused(5_000_000)
    limit.was_taken(900_000)
    assert limit.limit_bytes() == 2_621_440
    now[0] += timedelta(minutes=1)
    assert LearnedBodyLimit(store, CHART, 8_000_000, lambda: now[0]).limit_bytes() == 8_000_000
    assert LearnedBodyLimit(store, CHART, None, lambda: now[0]).limit_bytes() == 2_621_440
