"""`mappings check` (bridge/cli/mappings.py)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import Command, Ended

from bridge_runner import REPOSITORY

Bridge = Callable[..., Ended]
MINIMAL = REPOSITORY / "mappings" / "minimal.yaml"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A mapping file with a word mistyped on line 3 and an unknown setting on line 6."""
    file = tmp_path / "bad.yaml"
    file.write_text("version: 1\npatient:\n  number: {form: ids}\ntypes:\n  Xray:\nclinc: today\n")
    return file


def test_good_files_are_said_to_be_good(command: Command) -> None:
    ended = command("mappings", "check", MINIMAL, REPOSITORY / "mappings" / "thousand-smiles.yaml")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"{MINIMAL}: good, its examples too",
        f"{REPOSITORY / 'mappings' / 'thousand-smiles.yaml'}: good, its examples too",
    ]


def test_a_good_file_without_examples_is_not_praised_for_them(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text("version: 1\npatient:\n  number: {form: id}\ntypes:\n  Xray:\n")
    assert command("mappings", "check", file).out.splitlines()[-1] == f"{file}: good; it has no examples"


def test_a_word_where_a_list_should_be_is_told_how_to_write_it(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text("version: 1\npatient:\n  old: {form: oldid, prefix: viejo}\ntypes:\n  Xray:\n")
    assert "patient.old.prefix: must be a list; write `[viejo]`" in command("mappings", "check", file).out


def test_without_files_those_of_the_config_are_checked_each_once(bridge: Bridge, tmp_path: Path) -> None:
    assert bridge("mappings", "check").out == f"{tmp_path / 'thousand-smiles.yaml'}: good, its examples too\n"


def test_every_problem_of_every_file_is_told_with_its_place(command: Command, bad: Path) -> None:
    ended = command("mappings", "check", bad, MINIMAL, bad.parent / "none.yaml")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert f"Error: {bad}, line 6, column 1, clinc: is not a setting; did you mean `clinic`?" in lines
    assert f"{MINIMAL}: good, its examples too" in lines
    assert lines[-1].startswith(f"Error: {bad.parent / 'none.yaml'}: does not exist; check the path")


def test_an_example_that_comes_out_otherwise_fails_the_check(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    shutil.copy(MINIMAL, file)
    with file.open("a", encoding="utf-8") as opened:
        opened.write('  - {name: "#5-xray.jpg", type: Surgery}\n')
    ended = command("mappings", "check", file)
    assert ended.code == 1
    last = len(file.read_text("utf-8").splitlines())
    assert ended.out.startswith(f"Error: {file}, line {last}, column 5, examples[6]")


def test_json_has_file_place_and_message_of_each_problem(command: Command, bad: Path) -> None:
    ended = command("mappings", "check", bad, MINIMAL, "--json")
    assert ended.code == 1
    first, second = json.loads(ended.out)
    assert (first["file"], first["good"]) == (str(bad), False)
    assert {(problem["line"], problem["field"]) for problem in first["problems"]} >= {(6, "clinc")}
    assert all(problem["message"] and not problem["warning"] for problem in first["problems"])
    assert second == {"file": str(MINIMAL), "good": True, "charts": [], "problems": []}
