"""The mapping's `late_headshots`, and when a photo counts as taken."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.errors import InputProblemsError
from bridge.mapping import LateHeadshots, load_mapping, taken_at
from bridge.tags import parse_name

FILE = """
version: 1
patient: {number: {form: id}}
types: {Headshot: {}}
"""
ARRIVED = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
TIJUANA = ZoneInfo("America/Tijuana")


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        ("", LateHeadshots.HOLD),
        ("late_headshots: hold", LateHeadshots.HOLD),
        ("late_headshots: send", LateHeadshots.SEND),
    ],
)
def test_late_headshots_are_held_unless_the_file_says_send(tmp_path: Path, setting: str, meant: LateHeadshots) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(f"{FILE}{setting}\n")
    assert load_mapping(file).late_headshots is meant


def test_any_other_word_is_refused_with_its_line_and_the_words_that_will_do(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(f"{FILE}late_headshots: drop\n")
    with pytest.raises(InputProblemsError, match=r"line 5, late_headshots: must be `hold` or `send`"):
        load_mapping(file)


@pytest.mark.parametrize(
    ("tail", "taken"),
    [
        ("21-Nov-2026-10-11-12", datetime(2026, 11, 21, 10, 11, 12)),
        ("21-Nov-2026-23-59-59", datetime(2026, 11, 21, 23, 59, 59)),
        ("22-Nov-2026-00-00-01", datetime(2026, 11, 21, 21, 30)),
        ("01-Jan-2000-00-00-01", datetime(2026, 11, 21, 21, 30)),
        ("wound", datetime(2026, 11, 21, 21, 30)),
    ],
)
def test_a_photo_was_taken_when_the_phone_says_if_it_can_be_right_else_when_it_came(tail: str, taken: datetime) -> None:
    assert taken_at(parse_name(f"#5-headshot-{tail}.jpg"), ARRIVED, TIJUANA) == taken
