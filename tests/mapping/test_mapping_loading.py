"""What is refused in a mapping file, and where: bridge/mapping/loader.py and vocabulary.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import Problem
from bridge.mapping import PatientForm, check_file, load_mapping
from bridge.mapping.check import check_bytes
from bridge.targets import ImageType, PictureLimits

Refuse = Callable[[str | bytes], tuple[Problem, ...]]
Write = Callable[[str | bytes], Path]

HEAD = "version: 1\npatient:\n  id: {form: id}\n  old: {form: oldid, prefix: [old]}\n"
TYPES = "types:\n  Xray:\n"
GOOD = HEAD + TYPES


@pytest.mark.parametrize(
    ("content", "line", "field", "said"),
    [
        ("", None, "version", "is missing; add it"),
        ("- a\n", 1, "", "must start with settings"),
        (GOOD.replace("1", "2", 1), 1, "version", "must be 1"),
        (GOOD + "sations:\n", 7, "sations", "did you mean `stations`?"),
        (GOOD.replace("form: id}", "from: id}"), 3, "patient.id.from", "did you mean `form`?"),
        (GOOD.replace("form: id}", "form: curps}"), 3, "patient.id.form", "did you mean `curp`?"),
        (GOOD.replace("form: id}", "form: curp, prefix: [c]}"), 3, "patient.id.prefix", "takes no prefix"),
        (GOOD.replace("prefix: [old]", "prefix: [old1]"), 4, "patient.old.prefix[0]", "a word without digits"),
        (GOOD.replace("prefix: [old]", "prefix: ['-']"), 4, "patient.old.prefix[0]", "a word without digits"),
        (GOOD.replace("prefix: [old]", "prefix: old"), 4, "patient.old.prefix", "must be a list"),
        (HEAD + "types:\n", 5, "types", "is empty"),
        (HEAD + "types: {}\n", 5, "types", "at least one image type"),
        (HEAD + "types: [Xray]\n", 5, "types", "must hold settings"),
        (HEAD + "types:\n  X-ray:\n", 6, "types.X-ray", "`X-ray` is not an image type; did you mean `Xray`?"),
        (HEAD + "types:\n  Photo:\n", 6, "types.Photo", "use one of: Audiogram, Headshot, Surgery, Xray"),
        (GOOD + "    aliases: xray\n", 7, "types.Xray.aliases", "must be a list"),
        (GOOD + "    aliases:\n    - a\n    -\n", 9, "types.Xray.aliases[1]", "is empty"),
        (GOOD + "    aliases: ['#-#']\n", 7, "types.Xray.aliases[0]", "has no letters"),
        (GOOD + "    aliases: ['12 3']\n", 7, "types.Xray.aliases[0]", "is a number"),
        (GOOD + "    aliases: [old 5]\n", 7, "types.Xray.aliases[0]", "rule `old` on line 4"),
        (GOOD + "    aliases: [old5]\n", 7, "types.Xray.aliases[0]", "rule `old` on line 4"),
        (GOOD + "    aliases: [scar old]\n", 7, "types.Xray.aliases[0]", "rule `old` on line 4"),
        (GOOD + "    station: Xray\nstations:\n  X-Ray:\n", 7, "types.Xray.station", "did you mean `X-Ray`?"),
        (GOOD + "    longest_edge: big\n", 7, "types.Xray.longest_edge", "must be a whole number"),
        (GOOD + "    longest_edge: 20\n", 7, "types.Xray.longest_edge", "must be from 200 to 20000"),
        (GOOD + "    lowest_quality: 96\n", 7, "types.Xray.lowest_quality", "must be from 20 to 95"),
        (GOOD + "defaults: {type: Xrya}\n", 7, "defaults.type", "did you mean `Xray`?"),
        (GOOD + "defaults: {type: Surgery}\n", 7, "defaults.type", "is not under `types`"),
        (GOOD + "stations: {ENT: }\ndefaults: {station: EMT}\n", 8, "defaults.station", "did you mean `ENT`?"),
        (GOOD + "clinic: tomorrow\n", 7, "clinic", "must be `today` or the number"),
        (GOOD + "clinic: 0\n", 7, "clinic", "must be `today` or the number"),
        (GOOD + "clinic: [today]\n", 7, "clinic", "must hold settings"),
        (GOOD + "clinic: {tags: {here: x}}\n", 7, "clinic.tags.here", "must be `today` or the number"),
        (GOOD + "clinic: {tag: {here: 2}}\n", 7, "clinic.tag", "did you mean `tags`?"),
        (GOOD + "ignore: [5]\n", 7, "ignore[0]", "is a number"),
        (GOOD + "examples:\n- {name: #123-x.jpg}\n", None, "", "is not valid YAML"),
        (GOOD + "examples:\n- name: #123-x.jpg\n  held: no-type\n", 8, "examples[0].name", "put the text in quotes"),
        (GOOD + "examples:\n- {name: a}\n", 8, "examples[0]", "says nothing to expect"),
        (
            GOOD + "examples:\n- {name: a, type: Xray, held: no-type}\n",
            8,
            "examples[0]",
            "cannot be held and have a type",
        ),
        (GOOD + "examples:\n- {name: a, type: xray}\n", 8, "examples[0].type", "did you mean `Xray`?"),
        (GOOD + "examples:\n- {name: a, patient: old 5}\n", 8, "examples[0].patient", "`oldid 1001`"),
        (GOOD + "examples:\n- {name: a, patient: 0}\n", 8, "examples[0].patient", "`oldid 1001`"),
        (GOOD + "examples:\n- {name: a, clinic: noon}\n", 8, "examples[0].clinic", "must be `today`"),
        (GOOD + "examples:\n- {name: a, held: no-patent}\n", 8, "examples[0].held", "did you mean `no-patient`?"),
        (GOOD + "examples:\n- {name: a, held: unknown-patient}\n", 8, "examples[0].held", "from a name alone"),
        (
            GOOD + "stations: {ENT: }\nexamples:\n- {name: a, station: EMT}\n",
            9,
            "examples[0].station",
            "did you mean `ENT`?",
        ),
    ],
)
def test_a_wrong_value_is_one_sentence_with_its_place(
    content: str, line: int | None, field: str, said: str, problems_of: Refuse
) -> None:
    problem = next(p for p in problems_of(content) if p.field == field)
    assert said in problem.message
    assert line is None or problem.line == line
    assert "\n" not in str(problem)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"\x00\x01\x02", None, "is not valid YAML"),
        (b"version: 1\n\xff\xfe", 2, "is not UTF-8"),
        (b"a" * 2_000_000, None, "larger than 1 MiB"),
        ("a: &a [x]\nb: *a\n", 1, "anchors"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "anchors"),
        ("version: !!python/object/apply:os.system [ls]\n", 1, "is not used here"),
        ("version: !secret 1\n", 1, "tag"),
        ("version: 1\nversion: 1\n", 2, "is written twice (first on line 1)"),
        ("[" * 5000, None, "is not valid YAML"),
        ("types: {Xray: {aliases: [a}}\n", 1, "is not valid YAML"),
        ("a:\n\t- b\n", 2, "is not valid YAML"),
        ("? [a]\n: b\n", 1, "plain text"),
    ],
    ids=["binary", "latin", "huge", "anchor", "bomb", "python", "tag", "twice", "deep", "brackets", "tab", "odd key"],
)
def test_hostile_yaml_is_refused_in_sentences(
    content: str | bytes, line: int | None, said: str, problems_of: Refuse
) -> None:
    problem = problems_of(content)[0]
    assert said in problem.message
    assert line is None or problem.line == line
    assert "\n" not in str(problem)
    assert str(problem).startswith(f"{problem.file}")


def test_a_file_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    problems = check_file(tmp_path / "none.yaml").problems
    assert [problem.message.split(";")[0] for problem in problems] == ["does not exist"]


@pytest.mark.parametrize(
    ("rest", "line", "said"),
    [
        ("types:\n  Xray: {aliases: [film]}\n  Surgery:\n    aliases: [FILM]\n", 8, "type Xray on line 6 (`film`)"),
        ("types:\n  Xray: {aliases: [placa]}\n  Surgery:\n    aliases: [pláca]\n", 8, "type Xray on line 6"),
        ("types:\n  Xray: {aliases: [x-ray]}\n  Surgery:\n    aliases: [x ray]\n", 8, "type Xray on line 6"),
        ("types:\n  Xray: {aliases: [ra-yos]}\n  Surgery:\n    aliases: [rayos]\n", 8, "type Xray on line 6"),
        ("types:\n  Xray:\n  Surgery:\n    aliases: [xray]\n", 8, "type Xray on line 6 (`Xray`)"),
        (TYPES + "stations:\n  A: {aliases: [room]}\n  B: {aliases: [Room]}\n", 9, "station A on line 8"),
        (TYPES + "stations:\n  A:\n  B: {aliases: [a]}\n", 9, "station A on line 8"),
        (TYPES + "stations:\n  A: {aliases: [xray]}\n", 8, "type Xray on line 6 (`Xray`)"),
        (TYPES + "    station: B\nstations:\n  A: {aliases: [xray]}\n  B:\n", 9, "write `station: A` under Xray"),
        (TYPES + "clinic: {tags: {xray: 2}}\n", 7, "clinic 2 here, but for type Xray on line 6"),
        (TYPES + "ignore: [xray]\n", 7, "a word to ignore here, but for type Xray on line 6"),
    ],
    ids=[
        "two types",
        "accents",
        "several words",
        "glued",
        "a type's name",
        "two stations",
        "a station's name",
        "type and station",
        "type of another station",
        "type and clinic",
        "type and ignored",
    ],
)
def test_a_word_that_means_two_things_is_an_error_with_both_lines(
    rest: str, line: int, said: str, problems_of: Refuse
) -> None:
    problems = problems_of(HEAD + rest)
    assert [problem.line for problem in problems] == [line]
    assert said in problems[0].message


@pytest.mark.parametrize(
    ("patient", "said"),
    [
        ("  a: {form: id}\n  b: {form: oldid}\n", "a number alone would be read by this rule and by `a` on line 3"),
        ("  a: {form: id}\n  b: {form: id}\n", "a number alone would be read by this rule and by `a` on line 3"),
        ("  a: {form: curp}\n  b: {form: curp}\n", "a CURP would be read by this rule and by `a` on line 3"),
        (
            "  a: {form: id, prefix: [no]}\n  b: {form: oldid, prefix: [x, Nó]}\n",
            "a number after `no` would be read by this rule and by `a` on line 3",
        ),
    ],
)
def test_patient_rules_that_read_the_same_are_an_error_with_both_lines(
    patient: str, said: str, problems_of: Refuse
) -> None:
    problems = problems_of(f"version: 1\npatient:\n{patient}{TYPES}")
    assert [problem.line for problem in problems] == [4]
    assert said in problems[0].message


def test_a_type_and_its_own_station_may_share_a_word() -> None:
    content = (
        HEAD + "types:\n  Xray: {station: X-Ray, aliases: [x-ray]}\nstations:\n  X-Ray: {aliases: [x-ray, xray]}\n"
    )
    assert check_bytes(content.encode(), Path("clinic.yaml")).problems == ()


def test_a_station_named_like_a_type_keeps_its_other_words(write: Write) -> None:
    content = HEAD + "types:\n  Surgery:\nstations:\n  Surgery: {aliases: [theatre]}\n"
    vocabulary = load_mapping(write(content)).vocabulary
    assert (vocabulary[("surgery",)].kind, vocabulary[("theatre",)].kind) == ("type", "station")


def test_a_station_whose_name_is_a_number_is_no_alias(write: Write) -> None:
    mapping = load_mapping(write(GOOD + "stations:\n  5: {aliases: [room five]}\n"))
    assert ("5",) not in mapping.vocabulary
    assert mapping.vocabulary[("room", "five")].value == "5"


def test_a_word_listed_twice_for_one_thing_is_a_warning_with_both_lines() -> None:
    content = GOOD + "    aliases:\n    - radiografía\n    - Radiografia\n"
    result = check_bytes(content.encode(), Path("clinic.yaml"))
    assert result.mapping is not None
    assert [(problem.line, problem.warning) for problem in result.problems] == [(9, True)]
    assert "`radiografía` on line 8" in result.problems[0].message
    assert result.is_good


def test_all_problems_of_a_file_come_at_once_in_the_order_of_its_lines(problems_of: Refuse) -> None:
    content = (
        "version: 1\npatient:\n  a: {form: id}\n  b: {form: oldid}\n  c: {form: kurp}\n"
        "types:\n  Xray: {aliases: [film]}\n  Xrays:\n  Surgery: {aliases: [film], station: OR}\n"
        "stations: {ENT: }\nexamples:\n- {name: a, held: x}\n"
    )
    assert [problem.field for problem in problems_of(content)] == [
        "patient.b",
        "patient.c.form",
        "types.Xrays",
        "types.Surgery.aliases[0]",
        "types.Surgery.station",
        "examples[0].held",
    ]


def test_all_problems_of_shape_come_at_once(problems_of: Refuse) -> None:
    problems = problems_of("version: 3\npatient: {a: }\ntypes: x\nexample: []\n")
    assert [problem.line for problem in problems] == [1, 2, 3, 4]


def test_a_loaded_mapping_knows_its_rules_and_its_version(write: Write) -> None:
    file = write(GOOD)
    mapping = load_mapping(file)
    assert mapping.file == file
    assert [(rule.name, rule.form, rule.line) for rule in mapping.patient_rules] == [
        ("id", PatientForm.ID, 3),
        ("old", PatientForm.OLDID, 4),
    ]
    assert load_mapping(write(GOOD)).version_hash == mapping.version_hash
    assert load_mapping(write(GOOD + "# a comment\n")).version_hash != mapping.version_hash


@pytest.mark.parametrize(
    ("example", "difference"),
    [
        ("{name: 5-xray, patient: 6}", "gets patient id 5, but the example expects patient id 6"),
        ("{name: 5-xray, type: Surgery}", "gets type Xray, but the example expects type Surgery"),
        ("{name: 5-xray, station: ENT, clinic: 2}", "gets station none"),
        ("{name: 5-xray, clinic: today}", "gets clinic none, but the example expects clinic today"),
        ("{name: 5-xray, held: no-type}", "is filed for patient id 5, but the example expects it held (no-type)"),
        ("{name: 5, patient: 5}", "is held (no-type), but the example expects it to be filed"),
        ("{name: 5, held: no-patient}", "is held (no-type), but the example expects no-patient"),
    ],
)
def test_an_example_that_comes_out_otherwise_is_a_problem_at_its_line(example: str, difference: str) -> None:
    content = f"{GOOD}examples:\n- {{name: 5-xray, patient: 5}}\n- {example}\n"
    result = check_bytes(content.encode(), Path("clinic.yaml"))
    assert [(problem.line, problem.field) for problem in result.problems] == [(9, "examples[1]")]
    assert difference in result.problems[0].message
    assert result.mapping is not None
    assert not result.is_good


@pytest.mark.parametrize(
    "example",
    [
        "{name: 5-xray, patient: id 5, type: Xray, station: none, clinic: none}",
        "{name: old5-xray, patient: OLDID 5}",
        "{name: xray, held: no-patient}",
        "{name: 5, held: no-type}",
    ],
)
def test_an_example_that_comes_out_as_it_says_is_no_problem(example: str) -> None:
    assert check_bytes(f"{GOOD}examples:\n- {example}\n".encode(), Path("clinic.yaml")).problems == ()


def test_a_type_may_say_how_small_its_pictures_can_get(write: Write) -> None:
    mapping = load_mapping(write(HEAD + "types:\n  Headshot: {longest_edge: 1600, lowest_quality: 50}\n  Surgery:\n"))
    assert mapping.limits_of(ImageType.HEADSHOT) == PictureLimits(1600, 50)
    assert mapping.limits_of(ImageType.SURGERY) == PictureLimits(None, 60)
    assert mapping.limits_of(ImageType.XRAY) == PictureLimits(None, 80)


def test_a_misspelt_type_is_told_beside_what_is_wrong_with_the_shape(problems_of: Refuse) -> None:
    text = "version: 1\npatient: {id: {form: id}}\ntypes: {Xrey: , Headshot: {station: [a]}}\nclinic: Today\n"
    assert [(problem.line, problem.field) for problem in problems_of(text)] == [
        (3, "types.Xrey"),
        (3, "types.Headshot.station"),
        (4, "clinic"),
    ]
