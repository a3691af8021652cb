"""backup and restore: one file, written while photos come and go, and never over what is there."""

import contextlib
import hashlib
import io
import os
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from photo_makers import CHART, HOLD, PRACTICES, TARGET, add, claimed, deliver, photo_in

from bridge.photos import (
    BytesMissingError,
    Doubtful,
    MoveState,
    NewMove,
    PhotoState,
    PostgresStore,
    SqliteStore,
    StoreError,
    after_restore,
    back_up,
    restore,
)
from bridge.secret import Secret

_OWNERS_ALONE = 0o600 if os.name == "posix" else 0o666
"""As the system tells it: on Windows a folder's rules count, not a file's mode."""


@pytest.fixture
def filled(folder: Path) -> Path:
    """A data folder with a few photos."""
    with contextlib.closing(SqliteStore(folder)) as store:
        store.ensure_practices(PRACTICES)
        photo_in(store, PhotoState.HELD)
        for number in range(20):
            add(store, f"{number}.jpg", b"x" * 1000 * number)
    return folder


def test_a_restored_folder_is_as_the_one_that_was_backed_up(filled: Path, tmp_path: Path) -> None:
    file, restored = tmp_path / "backup.tar", tmp_path / "restored"
    assert back_up(filled, file) == restore(file, restored, send_waiting=True)
    assert not restored.with_name("restored.restoring").exists()
    with (
        contextlib.closing(SqliteStore(filled)) as old,
        contextlib.closing(SqliteStore(restored, exclusive=True)) as new,
    ):
        assert new.photos() == old.photos()
        for photo in old.photos():
            assert new.bytes_of(photo) == old.bytes_of(photo)
            assert new.events(photo.id) == old.events(photo.id)


def test_a_backup_beside_a_serving_bridge_is_whole(filled: Path, tmp_path: Path) -> None:
    done = threading.Event()

    def come_and_go(store: SqliteStore) -> None:
        number = 0
        while not done.is_set():
            add(store, f"new-{number}.jpg", b"%d" % number * 5000)
            photo = claimed(store)
            deliver(store, photo, 1000 + number)
            store.forget_bytes([store.photo(photo.id)])
            number += 1

    with contextlib.closing(SqliteStore(filled, exclusive=True)) as store:
        working = threading.Thread(target=come_and_go, args=(store,))
        working.start()
        try:
            counts = [back_up(filled, tmp_path / f"{number}.tar") for number in range(5)]
        finally:
            done.set()
            working.join()
    assert [count.without_bytes for count in counts] == [0] * 5
    assert counts[-1].photos > 21
    for number, count in enumerate(counts):
        restored = tmp_path / f"restored-{number}"
        assert restore(tmp_path / f"{number}.tar", restored, send_waiting=True) == count
        with contextlib.closing(SqliteStore(restored)) as store:
            for photo in store.photos(states=[PhotoState.QUEUED, PhotoState.HELD], limit=10_000):
                assert hashlib.sha256(store.bytes_of(photo)).hexdigest() == photo.sha256


def test_what_was_waiting_is_held_as_it_may_be_in_the_chart_by_now(filled: Path, tmp_path: Path) -> None:
    with contextlib.closing(SqliteStore(filled)) as store:
        deliver(store, claimed(store))
        under_way = claimed(store)
    back_up(filled, tmp_path / "backup.tar")
    counts = restore(tmp_path / "backup.tar", tmp_path / "restored")
    assert (counts.photos, counts.doubtful) == (21, Doubtful(waiting=19, held=1))
    with contextlib.closing(SqliteStore(tmp_path / "restored")) as store:
        states = store.counts()
        assert (states[PhotoState.HELD], states[PhotoState.DELIVERED], states[PhotoState.QUEUED]) == (20, 1, 0)
        held = store.photo(under_way.id)
        assert held.hold is not None
        assert held.hold.sentence.startswith("From a backup; look in the chart first: this photo was waiting")
        store.retry(held.id, "sofia")
        assert claimed(store).id == held.id


def test_what_was_held_says_to_look_in_the_chart_first_and_why_it_was_held(filled: Path, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "restored")
    with contextlib.closing(SqliteStore(tmp_path / "restored")) as store:
        hold = store.photo(1).hold
        assert hold is not None
        assert hold.reason is HOLD.reason
        assert hold.sentence.startswith("From a backup; look in the chart first: somebody may have sent this photo")
        assert hold.sentence.endswith(HOLD.sentence)
        assert store.events(1)[-1].reason == "from-backup"
    again = after_restore(tmp_path / "restored")
    with contextlib.closing(SqliteStore(tmp_path / "restored")) as store:
        assert (again, store.photo(1).hold) == (Doubtful(), hold)


def test_in_a_restored_database_nothing_goes_on_by_itself(database: Secret, tmp_path: Path) -> None:
    with contextlib.closing(PostgresStore(database, tmp_path / "data")) as store:
        store.ensure_practices(PRACTICES)
        add(store)
        photo = claimed(store)
        asked, _ = store.begin_move(NewMove(CHART, "clinic-a", 77, TARGET, "f" * 64, 11, 13, "wrong person", "", ""))
        assert after_restore(tmp_path / "data", database) == Doubtful(waiting=1)
        hold = store.photo(photo.id).hold
        assert hold is not None
        assert hold.sentence.startswith("From a backup; look in the chart first: this photo was waiting")
        assert store.move(asked.id).state is MoveState.STUCK
        assert store.due_moves(10) == []
        assert store.claim("worker") is None
        store.retry(photo.id, "sofia")
        assert claimed(store).id == photo.id


