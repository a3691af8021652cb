"""The benchmarks' entry: every measure is listed, and the table and the JSON say what was measured and what was not."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import MEASURES, main, report
from bench.accept import figures_of
from bench.figures import Figure, read_figures, table, write_figures
from bridge_runner import REPOSITORY

BENCH = REPOSITORY / "tests" / "bench"
HELPERS = {"__init__", "__main__", "figures", "machine", "plain", "processes", "sending"}
MET = Figure("rate", 0.93, "of plain", at_least=0.9, note="50 before")
UNMET = Figure("serves", 1.5, "s", at_most=1.0)
PLAIN = Figure("photos", 12345.6, "photos/s")
MACHINE = {"date": "2026-11-21T10:11:12+00:00", "cores": 2, "memory_gb": None}


def modules() -> set[str]:
    """The modules of measures."""
    packages = {file.parent.name for file in BENCH.glob("*/__main__.py")}
    return packages | {file.stem for file in BENCH.glob("*.py")} - HELPERS


def test_every_measure_is_listed() -> None:
    assert modules() - {"uploads"} == set(MEASURES.values())


@pytest.mark.parametrize("module", sorted(set(MEASURES.values())))
def test_a_measure_says_what_it_measures_and_how_it_is_run(module: str) -> None:
    file = BENCH / f"{module}.py"
    file = file if file.exists() else BENCH / module / "__main__.py"
    about = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    assert f"`python -m tests.bench.{module}" in about


def test_the_table_says_which_goals_are_met() -> None:
    head, met, unmet, plain = table([MET, UNMET, PLAIN]).splitlines()
    assert head.split() == ["measure", "figure", "value", "goal"]
    assert met.split() == ["rate", "0.93", "of", "plain", "at", "least", "0.9", "met", "50", "before"]
    assert unmet.split() == ["serves", "1.5", "s", "at", "most", "1", "NOT", "MET"]
    assert plain.split() == ["photos", "12,346", "photos/s"]


def test_the_json_holds_the_machine_and_every_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.json"
    assert report(MACHINE, {"start": [UNMET], "to_chart": [MET, PLAIN]}, file, is_quick=True) == 0
    written = json.loads(file.read_text("utf-8"))
    assert written["machine"] == MACHINE
    assert written["quick"] is True
    assert [(each["name"], each["goal"], each["met"]) for each in written["figures"]] == [
        ("serves", "at most 1", False),
        ("rate", "at least 0.9", True),
        ("photos", "", None),
    ]
    assert "3 figures, 2 with a goal, 1 not met" in capsys.readouterr().out


def test_a_measure_that_fails_is_said_and_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.json"
    assert report(MACHINE, {"start": None, "idle": [PLAIN]}, file, is_quick=False) == 1
    assert json.loads(file.read_text("utf-8"))["failed"] == ["start"]
    assert "failed: start" in capsys.readouterr().out


def test_figures_come_back_from_a_child_under_the_measures_name(tmp_path: Path) -> None:
    write_figures(tmp_path / "figures.json", [MET, UNMET])
    read = read_figures(tmp_path / "figures.json", "start")
    assert [(each.measure, each.name, each.met) for each in read] == [
        ("start", "rate", True),
        ("start", "serves", False),
    ]


def test_the_figures_of_uploads_have_their_goals() -> None:
    measured = {
        "accept 2 MB 8 per second": 180.0,
        "accept 2 MB 8 of limit": 0.7,
        "accept 2 MB 8 median ms": 40.0,
        "accept 2 MB 8 99% ms": 120.0,
        "accept 2 MB 1 of limit": 0.5,
        "beside slow phones": 0.9,
        "memory MB": 80.0,
    }
    met = {each.name: each.met for each in figures_of(measured)}
    assert met == {
        "2 MB, 8 clients, per second": True,
        "2 MB, 8 clients, of limit": False,
        "2 MB, 8 clients, median ms": None,
        "2 MB, 8 clients, 99% ms": None,
        "2 MB, 1 client, of limit": None,
        "beside slow phones": True,
        "memory MB": True,
        "2 MB, 8 clients, 99% of median": True,
    }


def test_an_unknown_name_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["start", "strat"])
    assert "there is no measure strat; there are accept, to_chart," in capsys.readouterr().err


def test_it_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "tests.bench", "--help"]
    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert all(name in said for name in MEASURES)
