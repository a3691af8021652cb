"""`mappings check` with places, with the practices' charts, and its exit codes (bridge/cli/mappings.py)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runs import Command, Ended

from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import REPOSITORY

Bridge = Callable[..., Ended]
MINIMAL = REPOSITORY / "mappings" / "minimal.yaml"
CLINIC = "version: 1\npatient:\n  number: {form: id}\ntypes:\n  Xray: {station: X-Rey}\nclinic: 7\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A mapping file of no practice, with a station and a clinic that the chart does not have."""
    file = tmp_path / "own.yaml"
    file.write_text(CLINIC)
    return file


def errors_of(ended: Ended) -> list[str]:
    """The error lines that the check printed."""
    return [line for line in ended.out.splitlines() if line.startswith("Error: ")]


def test_the_line_itself_is_shown_with_a_mark_below_the_place(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "tab.yaml"
    file.write_text("version: 1\npatient:\n  number: {form: id}\n  \tcurp: {form: curp}\n")
    ended = command("mappings", "check", file)
    assert ended.code == 1
    sentence, line, mark = ended.out.splitlines()
    assert sentence.startswith(f"Error: {file}, line 4, column 3: is not valid YAML: the line begins with a tab")
    assert (line, mark) == ("       curp: {form: curp}", "      ^")


def test_of_a_long_line_the_part_around_the_place_is_shown(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    words = ", ".join(f"word{letter}{other}" for letter in "abcdefgh" for other in "abcdefgh")
    file.write_text(CLINIC.replace("Xray: {station: X-Rey}", f"Xray: {{aliases: [{words}, 12]}}"))
    _, line, mark = command("mappings", "check", file).out.splitlines()[:3]
    assert len(line) <= 104
    assert line[len(mark) - 1 :].startswith("12]}")


def test_what_a_file_holds_cannot_steer_the_terminal(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_bytes(b"version: 1\nod\x1b[2Jd: \xff\n")
    ended = command("mappings", "check", file)
    assert ended.code == 1
    assert "\x1b" not in ended.out


def test_a_file_with_warnings_alone_is_good(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "few.yaml"
    file.write_text("version: 1\npatient:\n  number: {form: id}\ntypes:\n  Xray:\n")
    ended = command("mappings", "check", file)
    assert ended.code == 0
    assert (
        f"Warning: {file}, line 4, column 1, types: has no way in for Headshot and Surgery and Audiogram" in ended.out
    )
    assert ended.out.endswith(f"{file}: good; it has no examples\n")


def test_the_help_says_what_json_holds_and_what_the_exit_codes_mean(command: Command) -> None:
    text = command("mappings", "check", "--help").out
    printed = json.loads(command("mappings", "check", MINIMAL.parent / "none.yaml", "--json").out)[0]
    for key in (*printed, *printed["problems"][0]):
        assert key in text
    assert "Exit code 0: good, maybe with warnings. 1: errors. 2: asked wrongly." in text


def test_json_has_the_column_and_the_line_of_each_problem(command: Command, own: Path) -> None:
    own.write_text(CLINIC.replace("station", "staton"))
    (first, *_) = json.loads(command("mappings", "check", own, "--json").out)[0]["problems"]
    assert (first["line"], first["column"], first["text"]) == (5, 10, "  Xray: {staton: X-Rey}")


def test_a_chart_says_which_stations_and_clinics_it_does_not_know(bridge: Bridge, own: Path) -> None:
    ended = bridge("mappings", "check", own, "--chart", "--practice", "clinic-a")
    assert ended.code == 1
    said = [line.removeprefix(f"Error: {own}, ") for line in errors_of(ended)]
    assert said == [
        "line 5, column 10, types.Xray.station: the chart of clinic-a has no station `X-Rey`; did you mean `X-Ray`?",
        "line 6, column 1, clinic: the chart of clinic-a has no clinic 7; its newest are 1, 2",
    ]


def test_a_good_file_is_good_by_the_charts_of_all_that_use_it(bridge: Bridge) -> None:
    ended = bridge("mappings", "check", "--chart", "--json")
    assert ended.code == 0
    (checked,) = json.loads(ended.out)
    assert [(chart["practice"], chart["away"]) for chart in checked["charts"]] == [
        ("clinic-a", None),
        ("clinic-b", None),
    ]
    assert all(chart["asked_at"] for chart in checked["charts"])


def test_while_a_chart_is_away_what_it_said_before_counts_and_its_date_is_told(
    bridge: Bridge, own: Path, chart: SandboxServer
) -> None:
    asked = json.loads(bridge("mappings", "check", own, "--chart", "--practice", "clinic-a", "--json").out)
    chart.stop()
    later = json.loads(bridge("mappings", "check", own, "--chart", "--practice", "clinic-a", "--json").out)
    assert later[0]["charts"][0]["asked_at"] == asked[0]["charts"][0]["asked_at"]
    assert later[0]["charts"][0]["away"]
    messages = [problem["message"] for problem in later[0]["problems"]]
    assert any("has no station `X-Rey`" in message for message in messages)
    assert any("is compared with what the chart of clinic-a said on 20" in message for message in messages)


def test_a_chart_that_was_never_asked_and_is_away_is_an_error(bridge: Bridge, chart: SandboxServer) -> None:
    chart.stop()
    ended = bridge("mappings", "check", MINIMAL, "--chart", "--practice", "clinic-a")
    assert ended.code == 1
    assert "the chart of clinic-a cannot be asked and never was before" in errors_of(ended)[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--practice", "clinic-a"), "--practice says whose chart to ask; add --chart."),
        (("--chart",), "say whose chart is meant with --practice: clinic-a, clinic-b."),
        (("--carts",), "No such option"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2(bridge: Bridge, options: tuple[str, ...], said: str) -> None:
    ended = bridge("mappings", "check", MINIMAL, *options)
    assert ended.code == 2
    assert said in ended.err


def test_a_practice_that_the_config_does_not_have_is_an_error(bridge: Bridge, own: Path, config: Config) -> None:
    own.write_text(CLINIC.replace("clinic: 7", "defaults: {station_by_practice: {clinic-x: ENT}}"))
    ended = bridge("mappings", "check", own)
    assert ended.code == 1
    assert "`clinic-x` is not a practice of the config; did you mean `clinic-" in errors_of(ended)[0]
    assert len(config.practices) == 2


def test_a_broken_config_is_no_obstacle_to_checking_a_file_by_itself(command: Command, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("nonsense: [")
    assert command("--config", tmp_path / "config.yaml", "mappings", "check", MINIMAL).code == 0
