"""`mappings check` and `mappings explain`."""

from pathlib import Path

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_json, print_line
from bridge.errors import Problem
from bridge.mapping import CheckResult, check_file, explain, load_mapping


@click.group()
def mappings() -> None:
    """Check and explain mapping files."""


@mappings.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@json_option
@pass_bridge
@click.pass_context
def check_mappings(context: click.Context, bridge: Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Check mapping FILES, or those of the config, and run their examples; exit code 1 when one is wrong."""
    chosen = files or tuple(dict.fromkeys(practice.mapping for practice in bridge.config().practices))
    results = {file: check_file(file) for file in chosen}
    if as_json:
        print_json([_as_json(file, result) for file, result in results.items()])
    else:
        for file, result in results.items():
            _print_result(file, result)
    if not all(result.is_good for result in results.values()):
        context.exit(1)


@mappings.command("explain")
@click.argument("name")
@click.option("--file", type=click.Path(path_type=Path), help="A mapping file; otherwise the practice's.")
@click.option("--practice", help="The practice whose mapping is meant, when there are several.")
@json_option
@pass_bridge
def explain_name(bridge: Context, name: str, file: Path | None, practice: str | None, as_json: bool) -> None:
    """Show, word by word, what the mapping makes of a file NAME."""
    mapping = load_mapping(file or bridge.practice(practice).mapping)
    explanation = explain(name, mapping)
    if as_json:
        print_json(explanation.to_json())
    else:
        for line in explanation.lines:
            click.echo(line)


def _print_result(file: Path, result: CheckResult) -> None:
    for problem in result.problems:
        print_line(f"{'Warning' if problem.warning else 'Error'}: {problem}")
    if result.is_good:
        print_line(f"{file}: good, its examples too")


def _as_json(file: Path, result: CheckResult) -> dict[str, object]:
    return {"file": str(file), "good": result.is_good, "problems": [_problem(p) for p in result.problems]}


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "line": problem.line,
        "column": problem.column,
        "field": problem.field,
        "message": problem.message,
        "warning": problem.warning,
    }
