"""Several processes and many threads on one data folder: they wait for one another, and nothing fails."""

import contextlib
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock
from photo_makers import PRACTICES, add, in_threads
from store_processes import children, open_and_close, write_many

from bridge.photos import PhotoState, SqliteStore, StoreBusyError

SERVER_THREADS = 320


@pytest.mark.parametrize("attempt", range(4))
def test_processes_opening_a_new_folder_at_once_all_succeed(folder: Path, attempt: int) -> None:
    with children(4, open_and_close, folder, 1) as openers:
        assert [child.hear() for child in openers] == ["ready"] * 4
        for child in openers:
            child.tell("go")
        assert [child.hear() for child in openers] == ["good"] * 4


def test_a_folder_that_another_process_is_just_opening_is_waited_for(folder: Path) -> None:
    SqliteStore(folder).close()
    with FileLock(folder / "opening.lock"), pytest.raises(StoreBusyError):
        SqliteStore(folder, busy_seconds=0.1)
    SqliteStore(folder, busy_seconds=0.1).close()


def test_processes_opening_and_closing_beside_each_other_all_succeed(folder: Path) -> None:
    with children(2, open_and_close, folder, 40) as openers:
        for child in openers:
            child.tell("go")
        assert [(child.hear(), child.hear()) for child in openers] == [("ready", "good")] * 2


def test_two_processes_writing_200_times_each_wait_for_one_another(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder, exclusive=True)) as store:
        store.ensure_practices(PRACTICES)
        with children(2, write_many, folder, 200) as writers:
            for child in writers:
                child.tell("go")
            assert [(child.hear(), child.hear()) for child in writers] == [("ready", "good")] * 2
        assert store.counts()[PhotoState.SENDING] == 200
        assert {len(store.events(photo.id)) for photo in store.photos(limit=200)} == {2}


def test_threads_opening_different_new_folders_at_once_all_succeed(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for store in threads.map(SqliteStore, (tmp_path / f"{number}" for number in range(8))):
            store.close()


def test_all_threads_of_the_server_storing_at_once_succeed(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder, exclusive=True)) as store:
        store.ensure_practices(PRACTICES)
        photos = in_threads(SERVER_THREADS, lambda: add(store, content=secrets.token_bytes(2_000)))
        assert len({photo.id for photo in photos}) == SERVER_THREADS


def test_a_writer_kept_waiting_by_another_program_gives_up_with_a_sentence(folder: Path) -> None:
    with (
        contextlib.closing(SqliteStore(folder)) as other,
        contextlib.closing(SqliteStore(folder, busy_seconds=0.1)) as store,
    ):
        store.ensure_practices(PRACTICES)
        with other.writing(), pytest.raises(StoreBusyError, match="kept busy, perhaps by another program; try again"):
            add(store)
        assert [path for path in (folder / "photos").rglob("*") if path.is_file()] == []
        assert add(store).state is PhotoState.QUEUED


def test_a_thread_kept_waiting_by_other_threads_gives_up_in_time_with_a_sentence(folder: Path) -> None:
    with contextlib.closing(SqliteStore(folder, busy_seconds=0.1)) as store:
        started = time.monotonic()
        with contextlib.ExitStack() as readers, pytest.raises(StoreBusyError, match="try again"):
            while True:
                readers.enter_context(store.reading())
        with store.writing(), pytest.raises(StoreBusyError, match="try again"):
            store.ensure_practices(PRACTICES)
        assert time.monotonic() - started < 5
        store.ensure_practices(PRACTICES)