def test_what_is_held_is_left_as_it_is_when_nothing_was_done_after_the_backup(filled: Path, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup.tar")
    assert restore(tmp_path / "backup.tar", tmp_path / "restored", send_waiting=True).doubtful == Doubtful()
    with contextlib.closing(SqliteStore(tmp_path / "restored")) as store:
        assert store.photo(1).hold == HOLD


@contextlib.contextmanager
def open_to_all() -> Iterator[None]:
    """New files may be read by everybody, as far as their makers let them."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def test_a_backup_is_its_owners_alone_from_the_first_byte(filled: Path, tmp_path: Path) -> None:
    seen: dict[str, set[int]] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for path in tmp_path.glob("backup.tar*"):
                with contextlib.suppress(FileNotFoundError):
                    seen.setdefault(path.name, set()).add(path.stat().st_mode & 0o777)

    with contextlib.closing(SqliteStore(filled)) as store:
        add(store, "large.jpg", b"x" * 20_000_000)
    with open_to_all():
        watching = threading.Thread(target=watch)
        watching.start()
        try:
            back_up(filled, tmp_path / "backup.tar")
        finally:
            done.set()
            watching.join()
    assert {"backup.tar.part", "backup.tar.database-part"} <= set(seen)
    assert set.union(*seen.values()) == {_OWNERS_ALONE}


def test_a_backup_is_its_owners_alone_where_a_crash_has_left_half_of_one(filled: Path, tmp_path: Path) -> None:
    with open_to_all():
        for name in ("backup.tar.part", "backup.tar.database-part"):
            (tmp_path / name).write_bytes(b"left by a crash")
        back_up(filled, tmp_path / "backup.tar")
    assert (tmp_path / "backup.tar").stat().st_mode & 0o777 == _OWNERS_ALONE
    assert restore(tmp_path / "backup.tar", tmp_path / "restored").photos == 21


def test_bytes_that_are_lost_are_counted_and_the_rest_is_kept(filled: Path, tmp_path: Path) -> None:
    with contextlib.closing(SqliteStore(filled)) as store:
        store.files.path(store.photo(3).bytes_key).unlink()
    assert back_up(filled, tmp_path / "backup.tar").without_bytes == 1
    assert restore(tmp_path / "backup.tar", tmp_path / "restored").without_bytes == 1
    with contextlib.closing(SqliteStore(tmp_path / "restored")) as store:
        with pytest.raises(BytesMissingError):
            store.bytes_of(store.photo(3))
        assert store.bytes_of(store.photo(4)) == b"x" * 2000


def test_nothing_is_overwritten(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    back_up(filled, file)
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"backup\.tar is there already; give another name"):
        back_up(filled, file)
    with pytest.raises(StoreError, match="is not empty; stop the bridge if it runs"):
        restore(file, filled)
    with pytest.raises(StoreError, match="is not empty; stop the bridge if it runs"):
        restore(file, file)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar", "data"]


def test_a_restore_that_was_cut_off_can_be_begun_again(filled: Path, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup.tar")
    left = tmp_path / "restored.restoring" / "photos" / "0"
    left.mkdir(parents=True)
    (left / ("0" * 32)).write_bytes(b"half")
    assert restore(tmp_path / "backup.tar", tmp_path / "restored").photos == 21
    assert not (tmp_path / "restored" / "photos" / "0" / ("0" * 32)).exists()


def test_a_folder_without_a_store_has_nothing_to_back_up(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no photo store in the data folder .*; nothing to back up"):
        back_up(folder, tmp_path / "backup.tar")
    assert list(tmp_path.iterdir()) == []


def archive(file: Path, **contents: bytes) -> None:
    """A tar file with these members; `__` in a name stands for a slash."""
    with tarfile.open(file, "w") as made:
        for name, content in contents.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))


def link(file: Path) -> None:
    """A tar file whose database is a link to elsewhere."""
    with tarfile.open(file, "w") as made:
        member = tarfile.TarInfo("bridge.db")
        member.type = tarfile.SYMTYPE
        member.linkname = "/etc/passwd"
        made.addfile(member)


def cut(file: Path) -> None:
    """A backup that was cut off."""
    archive(file, **{"bridge.db": b"x" * 100_000})
    file.write_bytes(file.read_bytes()[:50_000])


STRANGE: dict[str, Callable[[Path], object]] = {
    "no tar file": lambda file: file.write_bytes(b"something else " * 1000),
    "an empty file": lambda file: file.write_bytes(b""),
    "a path out of the folder": lambda file: archive(file, **{"..__evil": b"x"}),
    "an absolute path": lambda file: archive(file, **{"__tmp__evil": b"x"}),
    "a strange file": lambda file: archive(file, **{"photos__0__run.sh": b"x"}),
    "no database": lambda file: archive(file, **{"photos__0__" + "0" * 32: b"x"}),
    "a damaged database": lambda file: archive(file, **{"bridge.db": b"SQLite format 3\0" + b"x" * 5000}),
    "a link": link,
    "one cut off": cut,
}


@pytest.mark.parametrize("case", STRANGE)
def test_what_is_no_backup_is_refused_in_one_sentence_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    STRANGE[case](tmp_path / "file.tar")
    with pytest.raises(StoreError, match=r"no backup of a bridge|database in the backup is damaged") as refused:
        restore(tmp_path / "file.tar", tmp_path / "data")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "evil").exists()


def test_a_backups_database_is_a_plain_one(filled: Path, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as made:
        content = made.extractfile("bridge.db")
        assert content is not None
        (tmp_path / "copy.db").write_bytes(content.read())
    with contextlib.closing(sqlite3.connect(tmp_path / "copy.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
