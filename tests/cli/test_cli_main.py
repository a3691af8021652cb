"""The command as a whole: help, errors in sentences, exit codes, --debug (bridge/cli/main.py)."""

from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from cli_runs import Command, run, start
from click.testing import CliRunner

from bridge import __version__
from bridge.cli import cli, main
from bridge.errors import BridgeError

COMMANDS = ("check", "demo", "images", "init", "mappings", "patients", "photos", "send", "serve")


def test_help_names_every_command(command: Command) -> None:
    ended = command("--help")
    assert ended.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in ended.out


def test_version_is_told(command: Command) -> None:
    assert command("--version").out == f"tscharts-bridge, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'."),
        (["check", "--nonsense"], "No such option '--nonsense'."),
        (["photos", "show"], "Missing argument 'NUMBER'."),
        (["photos", "show", "abc"], "`abc` is not a whole number from 1 up."),
        (["photos", "show", "0"], "`0` is not a whole number from 1 up."),
        (["photos", "show", "9" * 30], "is not a whole number from 1 up."),
        (["photos", "show", "٣"], "`٣` is not a whole number from 1 up."),
        (["photos", "list", "--limit", "0"], "`0` is not a whole number from 1 to 100000."),
        (["photos", "list", "--state", "lost"], "'lost' is not one of 'queued', 'sending'"),
        (["photos", "assign", "1"], "Missing option '--patient'."),
        (["photos", "assign", "1", "--patient", "5", "--type", "photo"], "'photo' is not one of 'headshot', 'xray'"),
        (
            ["photos", "assign", "1", "--patient", "5", "--type", "Xray", "--clinic", "soon"],
            "must be `today`, `none`",
        ),
        (["photos", "discard", "1"], "Missing option '--reason'."),
        (["photos", "discard", "1", "--reason", " ", "--yes"], "must say why"),
        (["send", "--patient", "5"], "Missing argument 'FILES...'."),
        (["send", "a.jpg"], "Missing option '--patient'."),
        (["send", "a.jpg", "--patient", " "], "must name the patient: a number, CURP or old number"),
        (["mappings", "explain"], "Missing argument 'NAME'."),
    ],
)
def test_who_asks_wrongly_is_told_so_on_stderr_with_exit_code_2(
    command: Command, arguments: list[str], said: str
) -> None:
    ended = command(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("Usage: tscharts-bridge")
    assert said in ended.errors[0]


@pytest.mark.parametrize("arguments", [[], ["photos"], ["mappings"]])
def test_without_a_command_the_help_is_shown(command: Command, arguments: list[str]) -> None:
    ended = command(*arguments)
    assert ended.code == 2
    assert "Commands:" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["serve"],
        ["photos", "list"],
        ["photos", "show", "1"],
        ["photos", "retry", "1"],
        ["photos", "assign", "1", "--patient", "5", "--type", "Xray"],
        ["photos", "discard", "1", "--reason", "x", "--yes"],
        ["mappings", "check"],
        ["mappings", "explain", "#123.jpg"],
        ["send", "a.jpg", "--patient", "5"],
    ],
    ids=" ".join,
)
def test_without_a_config_every_command_says_the_same_sentence(
    command: Command, tmp_path: Path, arguments: list[str]
) -> None:
    file = tmp_path / "config.yaml"
    ended = command("--config", file, *arguments)
    assert ended.code == 1
    assert ended.out == ""
    assert ended.err == f"Error: {file}: does not exist; check the path, or make it with `tscharts-bridge init`\n"


