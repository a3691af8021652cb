"""`mappings explain` (bridge/cli/explaining.py)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chart_images import hostile_seed
from cli_runs import Command, Ended

from bridge.sandbox import SandboxServer
from bridge_runner import REPOSITORY, make_config

Bridge = Callable[..., Ended]
MINIMAL = REPOSITORY / "mappings" / "minimal.yaml"
NAME = "#123-#x-ray-21-Nov-2026-10-11-12.jpg"
AT = ("--at", "2026-02-07 10:30")
"""A day of the chart's first clinic."""


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A mapping file with an unknown setting on line 6."""
    file = tmp_path / "bad.yaml"
    file.write_text("version: 1\npatient:\n  number: {form: id}\ntypes:\n  Xray:\nclinc: today\n")
    return file


def in_chart(bridge: Bridge, name: str, *options: str) -> Any:
    """What `--chart` tells, as JSON."""
    return json.loads(bridge("mappings", "explain", name, "--practice", "clinic-a", "--chart", "--json", *options).out)[
        "chart"
    ]


def test_each_step_is_shown_with_its_rule_and_line_and_why(command: Command) -> None:
    ended = command("mappings", "explain", NAME, "--file", MINIMAL)
    assert ended.code == 0
    assert ended.out.splitlines()[0] == f"{NAME}, by {MINIMAL}:"
    for said in (
        "  `#123` read as patient id by rule `chart-number`, line ",
        "      why: it is a number that stands alone",
        "  `#x-ray` read as type Xray by alias `x-ray`, line ",
        "  clinic today by setting, line ",
        "  result: patient id 123, type Xray, clinic today",
    ):
        assert any(line.startswith(said) for line in ended.out.splitlines()), said


def test_rules_that_were_passed_over_are_shown(bridge: Bridge) -> None:
    out = bridge("mappings", "explain", "old-1001-x-ray.jpg", "--practice", "clinic-a").out
    assert "      passed over: rule `chart-number` (patient id), line " in out
    assert "gives way to rule `old-number`" in out


def test_a_name_that_would_be_held_is_told_why_and_how_to_mend_it(command: Command) -> None:
    ended = command("mappings", "explain", "#headshot.jpg", "--file", MINIMAL)
    assert ended.code == 0
    assert "result: held (no-patient)" in ended.out
    assert "to mend it: Type the patient as a number alone" in ended.out


def test_json_has_target_and_hold(command: Command) -> None:
    explained = json.loads(command("mappings", "explain", NAME, "--file", MINIMAL, "--json").out)
    assert explained["target"]["type"] == "Xray"
    assert explained["hold"] is explained["chart"] is None
    held = json.loads(command("mappings", "explain", "#123.jpg", "--file", MINIMAL, "--json").out)
    assert held["target"] is None
    assert held["hold"]["reason"] == "no-type"


def test_the_mapping_of_the_practice_is_used(bridge: Bridge, tmp_path: Path) -> None:
    ended = bridge("mappings", "explain", NAME, "--practice", "clinic-b")
    assert ended.code == 0
    assert f"by {tmp_path / 'thousand-smiles.yaml'}:" in ended.out


@pytest.mark.parametrize("options", [[], ["--file", MINIMAL, "--chart"]], ids=["mapping", "chart"])
def test_with_several_practices_one_must_be_named(bridge: Bridge, options: list[str | Path]) -> None:
    ended = bridge("mappings", "explain", NAME, *options)
    assert ended.code == 2
    assert ended.errors == ["Say which practice with --practice: clinic-a, clinic-b."]


def test_an_unknown_practice_is_told_with_the_known_ones(bridge: Bridge, tmp_path: Path) -> None:
    ended = bridge("mappings", "explain", NAME, "--practice", "clinic-z")
    assert ended.code == 1
    known = f"There is no practice `clinic-z` in {tmp_path / 'config.yaml'}; it has: clinic-a, clinic-b."
    assert ended.errors == [known]


def test_a_broken_file_is_told_with_its_problems(command: Command, bad: Path) -> None:
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


def test_the_chart_tells_the_place_in_its_own_names(bridge: Bridge) -> None:
    ended = bridge("mappings", "explain", "123-x-ray", "--practice", "clinic-a", "--chart", *AT)
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == (
        "  in the chart: patient 123: Camacho Rivas Abril, born 2015; Xray; station X-Ray (3); "
        "clinic Ensenada 02/07/2026 to 02/08/2026 (1)"
    )


def test_json_has_the_place_in_the_chart(bridge: Bridge) -> None:
    assert in_chart(bridge, "123-x-ray", *AT) == {
        "place": {
            "patient": {"id": 123, "name": "Camacho Rivas Abril", "born": 2015},
            "type": "Xray",
            "station": {"id": 3, "name": "X-Ray"},
            "clinic": {"id": 1, "location": "Ensenada", "start": "2026-02-07", "end": "2026-02-08"},
        },
        "hold": None,
    }


def test_a_curp_and_an_old_number_are_found_in_the_chart(bridge: Bridge) -> None:
    for name in ("CARA151116MBCMVB23-face", "old-2123-face"):
        assert in_chart(bridge, name, *AT)["place"]["patient"]["id"] == 123


def test_a_file_is_tried_on_the_chart_of_a_practice(bridge: Bridge) -> None:
    ended = bridge("mappings", "explain", "5-xray", "--file", MINIMAL, "--practice", "clinic-a", "--chart", *AT)
    assert "in the chart: patient 5: Zúñiga Peña Ángela, born 2016; Xray; no station; clinic Ensenada" in ended.out


@pytest.mark.parametrize(
    ("name", "day", "reason"),
    [("99999-xray", "2026-02-07", "unknown-patient"), ("123-xray", "2025-03-04", "no-clinic-today")],
)
def test_a_hold_that_only_the_chart_knows_of_is_told(bridge: Bridge, name: str, day: str, reason: str) -> None:
    ended = bridge("mappings", "explain", name, "--practice", "clinic-a", "--chart", "--at", day)
    assert ended.code == 0
    assert ended.out.splitlines()[-1].startswith(f"  in the chart: held ({reason}): The chart has no ")
    assert in_chart(bridge, name, "--at", day)["hold"]["reason"] == reason


def test_what_a_mapping_requires_of_the_chart_is_asked(bridge: Bridge, tmp_path: Path) -> None:
    with (tmp_path / "thousand-smiles.yaml").open("a", encoding="utf-8") as opened:
        opened.write("require: [registered-today]\n")
    assert in_chart(bridge, "123-xray", *AT)["hold"]["reason"] == "not-registered"


def test_the_chart_is_not_asked_for_a_name_that_is_held(bridge: Bridge, chart: SandboxServer) -> None:
    chart.stop()
    assert in_chart(bridge, "123") is None


def test_a_chart_that_is_away_is_a_sentence_after_the_explanation(bridge: Bridge, chart: SandboxServer) -> None:
    chart.stop()
    ended = bridge("mappings", "explain", NAME, "--practice", "clinic-a", "--chart")
    assert ended.code == 1
    assert "  result: patient id 123" in ended.out
    assert ended.errors[0].startswith("Nothing takes a connection at ")


def test_without_chart_nobody_asks_it(bridge: Bridge, chart: SandboxServer) -> None:
    chart.stop()
    assert bridge("mappings", "explain", NAME, "--practice", "clinic-a").code == 0


def test_at_is_the_time_that_settings_go_by(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "hours.yaml"
    hours = 'defaults:\n  station_by_time:\n    - {from: "08:00", until: "12:00", station: Dental1}\n'
    file.write_text(MINIMAL.read_text("utf-8").replace("examples:", f"{hours}\nexamples:"), "utf-8")
    for at, station in (("2026-02-07 10:30", "Dental1"), ("2026-02-07T12:00", None)):
        out = command("mappings", "explain", "123-xray", "--file", file, "--at", at, "--json").out
        assert json.loads(out)["target"]["station"] == station


@pytest.mark.parametrize("at", ["soon", "10:30", "2026-13-01", "07/02/2026"])
def test_a_time_that_is_none_is_asked_wrongly(bridge: Bridge, at: str) -> None:
    assert bridge("mappings", "explain", NAME, "--practice", "clinic-a", "--at", at).code == 2


def test_without_a_time_of_its_own_a_practices_photo_is_one_that_comes_in_now(bridge: Bridge) -> None:
    out = bridge("mappings", "explain", "123-xray", "--practice", "clinic-a", "--chart", "--json").out
    explained = json.loads(out)
    assert explained["captured_at"] is None
    assert explained["taken_at"] is not None
    assert explained["chart"]["place"]["clinic"]["id"] == 2


def test_a_name_in_the_chart_cannot_steer_the_terminal(command: Command, tmp_path: Path) -> None:
    with SandboxServer(hostile_seed()) as chart:
        config = make_config(tmp_path, chart.url)
        for options in ([], ["--json"]):
            ended = command(
                "--config", config.file, "mappings", "explain", "3-xray", "--practice", "clinic-a", "--chart", *options
            )
            assert ended.code == 0
            assert all(letter.isprintable() or letter == "\n" for letter in ended.out)
