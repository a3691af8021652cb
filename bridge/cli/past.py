"""What commands about the past share: since when, a progress bar, and the mapping files that are in force."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TextIO, TypeVar
from zoneinfo import ZoneInfo

import click

from bridge.cli.context import Context
from bridge.mapping import Mapping, MappingShelf
from bridge.settings import PracticeSettings, kept_mapping

Item = TypeVar("Item")
Function = TypeVar("Function", bound=Callable[..., object])
_SPAN = re.compile(r"([0-9]{1,4})([hdw])", re.ASCII)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_STEPS = 200
"""So often is a progress bar drawn anew."""


def since_option(default: str) -> Callable[[Function], Function]:
    """The option `--since`, as `12h`, `30d` or `8w`: it gives that moment, UTC-aware."""
    return click.option(
        "--since", default=default, show_default=True, callback=_moment, help="How far back: 12h, 30d or 8w."
    )


def progress(items: Iterable[Item], count: int, label: str, stream: TextIO | None = None) -> Iterator[Item]:
    """The same items, with a bar for `count` of them drawn on `stream` (stderr) while they go by, if it is a terminal.

    When nobody wants a bar, take the items as they are.
    """
    shown_on = stream or sys.stderr
    if not shown_on.isatty():
        yield from items
        return
    steps = max(1, count // _STEPS)
    with click.progressbar(items, length=count, label=label, file=shown_on, update_min_steps=steps) as bar:
        yield from bar


@dataclass(frozen=True)
class Moment:
    """When a command looks at the past: the practices' time zones, the time (UTC), and whether nobody looks on."""

    zones: dict[str, ZoneInfo]
    now: datetime
    is_quiet: bool


def practices_sharing(bridge: Context, name: str | None) -> list[PracticeSettings]:
    """The practice of this name; without one, all of them when they share one mapping file. Raises click.UsageError."""
    practices = list(bridge.config().practices)
    if name is None and len({practice.mapping for practice in practices}) == 1:
        return practices
    return [bridge.practice(name)]


def mappings_in_force(bridge: Context, practices: Iterable[PracticeSettings]) -> dict[str, Mapping]:
    """The version that a bridge starting now would map by, by practice: the file's, or the last good one when the file
    is broken or gone. Nothing is kept or changed. Raises InputProblemsError when there is none.
    """
    folder = bridge.config().data_folder
    chosen = {practice.name: practice.mapping for practice in practices}
    shelf = MappingShelf(chosen, kept={name: kept_mapping(folder, name) for name in chosen})
    return {name: shelf.mapping_for(name) for name in chosen}


def _moment(_context: click.Context, _option: click.Parameter, text: str) -> datetime:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"`{text}` is not a span of time; write 12h, 30d or 8w.")
    return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
