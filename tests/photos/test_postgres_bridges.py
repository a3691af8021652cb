"""Several bridges on one database in PostgreSQL."""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from photo_makers import add, claimed, deliver, in_threads, let_leases_end
from store_processes import children, claim_and_wait

from bridge.photos import (
    PhotoState,
    PostgresStore,
)
from bridge.secret import Secret
from phone import wait_until

SERVER_THREADS = 320
Opener = Callable[..., PostgresStore]


def test_claims_of_a_bridge_that_is_gone_go_to_another_and_those_of_one_that_renews_do_not(open_store: Opener) -> None:
    here, there = open_store("a"), open_store("b")
    add(here, "1.jpg")
    add(here, "2.jpg")
    lost, kept = claimed(here), claimed(there)
    assert there.recover() == there.renew([kept.claim or ""]) == 0
    let_leases_end(here)
    assert there.renew([kept.claim or ""]) == 1
    assert there.photo(lost.id).state is PhotoState.QUEUED
    assert there.photo(kept.id) == kept
    assert here.recover() == 0


def test_a_bridge_that_ends_gives_back_what_it_has(open_store: Opener) -> None:
    here, there = open_store("a", exclusive=True), open_store("b")
    add(here)
    claimed(here)
    assert here.hold_lease("job", here.bridge_id, 60)
    assert not there.hold_lease("job", there.bridge_id, 60)
    assert there.recover() == 0
    here.close()
    assert there.recover() == 1
    assert there.hold_lease("job", there.bridge_id, 60)


def test_a_bridge_started_again_takes_up_at_once_what_it_had_in_hand(
    database: Secret, open_store: Opener, folder: Path
) -> None:
    here = open_store("a")
    for number in range(2):
        add(here, f"{number}.jpg")
    other = claimed(here)
    with children(1, claim_and_wait, database, folder) as (child,):
        mine = child.hear()
        assert here.recover() == 0
        child.kill()
    wait_until(lambda: here._is_gone((folder / "bridge-id").read_text()))
    again = PostgresStore(database, folder, exclusive=True)
    with contextlib.closing(again):
        assert again.recover() == 1
        assert again.photo(mine).state is PhotoState.QUEUED
        assert again.photo(other.id) == other


def test_a_copied_data_folder_takes_nothing_from_the_bridge_that_it_was_copied_from(
    open_store: Opener, tmp_path: Path
) -> None:
    here = open_store("a", exclusive=True)
    add(here)
    claimed(here)
    (tmp_path / "b").mkdir()
    shutil.copy(tmp_path / "a" / "bridge-id", tmp_path / "b")
    assert open_store("b", exclusive=True).recover() == 0


def test_a_job_is_one_bridges_until_it_does_not_renew_it(open_store: Opener) -> None:
    here, there = open_store("a"), open_store("b")
    assert here.hold_lease("job", "here", 2.0)
    assert not there.hold_lease("job", "there", 2.0)
    assert there.hold_lease("another job", "there", 60)
    time.sleep(1.2)
    assert here.hold_lease("job", "here", 2.0)
    time.sleep(1.2)
    assert not there.hold_lease("job", "there", 60)
    time.sleep(1.2)
    assert there.hold_lease("job", "there", 60)
    assert not here.hold_lease("job", "here", 60)


def test_of_many_bridges_that_want_a_job_at_once_one_has_it(open_store: Opener) -> None:
    stores = [open_store(str(number)) for number in range(4)]
    waiting = iter(stores)

    def take() -> bool:
        store = next(waiting)
        return store.hold_lease("job", store.bridge_id, 60)

    assert sorted(in_threads(4, take)) == [False, False, False, True]


def test_jobs_are_renewed_with_claims(open_store: Opener) -> None:
    here, there = open_store("a"), open_store("b")
    assert here.hold_lease("job", here.bridge_id, 0.3)
    here.renew()
    time.sleep(0.4)
    assert not there.hold_lease("job", there.bridge_id, 60)


def test_8_workers_of_two_bridges_claiming_at_once_get_each_photo_once(open_store: Opener) -> None:
    stores = [open_store("a"), open_store("b")] * 4
    added = [add(stores[0], name=f"{number}.jpg").id for number in range(40)]
    waiting = iter(stores)

    def work() -> list[int]:
        store, mine = next(waiting), []
        while photo := store.claim("worker"):
            mine.append(photo.id)
            deliver(store, photo, photo.id)
        return mine

    assert sorted(photo_id for mine in in_threads(8, work) for photo_id in mine) == added


def test_a_photo_taken_by_one_bridge_wakes_the_others(open_store: Opener) -> None:
    here, there = open_store("a", exclusive=True), open_store("b", exclusive=True)
    rung = threading.Event()
    there.listen(rung.set)
    add(here)
    assert rung.wait(2)


def test_a_practice_that_a_running_bridge_has_is_not_nobodys_and_one_that_none_has_is_after_a_while(
    open_store: Opener,
) -> None:
    here = open_store("a", exclusive=True, unserved_seconds=0.4)
    there = open_store("b", exclusive=True)
    there.ensure_practices({"clinic-c": None})
    wait_until(lambda: "clinic-c" in here.practices() and not here._is_unlocked("practice clinic-c"))
    time.sleep(0.5)
    assert not here.is_nobodys("clinic-c")
    there.close()
    assert not here.is_nobodys("clinic-c")
    wait_until(lambda: here.is_nobodys("clinic-c"), 5)


def test_a_practice_that_is_served_again_is_nobodys_only_a_while_after_that_has_ended(open_store: Opener) -> None:
    here = open_store("a", unserved_seconds=60)
    assert not here.is_nobodys("clinic-c")
    there = open_store("b", exclusive=True)
    there.ensure_practices({"clinic-c": None})
    wait_until(lambda: not here._is_unlocked("practice clinic-c"))
    assert here._unserved_since.keys() == {"clinic-c"}
    assert not here.is_nobodys("clinic-c")
    assert here._unserved_since == {}