def test_the_config_can_be_named_by_the_environment(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TSCHARTS_BRIDGE_CONFIG", str(tmp_path / "other.yaml"))
    assert f"{tmp_path / 'other.yaml'}: does not exist" in command("check").errors[0]


def test_each_problem_of_the_config_is_a_line_of_its_own(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("log_levl: info\nserver: {port: x}\n")
    ended = command("--config", file, "check")
    assert ended.code == 1
    assert ended.errors == [
        f"{file}, line 1, practices: is missing; add it",
        f"{file}, line 1, log_levl: is not a setting; did you mean `log_level`?",
        f"{file}, line 2, server.port: must be a whole number",
    ]


def test_of_the_wrong_file_not_every_line_is_told(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("".join(f"line-{number}: x\n" for number in range(500)))
    errors = command("--config", file, "check").errors
    assert len(errors) == 21
    assert errors[-1] == f"{file}: 481 more problems like these; check that it is the right file."


def test_an_error_cannot_steer_the_terminal(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text('"\\e[2J": x\n\u202ename: x\nlog_level: "\\e[31mred"\n', "utf-8")
    ended = command("--config", file, "check")
    assert len(ended.errors) == 4
    assert all(letter.isprintable() for line in ended.err.splitlines() for letter in line)


def test_with_debug_the_traceback_is_shown(tmp_path: Path) -> None:
    ended = run("--debug", "check", cwd=tmp_path)
    assert ended.code == 1
    assert "Traceback (most recent call last)" in ended.err
    assert "config.yaml: does not exist" in ended.err


def test_debug_counts_as_an_option_only_where_it_is_one(command: Command, tmp_path: Path) -> None:
    ended = command("mappings", "explain", "--file", tmp_path / "none.yaml", "--", "--debug")
    assert ended.code == 1
    assert "none.yaml: does not exist" in ended.errors[0]


FAILURES = {
    "of the bridge": (BridgeError("The clinic is closed; open it."), "The clinic is closed; open it."),
    "of a file": (
        FileNotFoundError(2, "No such file or directory", "photo.jpg"),
        "photo.jpg cannot be used (No such file or directory); check its path and permissions.",
    ),
    "of a connection": (
        TimeoutError(),
        "A file or connection cannot be used (TimeoutError); check its path and permissions.",
    ),
    "that nobody thought of": (
        ZeroDivisionError("patient 123"),
        "The bridge failed in a way that it should not (ZeroDivisionError); put --debug before the command to see "
        "where, and report that to the bridge's makers.",
    ),
}


def failing_group(error: Exception) -> click.Group:
    """A group like the bridge's own, with one command that fails."""

    @click.group(cls=type(cli))
    @click.option("--debug", is_flag=True)
    def group(debug: bool) -> None:
        """A group."""

    @group.command()
    def fail() -> None:
        raise error

    return group


@pytest.mark.parametrize(("error", "sentence"), FAILURES.values(), ids=FAILURES.keys())
def test_every_failure_is_one_sentence_and_exit_code_1(error: Exception, sentence: str) -> None:
    ended = CliRunner().invoke(failing_group(error), ["fail"])
    assert ended.exit_code == 1
    assert ended.stdout == ""
    assert ended.stderr == f"Error: {sentence}\n"


@pytest.mark.parametrize(("error", "_sentence"), FAILURES.values(), ids=FAILURES.keys())
def test_with_debug_a_failure_comes_through_as_it_is(error: Exception, _sentence: str) -> None:
    ended = CliRunner().invoke(failing_group(error), ["--debug", "fail"])
    assert ended.exception is error


def test_a_terminal_without_the_letters_of_a_name_gets_the_rest(config_file: Path) -> None:
    ended = run("mappings", "explain", "#123-Ωμ-xray.jpg", "--file", config_file, env={"PYTHONIOENCODING": "cp1252"})
    assert ended.code == 0
    assert "result: patient id 123, type Xray" in ended.out


def test_a_reader_that_goes_away_is_no_error(config_file: Path) -> None:
    process = start("mappings", "explain", "#123-headshot.jpg", "--file", config_file, "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait()


@pytest.fixture
def config_file() -> Path:
    """A mapping file, which these commands need."""
    return Path(__file__).parents[2] / "mappings" / "minimal.yaml"


def test_the_installed_command_is_this_one() -> None:
    (script,) = entry_points(group="console_scripts", name="tscharts-bridge")
    assert script.load() is main
