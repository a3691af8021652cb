"""The cache of small pictures: bounded, and never more than a help."""

import os
import stat
import threading
from pathlib import Path

from bridge.charting.file_cache import FileCache


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "small", 30)
    for name in ("a", "b", "c"):
        cache.put(name, b"0123456789")
    assert cache.get("a") == b"0123456789"
    cache.put("d", b"0123456789")
    assert [cache.get(name) is not None for name in "abcd"] == [True, False, True, True]
    assert sum(path.stat().st_size for path in (tmp_path / "small").iterdir()) == 30


def test_the_bound_holds_after_a_restart_and_the_order_too(tmp_path: Path) -> None:
    first = FileCache(tmp_path, 100)
    for number, name in enumerate("abcd"):
        first.put(name, b"0123456789")
        os.utime(tmp_path / name, (number + 1000, number + 1000))
    assert first.get("a") is not None
    second = FileCache(tmp_path, 30)
    second.put("e", b"0123456789")
    assert [second.get(name) is not None for name in "abcde"] == [True, False, False, True, True]


def test_a_larger_one_in_place_of_another_is_counted_once(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 30)
    for _ in range(5):
        cache.put("a", b"0123456789")
    cache.put("b", b"0123456789")
    assert cache.get("a") == cache.get("b") == b"0123456789"


def test_what_is_dropped_is_gone_whether_it_was_there_or_not(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 30)
    cache.drop("a")
    cache.put("a", b"1")
    cache.drop("a")
    assert cache.get("a") is None
    assert list(tmp_path.iterdir()) == []


def test_half_written_files_of_a_killed_process_are_removed_in_time(tmp_path: Path) -> None:
    old, new = tmp_path / "x.part", tmp_path / "y.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    FileCache(tmp_path, 30).put("a", b"1")
    assert (old.exists(), new.exists()) == (False, True)


def test_a_folder_that_cannot_be_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "small").write_text("a file where the folder should be")
    cache = FileCache(tmp_path / "small", 30)
    cache.put("a", b"1")
    assert cache.get("a") is None
    cache.drop("a")


def test_many_threads_leave_it_within_its_bound(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 500)

    def work(number: int) -> None:
        for step in range(40):
            cache.put(f"{number}-{step % 7}", bytes(20))
            assert cache.get(f"{number}-{step % 5}") in (None, bytes(20))
            cache.drop(f"{number}-{step % 3}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 500


def test_folder_and_files_are_for_the_bridges_user_alone(tmp_path: Path) -> None:
    """Also a folder of before. Windows keeps no such modes; there the data folder's own rights are all."""
    folder = tmp_path / "small"
    folder.mkdir(0o755)
    FileCache(folder, 30).put("a", b"1")
    FileCache(tmp_path / "new", 30).put("a", b"1")
    if os.name == "posix":
        assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, tmp_path / "new")] == [0o700, 0o700]
        assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o600
    assert (folder / "a").read_bytes() == b"1"
