"""`mappings explain`: what becomes of a name, and why."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_json, print_line
from bridge.delivery import ChartPlace, place_in_chart
from bridge.holds import Hold
from bridge.mapping import Explanation, Occasion, explain, load_mapping, photo_occasion
from bridge.reaching import chart_account
from bridge.settings import PracticeSettings
from bridge.tags import parse_name
from bridge.tscharts import ChartClient

_TIMES = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]


@click.command("explain")
@click.argument("name")
@click.option("--file", type=click.Path(path_type=Path), help="A mapping file; otherwise the practice's.")
@click.option("--practice", help="The practice whose mapping and chart are meant, when there are several.")
@click.option("--chart", "in_chart", is_flag=True, help="Ask the chart too, and tell what is there in its own names.")
@click.option(
    "--at",
    type=click.DateTime(_TIMES),
    metavar="TIME",
    help="As if the photo was taken then, by the clinic's clocks: 2026-11-21 10:30.",
)
@json_option
@pass_bridge
def explain_name(
    bridge: Context,
    name: str,
    file: Path | None,
    practice: str | None,
    in_chart: bool,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Show, word by word, what the mapping makes of a file NAME: which rules took it, which did not, and why."""
    settings = bridge.practice(practice) if practice or in_chart or file is None else None
    explanation = _explained(name, file, settings, at)
    if not as_json:
        for line in explanation.lines:
            print_line(line)
    found = _in_chart(bridge, settings, explanation) if in_chart and settings else None
    if as_json:
        print_json(explanation.to_json() | {"chart": _as_json(found)})
    elif found is not None:
        print_line(f"  in the chart: {_in_words(found)}")


def _explained(name: str, file: Path | None, settings: PracticeSettings | None, at: datetime | None) -> Explanation:
    """By a file alone, the time in the name counts as it stands; a practice has clocks of its own."""
    if settings is None:
        return explain(name, load_mapping(file or Path()), Occasion(taken_at=at))
    now = datetime.now(UTC)
    of_now = photo_occasion(parse_name(name), settings.name, now, settings.time_zone, now)
    occasion = Occasion(settings.name, at) if at else of_now
    return explain(name, load_mapping(file or settings.mapping), occasion)


def _in_chart(bridge: Context, settings: PracticeSettings, explanation: Explanation) -> ChartPlace | Hold | None:
    """What the practice's chart says, asked with the bridge's own account; None for a name that is held anyway."""
    if explanation.resolution.reference is None:
        return None
    account = chart_account(settings.chart, bridge.config().web_proxy)
    with contextlib.closing(ChartClient(account)) as client:
        return place_in_chart(explanation, client, with_names=True)


def _in_words(found: ChartPlace | Hold) -> str:
    return f"held ({found.reason}): {found.sentence}" if isinstance(found, Hold) else "; ".join(found.parts)


def _as_json(found: ChartPlace | Hold | None) -> dict[str, object] | None:
    """`place` and `hold`, one of them None; None when the chart was not asked."""
    if found is None:
        return None
    if isinstance(found, Hold):
        return {"place": None, "hold": {"reason": found.reason.value, "sentence": found.sentence}}
    return {"place": found.to_json(), "hold": None}
