"""What a mapping file could learn from repairs by hand (bridge/mapping/suggestions.py)."""

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.errors import InputProblemsError
from bridge.mapping import (
    Aftermath,
    ChartFacts,
    Lessons,
    Mapping,
    Occasion,
    Proposal,
    Suggestion,
    find_suggestions,
    load_mapping,
    propose,
    read_source,
    resolve,
)
from bridge.tags import parse_name
from bridge.targets import ChartTarget, ImageType

TAIL = "-21-Nov-2026-10-11-12.jpg"
FACE, XRAY = ImageType.HEADSHOT, ImageType.XRAY
TEXT = """\
# our words
version: 1
patient:
  number: {form: id}
  old: {form: oldid, prefix: [viejo]}   # from the binder
types:
  Headshot:
    station: Registration
    aliases:
      - face   # in English
  Xray: {aliases: [x-ray, "rx"]}
stations:
  Registration:
  Dental1: {aliases: [dental]}
clinic: today
examples:
  - {name: "#123-face.jpg", type: Headshot}
"""


NUMBERS = itertools.count(1000)


@dataclass(frozen=True)
class Upload:
    name: str
    id: int
    assigned: ChartTarget | None = None
    practice: str = "clinic-a"
    received_at: datetime = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    state: str = "held"


@dataclass(frozen=True)
class Assigned:
    """A person's repair."""

    upload: Upload
    target: ChartTarget
    actor: str = "ana"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "mapping.yaml"
    file.write_text(TEXT, "utf-8")
    return file


def repairs(words: str, patients: range | list[int], kind: ImageType = FACE, station: int | None = 1) -> list[Assigned]:
    """One repair of each patient: the words with the patient's number in them, by two people in turn."""
    return [
        Assigned(Upload(words.format(n) + TAIL, next(NUMBERS)), ChartTarget(n, kind, 2, station), f"p{n % 2}")
        for n in patients
    ]


def to_patient(patient: int, made: list[Assigned]) -> list[Assigned]:
    """The same repairs, all to one patient and the next one."""
    others = [(one, patient + number % 2) for number, one in enumerate(made)]
    return [replace(one, target=replace(one.target, patient=each)) for one, each in others]


FACTS = ChartFacts({1: "Registration", 2: "Dental1", 3: "X-Ray"})


def found(file: Path, made: list[Assigned], facts: ChartFacts = FACTS) -> tuple[Suggestion, ...]:
    lessons = Lessons(load_mapping(file))
    for repair in made:
        lessons.add(repair, parse_name(repair.upload.name), Occasion("clinic-a"))
    return find_suggestions(lessons.phrases, {"clinic-a": facts})


def proposal(file: Path, made: list[Assigned], facts: ChartFacts = FACTS) -> Proposal:
    mapping, raw = read_source(file)
    return propose(mapping, raw, found(file, made, facts))


def added(proposed: Proposal) -> list[str]:
    return [line[1:] for line in proposed.patch.splitlines() if line.startswith("+") and not line.startswith("+++")]


def test_a_word_assigned_to_one_type_is_proposed_with_how_often_and_by_how_many(file: Path) -> None:
    (one,) = found(file, repairs("#{}-#Cara", range(1, 15)))
    assert one.sentence == "`#Cara` assigned to Headshot 14 times by 2 people"
    assert (one.word, one.value, one.times, one.people) == ("cara", "Headshot", 14, 2)


def test_the_patch_adds_the_word_and_leaves_everything_else_as_it_was(file: Path) -> None:
    proposed = proposal(file, repairs("#{}-#Cara", range(1, 4)))
    assert proposed.patch.splitlines()[:2] == ["--- mapping.yaml", "+++ mapping.yaml"]
    assert proposed.after == TEXT.replace("# in English\n", "# in English\n      - cara\n")
    assert added(proposed) == ["      - cara"]


