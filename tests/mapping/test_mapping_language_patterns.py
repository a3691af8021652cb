"""Patients by regular expression: bridge/mapping/patterns.py."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import Problem
from bridge.mapping import Mapping, Resolution, load_mapping, resolve
from bridge.tags import parse_name

Refuse = Callable[[str | bytes], tuple[Problem, ...]]
Write = Callable[[str | bytes], Path]

RULES = """\
version: 1
patient:
  id: {form: id}
  old: {form: oldid, prefix: [old]}
  wristband: {form: oldid, pattern: "TJ-?([0-9]{3,6})"}
types:
  Xray: {aliases: [rx, dental 1]}
clinic: {tags: {la paz: 3}}
ignore: [de]
"""


def file_with(setting: str, more: str = "") -> str:
    return (
        f"version: 1\npatient:\n  id: {{form: id}}\n  some:\n    form: oldid\n    {setting}\ntypes: {{Xray: }}\n{more}"
    )


def resolved(typed: str, mapping: Mapping) -> Resolution:
    return resolve(parse_name(f"#{typed.replace(' ', '-')}-21-Nov-2026-10-11-12.jpg"), mapping)


def patient(typed: str, mapping: Mapping) -> str:
    found = resolved(typed, mapping)
    assert found.hold is None
    assert found.reference is not None
    return str(found.reference.patient)


@pytest.fixture
def mapping(write: Write) -> Mapping:
    return load_mapping(write(RULES))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("TJ-1234 xray", "oldid 1234"),
        ("tj1234 xray", "oldid 1234"),
        ("#xray #Tj #01234", "oldid 1234"),
        ("TJ/1234. xray", "oldid 1234"),
        ("TJ 1234 xray TJ1234", "oldid 1234"),
        ("TJ-1234 old 1234 xray", "oldid 1234"),
        ("dental 1 TJ 1234", "oldid 1234"),
        ("123 xray", "id 123"),
    ],
)
def test_a_pattern_reads_one_word_or_several_in_any_case(typed: str, read: str, mapping: Mapping) -> None:
    assert patient(typed, mapping) == read


@pytest.mark.parametrize(
    ("typed", "reason", "said"),
    [
        ("TJ-12 xray", "ambiguous-patient", "`#TJ` beside `12`"),
        ("123 TJ xray", "ambiguous-patient", "`TJ` beside `#123`"),
        ("TJ-1234567 xray", "ambiguous-patient", "`#TJ` beside `1234567`"),
        ("TJ1234567 xray", "no-patient", "`#TJ1234567`"),
        ("TJ-1234-5 xray", "ambiguous-patient", "`#TJ-1234` is oldid 1234 and `5` is id 5"),
        ("TJ-000 xray", "no-patient", "`000`"),
        ("TJ-1234 TJ-1235 xray", "ambiguous-patient", "`TJ-1235` is oldid 1235"),
        ("TJ-1234 123 xray", "ambiguous-patient", "`123` is id 123"),
    ],
)
def test_what_a_pattern_does_not_match_whole_is_never_half_read(
    typed: str, reason: str, said: str, mapping: Mapping
) -> None:
    hold = resolved(typed, mapping).hold
    assert hold is not None
    assert hold.reason == reason
    assert said in hold.sentence


@pytest.mark.parametrize(
    ("pattern", "typed", "read"),
    [
        ("(?:[0-9]+-)?([0-9]{3,6})", "12-3456 xray", "oldid 3456"),
        ("([0-9]{3,6})(?:-[0-9])?", "3456-7 xray", "oldid 3456"),
        ("(?P<number>[0-9]{6})", "123456 xray", "oldid 123456"),
        ("Nº?-?([0-9]+)", "nº-55 xray", "oldid 55"),
        ("an\u0303o([0-9]+)", "a\u00f1o55 xray", "oldid 55"),
        ("A?-?B?-?([0-9]+)-?C?-?D?", "a-b-55-c-d xray", "oldid 55"),
        ("([0-9]{4})", "123 xray", "id 123"),
        ("k([0-9]+)|y-", "k77 xray", "oldid 77"),
        ("([a-z]+)", "xray 123", "id 123"),
    ],
)
def test_the_group_of_a_pattern_is_the_number(pattern: str, typed: str, read: str, write: Write) -> None:
    mapping = load_mapping(write(file_with(f"pattern: '{pattern}'")))
    assert patient(typed, mapping) == read


@pytest.mark.parametrize("typed", ["la paz 1234 xray", "paz 1234 xray", "la 1234 paz xray", "xray 12 la paz 1234"])
def test_where_an_alias_and_a_pattern_share_only_some_words_the_photo_is_held(typed: str, write: Write) -> None:
    more = "clinic: {tags: {la paz: 3, paz: 4}}\n"
    mapping = load_mapping(write(file_with("pattern: '(?:[a-z]{2,3}-)?([0-9]{4})(?:-[a-z]{3})?'", more)))
    hold = resolved(typed, mapping).hold
    assert hold is not None
    assert hold.reason == "ambiguous-patient"
    assert "check which patient is meant" in hold.sentence


@pytest.mark.parametrize(
    ("pattern", "typed"),
    [
        ("[Tt][Jj]-?([0-9]{3,6})", "TJ-12 xray"),
        ("[Tt][Jj]-?([0-9]{3,6})", "12 xray tj"),
        ("[Tt][Jj]-?([0-9]{3,6})", "(TJ) 12 xray"),
        ("N[uú]m-?([0-9]{3,6})", "num 12 xray"),
        ("N[uú]m-?([0-9]{3,6})", "Núm.: 12 xray"),
        ("T(?:ij|J)-?([0-9]{3,6})", "TIJ-12 xray"),
        ("T(?:ij|J)-?([0-9]{3,6})", "12 xray tj"),
        ("(?:TJ)+-?([0-9]{3,6})", "tjtj 12 xray"),
        ("([0-9]{3,6})-?[Tt][Jj]", "12-TJ xray"),
        ("[a-z]{2}-?([0-9]{3,6})", "tj 12 xray"),
        (".{2}-?([0-9]{3,6})", "tj 12 xray"),
        ("(?:[a-c]?){60}(?:[d-g]?){60}(?:[d-g]?){60}(?:[d-g]?){60}([0-9]{3,6})", "tj 12 xray"),
        (r"\pL+-?([0-9]{3,6})", "tj 12 xray"),
    ],
)
def test_the_letters_that_a_pattern_can_spell_beside_a_number_it_does_not_read_are_never_a_stranger(
    pattern: str, typed: str, write: Write
) -> None:
    hold = resolved(typed, load_mapping(write(file_with(f"pattern: '{pattern}'")))).hold
    assert hold is not None
    assert hold.reason == "ambiguous-patient"
    assert "12` (id 12) may be part of the patient's number" in hold.sentence


@pytest.mark.parametrize(
    ("pattern", "typed"),
    [
        ("[Tt][Jj]-?([0-9]{3,6})", "arm 12 xray"),
        ("[a-z]{2}-?([0-9]{3,6})", "arm 12 xray"),
        ("[a-z]{2}-?([0-9]{3,6})", "12 de arm xray"),
        ("([0-9]{3,6})-?[a-z]{3}", "arm 12 xray"),
        (r"\pL+-?([0-9]{3,6})", "12 arm xray"),
    ],
)
def test_a_word_that_a_pattern_cannot_spell_before_the_number_holds_nothing(
    pattern: str, typed: str, write: Write
) -> None:
    assert patient(typed, load_mapping(write(file_with(f"pattern: '{pattern}'")))) == "id 12"


def test_a_number_inside_a_longer_alias_belongs_to_the_alias(write: Write) -> None:
    mapping = load_mapping(write(file_with("pattern: '([0-9]+)'", "stations: {D: {aliases: [dental 1]}}\n")))
    assert patient("77 dental 1 xray", mapping) == "oldid 77"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("pattern: '(['", "is not a regular expression (missing ]: [)"),
        ("pattern: '([0-9]+'", "is not a regular expression (missing ): ([0-9]+)"),
        ("pattern: '*([0-9]+)'", "is not a regular expression"),
        ("pattern: '[0-9]+'", "has no group; put parentheses round"),
        ("pattern: '(?:TJ)[0-9]+'", "has no group"),
        ("pattern: '(TJ)-?([0-9]+)'", "has 2 groups, but one must be the number or CURP; begin the other parentheses"),
        ("pattern: '([0-9]*)'", "matches where nothing is written"),
        ("pattern: 'TJ-?([0-9]+)|'", "matches where nothing is written"),
        (f"pattern: '([0-9]+){'x' * 200}'", "1 to 200 characters; make it shorter"),
        ("pattern: ''", "1 to 200 characters"),
        ("pattern:", "is empty"),
        ("pattern: ['a(b)']", "must be text"),
        (r"pattern: '([0-9])\1'", "refers back to a group"),
        ("pattern: '(?P<a>[0-9])(?P=a)'", "refers back to a group"),
        ("pattern: '(?=TJ)([0-9]+)'", "looks ahead or behind"),
        ("pattern: '(?!TJ)([0-9]+)'", "looks ahead or behind"),
        ("pattern: '(?<=TJ)([0-9]+)'", "looks ahead or behind"),
        ("pattern: '(?<!TJ)([0-9]+)'", "looks ahead or behind"),
        (r"pattern: '\C([0-9]+)'", "write `.` instead"),
        ("pattern: '((?:a{1000}){1000})'", "repeats too often"),
        ("pattern: '([0-9]{3,1})'", "the smaller one first"),
        ("pattern: '([\\pL\\pN]{1,900})'", "repeats too often"),
        ("patern: '([0-9]+)'", "did you mean `pattern`?"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_one_sentence_with_its_place(
    setting: str, said: str, problems_of: Refuse
) -> None:
    (problem,) = problems_of(file_with(setting))
    assert said in problem.message
    assert (problem.line, problem.field.rpartition(".")[0]) == (6, "patient.some")
    assert "\n" not in str(problem)


def test_a_pattern_beside_a_prefix_is_an_error_at_the_prefix(problems_of: Refuse) -> None:
    (problem,) = problems_of(file_with("prefix: [TJ]\n    pattern: '([0-9]+)'"))
    assert (problem.line, problem.field) == (6, "patient.some.prefix")
    assert "write it into the pattern" in problem.message


def test_the_same_pattern_twice_is_an_error_with_both_lines(problems_of: Refuse) -> None:
    rules = "version: 1\npatient:\n  a: {form: id, pattern: 'T([0-9]+)'}\n  b: {form: oldid, pattern: 'T([0-9]+)'}\n"
    (problem,) = problems_of(rules + "types: {Xray: }\n")
    assert problem.line == 4
    assert "`a` on line 3; give one of the two another `pattern`" in problem.message


@pytest.mark.parametrize("alias", ["TJ", "tj-123", "TJ 1234", "tj1234"])
def test_an_alias_that_a_pattern_would_take_for_a_patient_is_an_error_with_both_lines(
    alias: str, problems_of: Refuse
) -> None:
    (problem,) = problems_of(file_with("pattern: 'TJ-?([0-9]{3,6})'", f"ignore: [{alias}]\n"))
    assert problem.line == 8
    assert "rule `some` on line 4" in problem.message


@pytest.mark.parametrize(
    "content",
    [
        "version: 1\npatient:\n" + "a" * 10_000_000,
        "version: 1\npatient: {" + ", ".join(f"r{i}: {{form: id, pattern: '(a{{1000}}){{1000}}'}}" for i in range(500)),
        file_with("pattern: '((?:a{1000}){1000})'"),
        file_with("pattern: '((((((((((x{9}){9}){9}){9}){9}){9}){9}){9}){9}){9})'"),
        file_with("pattern: '" + "(" * 90 + "a" + ")*" * 45 + ")" * 45 + "'"),
        file_with("pattern: '" + "(?:a*" * 40 + "'"),
        file_with("prefix: [old]", "ignore: [" + ", ".join(f"word{number}" for number in range(4000)) + "]\n"),
        file_with("prefix: [old]", "examples: [" + ", ".join(4000 * ["{name: x, held: no-patient}"]) + "]\n"),
    ],
    ids=["10 MB", "many", "repeats", "nested", "stars", "open", "words", "examples"],
)
def test_a_hostile_file_is_refused_quickly(content: str, problems_of: Refuse) -> None:
    begun = time.thread_time()
    assert problems_of(content)
    assert time.thread_time() - begun < 3


@pytest.mark.parametrize(
    "pattern",
    ["((?:[a-z0-9-]?){900}[0-9]{1,9})", "(?:(?:a|aa|a?)+-?)+([0-9]+)", "(?:.*.*.*.*-)*x([0-9]+)", "(?:a*)*b([0-9]+)"],
)
def test_no_pattern_makes_a_hostile_name_slow(pattern: str, write: Write) -> None:
    mapping = load_mapping(write(file_with(f"pattern: '{pattern}'")))
    names = ["a" * 240, "-".join("a" * 120), "-".join(["aa1"] * 60), "-".join("1" * 120)]
    begun = time.thread_time()
    assert all(resolved(name, mapping) for name in names)
    assert time.thread_time() - begun < 5
