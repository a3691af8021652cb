"""Asking practices' charts which stations and clinics they have, for checking mapping files."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bridge.errors import Problem
from bridge.mapping import ChartWords, keep_chart_words, kept_chart_words
from bridge.reaching import chart_account
from bridge.settings import Config, PracticeSettings
from bridge.tscharts import ChartClient, ChartError

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 20.0


@dataclass(frozen=True)
class AskedChart:
    """What a practice's chart said now, or before, where `away` says why it does not answer. `words` None: never."""

    practice: PracticeSettings
    words: ChartWords | None
    away: str = ""

    def problem(self, file: Path) -> Problem | None:
        """What is to be told with a file that was compared with an old answer, or with none."""
        if not self.away:
            return None
        name = self.practice.name
        if self.words is None:
            message = f"the chart of {name} cannot be asked and never was before: {self.away}"
            return Problem(file, message)
        local = self.words.asked_at.astimezone(self.practice.time_zone)
        message = f"is compared with what the chart of {name} said on {local:%Y-%m-%d at %H:%M}, as now: {self.away}"
        return Problem(file, message, warning=True)


def ask_charts(practices: Iterable[PracticeSettings], config: Config) -> dict[str, AskedChart]:
    """Ask the chart of each practice, once; answers are kept in the data folder for a day on which it is away."""
    return {practice.name: _ask(practice, config) for practice in practices}


def _ask(practice: PracticeSettings, config: Config) -> AskedChart:
    kept = config.data_folder / "mappings" / f"chart-{practice.name}.json"
    try:
        words = _asked(practice, config)
    except ChartError as error:
        return AskedChart(practice, kept_chart_words(kept), str(error))
    with contextlib.suppress(OSError):
        keep_chart_words(words, kept)
    return AskedChart(practice, words)


def _asked(practice: PracticeSettings, config: Config) -> ChartWords:
    """Raises ChartError."""
    account = chart_account(practice.chart, config.web_proxy)
    patience = replace(
        account,
        connect_timeout_seconds=min(account.connect_timeout_seconds, _CONNECT_SECONDS),
        read_timeout_seconds=min(account.read_timeout_seconds, _ANSWER_SECONDS),
    )
    with contextlib.closing(ChartClient(patience)) as client:
        stations = tuple(station.name for station in client.stations())
        clinics = frozenset(clinic.id for clinic in client.clinics())
    return ChartWords(practice.name, stations, clinics, datetime.now(UTC))
