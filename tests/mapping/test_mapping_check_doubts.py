"""What the check says of files that can be read and still do not do what they say."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.errors import Problem
from bridge.mapping import ChartWords, check_file, keep_chart_words, kept_chart_words
from bridge.mapping.check import check_bytes

Write = Callable[[str | bytes], Path]
HEAD = "version: 1\npatient:\n  number: {form: id}\n"
FILE = Path("clinic.yaml")


def told(text: str, *, warning: bool) -> list[tuple[int | None, str]]:
    """Line and message of each error, or of each warning, without those about what is missing."""
    problems = check_bytes(text.encode(), FILE).problems
    return [(problem.line, problem.message) for problem in problems if problem.warning is warning]


def with_rules(*rules: str) -> str:
    """A file with these patient rules, one a line from line 3 on."""
    return "version: 1\npatient:\n" + "".join(f"  {rule}\n" for rule in rules) + "types:\n  Xray:\n"


@pytest.mark.parametrize(
    ("rules", "line", "said"),
    [
        (["a: {form: id, pattern: 'T-?([0-9]+)'}", "b: {form: oldid, pattern: '[A-Z]1([0-9]+)'}"], 4, "would read `t1"),
        (["a: {form: id, prefix: [old]}", "b: {form: oldid, pattern: '(?:no|old)-?([0-9]+)'}"], 4, "`a` (line 3)"),
        (["a: {form: id, prefix: [old]}", "b: {form: oldid, pattern: '\\pL{3}([0-9]+)'}"], 4, "`a` (line 3)"),
        (["a: {form: id, prefix: [old]}", "b: {form: oldid, pattern: '[\\p{L}]{3}([0-9]+)'}"], 4, "`a` (line 3)"),
        (["a: {form: id, prefix: [num old]}", "b: {form: oldid, pattern: 'numold([0-9]+)'}"], 4, "`a` (line 3)"),
        (
            ["a: {form: id, pattern: '([0-9]{4})-[0-9]'}", "b: {form: id, pattern: '[0-9]{4}-([0-9])'}"],
            4,
            "always held",
        ),
        (["a: {form: id}", "b: {form: oldid, pattern: '([0-9]+)'}"], 3, "can never be read, because `b` on line 4"),
        (
            ["a: {form: curp}", "b: {form: oldid, pattern: 'T(X+)'}"],
            4,
            "can never be read: nothing that it matches holds",
        ),
        (["b: {form: oldid, pattern: 'T([0-9]{12})'}"], 3, "a number of 1 to 9 digits"),
        (["b: {form: curp, pattern: 'C(.{17})'}"], 3, "holds a CURP in its group"),
        (["b: {form: id, pattern: 'TJ ([0-9]+)'}"], 3, "spaces arrive as `-`"),
    ],
)
def test_patient_rules_that_cannot_both_be_meant_are_errors(rules: list[str], line: int, said: str) -> None:
    ((place, message),) = told(with_rules(*rules), warning=False)
    assert place == line
    assert said in message


@pytest.mark.parametrize(
    ("rules", "line", "said"),
    [
        (["b: {form: oldid, pattern: '(?-i)TJ([0-9]+)'}"], 3, "too special to be compared"),
        (["a: {form: id}", "b: {form: oldid, pattern: '([0-9]{4})'}"], 4, "takes `1111` before `a` on line 3"),
        (["a: {form: id, pattern: '([0-9]+)-x'}", "b: {form: oldid, prefix: [old]}"], 4, "would read `old-1"),
        (["a: {form: id, prefix: [nh id]}", "b: {form: oldid, prefix: [nhid]}"], 4, "but for the space"),
        (["a: {form: id, prefix: [old, OLD]}"], 3, "is listed twice"),
        (["a: {form: id, pattern: 'a([0-9]+)-[0-9]'}", "b: {form: id, prefix: [a]}"], 4, "takes `1` as a part of it"),
        (
            ["a: {form: id, pattern: '1-?([0-9]+)-b'}", "b: {form: id, pattern: '1([0-9]{2})-b'}"],
            4,
            "would read `1-111-b`",
        ),
    ],
)
def test_patient_rules_to_look_at_are_warnings(rules: list[str], line: int, said: str) -> None:
    ((place, message),) = told(with_rules(*rules), warning=True)
    assert place == line
    assert said in message


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (r"n\pS([0-9]+)", "n°12"),
        (r"\p{Greek}([0-9]+)", "α12"),
        (r"\xf1([0-9]+)", "ñ12"),
        (r"[^\x00-\x7f]([0-9]+)", "ñ12"),
        (r"\p{Ps}([0-9]+)\p{Pe}", "(12)"),
        (r"x\x2b([0-9]+)", "x+12"),
        (r"\(([0-9]+)\)", "(12)"),
        (r"\[([0-9]+)\]", "[12]"),
        (r"([0-9]+)[:+]", "12+"),
        (r"([0-9]{2})[^\w.]", "12+"),
    ],
)
def test_no_pattern_that_reads_a_name_is_called_one_that_never_does(pattern: str, name: str) -> None:
    example = f"examples:\n  - {{name: '{name}-xray.jpg', patient: oldid 12}}\n"
    text = with_rules(f"b: {{form: oldid, pattern: '{pattern}'}}") + example
    assert told(text, warning=False) == []


@pytest.mark.parametrize(
    "rules",
    [
        ["a: {form: id}", "b: {form: curp}", "c: {form: oldid, prefix: [old, viejo]}"],
        ["a: {form: id}", "b: {form: oldid, pattern: 'TJ-?([0-9]{3,6})'}", "c: {form: oldid, pattern: 'EN-?([0-9]+)'}"],
        ["a: {form: id, pattern: 'A([0-9]+)'}", "b: {form: id, pattern: 'A([0-9]{2,3})'}"],
        ["a: {form: curp}", "b: {form: curp, pattern: 'C-?(.{18})'}"],
        [r"a: {form: id, pattern: '(?i:tj)\d{0}([[:digit:]]+)'}", r"b: {form: id, pattern: '\pL{9}-([0-9]+)'}"],
    ],
    ids=["usual", "two letters", "the same patient", "a CURP after a letter", "odd expressions"],
)
def test_rules_that_go_together_are_passed_over(rules: list[str]) -> None:
    assert check_bytes(with_rules(*rules).encode(), FILE).problems == ()


@pytest.mark.parametrize(
    "rules",
    [
        ["a: {form: oldid, pattern: 'K0*([0-9]{1,6})'}", "b: {form: oldid, pattern: 'K([0-9]{1,6})[0-9]?'}"],
        ["a: {form: oldid, pattern: 'K([0-9]{1,6})[0-9]?'}", "b: {form: oldid, pattern: 'K0*([0-9]{1,6})'}"],
        ["a: {form: oldid, pattern: 'K([0-9]{1,8})'}", "b: {form: oldid, pattern: 'K([0-9]{1,7})[0-9]?'}"],
        ["a: {form: id, pattern: 'K0([0-9]{1,3})'}", "b: {form: oldid, pattern: 'K(00[0-9])'}"],
    ],
    ids=["leading zeros", "the other way round", "the longest", "nothing but leading zeros"],
)
def test_patterns_that_differ_for_few_words_only_are_told(rules: list[str]) -> None:
    ((line, message),) = told(with_rules(*rules), warning=False)
    assert line == 4
    assert "so such a photo is always held" in message


@pytest.mark.parametrize(
    "other",
    ["b: {form: oldid, pattern: '[a-z-]+([0-9]{2,3})'}", "b: {form: oldid}"],
    ids=["another pattern", "a number alone"],
)
def test_a_pattern_too_large_to_be_compared_is_said_to_be(other: str) -> None:
    large = "a: {form: id, pattern: '(?:[a-z]{30}-?){30}(?:[a-z]{30}-?){30}([0-9]+)'}"
    messages = [message for _, message in told(with_rules(large, other), warning=True)]
    assert len([message for message in messages if "may read the same word" in message]) == 1


def test_a_pattern_for_numbers_with_leading_zeros_can_be_read() -> None:
    assert check_bytes(with_rules("a: {form: oldid, pattern: 'K(000[0-9])'}").encode(), FILE).problems == ()


def test_many_large_patterns_are_looked_through_in_a_moment() -> None:
    rules = [
        f"r{number}: {{form: id, pattern: '(?:[a-z]{{1,30}}|[0-9x]{{1,30}}){{1,9}}-([0-9]+){number}'}}"
        for number in range(12)
    ]
    started = time.thread_time()
    assert check_bytes(with_rules(*rules).encode(), FILE).mapping
    assert time.thread_time() - started < 20, "a second or two when nothing else runs"


@pytest.mark.parametrize(
    ("rest", "line", "said"),
    [
        (
            "types:\n  Xray: {aliases: [x ray]}\n  Surgery:\n    aliases: [RAY room]\n",
            7,
            "`x-ray-room` only one is read",
        ),
        ("types:\n  Xray: {aliases: [x-ráy]}\nignore: [ray table]\n", 6, "begins with what `x-ráy`"),
        ("types:\n  Xray: {aliases: [rx]}\n  Surgery: {aliases: [rx table]}\n", 6, "hides `rx` (type Xray, line 5)"),
        ("types:\n  Xray: {aliases: [rx]}\nignore: [no RX]\n", 6, "`no RX` (a word to ignore) hides `rx`"),
        ("types:\n  Xray: {aliases: [radiographsofteeth]}\n", 5, "looks like a practice's code"),
        ("types:\n  Xray: {aliases: [rayos x; rx]}\n", 5, "is one word with a `;` in it"),
        (
            "types:\n  Xray:\nstations:\n  Oral Room:\n  ENT: {aliases: [room nine]}\n",
            8,
            "begins with what `Oral Room`",
        ),
        (
            "  w: {form: oldid, pattern: '([0-9]+)-old'}\ntypes:\n  Xray:\nstations:\n  ENT: {aliases: [sala 2]}\n",
            8,
            "share a word of `sala-2-old`",
        ),
        (
            "  w: {form: oldid, pattern: 'x-?([0-9]+)(?:-b)?'}\ntypes:\n  Surgery: {aliases: [b a]}\n",
            6,
            "share a word of `x1-b-a`",
        ),
        ("types:\n  Xray:\nstations:\n  X-Ray:\n", 7, "but written as one, `xray`, for type Xray"),
        (
            "types:\n  Xray: {station: ENT}\nstations:\n  ENT: {aliases: [x ray]}\n",
            7,
            "add `x ray` to the aliases of Xray",
        ),
        (
            "  w: {form: oldid, pattern: 'TJ-?([0-9]{4})'}\ntypes:\n  Xray: {aliases: [photo tj]}\n",
            6,
            "of `photo-tj-1111`",
        ),
    ],
)
def test_words_that_stand_in_each_others_way_are_warnings(rest: str, line: int, said: str) -> None:
    ((place, message),) = told(HEAD + rest, warning=True)
    assert place == line
    assert said in message


def test_a_station_cannot_have_the_two_words_that_written_as_one_are_a_type() -> None:
    rest = "types:\n  Xray:\nstations:\n  ENT: {aliases: [x ray]}\n"
    ((place, message),) = told(HEAD + rest, warning=False)
    assert place == 7
    assert "`x ray` stands for station ENT here, but for type Xray on line 5" in message


def test_curly_quotes_round_a_pattern_are_the_first_thing_told() -> None:
    errors = told(with_rules("a:\n    form: id\n    pattern: “TJ-?([0-9]{3})”"), warning=False)
    assert "is the curly quote of a word processor" in errors[0][1]


def test_a_word_too_long_for_any_file_name_is_an_error() -> None:
    ((place, message),) = told(HEAD + f"types:\n  Xray: {{aliases: [{'a' * 300}]}}\n", warning=False)
    assert place == 5
    assert "can never be read in a file name" in message


@pytest.mark.parametrize(
    "rest",
    [
        "types:\n  Xray: {aliases: [x-ray, rayos x, rayos]}\n",
        "types:\n  Headshot: {aliases: [foto de cara, cara]}\nignore: [foto, de]\n",
        "types:\n  Xray: {station: X-Ray, aliases: [x-ray film]}\nstations: {X-Ray: {aliases: [film]}}\n",
    ],
)
def test_words_that_lead_to_the_same_are_passed_over(rest: str) -> None:
    assert check_bytes((HEAD + rest).encode(), FILE).problems == ()


def warnings_of(write: Write, text: str) -> list[Problem]:
    """All that the whole check warns of."""
    return [problem for problem in check_file(write(text)).problems if problem.warning]


def test_types_and_stations_without_a_way_in_are_told(write: Write) -> None:
    text = (
        HEAD + "types:\n  Xray:\n  Surgery:\nstations:\n  Surgery:\n  ENT:\nexamples:\n- {name: 5-xray, type: Xray}\n"
    )
    said = [(problem.line, problem.message.split(";")[0]) for problem in warnings_of(write, text)]
    assert said == [
        (4, "has no way in for Headshot and Audiogram: a photo whose name says `headshot` is held"),
        (6, "has no example"),
        (8, "has no way in, because `Surgery` stands for type Surgery"),
    ]


@pytest.mark.parametrize(
    ("rule", "line", "said"),
    [
        ("pattern: '[A-Z]{2}-?([0-9]{3})'", 6, "`rx` and rule `band` on line 4 share a word of `rx-111`"),
        ("pattern: '[A-Z]{7}-?([0-9]{7})'", 7, "`Surgery` and rule `band` on line 4 share a word of `surgery-1111111`"),
        ("prefix: [dental]", 9, "`Den-Tal` and rule `band` on line 4 share a word of `dental-1`"),
        ("pattern: '[A-Z]{3}([0-9]+)'", 10, ""),
    ],
    ids=["an alias", "a type's name", "a station's name written as one", "no word that stands apart from the number"],
)
def test_a_word_that_a_rule_wants_together_with_a_number_is_told(rule: str, line: int, said: str) -> None:
    text = with_rules("number: {form: id}", f"band: {{form: oldid, {rule}}}").replace("Xray:", "Xray: {aliases: [rx]}")
    warnings = told(text + "  Surgery:\nstations:\n  Den-Tal:\n  ENT: {aliases: [ear]}\n", warning=True)
    expected = [(line, said)] if said else []
    assert [
        (at, message.partition(", so such")[0]) for at, message in warnings if "share a word" in message
    ] == expected


def test_a_file_without_examples_is_told_how_to_write_one(write: Write) -> None:
    text = HEAD + "types:\n  Xray:\n  Surgery:\n  Headshot:\n  Audiogram:\n"
    (problem,) = warnings_of(write, text)
    assert (problem.line, problem.column) == (1, 1)
    assert "patient: 123, type: Headshot}" in problem.message


def test_a_requirement_without_a_clinic_is_told(write: Write) -> None:
    text = HEAD + "types:\n  Xray:\nrequire: [photo-consent]\n"
    assert any("add `clinic: today`" in problem.message for problem in warnings_of(write, text))


def test_errors_come_before_examples_and_these_before_warnings(write: Write) -> None:
    text = (
        HEAD
        + "  no: {form: id, pattern: 'T(X)'}\ntypes:\n  Xray: {aliases: [rx, RX]}\nexamples:\n- {name: a, type: Xray}\n"
    )
    problems = check_file(write(text)).problems
    assert [problem.field for problem in problems][:2] == ["patient.no.pattern", "examples[0]"]
    assert [problem.warning for problem in problems] == [False, False, True, True]


CHART = ChartWords(
    "here", ("X-Ray", "ENT", " Dental1", "Twice", "twice"), frozenset({1, 2}), datetime(2026, 11, 21, tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("rest", "field", "said"),
    [
        ("types:\n  Xray: {station: X-Rey}\n", "types.Xray.station", "has no station `X-Rey`; did you mean `X-Ray`?"),
        ("types:\n  Xray:\nstations: {EMT: }\n", "stations.EMT", "did you mean `ENT`?"),
        ("types:\n  Xray:\ndefaults: {station: TWICE}\n", "defaults.station", "has 2 stations named `TWICE`"),
        ("types:\n  Xray:\nclinic: 7\n", "clinic", "the chart of here has no clinic 7; its newest are 1, 2"),
        ("types:\n  Xray:\nclinic: {tags: {tj: 3}}\n", "clinic.tags.tj", "has no clinic 3"),
        ("types:\n  Xray:\nclinic: {dates: {2026-11-21: 3}}\n", "clinic.dates.2026-11-21", "has no clinic 3"),
        (
            "types:\n  Xray:\ndefaults: {station_by_time: [{from: '8:00', until: '9:00', station: EN}]}\n",
            "defaults.station_by_time[0].station",
            "did you mean `ENT`?",
        ),
    ],
)
def test_what_the_chart_does_not_know_is_an_error(rest: str, field: str, said: str, write: Write) -> None:
    errors = [problem for problem in check_file(write(HEAD + rest), charts=[CHART]).problems if not problem.warning]
    assert [problem.field for problem in errors] == [field]
    assert said in errors[0].message


def test_what_the_chart_knows_is_passed_over_in_any_case(write: Write) -> None:
    text = HEAD + "types:\n  Xray: {station: x-ray}\nstations: {x-ray: , Dental1: {aliases: [dental]}}\nclinic: 2\n"
    assert [problem for problem in check_file(write(text), charts=[CHART]).problems if not problem.warning] == []


def test_what_a_chart_said_is_kept_whole(tmp_path: Path) -> None:
    file = tmp_path / "mappings" / "chart-here.json"
    assert kept_chart_words(file) is None
    keep_chart_words(CHART, file)
    assert kept_chart_words(file) == CHART
    assert [path.name for path in file.parent.iterdir()] == ["chart-here.json"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"practice": "a", "asked_at": "2026-11-21T10:00:00", "stations": [], "clinics": []}']
)
def test_what_was_kept_and_is_damaged_is_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "chart.json"
    file.write_text(text)
    assert kept_chart_words(file) is None
