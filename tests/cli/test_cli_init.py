"""`init`: questions, a try of the chart, and files that work (bridge/cli/setup.py, bridge/cli/starter.py)."""

import json
import os
import re
import stat
from pathlib import Path

import pytest
from cli_runs import Command
from click.testing import CliRunner, Result

from bridge.cli import cli
from bridge.config import load_config
from bridge.mapping import check_file
from bridge.sandbox import SandboxServer
from bridge.settings import StaffSettings

PASSWORD = "bridge-pass"


def init(folder: Path, *answers: str) -> Result:
    """Run `init` and type the answers, each with Enter."""
    return CliRunner().invoke(cli, ["init", "--folder", str(folder)], input="".join(f"{each}\n" for each in answers))


def answers(chart: SandboxServer, practice: str = "ensenada") -> list[str]:
    """Good answers: name, time zone (the proposed one), chart, user, password, port (the proposed one), nobody."""
    return [practice, "", chart.url, "bridge", PASSWORD, "", ""]


def test_the_written_bridge_passes_the_check(chart: SandboxServer, tmp_path: Path, command: Command) -> None:
    ended = init(tmp_path, *answers(chart))
    assert ended.exit_code == 0, ended.output
    assert "The chart answers; its stations are Dental1, ENT, X-Ray" in ended.output
    assert PASSWORD not in ended.output
    assert command("--config", tmp_path / "config.yaml", "check").code == 0


def test_the_files_say_what_was_answered(chart: SandboxServer, tmp_path: Path) -> None:
    ended = init(tmp_path, "ensenada", "America/Los_Angeles", chart.url, "bridge", PASSWORD, "8080", "")
    config = load_config(tmp_path / "config.yaml")
    (practice,) = config.practices
    assert (practice.name, str(practice.time_zone)) == ("ensenada", "America/Los_Angeles")
    assert config.server.port == 8080
    assert practice.guid is not None
    assert f":8080/write/{practice.guid}" in ended.output
    assert check_file(practice.mapping).is_good
    assert config.log_file == tmp_path / "logs" / "bridge.log"
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        "config.yaml",
        "mappings/ensenada.yaml",
        "mappings/mapping.schema.json",
        "secrets/chart-password",
    ]


def test_who_may_come_in_is_asked_and_stands_in_the_config(chart: SandboxServer, tmp_path: Path) -> None:
    ended = init(tmp_path, *answers(chart)[:-1], "maria, nurse 'ana'", "root maria", "maria nurse")
    assert ended.exit_code == 0, ended.output
    assert "Error: use names that you have just typed: maria, nurse, 'ana'" in ended.output
    staff = load_config(tmp_path / "config.yaml").staff
    assert (staff.allow, staff.admins) == ({"maria", "nurse", "'ana'"}, {"maria", "nurse"})
    assert re.search(r"People open the pages at http://[0-9.]+:5566/ and sign in with their account", ended.output)


def test_without_anybody_the_config_says_where_to_name_them(chart: SandboxServer, tmp_path: Path) -> None:
    ended = init(tmp_path, *answers(chart))
    assert f"Nobody may repair held photos yet; name them under `staff` in {tmp_path / 'config.yaml'}." in ended.output
    file = tmp_path / "config.yaml"
    assert load_config(file).staff == StaffSettings()
    named = file.read_text().replace("#staff:", "staff:").replace("#  allow: []", "  allow: [ana]")
    file.write_text(named.replace("#  admins: []", "  admins: [maria]"))
    assert load_config(file).staff == StaffSettings(frozenset({"ana"}), frozenset({"maria"}))


