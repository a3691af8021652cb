"""Image POSTs that several bridges on one database have in hand."""

import contextlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import sqlalchemy as sa
from photo_makers import in_threads
from store_processes import children

from bridge.photos import KnownPost, PostgresStore, PostState
from bridge.secret import Secret
from phone import wait_until

Opener = Callable[..., PostgresStore]
DIGEST = "a" * 64


def states(*stores: PostgresStore) -> list[PostState]:
    return [store.begin_post(DIGEST).state for store in stores]


def let_its_lease_end(store: PostgresStore) -> None:
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE repeated_posts SET lease_until = '2026-01-01'"))


def begin_and_wait(connection: Connection, url: Secret, folder: Path, _index: int) -> None:
    """Work of another process: take a POST in hand, and be killed with it."""
    with contextlib.closing(PostgresStore(url, folder, exclusive=True)) as store:
        connection.send(store.begin_post(DIGEST).state)
        connection.recv()


def test_of_several_bridges_one_has_a_post_in_hand_and_all_hear_what_came_of_it(open_store: Opener) -> None:
    stores = [open_store(str(number)) for number in range(4)]
    waiting = iter(stores * 2)
    found = in_threads(8, lambda: next(waiting).begin_post(DIGEST).state)
    assert sorted(found) == [PostState.OURS] + [PostState.SENDING] * 7
    stores[0].made_post(DIGEST, 7)
    assert [store.begin_post(DIGEST) for store in stores] == [KnownPost(PostState.MADE, 7)] * 4


def test_a_post_of_a_bridge_that_does_not_renew_is_unsettled_and_then_in_anothers_hand(open_store: Opener) -> None:
    here, there = open_store("a"), open_store("b")
    assert states(here, there) == [PostState.OURS, PostState.SENDING]
    let_its_lease_end(here)
    here.renew()
    assert states(there) == [PostState.SENDING]
    let_its_lease_end(here)
    assert states(there, here) == [PostState.UNSETTLED, PostState.SENDING]


def test_who_lost_a_post_cannot_take_it_out_of_anothers_hand_but_tells_what_it_made(open_store: Opener) -> None:
    here, there = open_store("a"), open_store("b")
    states(here)
    let_its_lease_end(here)
    states(there)
    here.forget_post(DIGEST)
    here.unsettled_post(DIGEST)
    assert states(here) == [PostState.SENDING]
    here.made_post(DIGEST, 7)
    assert there.begin_post(DIGEST) == KnownPost(PostState.MADE, 7)


def test_a_bridge_that_ends_leaves_its_posts_to_others(open_store: Opener) -> None:
    here, there = open_store("a", exclusive=True), open_store("b")
    states(here)
    here.close()
    assert states(there) == [PostState.UNSETTLED]


def test_a_bridge_started_again_after_it_was_killed_takes_up_its_posts_at_once(
    database: Secret, open_store: Opener, folder: Path
) -> None:
    watching = open_store("a")
    with children(1, begin_and_wait, database, folder) as (child,):
        assert child.hear() is PostState.OURS
        assert states(watching) == [PostState.SENDING]
        child.kill()
    wait_until(lambda: watching._is_gone((folder / "bridge-id").read_text()))
    assert states(watching) == [PostState.SENDING]
    with contextlib.closing(PostgresStore(database, folder, exclusive=True)) as again:
        again.recover()
        assert states(again, watching) == [PostState.UNSETTLED, PostState.SENDING]
