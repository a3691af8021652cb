"""A practice's chart, asked with the practice's own account; and what commands about the chart share."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click

from bridge.charting import Caller, Catalogue, Chart, ChartReader, FileCache, FixedLimit, RefusedError, Thumbnails
from bridge.cli.context import Context, actor
from bridge.delivery import DIRECT_BODY_BYTES
from bridge.imaging import Workshop
from bridge.photos import Store, chart_key
from bridge.reaching import chart_account
from bridge.settings import Config, PracticeSettings
from bridge.tscharts import ChartAccount, ChartClient, ChartRelay, ChartTokenError

MOST_REASON_LETTERS = 500
practice_option = click.option("--practice", help="The practice whose chart it is, when there are several charts.")


@dataclass(frozen=True)
class OwnChart:
    """One practice's chart while a command asks it; `caller` is who is noted."""

    practice: str
    chart: Chart
    client: ChartClient
    authorization: str = field(repr=False)
    caller: Caller

    @property
    def reader(self) -> ChartReader:
        """Reads the chart with the practice's account."""
        return ChartReader(self.chart, self.authorization)


@contextlib.contextmanager
def own_chart(bridge: Context, practice: str | None) -> Iterator[OwnChart]:
    """The chart of a practice, or of all, until the block ends. Raises BridgeError when it cannot be asked."""
    config = bridge.config()
    settings = bridge.practice(practice or _default(config))
    account = chart_account(settings.chart, config.web_proxy)
    with contextlib.closing(ChartClient(account)) as client, contextlib.closing(ChartRelay(account)) as relay:
        chart = Chart(_practices(config, settings), relay, FixedLimit(DIRECT_BODY_BYTES))
        caller = Caller(digest="", username=actor())
        try:
            yield OwnChart(settings.name, chart, client, f"Token {_token(account, client)}", caller)
        except RefusedError as refusal:
            if refusal.status == 401:
                raise ChartTokenError from refusal
            raise


def small_pictures(config: Config, store: Store) -> Thumbnails:
    """The small pictures that the bridge keeps, of which commands make none: those of images that are gone go, as soon
    as its `catalogue` learns it.
    """
    return Thumbnails(Catalogue(store), Workshop(1), FileCache(config.data_folder / "thumbnails"))


def plain_text(_context: click.Context, _parameter: click.Parameter, value: Any) -> str:
    """A text, or the words of one, that a person typed: not empty, without control characters. Raises BadParameter."""
    text = " ".join((value if isinstance(value, str) else " ".join(value)).split())
    if not text:
        raise click.BadParameter("must not be empty.")
    if not text.isprintable() or len(text) > MOST_REASON_LETTERS:
        raise click.BadParameter(f"must be plain text of at most {MOST_REASON_LETTERS} letters.")
    return text


def _default(config: Config) -> str | None:
    """The practice that is meant where none is named, as at the doors; None when several charts could be."""
    if config.charting.default_practice is not None:
        return config.charting.default_practice
    charts = {chart_key(practice.chart.url) for practice in config.practices}
    return config.practices[0].name if len(charts) == 1 else None


def _practices(config: Config, one: PracticeSettings) -> frozenset[str]:
    key = chart_key(one.chart.url)
    return frozenset(each.name for each in config.practices if chart_key(each.chart.url) == key)


def _token(account: ChartAccount, client: ChartClient) -> str:
    return (account.token or client.login().token).reveal()
