"""Mapping files that change while the bridge runs: bridge/mapping/shelf.py."""

import hashlib
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from bridge.errors import InputProblemsError
from bridge.mapping import MappingShelf
from bridge.mapping.check import CheckResult, check_bytes
from bridge.targets import ImageType

GOOD = "version: 1\npatient: {id: {form: id}}\ntypes: {Xray: }\n"
BETTER = GOOD.replace("Xray", "Surgery")
BROKEN = GOOD.replace("Xray", "Xrey")
WARNED = GOOD.replace("{form: id}}", "{form: id}, oldid: {form: oldid, prefix: [old, old]}}")
DOUBTFUL = GOOD + "examples:\n- {name: 5-xray, patient: 6}\n"

Write = Callable[[str], Path]


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def types(shelf: MappingShelf) -> tuple[ImageType, ...]:
    return shelf.mapping_for("smiles").types


def later(shelf: MappingShelf, clock: Clock, looks: int = 2) -> tuple[ImageType, ...]:
    """The types in force after so many more looks."""
    for _ in range(looks):
        clock.seconds += 1
        shelf.look()
    return types(shelf)


def version(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def test_an_edit_is_taken_while_running_once_two_looks_have_shown_it(
    write: Write, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bridge")
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    write(BETTER)
    assert later(shelf, clock, looks=1) == (ImageType.XRAY,)
    assert later(shelf, clock, looks=1) == (ImageType.SURGERY,)
    assert shelf.warnings() == ()
    assert f"event=mapping-taken practice=smiles version={version(BETTER)} before={version(GOOD)}" in caplog.text


def test_looks_that_are_too_near_to_each_other_count_as_one(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    write(BETTER)
    for seconds in (0.4, 0.6, 0.9, 1.0):
        clock.seconds = seconds
        shelf.look()
        assert types(shelf) == (ImageType.XRAY,)
    clock.seconds = 1.1
    shelf.look()
    assert types(shelf) == (ImageType.SURGERY,)


def test_who_asks_for_a_mapping_reads_no_file(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    write(BETTER)
    for _ in range(5):
        clock.seconds += 1
        assert types(shelf) == (ImageType.XRAY,)
        assert shelf.in_force()[0].version == version(GOOD)


def test_while_one_thread_looks_others_get_the_mapping_and_no_second_look_begins(write: Write) -> None:
    """The clock is asked within a look; here it stops until it is let go."""
    looks, may_go_on, is_looking = [], Event(), Event()

    def clock() -> float:
        looks.append(None)
        if len(looks) > 1:
            is_looking.set()
            assert may_go_on.wait(10)
        return float(len(looks))

    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    with ThreadPoolExecutor(1) as pool:
        look = pool.submit(shelf.look)
        assert is_looking.wait(10)
        shelf.look()
        assert types(shelf) == (ImageType.XRAY,)
        assert shelf.warnings() == ()
        assert len(looks) == 2
        may_go_on.set()
        look.result()


NO_FILES = {"folder": os.mkdir} | ({"pipe": os.mkfifo} if hasattr(os, "mkfifo") else {})


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_a_pipe_or_folder_in_place_of_the_file_is_waited_for_by_nobody(
    write: Write, clock: Clock, make: Callable[[Path], None]
) -> None:
    file = write(GOOD)
    shelf = MappingShelf({"smiles": file}, clock)
    file.unlink()
    make(file)
    assert later(shelf, clock) == (ImageType.XRAY,)
    assert "a pipe or a device" in shelf.warnings()[0][1][0].message


WHOLE = GOOD + "clinic: 2\ndefaults: {type: Xray}\n"


@pytest.mark.parametrize("cut", [GOOD, GOOD + "clinic: 2", GOOD + "\n \n"], ids=["two lines", "one line", "spaces"])
def test_what_is_only_the_beginning_of_the_version_in_force_takes_over_after_a_minute(
    write: Write, clock: Clock, cut: str
) -> None:
    shelf = MappingShelf({"smiles": write(WHOLE)}, clock)
    write(cut)
    later(shelf, clock, looks=61)
    (stands,) = shelf.in_force()
    assert stands.version == version(WHOLE)
    assert stands.problems[0].message.startswith("looks half written: its end is missing; ")
    assert stands.problems[0].warning
    later(shelf, clock, looks=1)
    (stands,) = shelf.in_force()
    assert (stands.version, stands.problems) == (version(cut), ())


def test_an_edit_that_was_saved_by_half_takes_over_after_a_minute(write: Write, clock: Clock) -> None:
    before = GOOD + "stations: {ENT: {aliases: [otorrino]}}\nignore: [foto, imagen]\nrequire: [registered-today]\n"
    shelf = MappingShelf({"smiles": write(before + "clinic: today\nlate_headshots: send\n")}, clock)
    write(before.replace("Xray: ", "Xray: {aliases: [rx]}"))
    later(shelf, clock, looks=61)
    assert shelf.in_force()[0].problems[0].message.startswith("looks half written")
    assert later(shelf, clock, looks=1)
    assert shelf.warnings() == ()


def test_what_is_removed_from_the_middle_or_changed_at_the_end_is_taken_at_once(write: Write, clock: Clock) -> None:
    end = "ignore: [foto, imagen, retrato, paciente]\nclinic: 2\n"
    shelf = MappingShelf({"smiles": write(WHOLE.replace("clinic: 2\n", "late_headshots: send\n") + end)}, clock)
    for edit in (GOOD + end, GOOD + end.replace("clinic: 2", "clinic: 3"), GOOD + "clinic: today\n"):
        write(edit)
        later(shelf, clock)
        assert (shelf.in_force()[0].version, shelf.warnings()) == (version(edit), ())


def test_a_file_that_was_cut_short_and_is_written_again_leaves_no_trace(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(WHOLE)}, clock)
    write(GOOD)
    later(shelf, clock, looks=50)
    write(WHOLE)
    later(shelf, clock)
    assert shelf.warnings() == ()
    write(GOOD)
    later(shelf, clock, looks=50)
    assert shelf.in_force()[0].version == version(WHOLE)
    write(BETTER)
    later(shelf, clock)
    assert (shelf.in_force()[0].version, shelf.warnings()) == (version(BETTER), ())


@pytest.mark.parametrize("edit", [WHOLE + "\n", WHOLE.rstrip()], ids=["longer", "shorter"])
def test_spaces_at_the_end_are_no_end(write: Write, clock: Clock, edit: str) -> None:
    shelf = MappingShelf({"smiles": write(WHOLE)}, clock)
    write(edit)
    later(shelf, clock)
    assert (shelf.in_force()[0].version, shelf.warnings()) == (version(edit), ())


def test_an_unchanged_file_gives_the_same_mapping_also_when_it_is_saved_again(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    first = shelf.mapping_for("smiles")
    write(GOOD)
    later(shelf, clock)
    assert shelf.mapping_for("smiles") is first


def test_an_edit_of_the_same_size_and_time_is_seen(write: Write, clock: Clock) -> None:
    file = write(GOOD)
    os.utime(file, (5, 5))
    shelf = MappingShelf({"smiles": file}, clock)
    os.utime(write(GOOD.replace("id: {form: id}", "ie: {form: id}")), (5, 5))
    later(shelf, clock)
    assert shelf.mapping_for("smiles").patient_rules[0].name == "ie"


@pytest.mark.parametrize("half", [BETTER[:-9], GOOD.replace("Xray", "Audiogram"), "", None], ids=str)
def test_a_file_that_is_being_written_neither_takes_over_nor_is_told_of(
    write: Write, clock: Clock, half: str | None
) -> None:
    """The second of these would be a good file by itself."""
    file = write(GOOD)
    shelf = MappingShelf({"smiles": file}, clock)
    write(half) if half is not None else file.unlink()
    assert later(shelf, clock, looks=1) == (ImageType.XRAY,)
    write(BETTER)
    assert later(shelf, clock, looks=1) == (ImageType.XRAY,)
    assert shelf.warnings() == ()
    assert later(shelf, clock, looks=1) == (ImageType.SURGERY,)


def test_while_somebody_writes_and_writes_the_last_version_stays_in_force(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    for number in range(20):
        write(BETTER + f"# {number}\n")
        assert later(shelf, clock, looks=1) == (ImageType.XRAY,)
    assert later(shelf, clock) == (ImageType.SURGERY,)


def test_a_broken_edit_keeps_the_last_good_version_and_warns_until_it_is_mended(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    write(BROKEN)
    assert later(shelf, clock) == (ImageType.XRAY,)
    ((practice, problems),) = shelf.warnings()
    assert practice == "smiles"
    assert "did you mean `Xray`?" in problems[0].message
    write(BETTER)
    assert later(shelf, clock) == (ImageType.SURGERY,)
    assert shelf.warnings() == ()


def test_an_edit_that_is_taken_back_before_it_was_judged_leaves_no_trace(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    first = shelf.mapping_for("smiles")
    write(BROKEN)
    later(shelf, clock, looks=1)
    write(GOOD)
    later(shelf, clock, looks=3)
    assert shelf.mapping_for("smiles") is first
    assert shelf.warnings() == ()


def test_a_deleted_file_keeps_the_last_good_version_and_warns(write: Write, clock: Clock) -> None:
    file = write(GOOD)
    shelf = MappingShelf({"smiles": file}, clock)
    file.unlink()
    assert later(shelf, clock) == (ImageType.XRAY,)
    assert "does not exist" in shelf.warnings()[0][1][0].message
    write(GOOD)
    later(shelf, clock)
    assert shelf.warnings() == ()


def test_an_edit_that_fails_its_own_examples_is_not_taken(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    write(DOUBTFUL)
    later(shelf, clock)
    assert not shelf.mapping_for("smiles").examples
    assert "expects patient id 6" in shelf.warnings()[0][1][0].message


def test_the_shelf_tells_which_version_is_in_force_since_when_and_what_is_wrong(write: Write, clock: Clock) -> None:
    began = datetime.now(UTC)
    file = write(GOOD)
    shelf = MappingShelf({"smiles": file}, clock)
    (stands,) = shelf.in_force()
    assert (stands.practice, stands.file, stands.version) == ("smiles", file, version(GOOD))
    assert began <= stands.since <= datetime.now(UTC)
    assert not stands.is_broken
    write(BROKEN)
    later(shelf, clock)
    (broken,) = shelf.in_force()
    assert (broken.version, broken.since, broken.is_broken) == (version(GOOD), stands.since, True)
    assert [problem.line for problem in broken.problems] == [3]
    write(BETTER)
    later(shelf, clock)
    (mended,) = shelf.in_force()
    assert (mended.version, mended.problems) == (version(BETTER), ())
    assert stands.since < mended.since < datetime.now(UTC) + timedelta(seconds=1)


def test_the_version_is_the_hash_of_the_bytes_that_were_judged(write: Write, clock: Clock) -> None:
    """The file is edited again and again beside the looks: what is in force is always one whole version."""
    contents = [GOOD.replace("id: {form", f"id{number}: {{form") for number in range(50)]
    shelf = MappingShelf({"smiles": write(contents[0])}, clock)
    with ThreadPoolExecutor(1) as editor:
        edits = editor.submit(lambda: [write(content) for content in contents])
        while not edits.done():
            later(shelf, clock, looks=1)
            mapping = shelf.mapping_for("smiles")
            (meant,) = [content for content in contents if version(content) == mapping.version_hash]
            assert f" {{{mapping.patient_rules[0].name}: " in meant
    later(shelf, clock, looks=3)
    assert shelf.mapping_for("smiles").version_hash == version(contents[-1])


def test_files_broken_from_the_start_are_refused_with_the_problems_of_all(tmp_path: Path) -> None:
    contents = {"a": BROKEN, "b": "version: 2\n", "c": DOUBTFUL, "good": GOOD}
    files = {name: tmp_path / f"{name}.yaml" for name in contents}
    for name, content in contents.items():
        files[name].write_text(content)
    with pytest.raises(InputProblemsError) as refused:
        MappingShelf(files)
    assert {problem.file.name for problem in refused.value.problems} == {"a.yaml", "b.yaml", "c.yaml"}


def test_each_practice_has_its_own_mapping(tmp_path: Path) -> None:
    for name, content in {"a": GOOD, "b": BETTER}.items():
        (tmp_path / f"{name}.yaml").write_text(content)
    shelf = MappingShelf({name: tmp_path / f"{name}.yaml" for name in "ab"})
    assert shelf.mapping_for("a").types != shelf.mapping_for("b").types
    with pytest.raises(KeyError):
        shelf.mapping_for("c")


def test_equal_files_of_practices_are_judged_once_and_each_mapping_names_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []

    def check(raw: bytes, file: Path) -> CheckResult:
        judged.append(file.name)
        return check_bytes(raw, file)

    monkeypatch.setattr("bridge.mapping.shelf.check_bytes", check)
    files = {name: tmp_path / f"{name}.yaml" for name in "abcd"}
    for name, content in {"a": GOOD, "b": GOOD, "c": WARNED, "d": WARNED}.items():
        files[name].write_text(content)
    shelf = MappingShelf(files)
    assert judged == ["a.yaml", "c.yaml", "d.yaml"]
    assert {name: shelf.mapping_for(name).file for name in files} == files
    assert shelf.mapping_for("a").vocabulary == shelf.mapping_for("b").vocabulary
    assert [(practice, problems[0].file) for practice, problems in shelf.warnings()] == [
        (name, files[name]) for name in "cd"
    ]


def test_many_threads_get_whole_mappings_while_the_file_changes(write: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": write(GOOD)}, clock)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(types, shelf) for _ in range(100)]
        write(BETTER)
        asked += [pool.submit(later, shelf, clock, 1) for _ in range(100)]
        seen = {found.result() for found in asked}
    assert seen <= {(ImageType.XRAY,), (ImageType.SURGERY,)}
    assert later(shelf, clock) == (ImageType.SURGERY,)
