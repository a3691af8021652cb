"""Photos' bytes as files: bridge/photos/files.py."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bridge.photos import BytesMissingError, StoreError
from bridge.photos.files import IncomingFile, PhotoFiles, make_folder, sync_name


@pytest.fixture
def files(tmp_path: Path) -> PhotoFiles:
    return PhotoFiles(tmp_path / "photos")


@pytest.fixture
def incoming(files: PhotoFiles) -> Iterator[IncomingFile]:
    opened = files.incoming()
    opened.write(b"a picture")
    yield opened
    opened.discard()


def fsyncs(work: Callable[[], object]) -> int:
    """How often some work waits for the disk."""
    calls = []

    def watch(_frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and function.__qualname__ == "fsync":
            calls.append(function)

    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
    return len(calls)


def test_discarding_kept_bytes_keeps_them(files: PhotoFiles, incoming: IncomingFile) -> None:
    files.keep(incoming)
    incoming.discard()
    incoming.discard()
    assert files.read(incoming.key) == b"a picture"


def test_discarded_bytes_are_gone(files: PhotoFiles, incoming: IncomingFile) -> None:
    incoming.discard()
    assert not files.has(incoming.key)
    assert not incoming.path.exists()


def test_bytes_that_vanished_before_they_were_kept_are_an_error(files: PhotoFiles, incoming: IncomingFile) -> None:
    incoming.path.unlink()
    with pytest.raises(StoreError, match="No such file"):
        files.keep(incoming)


def test_bytes_without_a_place_to_go_are_an_error_and_can_be_discarded(
    files: PhotoFiles, incoming: IncomingFile
) -> None:
    (files.folder / incoming.key[0]).rmdir()
    with pytest.raises(StoreError, match="No such file"):
        files.keep(incoming)
    incoming.discard()
    assert not incoming.path.exists()


def test_bytes_are_deleted_once_or_more(files: PhotoFiles, incoming: IncomingFile) -> None:
    files.keep(incoming)
    for _ in range(2):
        files.delete(incoming.key)
    with pytest.raises(BytesMissingError):
        files.read(incoming.key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 32 + "\n", "incoming"])
def test_only_keys_made_here_become_paths(files: PhotoFiles, key: str) -> None:
    with pytest.raises(BytesMissingError):
        files.read(key)


def test_missing_folders_are_made_again_at_the_next_start(files: PhotoFiles) -> None:
    for folder in files.folder.iterdir():
        folder.rmdir()
    incoming = PhotoFiles(files.folder).incoming()
    files.keep(incoming)
    assert files.read(incoming.key) == b""


def test_folders_are_made_durably_with_all_above_them(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "c"
    assert fsyncs(lambda: make_folder(folder)) == 3
    assert folder.is_dir()
    assert fsyncs(lambda: make_folder(folder)) == 0


def test_the_folders_for_photos_are_durable_before_any_photo_is_taken(files: PhotoFiles) -> None:
    assert fsyncs(lambda: PhotoFiles(files.folder)) == 1


def test_a_new_name_is_made_durable_where_folders_can_be_opened_and_where_not(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a picture")
    assert fsyncs(lambda: sync_name(file, folders_open=True)) == 1
    assert fsyncs(lambda: sync_name(file, folders_open=False)) == 1
    assert fsyncs(lambda: sync_name(tmp_path, folders_open=False)) == 0
    assert file.read_bytes() == b"a picture"
