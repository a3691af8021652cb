"""Why a name goes where it goes: bridge/mapping/explanation.py."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bridge.mapping import Mapping, Occasion, explain, load_mapping

Write = Callable[[str | bytes], Path]
CLINIC = """\
version: 1
patient:
  number: {form: id}
  curp: {form: curp, check_digit: true}
  old-number: {form: oldid, prefix: [old, viejo]}
  band: {form: oldid, pattern: "TJ-?([0-9]{3,6})"}
types:
  Headshot: {station: Registration, aliases: [face, head shot, x ray face]}
  Xray: {aliases: [x-ray, radiografía]}
stations:
  Registration:
  X-Ray: {aliases: [x-ray room]}
  Dental1: {aliases: [ray face dental, dental 1]}
clinic: {tags: {ensenada: 2}, dates: {"2026-11-21": 3, "2026-12-01..2026-12-03": 4}, otherwise: today}
defaults:
  type: Headshot
  station: Dental1
  station_by_practice: {clinic-a: Registration, clinic-b: X-Ray}
  station_by_time:
    - {from: "08:00", until: "12:00", station: X-Ray}
ignore: [photo]
"""


@pytest.fixture
def full(write: Write) -> Mapping:
    """A mapping with every way of saying something."""
    return load_mapping(write(CLINIC))


def passed(name: str, mapping: Mapping, words: str, occasion: Occasion | None = None) -> dict[str, str]:
    """The rules passed over for words, or for a setting that begins with them, each with its reason."""
    accounts = explain(name, mapping, occasion).accounts
    (account,) = [
        a for a in accounts if "-".join(a.step.words) == words or (words and a.step.sentence.startswith(words))
    ]
    return {each.rule: each.reason for each in account.passed_over}


def why(name: str, mapping: Mapping, words: str) -> str:
    """Why the rule that took the words did."""
    (account,) = [each for each in explain(name, mapping).accounts if "-".join(each.step.words) == words]
    return account.why


def test_an_explanation_shows_each_step_its_reason_what_was_passed_over_and_the_result(mapping: Mapping) -> None:
    name = "#uPSE4UWHmJ8XqFUqvf-##123-#Headshot-arm-21-Nov-2026-10-11-12.jpg"
    assert explain(name, mapping).lines == (
        f"{name}, by {mapping.file}:",
        "  `#uPSE4UWHmJ8XqFUqvf` read as the practice's guid",
        "  `#123` read as patient id by rule `id`, line 3",
        "      why: it is a number that stands alone",
        "      passed over: rule `curp` (patient curp), line 4: it is no CURP, which has 18 letters and digits",
        "      passed over: rule `old-id` (patient oldid), line 5: it reads a number only after `old` or `viejo`",
        "  `#Headshot` read as type Headshot by alias `Headshot`, line 7",
        "      why: the file has it just so",
        "  `arm` is not used",
        "      why: no rule of the file reads it",
        "  station Registration for type Headshot, line 7",
        "  clinic today by setting, line 15",
        "  taken at 2026-11-21 10:11:12 by the phone's clock",
        "  result: patient id 123, type Headshot, station Registration, clinic today",
    )


@pytest.mark.parametrize(
    ("name", "words", "reason"),
    [
        ("123", "123", "it is a number that stands alone"),
        ("viejo-77", "viejo-77", "it is a number after `viejo`"),
        ("old77", "old77", "it is a number after `old`"),
        ("TJ-1234", "TJ-1234", "it is what the pattern `TJ-?([0-9]{3,6})` says"),
        ("GALM150314MBCRPR01", "GALM150314MBCRPR01", "it has the shape of a CURP, with a date of birth that exists"),
        ("RADIOGRAFIA", "RADIOGRAFIA", "it is `radiografía`, as case, accents and what joins words do not count"),
        ("dental-1", "dental-1", "it is `dental 1`, as case, accents and what joins words do not count"),
        ("headshot", "headshot", "it is `Headshot`, as case, accents and what joins words do not count"),
        ("dental1x-photo", "photo", "the file says that it means nothing here"),
        ("arm", "arm", "no rule of the file reads it"),
    ],
)
def test_each_word_is_told_with_the_reason_for_its_reading(full: Mapping, name: str, words: str, reason: str) -> None:
    assert why(name, full, words).startswith(reason)


def test_an_alias_written_as_one_word_is_told_so(full: Mapping) -> None:
    assert why("123-xrayroom", full, "xrayroom") == "it is `x-ray room` written as one word"


def test_a_shorter_alias_is_passed_over_for_the_longer_one(full: Mapping) -> None:
    assert passed("x-ray-room", full, "x-ray-room")["alias `x-ray` (type Xray)"] == (
        "the longer alias `x-ray room` took `x-ray-room`"
    )


def test_of_two_aliases_of_one_length_that_share_a_word_the_later_is_passed_over(full: Mapping) -> None:
    assert passed("x-ray-face-dental", full, "x-ray-face")["alias `ray face dental` (station Dental1)"] == (
        "`x-ray-face` stands earlier in the name and took a word of it"
    )


def test_a_number_inside_an_alias_is_no_patient(full: Mapping) -> None:
    assert passed("5-dental-1", full, "dental-1")["rule `number` (patient id)"] == (
        "aliases are read before patients, and alias `dental 1` took `dental-1`"
    )


@pytest.mark.parametrize(("words", "rule"), [("old-1001", "old-number"), ("TJ-1001", "band")])
def test_a_number_alone_gives_way_to_one_after_a_prefix_or_in_a_pattern(full: Mapping, words: str, rule: str) -> None:
    assert passed(words, full, words)["rule `number` (patient id)"] == (
        f"gives way to rule `{rule}`, which knows `{words}` by more than the number"
    )


@pytest.mark.parametrize(
    ("word", "rule", "reason"),
    [
        ("123", "rule `old-number` (patient oldid)", "it reads a number only after `old` or `viejo`"),
        ("123", "rule `band` (patient oldid)", "`123` is not what its pattern `TJ-?([0-9]{3,6})` says"),
        ("123", "rule `curp` (patient curp)", "it is no CURP, which has 18 letters and digits"),
        ("room2", "rule `number` (patient id)", "`room2` is not digits alone"),
        ("000", "rule `number` (patient id)", "0 is no patient's number"),
        ("1234567890", "rule `number` (patient id)", "a number has at most 9 digits"),
        (
            "GALM150314MBCRPR0",
            "rule `curp` (patient curp)",
            "a CURP has 18 letters and digits, `GALM150314MBCRPR0` has 17",
        ),
        (
            "GALM159914MBCRPR01",
            "rule `curp` (patient curp)",
            "`GALM159914MBCRPR01` is as long as a CURP, but has not its",
        ),
        ("viejo", "rule `old-number` (patient oldid)", "`viejo` stands without the number that belongs to it"),
    ],
)
def test_a_rule_for_patients_that_does_not_read_a_word_says_why(
    full: Mapping, word: str, rule: str, reason: str
) -> None:
    assert passed(f"face-{word}", full, word)[rule].startswith(reason)


def test_a_plain_word_is_not_held_against_the_rules_for_patients(full: Mapping) -> None:
    assert passed("123-arm", full, "arm") == {}


def test_a_stations_own_name_gives_way_to_a_types_word(full: Mapping) -> None:
    assert passed("123-x-ray", full, "x-ray")["station `X-Ray`"] == "a station's name gives way to a type's word"


def test_a_word_spelt_otherwise_and_a_part_of_an_alias_are_shown_what_was_perhaps_meant(full: Mapping) -> None:
    assert passed("123-radiografa", full, "radiografa")["alias `radiografía` (type Xray)"] == (
        "it is spelt otherwise; was it meant?"
    )
    assert passed("123-shot", full, "shot")["alias `head shot` (type Headshot)"] == "`shot` is only a part of it"


def test_two_rules_that_read_the_same_words_as_different_patients_are_both_told(write: Write) -> None:
    text = CLINIC.replace(
        '  band: {form: oldid, pattern: "TJ-?([0-9]{3,6})"}', '  band: {form: id, pattern: "old-?([0-9]+)"}'
    )
    explanation = explain("old-1001-face", load_mapping(write(text)))
    rules = {account.step.rule for account in explanation.accounts if account.step.words == ("old", "1001")}
    assert rules == {"old-number", "band"}
    assert explanation.resolution.hold is not None


def test_words_that_a_pattern_and_an_alias_both_want_are_told_with_how_to_part_them(write: Write) -> None:
    text = CLINIC.replace('"TJ-?([0-9]{3,6})"', '"([0-9]+)-[a-z]"')
    explanation = explain("77-x-ray", load_mapping(write(text)))
    assert explanation.resolution.hold is not None
    assert explanation.fix == (
        "Type `77-x` and `x-ray` so that no word belongs to both, or change the rule on line 6 or the alias on line 9."
    )


def test_what_the_file_requires_of_the_chart_is_told(write: Write) -> None:
    mapping = load_mapping(write(f"{CLINIC}require: [photo-consent, registered-today]\n"))
    explanation = explain("123-face", mapping)
    assert "  required of the patient in the chart: photo-consent, registered-today" in explanation.lines
    assert explanation.to_json()["require"] == ["photo-consent", "registered-today"]


MORNING, EVENING = datetime(2026, 11, 21, 9, 30), datetime(2026, 11, 20, 19, 0)


@pytest.mark.parametrize(
    ("name", "occasion", "words", "rules"),
    [
        (
            "123-face-dental-1",
            Occasion("clinic-a", MORNING),
            "dental-1",
            {
                "station Registration for type Headshot": "a word of the name goes first",
                "station X-Ray from 08:00 until 12:00": "a word of the name goes first",
                "station Registration for practice clinic-a": "a word of the name goes first",
                "the default station Dental1": "a word of the name goes first",
            },
        ),
        (
            "123-xray",
            Occasion("clinic-a", MORNING),
            "station X-Ray",
            {
                "station Registration for practice clinic-a": "station X-Ray from 08:00 until 12:00 goes first",
                "the default station Dental1": "station X-Ray from 08:00 until 12:00 goes first",
            },
        ),
        (
            "123-xray",
            Occasion("clinic-b", EVENING),
            "station X-Ray",
            {
                "station X-Ray from 08:00 until 12:00": "the photo was taken at 19:00",
                "the default station Dental1": "station X-Ray for practice clinic-b goes first",
            },
        ),
        (
            "123-xray",
            Occasion(),
            "station Dental1",
            {"station X-Ray from 08:00 until 12:00": "neither the name nor anybody says when the photo was taken"},
        ),
        (
            "123-xray",
            Occasion("clinic-a", MORNING),
            "clinic 3",
            {
                "clinic 4 for 2026-12-01 to 2026-12-03": "the photo was taken on 2026-11-21",
                "clinic today by setting": "clinic 3 for 2026-11-21 goes first",
            },
        ),
        ("123-xray", Occasion(), "xray", {"the default type Headshot": "a word of the name goes first"}),
    ],
    ids=["word", "time", "practice", "no time", "date", "type"],
)
def test_settings_are_told_in_their_order(
    full: Mapping, name: str, occasion: Occasion, words: str, rules: dict[str, str]
) -> None:
    told = passed(name, full, words, occasion)
    assert rules.items() <= told.items()
    assert {rule for rule in told if "practice" in rule} <= {rule for rule in rules if "practice" in rule}


def test_settings_that_all_miss_are_told_too(write: Write) -> None:
    text = CLINIC.replace("  station: Dental1\n", "").replace(
        "  station_by_practice: {clinic-a: Registration, clinic-b: X-Ray}\n", ""
    )
    explanation = explain("123-xray", load_mapping(write(text)), Occasion("", EVENING))
    (account,) = [each for each in explanation.accounts if each.step.sentence.startswith("no station")]
    assert [str(each) for each in account.passed_over] == [
        "station X-Ray from 08:00 until 12:00, line 18: the photo was taken at 19:00"
    ]


def test_another_time_than_the_names_is_told_as_the_one_that_counts(full: Mapping) -> None:
    lines = explain("123-face-21-Nov-2026-10-11-12.jpg", full, Occasion("clinic-a", EVENING)).lines
    assert "  taken at 2026-11-20 19:00:00 by the clinic's clock, which counts" in lines


@pytest.mark.parametrize(
    ("name", "reason", "fix"),
    [
        (
            "face",
            "no-patient",
            "Type the patient as a number alone, a CURP, a number after `old`, a number after `viejo` or what the "
            "pattern `TJ-?([0-9]{3,6})` says; for other ways, add a rule under `patient:`.",
        ),
        ("a" * 400, "no-patient", "Type a shorter name: nothing is read of one that had to be cut."),
        ("12-345-face", "ambiguous-patient", "Type one patient, and no other number beside it"),
        ("GALM150314MBCRPR01-face", "ambiguous-patient", "Type `GALM150314MBCRPR01` again, letter by letter."),
        (
            "123-face-xray",
            "ambiguous-type",
            "Type one kind of picture only; if `face` (line 8) or `xray` (line 9) should",
        ),
        ("123-registration-dental1", "ambiguous-station", "Type one station only; if"),
    ],
    ids=["no patient", "cut", "two patients", "mistyped", "two types", "two stations"],
)
def test_a_held_name_is_told_with_how_to_mend_it(full: Mapping, name: str, reason: str, fix: str) -> None:
    explanation = explain(name, full)
    assert explanation.resolution.hold is not None
    assert explanation.resolution.hold.reason == reason
    assert explanation.fix.startswith(fix)
    assert explanation.lines[-1] == f"  to mend it: {explanation.fix}"


def test_a_name_without_a_type_is_told_where_its_words_can_be_added(mapping: Mapping) -> None:
    assert explain("123-arm", mapping).fix == (
        "Type a kind of picture (`headshot`, `xray` or `surgery`); or add `arm` to the `aliases:` of its type; or name "
        "one under `defaults:` for names that say none."
    )


def test_an_explanation_of_a_held_name_ends_with_the_reason(mapping: Mapping) -> None:
    lines = explain("12-345-face.jpg", mapping).lines
    assert lines[-2].startswith("  result: held (ambiguous-patient): The file name says more than one patient")


def test_an_explanation_as_json_has_target_reasons_and_the_unused_words(mapping: Mapping) -> None:
    found = explain("#123-arm-xray-21-Nov-2026-10-11-12.jpg", mapping).to_json()
    assert json.loads(json.dumps(found)) == found
    assert found["target"] == {"patient": "id 123", "type": "Xray", "station": "X-Ray", "clinic": "today"}
    assert found["unused"] == ["arm"]
    assert found["hold"] is None
    assert found["captured_at"] == found["taken_at"] == "2026-11-21T10:11:12"
    assert found["version"] == mapping.version_hash
    step = found["steps"][0]
    assert (step["words"], step["rule"], step["line"]) == (["#123"], "id", 3)
    assert step["why"] == "it is a number that stands alone"
    assert step["passed_over"][1] == {
        "rule": "rule `old-id` (patient oldid)",
        "line": 5,
        "reason": "it reads a number only after `old` or `viejo`",
    }


def test_an_explanation_as_json_of_a_held_name_has_the_hold_and_its_mending(mapping: Mapping) -> None:
    found = explain("123", mapping).to_json()
    assert found["target"] is None
    assert found["hold"]["reason"] == "no-type"
    assert found["hold"]["fix"].startswith("Type a kind of picture")


@pytest.mark.parametrize("name", ["#1\n\x00\ud800-face.jpg", "", "#", "-.-", "٣-²-face", "😀-ñ", "`-`1`"])
def test_a_hostile_name_is_explained_like_any_other(full: Mapping, name: str) -> None:
    explanation = explain(name, full)
    assert "\n" not in "".join(explanation.lines)
    words = [word for account in explanation.accounts for word in account.step.words]
    assert words == [str(word) for word in explanation.tags.words]
    assert json.dumps(explanation.to_json()).isascii()


@pytest.mark.parametrize(
    ("word", "rule", "reason"),
    [
        ("viejos", "rule `old-number` (patient oldid)", "much like `viejo`, after which rule `old-number` reads"),
        ("olt", "rule `old-number` (patient oldid)", "much like `old`, after which rule `old-number` reads"),
        ("(viejo)", "rule `old-number` (patient oldid)", "much like `viejo`, after which rule `old-number` reads"),
    ],
)
def test_a_word_that_is_much_like_a_prefix_is_told_with_the_rule(
    full: Mapping, word: str, rule: str, reason: str
) -> None:
    assert passed(f"{word}-12-photo", full, word)[rule] == f"`{word}` is {reason} a number"