def test_editors_complete_the_mapping_file_by_the_schema_beside_it(chart: SandboxServer, tmp_path: Path) -> None:
    assert init(tmp_path, *answers(chart)).exit_code == 0
    first = (tmp_path / "mappings" / "ensenada.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=mapping.schema.json"
    schema = json.loads((tmp_path / "mappings" / "mapping.schema.json").read_text("utf-8"))
    assert {"version", "patient", "types"} <= set(schema["properties"])


def test_a_schema_that_is_there_is_left_as_it_is(chart: SandboxServer, tmp_path: Path) -> None:
    own = tmp_path / "mappings" / "mapping.schema.json"
    own.parent.mkdir()
    own.write_text("{}")
    assert init(tmp_path, *answers(chart)).exit_code == 0
    assert own.read_text() == "{}"


def test_the_next_commands_are_told_for_that_folder(chart: SandboxServer, tmp_path: Path) -> None:
    output = init(tmp_path, *answers(chart)).output
    assert f'Next: tscharts-bridge --config "{tmp_path / "config.yaml"}" check' in output


def test_the_password_stands_in_a_file_of_its_own_for_its_owner_alone(chart: SandboxServer, tmp_path: Path) -> None:
    init(tmp_path, *answers(chart))
    file = tmp_path / "secrets" / "chart-password"
    assert file.read_text() == f"{PASSWORD}\n"
    assert PASSWORD not in (tmp_path / "config.yaml").read_text()
    assert os.name != "posix" or stat.S_IMODE(file.stat().st_mode) == 0o600


def test_each_bridge_gets_a_guid_of_its_own(chart: SandboxServer, tmp_path: Path) -> None:
    for name in ("a", "b"):
        init(tmp_path / name, *answers(chart))
    first, second = (load_config(tmp_path / name / "config.yaml").practices[0].guid for name in ("a", "b"))
    assert first != second


def test_odd_answers_are_asked_again_with_a_sentence(chart: SandboxServer, tmp_path: Path) -> None:
    typed = ["Thousand Smiles!", "thousand-smiles", "Mars/Base", "", "charts.example", chart.url, "bridge", PASSWORD]
    ended = init(tmp_path, *typed, "99999", "x", "", "")
    assert ended.exit_code == 0, ended.output
    assert "Error: use lower-case letters, digits and hyphens, at most 40, such as thousand-smiles" in ended.output
    assert "Error: use a name such as America/Tijuana" in ended.output
    assert "Error: the chart's address must look like https://chart.example.org" in ended.output
    assert "Error: `99999` is not a whole number from 1 to 65535." in ended.output
    assert "Error: `x` is not a whole number from 1 to 65535." in ended.output


def test_a_wrong_password_is_told_in_a_sentence_and_asked_again(chart: SandboxServer, tmp_path: Path) -> None:
    ended = init(tmp_path, "ensenada", "", chart.url, "bridge", "wrong", "n", "", "", PASSWORD, "", "")
    assert ended.exit_code == 0, ended.output
    assert (
        "That did not work: The chart server does not accept this username and password; correct them." in ended.stderr
    )
    assert f"[{chart.url}]" in ended.output, "what was typed is proposed again"
    assert load_config(tmp_path / "config.yaml").practices[0].chart.password is not None
    assert (tmp_path / "secrets" / "chart-password").read_text().strip() == PASSWORD


def test_without_the_chart_the_config_can_be_written_all_the_same(chart: SandboxServer, tmp_path: Path) -> None:
    chart.stop()
    ended = init(tmp_path, "ensenada", "", chart.url, "bridge", PASSWORD, "y", "", "")
    assert ended.exit_code == 0, ended.output
    assert "Nothing takes a connection at" in ended.stderr
    assert load_config(tmp_path / "config.yaml").practices[0].chart.url == chart.url


@pytest.mark.parametrize("name", ["null", "true", "123", "1e5", "0x1f", "on", "a" * 40])
def test_a_name_that_yaml_would_read_otherwise_stays_a_name(chart: SandboxServer, tmp_path: Path, name: str) -> None:
    assert init(tmp_path, *answers(chart, name)).exit_code == 0
    assert load_config(tmp_path / "config.yaml").practices[0].name == name


def test_odd_users_and_passwords_come_back_as_typed(chart: SandboxServer, tmp_path: Path) -> None:
    user, password = 'it\'s: #1 {"ü"}', " p#'\": ñ\\ "
    ended = init(tmp_path, "ensenada", "", chart.url, user, password, "y", "", "")
    assert ended.exit_code == 0, ended.output
    settings = load_config(tmp_path / "config.yaml").practices[0].chart
    assert settings.username == user
    assert settings.password is not None
    assert settings.password.reveal() == password


@pytest.mark.parametrize("name", ["config.yaml", "secrets/chart-password"])
def test_what_exists_is_not_overwritten_and_nothing_is_asked(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    ended = init(tmp_path)
    assert ended.exit_code == 1
    assert (
        ended.stderr == f"Error: {file} exists already; move it away first, or choose another folder with --folder.\n"
    )
    assert ended.stdout == ""
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_a_mapping_file_of_the_same_name_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mappings" / "ensenada.yaml"
    file.parent.mkdir()
    file.write_text("mine")
    ended = init(tmp_path, "ensenada")
    assert ended.exit_code == 1
    assert f"{file} exists already" in ended.stderr
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


@pytest.mark.parametrize("count", range(7))
def test_whoever_stops_half_way_finds_nothing_written(chart: SandboxServer, tmp_path: Path, count: int) -> None:
    ended = init(tmp_path / "new", *answers(chart)[:count])
    assert ended.exit_code != 0
    assert not (tmp_path / "new").exists()


def test_the_config_is_written_last_so_that_a_folder_with_one_is_whole(chart: SandboxServer, tmp_path: Path) -> None:
    (tmp_path / "mappings").write_text("a file where the folder should be")
    ended = init(tmp_path, *answers(chart))
    assert ended.exit_code == 1
    assert ended.stderr.startswith(f"Error: {tmp_path / 'mappings'} cannot be used (")
    assert not (tmp_path / "config.yaml").exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = init(tmp_path / "file")
    assert ended.exit_code == 2
    assert "is a file" in ended.stderr
