"""Files as admins break them: the first message of the check names the place and the fix (`broken_files`)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from broken_files import BROKEN, GOOD, Broken
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.mapping import check_file
from bridge.mapping.check import check_bytes

Write = Callable[[str | bytes], Path]
PRACTICES = ("ensenada",)
LEAST = 60


def test_the_file_that_is_broken_is_good_and_of_a_real_size(write: Write) -> None:
    assert check_file(write(GOOD), PRACTICES).problems == ()
    assert len(GOOD.splitlines()) > 60


def test_there_are_enough_files_and_no_two_alike() -> None:
    assert len({broken.raw for broken in BROKEN}) == len(BROKEN) >= LEAST
    assert len({broken.what for broken in BROKEN}) == len(BROKEN)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.what)
def test_the_first_message_names_line_column_and_fix(broken: Broken, write: Write) -> None:
    first = check_file(write(broken.raw), PRACTICES).problems[0]
    assert (first.line, first.column) == broken.place, first.message
    assert broken.fix in first.message
    assert not first.warning
    assert "\n" not in str(first)


@settings(max_examples=200, deadline=None)
@given(
    start=st.integers(0, len(GOOD)),
    length=st.integers(0, 60),
    put=st.one_of(st.sampled_from(list("\t\n '\"#:,-[]{}&*!|>%@`?=\\\r\x00\x85\u2028\ufeff")), st.text(max_size=3)),
)
def test_whatever_an_edit_leaves_behind_is_told_in_single_lines(start: int, length: int, put: str) -> None:
    text = GOOD[:start] + put + GOOD[start + length :]
    result = check_bytes(text.encode("utf-8", "surrogatepass"), Path("clinic.yaml"))
    for problem in result.problems:
        assert problem.message
        assert "\n" not in str(problem)
    assert result.mapping or not result.is_good
