"""`mappings check`, and the group of commands about mapping files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from bridge.cli.chart_words import AskedChart, ask_charts
from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_json, print_line
from bridge.errors import InputProblemsError, Problem
from bridge.mapping import CheckResult, check_file
from bridge.settings import Config, PracticeSettings

_WIDEST = 100
"""Characters shown of a line of the file."""


@click.group()
def mappings() -> None:
    """Check and explain mapping files."""


@dataclass(frozen=True)
class _Checked:
    """A file, its text for showing lines of it, what was found, and the charts it was compared with."""

    file: Path
    result: CheckResult
    charts: tuple[AskedChart, ...]

    def source(self, problem: Problem) -> str:
        """The line of the file that a problem is about, "" when there is none."""
        lines = _text(self.file).splitlines()
        return lines[problem.line - 1] if problem.line and problem.line <= len(lines) else ""


@mappings.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--chart", "with_chart", is_flag=True, help="Compare stations and clinics with the practices' charts too."
)
@click.option("--practice", help="The practice whose chart is meant, when a file is not in the config.")
@json_option
@pass_bridge
@click.pass_context
def check_mappings(
    context: click.Context,
    bridge: Context,
    files: tuple[Path, ...],
    with_chart: bool,
    practice: str | None,
    as_json: bool,
) -> None:
    """Check mapping FILES, or those of the config, and run their examples.

    Each error and warning comes with its file, line and column, the line itself, and what to write instead. With
    --chart the practices' charts are asked for their stations and clinics; what they say is kept in the data folder
    and used, with its date, while they are away.

    Exit code 0: good, maybe with warnings. 1: errors. 2: asked wrongly.

    \b
    --json prints a list with one object for each file:
      file      its path
      good      false when there are errors
      charts    charts it was compared with: practice, asked_at (null: never), away (why it is, or null)
      problems  errors first; each has
        line, column    from 1; null when it is not about one place
        field           the setting, as in types.Xray.aliases[0]
        text            the line of the file
        message         what is wrong and what to write instead
        warning         true when the file works in spite of it
    """
    if practice and not with_chart:
        raise click.UsageError("--practice says whose chart to ask; add --chart.")
    config = bridge.config() if with_chart or not files else _config_if_any(bridge)
    chosen = files or tuple(dict.fromkeys(each.mapping for each in config.practices)) if config else files
    users = {file: _users(file, practice, bridge, config) if with_chart and config else () for file in chosen}
    asked = ask_charts({each.name: each for each in sum(users.values(), ())}.values(), config) if config else {}
    names = [each.name for each in config.practices] if config else None
    checked = [_check(file, names, tuple(asked[each.name] for each in users[file])) for file in chosen]
    if as_json:
        print_json([_as_json(each) for each in checked])
    else:
        for each in checked:
            _print_result(each)
    if not all(each.result.is_good for each in checked):
        context.exit(1)


def _config_if_any(bridge: Context) -> Config | None:
    """The config, when there is one that can be read: checking a file by itself needs none."""
    try:
        return bridge.config() if bridge.config_file.is_file() else None
    except InputProblemsError:
        return None


def _users(file: Path, name: str | None, bridge: Context, config: Config) -> tuple[PracticeSettings, ...]:
    """The practices whose charts a file is compared with. Raises click.UsageError when that must be said."""
    if name:
        return (bridge.practice(name),)
    users = tuple(each for each in config.practices if each.mapping.resolve() == file.resolve())
    if not users and len(config.practices) > 1:
        known = ", ".join(each.name for each in config.practices)
        raise click.UsageError(f"{file} is no practice's mapping; say whose chart is meant with --practice: {known}.")
    return users or config.practices


def _check(file: Path, practices: Sequence[str] | None, charts: tuple[AskedChart, ...]) -> _Checked:
    result = check_file(file, practices, [chart.words for chart in charts if chart.words])
    told = [problem for chart in charts if (problem := chart.problem(file))]
    problems = sorted((*result.problems, *told), key=lambda problem: problem.warning)
    return _Checked(file, replace(result, problems=tuple(problems)), charts)


def _print_result(checked: _Checked) -> None:
    for problem in checked.result.problems:
        print_line(f"{'Warning' if problem.warning else 'Error'}: {_sentence(problem)}")
        _print_source(checked.source(problem), problem.column or 1)
    if checked.result.is_good:
        print_line(f"{checked.file}: good{checked.result.examples_note}")


def _sentence(problem: Problem) -> str:
    where = f"{problem.file}"
    where += f", line {problem.line}" if problem.line is not None else ""
    where += f", column {problem.column}" if problem.column is not None else ""
    where += f", {problem.field}" if problem.field else ""
    return f"{where}: {problem.message}"


def _print_source(line: str, column: int) -> None:
    """The line with a mark below the place; of a long line the part around it."""
    if not line.strip():
        return
    start = max(0, column - _WIDEST // 2) if len(line) > _WIDEST else 0
    print_line(f"    {line[start : start + _WIDEST]}".replace("\t", " "))
    print_line(f"    {' ' * (column - 1 - start)}^")


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return ""


def _as_json(checked: _Checked) -> dict[str, object]:
    return {
        "file": str(checked.file),
        "good": checked.result.is_good,
        "charts": [_chart(chart) for chart in checked.charts],
        "problems": [_problem(problem, checked.source(problem)) for problem in checked.result.problems],
    }


def _chart(chart: AskedChart) -> dict[str, object]:
    asked_at = chart.words.asked_at.isoformat() if chart.words else None
    return {"practice": chart.practice.name, "asked_at": asked_at, "away": chart.away or None}


def _problem(problem: Problem, text: str) -> dict[str, object]:
    return {
        "line": problem.line,
        "column": problem.column,
        "field": problem.field,
        "text": text,
        "message": problem.message,
        "warning": problem.warning,
    }
