"""Mapping files that change while the bridge runs: bridge/mapping/shelf.py."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.errors import InputProblemsError
from bridge.mapping import MappingShelf
from bridge.targets import ImageType

GOOD = "version: 1\npatient: {id: {form: id}}\ntypes: {Xray: }\n"
BETTER = GOOD.replace("Xray", "Surgery")
BROKEN = GOOD.replace("Xray", "Xrey")
DOUBTFUL = GOOD + "examples:\n- {name: 5-xray, patient: 6}\n"

Write = Callable[[str], Path]


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def edit(write: Write, clock: Clock) -> Write:
    """Save a file anew, as an editor does some seconds later."""

    def save(content: str) -> Path:
        clock.seconds += 5
        file = write(content)
        os.utime(file, (clock.seconds, clock.seconds))
        return file

    return save


def types(shelf: MappingShelf) -> tuple[ImageType, ...]:
    return shelf.mapping_for("smiles").types


def test_an_edit_is_taken_while_running(edit: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": edit(GOOD)}, clock)
    assert types(shelf) == (ImageType.XRAY,)
    edit(BETTER)
    assert types(shelf) == (ImageType.SURGERY,)
    assert shelf.warnings() == ()


def test_a_file_is_looked_at_once_a_second_at_most(edit: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": edit(GOOD)}, clock)
    types(shelf)
    edit(BETTER)
    clock.seconds -= 4.5
    assert types(shelf) == (ImageType.XRAY,)
    clock.seconds += 0.5
    assert types(shelf) == (ImageType.SURGERY,)


def test_an_unchanged_file_gives_the_same_mapping(edit: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": edit(GOOD)}, clock)
    first = shelf.mapping_for("smiles")
    clock.seconds += 60
    assert shelf.mapping_for("smiles") is first


def test_a_broken_edit_keeps_the_last_good_version_and_warns_until_it_is_mended(edit: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": edit(GOOD)}, clock)
    edit(BROKEN)
    assert types(shelf) == (ImageType.XRAY,)
    ((practice, problems),) = shelf.warnings()
    assert practice == "smiles"
    assert "did you mean `Xray`?" in problems[0].message
    edit(BETTER)
    assert types(shelf) == (ImageType.SURGERY,)
    assert shelf.warnings() == ()


def test_a_deleted_file_keeps_the_last_good_version_and_warns(edit: Write, clock: Clock) -> None:
    file = edit(GOOD)
    shelf = MappingShelf({"smiles": file}, clock)
    file.unlink()
    clock.seconds += 5
    assert types(shelf) == (ImageType.XRAY,)
    assert "does not exist" in shelf.warnings()[0][1][0].message
    edit(GOOD)
    assert shelf.warnings() == ()


def test_an_edit_that_fails_its_own_examples_is_not_taken(edit: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": edit(GOOD)}, clock)
    edit(DOUBTFUL)
    assert not shelf.mapping_for("smiles").examples
    assert "expects patient id 6" in shelf.warnings()[0][1][0].message


def test_files_broken_from_the_start_are_refused_with_the_problems_of_all(tmp_path: Path) -> None:
    files = {"a": tmp_path / "a.yaml", "b": tmp_path / "b.yaml", "good": tmp_path / "good.yaml"}
    for file, content in zip(files.values(), (BROKEN, "version: 2\n", GOOD), strict=True):
        file.write_text(content)
    with pytest.raises(InputProblemsError) as refused:
        MappingShelf(files)
    assert {problem.file.name for problem in refused.value.problems} == {"a.yaml", "b.yaml"}


def test_each_practice_has_its_own_mapping(tmp_path: Path) -> None:
    for name, content in {"a": GOOD, "b": BETTER}.items():
        (tmp_path / f"{name}.yaml").write_text(content)
    shelf = MappingShelf({name: tmp_path / f"{name}.yaml" for name in "ab"})
    assert shelf.mapping_for("a").types != shelf.mapping_for("b").types
    with pytest.raises(KeyError):
        shelf.mapping_for("c")


def test_many_threads_get_whole_mappings_while_the_file_changes(edit: Write, clock: Clock) -> None:
    shelf = MappingShelf({"smiles": edit(GOOD)}, clock)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(types, shelf) for _ in range(100)]
        edit(BETTER)
        asked += [pool.submit(types, shelf) for _ in range(100)]
        seen = {found.result() for found in asked}
    assert seen <= {(ImageType.XRAY,), (ImageType.SURGERY,)}
    clock.seconds += 5
    assert types(shelf) == (ImageType.SURGERY,)
