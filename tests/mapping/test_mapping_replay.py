"""Trying a mapping file on the past (bridge/mapping/replay.py)."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.mapping import Cause, Mapping, Occasion, Replay, Resolution, Verdict, load_mapping, resolve
from bridge.tags import parse_name
from bridge.targets import ChartTarget, ImageType

TAIL = "-21-Nov-2026-10-11-12.jpg"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ZONE = ZoneInfo("America/Tijuana")
OLD = """
version: 1
patient:
  number: {form: id}
  old: {form: oldid, prefix: [old]}
types:
  Headshot: {aliases: [face], station: ENT}
  Xray: {aliases: [x-ray]}
stations:
  ENT: {aliases: [ear 2]}
  Dental1: {aliases: [dental 1]}
clinic: today
"""


@dataclass(frozen=True)
class Past:
    """An upload as a store remembers it."""

    name: str
    assigned: ChartTarget | None = None
    id: int = 1
    practice: str = "clinic-a"
    received_at: datetime = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    state: str = "held"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mappings")


def mapping(folder: Path, *changes: tuple[str, str]) -> Mapping:
    """The old file with some of its text changed."""
    text = OLD
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file = folder / f"mapping-{abs(hash(text))}.yaml"
    file.write_text(text, "utf-8")
    return load_mapping(file)


def replayed(folder: Path, change: tuple[str, str], *uploads: Past) -> Replay:
    """What became of the uploads by the old file with one change, beside the old one."""
    replay = Replay(mapping(folder, change), {"clinic-a": mapping(folder)}, {"clinic-a": ZONE}, NOW)
    for upload in uploads:
        replay.add(upload)
    return replay


CAUSES = [
    (("[face]", "[face, cara]"), "#7-cara", (Cause.NOW_FILED, "no-type", "filed")),
    (("[face]", "[cara]"), "#7-face", (Cause.NOW_HELD, "filed", "no-type")),
    (("  number: {form: id}\n", ""), "#7-wound", (Cause.HELD_OTHERWISE, "no-type", "no-patient")),
    (("number: {form: id}", "number: {form: oldid}"), "#7-face", (Cause.PATIENT, "by id", "by oldid")),
    (("{aliases: [face], station: ENT}", "{station: ENT}\n  Surgery: {aliases: [face]}"), "#7-face",
     (Cause.TYPE, "Headshot", "Surgery")),
    (("station: ENT}", "station: Dental1}"), "#7-face", (Cause.STATION, "ENT", "Dental1")),
    ((", station: ENT}", "}"), "#7-face", (Cause.STATION, "ENT", "none")),
    (("clinic: today", "clinic: 3"), "#7-face", (Cause.CLINIC, "today", "3")),
    (("clinic: today", ""), "#7-face", (Cause.CLINIC, "today", "none")),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words", "cause"), CAUSES)
def test_what_would_change_is_told_by_its_cause(
    folder: Path, change: tuple[str, str], words: str, cause: tuple[Cause, str, str]
) -> None:
    replay = replayed(folder, change, Past(words + TAIL), Past("#8-x-ray-dental-1.jpg"))
    assert cause in replay.changes
    assert replay.tried == 2


def test_what_is_filed_as_before_is_not_told(folder: Path) -> None:
    replay = replayed(folder, ("[face]", "[face, cara]"), Past("#7-face.jpg"), Past("#wound.jpg"))
    assert (replay.tried, replay.changed, replay.changes) == (2, 0, {})


def test_an_upload_that_would_go_elsewhere_in_two_ways_counts_for_both_causes_but_as_one(folder: Path) -> None:
    change = ("{aliases: [face], station: ENT}", "{station: ENT}\n  Surgery: {aliases: [face]}")
    replay = replayed(folder, change, Past("#7-face.jpg"))
    assert set(replay.changes) == {(Cause.TYPE, "Headshot", "Surgery"), (Cause.STATION, "ENT", "none")}
    assert replay.changed == 1


def test_there_are_five_examples_at_most_with_what_was_and_what_would_be(folder: Path) -> None:
    uploads = [Past(f"#{n}-cara.jpg", id=n, state="delivered" if n > 4 else "held") for n in range(1, 8)]
    replay = replayed(folder, ("[face]", "[face, cara]"), *uploads)
    (tally,) = replay.changes.values()
    assert (tally.count, tally.states) == (7, {"held": 4, "delivered": 3})
    assert [example.photo_id for example in tally.examples] == [1, 2, 3, 4, 5]
    first, second = tally.examples[:2]
    assert (first.name, first.before) == ("#1-cara.jpg", "held (no-type)")
    assert first.after == "id 1, Headshot, station ENT, clinic today"
    assert second.after == "id 2, Headshot, station ENT, clinic today"


HANDS = [
    ("#7-cara", ChartTarget(7, ImageType.HEADSHOT, 2, 5), Verdict.AGREES),
    ("#7-cara", ChartTarget(7, ImageType.XRAY, 2, 5), Verdict.DIFFERS),
    ("#7-cara", ChartTarget(8, ImageType.HEADSHOT, 2, 5), Verdict.DIFFERS),
    ("#old-7-cara", ChartTarget(8, ImageType.HEADSHOT), Verdict.NEEDS_CHART),
    ("#old-7-cara", ChartTarget(8, ImageType.XRAY), Verdict.DIFFERS),
    ("#7-wound", ChartTarget(7, ImageType.HEADSHOT), Verdict.HELD),
]


@pytest.mark.parametrize(("words", "target", "verdict"), HANDS)
def test_what_a_person_assigned_is_judged_and_is_no_change(
    folder: Path, words: str, target: ChartTarget, verdict: Verdict
) -> None:
    replay = replayed(folder, ("[face]", "[face, cara]"), Past(words + TAIL, target))
    assert list(replay.by_hand) == [verdict]
    assert replay.by_hand_before == {Verdict.HELD: 1}
    assert (replay.tried, replay.changed, replay.changes) == (1, 0, {})


def test_a_clinic_by_its_number_is_compared_with_the_persons(folder: Path) -> None:
    person = ChartTarget(7, ImageType.HEADSHOT, 2)
    replay = replayed(folder, ("clinic: today", "clinic: 3"), Past("#7-face.jpg", person))
    assert list(replay.by_hand) == [Verdict.DIFFERS]
    assert replay.by_hand_before == {Verdict.AGREES: 1}


def test_hours_count_by_when_each_photo_was_taken(folder: Path) -> None:
    hours = 'defaults: {station_by_time: [{from: "08:00", until: "12:00", station: Dental1}]}\nclinic: today'
    early, late = Past("#7-x-ray" + TAIL), Past("#7-x-ray-21-Nov-2026-12-00-00.jpg")
    replay = replayed(folder, ("clinic: today", hours), early, late)
    (tally,) = replay.changes.values()
    assert [example.name for example in tally.examples] == [early.name]


def test_each_practice_has_its_own_version_in_force(folder: Path) -> None:
    new = mapping(folder, ("[face]", "[face, cara]"))
    in_force = {"clinic-a": mapping(folder), "clinic-b": new}
    replay = Replay(new, in_force, {"clinic-a": ZONE, "clinic-b": ZONE}, NOW)
    replay.add(Past("#7-cara.jpg"))
    replay.add(Past("#7-cara.jpg", practice="clinic-b"))
    assert (replay.tried, replay.changed) == (2, 1)


PATIENTS = st.sampled_from(["7", "007", "8", "0", "900000001", "old-9", "old900000001", "dental-1", "ear-2", "2", "x"])
OTHERS = st.sampled_from(["face", "face", "x-ray", "cara", "900000002.", "900000001.", "1.", "12345678901", "wound"])
NAMES = st.builds(lambda *parts: "-".join(filter(None, parts)), PATIENTS, OTHERS, st.just("") | PATIENTS | OTHERS)
CHANGED = [("[face]", "[face, cara]"), ("number: {form: id}", "curp: {form: curp}"), ("[old]", "[ear]")]
SAME = st.builds(
    lambda number, words: "-".join(words).replace("N", number),
    st.sampled_from(["7", "123", "12", "1"]),
    st.lists(st.sampled_from(["oldN", "old-N", "old0N", "N", "0N", "N.", "old-N.", "xN", "cara", "face"]), max_size=4),
)
PATTERN = ("prefix: [old]}", 'pattern: "([0-9]{1,3})"}')
HOURS = 'defaults: {station_by_time: [{from: "08:00", until: "12:00", station: Dental1}]}'
TIMED = ("clinic: today", f'{HOURS}\nclinic: {{dates: {{"2026-11-21": 2}}, otherwise: today}}')
TIMES = ["20-Nov-2026-11-59-59", "20-Nov-2026-12-00-00", "21-Nov-2026-08-00-00", "21-Nov-2026-07-59-59"]


def shown(resolution: Resolution) -> str:
    """A resolution as an example of a replay shows it."""
    if resolution.hold is not None:
        return f"held ({resolution.hold.reason})"
    reference = resolution.reference
    assert reference is not None
    station = f", station {reference.station}" if reference.station else ""
    return f"{reference.patient}, {reference.type}{station}, clinic {reference.clinic}"


@settings(max_examples=300, deadline=None)
@given(st.lists(NAMES | SAME, min_size=2, max_size=12), st.sampled_from([*CHANGED, PATTERN, TIMED]))
def test_every_name_is_taken_as_it_would_be_alone_whatever_came_before(
    folder: Path, names: list[str], change: tuple[str, str]
) -> None:
    if change == CHANGED[2]:
        old, new = mapping(folder), mapping(folder, ("[ear 2]", "[oído 2]"), change)
    else:
        old, new = mapping(folder), mapping(folder, change)
    replay = Replay(new, {"clinic-a": old}, {"clinic-a": ZONE}, NOW)
    for name, time in itertools.product(names, TIMES if change == TIMED else TIMES[:1]):
        upload = Past(f"#{name}-{time}.jpg")
        before, after = (resolve(parse_name(upload.name), each, Occasion("clinic-a")) for each in (old, new))
        replay.changed, replay.changes = 0, {}
        replay.add(upload)
        assert replay.changed == (shown(before) != shown(after))
        assert bool(replay.changes) == replay.changed
        for tally in replay.changes.values():
            assert (tally.examples[0].before, tally.examples[0].after) == (shown(before), shown(after))


@pytest.mark.parametrize(
    "words", ["old123-cara-old-123", "old-123-old0123-cara", "123-cara-123.", "old-123-cara-old-123."]
)
def test_a_number_that_is_said_twice_in_two_ways_is_one_patient(folder: Path, words: str) -> None:
    replay = replayed(folder, ("[face]", "[face, cara]"), Past(f"#{words}{TAIL}"))
    assert list(replay.changes) == [(Cause.NOW_FILED, "no-type", "filed")]


def test_names_that_differ_in_what_stands_where_the_practices_code_does_are_taken_each_for_itself(
    folder: Path,
) -> None:
    uploads = [Past(f"#{code}-#7-face{TAIL}") for code in ("SonrisasDelValle26", "GALM150314MBCRPR05")]
    replay = replayed(folder, ("{form: oldid, prefix: [old]}", "{form: curp}"), *uploads)
    assert list(replay.changes) == [(Cause.NOW_HELD, "filed", "ambiguous-patient")]
    assert replay.changed == 1