def test_the_patched_file_catches_what_was_held(file: Path) -> None:
    made = repairs("#{}-#Cara", range(1, 4))
    proposed = proposal(file, made)
    file.write_text(proposed.after, "utf-8")
    for repair in made:
        reference = resolve(parse_name(repair.upload.name), load_mapping(file)).reference
        assert reference is not None
        assert (int(reference.patient.value), reference.type) == (repair.target.patient, FACE)
    assert found(file, made) == ()


def test_several_words_that_stand_together_are_one_alias(file: Path) -> None:
    (one,) = found(file, repairs("#{}-foto-de-perfil", range(1, 4)))
    assert (one.word, one.shown) == ("foto de perfil", "`foto-de-perfil`")


def test_the_word_that_is_always_there_is_proposed_rather_than_those_beside_it(file: Path) -> None:
    made = repairs("#{}-perfil-izquierdo", range(1, 4)) + repairs("#{}-#Perfil-derecho", range(5, 7))
    assert [(one.word, one.times) for one in found(file, made)] == [("perfil", 5)]


UNCERTAIN = [
    ("twice is not enough", repairs("#{}-cara", range(1, 3))),
    ("one patient only", repairs("#{}-cara", [7, 7, 7, 7])),
    ("two types", repairs("#{}-cara", range(1, 5)) + repairs("#{}-cara", [9], XRAY)),
    ("a digit in it", repairs("#{}-c4ra", range(1, 5))),
    ("a number", repairs("#{}-4711", range(1, 5))),
    ("a single letter", repairs("#{}-c", range(1, 5))),
    ("another patient than the name's", to_patient(99, repairs("#{}-cara", range(1, 5)))),
    ("the type was read already", repairs("#{}-rx-cara", range(1, 5), XRAY, None)),
    ("a name that is too long", repairs("#{}-cara" + "-x" * 200, range(1, 5))),
]  # fmt: skip


@pytest.mark.parametrize(("why", "made"), UNCERTAIN, ids=[why for why, _ in UNCERTAIN])
def test_what_is_not_certain_is_not_proposed(file: Path, why: str, made: list[Assigned]) -> None:
    assert (why, found(file, made)) == (why, ())


def test_a_word_of_a_patients_name_is_not_proposed(file: Path) -> None:
    facts = replace(FACTS, name_of=lambda patient: "María López" if patient == 3 else "Juan Ruiz")
    made = repairs("#{}-maria", range(1, 5)) + repairs("#{}-cara", range(1, 5))
    assert [one.word for one in found(file, made, facts)] == ["cara"]


def test_a_word_is_the_same_in_any_case_and_accent_and_is_written_as_most_did(file: Path) -> None:
    made = repairs("#{}-panorámica", range(1, 4), XRAY) + repairs("#{}-#PANORAMICA.", [8], XRAY)
    (one,) = found(file, made)
    assert (one.word, one.times) == ("panorámica", 4)
    assert added(proposal(file, made)) == ['  Xray: {aliases: [x-ray, "rx", panorámica]}']


def test_a_station_is_proposed_where_the_type_was_read_and_people_gave_another_station(file: Path) -> None:
    (one,) = found(file, repairs("#{}-face-sillon", range(1, 4), FACE, 2))
    assert one.sentence == "`sillon` assigned to station Dental1 3 times by 2 people"
    assert added(proposal(file, repairs("#{}-face-sillon", range(1, 4), FACE, 2))) == [
        "  Dental1: {aliases: [dental, sillon]}"
    ]


@pytest.mark.parametrize("station", [1, None, 77], ids=["as it is anyway", "none", "unknown"])
def test_no_station_is_proposed_when_it_would_be_the_same_or_is_not_known(file: Path, station: int | None) -> None:
    assert found(file, repairs("#{}-face-sillon", range(1, 4), FACE, station)) == ()


