"""What commands print: tables and JSON on stdout, errors on stderr; and the numbers they take."""

import json
from collections.abc import Sequence
from typing import Any

import click

_MOST = 2**63 - 1
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class WholeNumber(click.IntRange):
    """A whole number from `low` to `high`, by default the most that a database holds."""

    name = "number"

    def __init__(self, low: int, high: int = _MOST) -> None:
        super().__init__(low, None if high == _MOST else high)
        self._range = f"from {low} up" if high == _MOST else f"from {low} to {high}"
        self._low, self._high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that was typed. Raises click.BadParameter."""
        text = str(value)
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
        if not self._low <= number <= self._high:
            self.fail(f"`{text}` is not a whole number {self._range}.", param, ctx)
        return number


def print_json(data: Any) -> None:
    """Print data as indented JSON; letters of any language stay readable, what would steer the terminal is escaped."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    click.echo("".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text))


def print_line(text: str) -> None:
    """Print one line on stdout, whatever is in the text."""
    click.echo(_printable(text))


def print_error(sentence: str) -> None:
    """Print what went wrong on stderr, as one line."""
    click.echo(f"Error: {_printable(' '.join(sentence.split()))}", err=True)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings, each column as wide as its longest cell."""
    table = [list(headings), *[[_printable(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    for row in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _printable(text: str) -> str:
    """Without control characters: a file name must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
