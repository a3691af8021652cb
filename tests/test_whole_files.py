"""Files that are written whole or not at all (bridge/whole_files.py)."""

from pathlib import Path

import pytest

from bridge.whole_files import write_whole


def test_a_file_is_made_or_replaced_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    for content in (b"first", b"second", b""):
        write_whole(file, content)
        assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_take_the_files_place_leaves_all_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "taken"
    file.mkdir()
    with pytest.raises(OSError, match=file.name):
        write_whole(file, b"content")
    assert list(tmp_path.iterdir()) == [file]
    assert list(file.iterdir()) == []
