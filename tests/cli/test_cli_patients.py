"""`patients find` (bridge/cli/patients.py)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from chart_images import HOSTILE, filed, hostile_seed
from cli_runs import Command, Ended

from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import make_config

Bridge = Callable[..., Ended]


def found(bridge: Bridge, *words: object) -> list[int]:
    """The numbers of the patients who are found."""
    return [patient["id"] for patient in json.loads(bridge("patients", "find", *words, "--json").out)["patients"]]


def test_a_patient_is_told_with_birth_date_sex_and_last_headshot(bridge: Bridge, chart: SandboxServer) -> None:
    headshot = (filed(chart, type="Headshot"), filed(chart, type="Headshot"), filed(chart))[1]
    headings, line = bridge("patients", "find", "Renata").out.splitlines()
    assert headings.split() == ["number", "name", "born", "sex", "last", "headshot"]
    assert line.split() == f"3 Renata Sol Valdez Ibarra 2019-01-27 Female {headshot}".split()


@pytest.mark.parametrize(
    "words",
    [["angela"], ["ZUÑIGA"], ["pena angela"], ["peña", "zuniga"], ["5"]],
    ids=" ".join,
)
def test_words_in_any_order_without_accents_and_case_and_numbers_find_somebody(
    bridge: Bridge, words: list[str]
) -> None:
    assert found(bridge, *words) == [5]


def test_an_old_number_and_a_part_of_a_curp_find_somebody(bridge: Bridge) -> None:
    assert found(bridge, "2001") == [1]
    assert found(bridge, "orbc1404") == [1]


def test_json_is_what_the_json_door_tells(bridge: Bridge) -> None:
    told = json.loads(bridge("patients", "find", "123", "--json").out)
    assert told["is_complete"] is True
    (patient,) = told["patients"]
    assert (patient["name"], patient["birth_date"], patient["old_id"]) == ("Abril Camacho Rivas", "2015-11-16", 2123)


def test_where_there_are_more_than_asked_for_it_says_so(bridge: Bridge) -> None:
    lines = bridge("patients", "find", "or", "--limit", 1).out.splitlines()
    assert len(lines) == 3
    assert lines[-1] == "There are others; give more of the name."


def test_nobody_of_that_name_is_no_failure(bridge: Bridge) -> None:
    ended = bridge("patients", "find", "nobody")
    hint = json.loads(bridge("patients", "find", "nobody", "--json").out)["hint"]
    assert "only the beginning of each" in hint
    assert (ended.code, ended.out) == (0, f"The chart has no such patient. {hint}\n")


@pytest.mark.parametrize("text", ["", " ", "a", "\x1b[2J", "\udcff", "x" * 501])
def test_a_text_that_could_mean_everyone_or_is_no_plain_text_is_asked_wrongly(bridge: Bridge, text: str) -> None:
    ended = bridge("patients", "find", text)
    assert (ended.code, ended.out, len(ended.errors)) == (2, "", 1)


def test_a_chart_that_is_away_is_a_sentence(bridge: Bridge, chart: SandboxServer) -> None:
    chart.stop()
    ended = bridge("patients", "find", "renata")
    assert ended.code == 1
    assert ended.errors[0].startswith("Nothing takes a connection at ")


def test_a_damaged_store_is_no_hindrance(bridge: Bridge, config: Config) -> None:
    config.data_folder.mkdir()
    (config.data_folder / "bridge.db").write_bytes(b"not a database, by far" * 100)
    assert found(bridge, "renata") == [3]


def test_a_name_in_the_chart_cannot_steer_the_terminal(command: Command, tmp_path: Path) -> None:
    with SandboxServer(hostile_seed()) as chart:
        config = make_config(tmp_path, chart.url)
        for options in ([], ["--json"]):
            out = command("--config", config.file, "patients", "find", "valdez", *options).out
            assert all(letter.isprintable() or letter == "\n" for letter in out)
        assert json.loads(out)["patients"][0]["first"] == HOSTILE
