"""The kinds of file, under every name they go by (bridge/file_types.py)."""

from bridge.file_types import FILE_TYPE_NAMES, file_type_of
from bridge.imaging import Format


def test_every_kind_of_file_goes_by_the_media_type_that_its_content_has() -> None:
    assert {kind.value.lower() for kind in Format} == set(FILE_TYPE_NAMES)
    for kind in Format:
        assert file_type_of(kind.media_type) == kind.value.lower()


def test_a_name_that_no_kind_goes_by_is_none() -> None:
    assert [file_type_of(text) for text in ("exe", "", ".", "image/", "jpeg jpeg")] == [None] * 5