def test_a_prefix_before_the_charts_own_number_is_a_rule_of_its_own(file: Path) -> None:
    made = repairs("#pac{}-face", range(11, 14))
    (one,) = found(file, made)
    assert one.sentence == "`#pac` stood before the chart's number of the patient 3 times, in what 2 people assigned"
    proposed = proposal(file, made)
    assert added(proposed) == ["  pac-number: {form: id, prefix: [pac]}"]
    reference = resolve(parse_name(made[0].upload.name), proposed.mapping).reference
    assert reference is not None
    assert str(reference.patient) == "id 11"


def test_a_prefix_before_old_numbers_is_told_by_the_chart_and_joins_the_rule(file: Path) -> None:
    facts = replace(FACTS, by_oldid=lambda oldid: [oldid - 1000])
    made = [
        replace(one, upload=replace(one.upload, name=f"#exp-{one.target.patient + 1000}-face{TAIL}"))
        for one in repairs("{}", range(1, 4))
    ]
    assert found(file, made) == ()
    assert [one.value for one in found(file, made, facts)] == ["oldid"]
    assert added(proposal(file, made, facts)) == ["  old: {form: oldid, prefix: [viejo, exp]}   # from the binder"]


def test_a_word_before_numbers_that_are_not_always_the_patients_is_no_prefix(file: Path) -> None:
    made = repairs("#pac{}-face", range(11, 15))
    assert len(found(file, made)) == 1
    assert found(file, [*made, *to_patient(99, repairs("#pac{}-face", [15]))]) == ()


def test_several_suggestions_stand_in_one_patch(file: Path) -> None:
    made = repairs("#{}-cara", range(1, 6)) + repairs("#{}-placa", range(1, 5), XRAY)
    proposed = proposal(file, made)
    assert [one.word for one in proposed.made] == ["cara", "placa"]
    assert added(proposed) == ["      - cara", '  Xray: {aliases: [x-ray, "rx", placa]}']


def test_a_word_that_would_break_the_files_own_examples_is_left_out(file: Path) -> None:
    with file.open("a") as opened:
        opened.write('  - {name: "#9-cara.jpg", held: no-type}\n')
    proposed = proposal(file, repairs("#{}-cara", range(1, 4)))
    assert (proposed.made, [one.word for one in proposed.left_out]) == ((), ["cara"])
    assert proposed.patch == ""


def test_a_file_whose_examples_do_not_come_out_is_to_be_mended_first(file: Path) -> None:
    with file.open("a") as opened:
        opened.write('  - {name: "#9-cara.jpg", type: Headshot}\n')
    with pytest.raises(InputProblemsError, match="line 18"):
        read_source(file)


def judged(file: Path, made: list[Assigned], *uploads: Upload) -> tuple[Suggestion, ...]:
    proposed = proposal(file, made)
    mapping: Mapping = load_mapping(file)
    aftermath = Aftermath(mapping, proposed, {"clinic-a": ZoneInfo("UTC")}, datetime(2026, 11, 22, tzinfo=UTC))
    for upload in (*uploads, *(repair.upload for repair in made)):
        aftermath.add(upload)
    return aftermath.judged()


def test_a_word_that_stood_in_filed_uploads_of_another_type_is_dropped_after_a_look_at_them(file: Path) -> None:
    made = repairs("#{}-lado", range(1, 4))
    (kept,) = judged(file, made, Upload("#9-face-lado.jpg", 1), Upload("#9-wound.jpg", 2))
    assert (kept.word, kept.also_changes) == ("lado", 0)
    assert judged(file, made, Upload("#9-rx-lado.jpg", 1)) == ()


def test_filed_uploads_that_a_stations_word_would_move_are_counted(file: Path) -> None:
    made = repairs("#{}-face-sillon", range(1, 4), FACE, 2)
    assigned = [replace(one, upload=replace(one.upload, assigned=one.target)) for one in made]
    (kept,) = judged(file, assigned, Upload("#8-face-sillon.jpg", 1), Upload("#9-rx.jpg", 2))
    assert (kept.word, kept.also_changes) == ("sillon", 1)
