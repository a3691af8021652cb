"""backup and restore: one file, written while photos come and go, and never over what is there."""

import contextlib
import hashlib
import io
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from photo_makers import PRACTICES, add, claimed, deliver, photo_in

from bridge.photos import BytesMissingError, PhotoState, SqliteStore, StoreError, back_up, restore


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
    assert (counts.photos, counts.held) == (21, 19)
    with contextlib.closing(SqliteStore(tmp_path / "restored")) as store:
        states = store.counts()
        assert (states[PhotoState.HELD], states[PhotoState.DELIVERED], states[PhotoState.QUEUED]) == (20, 1, 0)
        held = store.photo(under_way.id)
        assert held.hold is not None
        assert "comes from that backup; look whether it is in the chart" in held.hold.sentence
        store.retry(held.id, "sofia")
        assert claimed(store).id == held.id


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
