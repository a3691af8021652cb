"""CURPs and their check digits: bridge/mapping/curp.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.holds import HoldReason
from bridge.mapping import Mapping, load_mapping, resolve
from bridge.tags import parse_name

SPECIMENS = [
    "BOXW310820HNERXN09",
    "HEGG560427MVZRRL04",
    "SABC560626MDFLRN01",
    "MAAR790213HMNRLF03",
    "TUAZ040213MCLRLFA7",
    "XOAZ980927MCLRLFA6",
    "BEML920313HMCLNS09",
]
"""CURPs that are published as specimens, of nobody."""

RULES = "version: 1\npatient:\n  id: {{form: id}}\n  curp: {{form: curp, {}}}\ntypes: {{Xray: }}\n"
Write = Callable[[str | bytes], Path]


@pytest.fixture
def mapping(write: Write) -> Mapping:
    return load_mapping(write(RULES.format("check_digit: true")))


@pytest.mark.parametrize("curp", SPECIMENS)
def test_the_check_digit_of_specimens_is_right_and_every_other_is_wrong(curp: str, mapping: Mapping) -> None:
    right = []
    for digit in "0123456789":
        found = resolve(parse_name(f"{curp[:17].lower()}{digit}-xray.jpg"), mapping)
        if found.reference:
            assert str(found.reference.patient) == f"curp {curp}"
            right.append(digit)
    assert right == [curp[17]]


@pytest.mark.parametrize("curp", SPECIMENS)
def test_a_curp_with_one_wrong_letter_is_held_and_the_sentence_asks_whether_it_was_mistyped(
    curp: str, mapping: Mapping
) -> None:
    typed = f"{curp[:15]}{'L' if curp[15] == 'K' else 'K'}{curp[16:]}"
    hold = resolve(parse_name(f"{typed}-xray.jpg"), mapping).hold
    assert hold is not None
    assert hold.reason is HoldReason.AMBIGUOUS_PATIENT
    assert "typed wrong?" in hold.sentence
    assert "assign the photo by hand" in hold.sentence


def test_two_characters_that_changed_places_are_held(mapping: Mapping) -> None:
    assert resolve(parse_name("HGEG560427MVZRRL04-xray.jpg"), mapping).hold is not None


@pytest.mark.parametrize("setting", ["check_digit: false", ""])
def test_the_check_digit_is_not_looked_at_unless_the_file_says_so(setting: str, write: Write) -> None:
    mapping = load_mapping(write(RULES.format(setting)))
    assert resolve(parse_name("HEGG560427MVZRRL05-xray.jpg"), mapping).reference is not None


def test_a_curp_in_a_pattern_is_checked_too(write: Write) -> None:
    rules = (
        'version: 1\npatient:\n  c: {form: curp, check_digit: true, pattern: "curp-?([a-z0-9]{18})"}\ntypes: {Xray: }\n'
    )
    mapping = load_mapping(write(rules))
    assert resolve(parse_name("#CURP-HEGG560427MVZRRL04-xray.jpg"), mapping).reference is not None
    hold = resolve(parse_name("#CURP-HEGG560427MVZRRL05-xray.jpg"), mapping).hold
    assert hold is not None
    assert "typed wrong?" in hold.sentence


@pytest.mark.parametrize("name", ["HEGG560427MVZRRL05-c-HEGG560427MVZRRL05", "c-HEGG560427MVZRRL05-HEGG560427MVZRRL05"])
def test_a_check_digit_is_looked_at_when_any_rule_that_read_the_curp_asks_for_it(name: str, write: Write) -> None:
    patterned = "  c: {form: curp, pattern: 'c-([a-z0-9]{18})'}\ntypes:"
    mapping = load_mapping(write(RULES.format("check_digit: true").replace("types:", patterned)))
    hold = resolve(parse_name(f"{name}-xray.jpg"), mapping).hold
    assert hold is not None
    assert "`HEGG560427MVZRRL05` has the shape of a CURP" in hold.sentence


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("{form: id, check_digit: true}", "is for CURPs"),
        ("{form: oldid, check_digit: true}", "is for CURPs"),
        ("{form: curp, check_digit: perhaps}", "must be true or false"),
        ("{form: curp, check_digit: }", "is empty"),
        ("{form: curp, check_digits: true}", "did you mean `check_digit`?"),
    ],
)
def test_a_check_digit_that_cannot_be_is_an_error_at_its_place(
    setting: str, said: str, problems_of: Callable[[str], tuple[object, ...]]
) -> None:
    (problem,) = problems_of(
        f"version: 1\npatient:\n  some:\n    {setting[1:-1].replace(', ', chr(10) + '    ')}\ntypes: {{Xray: }}\n"
    )
    assert said in str(problem)
    assert "line 5, patient.some.check_digit" in str(problem)
