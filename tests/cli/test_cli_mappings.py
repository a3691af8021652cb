"""`mappings check` and `mappings explain` (bridge/cli/mappings.py)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import Command, Ended

from bridge_runner import REPOSITORY

Bridge = Callable[..., Ended]
MINIMAL = REPOSITORY / "mappings" / "minimal.yaml"
NAME = "#123-#x-ray-21-Nov-2026-10-11-12.jpg"


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


def test_without_files_those_of_the_config_are_checked_each_once(bridge: Bridge, tmp_path: Path) -> None:
    assert bridge("mappings", "check").out == f"{tmp_path / 'thousand-smiles.yaml'}: good, its examples too\n"


def test_every_problem_of_every_file_is_told_with_its_place(command: Command, bad: Path) -> None:
    ended = command("mappings", "check", bad, MINIMAL, bad.parent / "none.yaml")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert f"Error: {bad}, line 6, clinc: is not a setting; did you mean `clinic`?" in lines
    assert f"{MINIMAL}: good, its examples too" in lines
    assert lines[-1].startswith(f"Error: {bad.parent / 'none.yaml'}: does not exist; check the path")


def test_an_example_that_comes_out_otherwise_fails_the_check(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    shutil.copy(MINIMAL, file)
    with file.open("a", encoding="utf-8") as opened:
        opened.write('  - {name: "#5-xray.jpg", type: Surgery}\n')
    ended = command("mappings", "check", file)
    assert ended.code == 1
    assert ended.out.startswith(f"Error: {file}, line {len(file.read_text('utf-8').splitlines())}, examples[3]")


def test_json_has_file_place_and_message_of_each_problem(command: Command, bad: Path) -> None:
    ended = command("mappings", "check", bad, MINIMAL, "--json")
    assert ended.code == 1
    first, second = json.loads(ended.out)
    assert (first["file"], first["good"]) == (str(bad), False)
    assert {(problem["line"], problem["field"]) for problem in first["problems"]} >= {(6, "clinc")}
    assert all(problem["message"] and not problem["warning"] for problem in first["problems"])
    assert second == {"file": str(MINIMAL), "good": True, "problems": []}


def test_explain_shows_each_step_with_its_rule_and_line(command: Command) -> None:
    ended = command("mappings", "explain", NAME, "--file", MINIMAL)
    assert ended.code == 0
    steps = [
        f"{NAME}, by {MINIMAL}:",
        "  `#123` read as patient id by rule `chart-number`, line 10",
        "  `#x-ray` read as type Xray by alias `x-ray`, line 14",
        "  clinic today by setting, line 18",
        "  result: patient id 123, type Xray, clinic today",
    ]
    assert [line for line in ended.out.splitlines() if line in steps] == steps


def test_explain_says_why_a_photo_would_be_held(command: Command) -> None:
    ended = command("mappings", "explain", "#headshot.jpg", "--file", MINIMAL)
    assert ended.code == 0
    assert "result: held (no-patient)" in ended.out


def test_explain_as_json_has_target_and_hold(command: Command) -> None:
    explained = json.loads(command("mappings", "explain", NAME, "--file", MINIMAL, "--json").out)
    assert explained["target"]["type"] == "Xray"
    assert explained["hold"] is None
    held = json.loads(command("mappings", "explain", "#123.jpg", "--file", MINIMAL, "--json").out)
    assert held["target"] is None
    assert held["hold"]["reason"] == "no-type"


def test_explain_uses_the_mapping_of_the_practice(bridge: Bridge, tmp_path: Path) -> None:
    ended = bridge("mappings", "explain", NAME, "--practice", "clinic-b")
    assert ended.code == 0
    assert f"by {tmp_path / 'thousand-smiles.yaml'}:" in ended.out


def test_with_several_practices_one_must_be_named(bridge: Bridge) -> None:
    ended = bridge("mappings", "explain", NAME)
    assert ended.code == 2
    assert ended.errors == ["Say which practice with --practice: clinic-a, clinic-b."]


def test_an_unknown_practice_is_told_with_the_known_ones(bridge: Bridge, tmp_path: Path) -> None:
    ended = bridge("mappings", "explain", NAME, "--practice", "clinic-z")
    assert ended.code == 1
    known = f"There is no practice `clinic-z` in {tmp_path / 'config.yaml'}; it has: clinic-a, clinic-b."
    assert ended.errors == [known]


def test_explain_by_a_broken_file_tells_its_problems(command: Command, bad: Path) -> None:
    ended = command("mappings", "explain", NAME, "--file", bad)
    assert ended.code == 1
    assert ended.out == ""
    assert any("line 6, clinc: is not a setting" in error for error in ended.errors)


@pytest.mark.parametrize(
    "name", ["", ".", "#", "\x1b[31m#123", "a" * 5000, "..\\..\\x", "\udcff\udcfe.jpg", "#😀-#123"]
)
def test_odd_names_are_explained_like_any_other(command: Command, name: str) -> None:
    ended = command("mappings", "explain", name, "--file", MINIMAL)
    assert ended.code == 0
    assert "result: " in ended.out
    assert "\x1b" not in ended.out
