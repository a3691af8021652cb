"""What a practice's chart knows, for comparing a mapping file with it: stations and clinics, and when it was asked."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bridge.mapping.findings import Findings
from bridge.mapping.written import written_clinics, written_stations
from bridge.whole_files import write_whole
from bridge.yamlfile import did_you_mean


@dataclass(frozen=True)
class ChartWords:
    """The names of a chart's stations and the ids of its clinics. `asked_at` is UTC-aware."""

    practice: str
    stations: tuple[str, ...]
    clinics: frozenset[int]
    asked_at: datetime


def doubt_chart(chart: ChartWords, findings: Findings) -> None:
    """Note stations and clinics of a file that a chart does not know, each name once."""
    seen: set[str] = set()
    for word in written_stations(findings.document):
        if word.text not in seen and (message := _station(word.text, chart)):
            findings.error(word.path, message)
        seen.add(word.text)
    for word in written_clinics(findings.document):
        if int(word.text) not in chart.clinics:
            message = f"the chart of {chart.practice} has no clinic {word.text}; {_known(chart.clinics)}"
            findings.error(word.path, message)


def keep_chart_words(chart: ChartWords, file: Path) -> None:
    """Keep them for a day on which the chart is away, whole or not at all. Raises OSError."""
    text = json.dumps(
        {
            "practice": chart.practice,
            "asked_at": chart.asked_at.isoformat(),
            "stations": list(chart.stations),
            "clinics": sorted(chart.clinics),
        },
        indent=2,
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text.encode())


def kept_chart_words(file: Path) -> ChartWords | None:
    """What was kept, None when there is nothing that can be used."""
    try:
        data = json.loads(file.read_text("utf-8"))
        asked_at = datetime.fromisoformat(data["asked_at"])
        stations = tuple(map(str, data["stations"]))
        chart = ChartWords(str(data["practice"]), stations, frozenset(map(int, data["clinics"])), asked_at)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return chart if asked_at.tzinfo else None


def _station(name: str, chart: ChartWords) -> str:
    """What is wrong with a station's name; "" when the chart has one such station, as its directory looks it up."""
    wanted = name.strip()
    exact = [each for each in chart.stations if each == wanted]
    loose = [each for each in chart.stations if each.strip().casefold() == wanted.casefold()]
    fitting = exact or loose
    if len(fitting) == 1:
        return ""
    if fitting:
        return f"the chart of {chart.practice} has {len(fitting)} stations named `{name}`; rename one of them there"
    known = list(dict.fromkeys(chart.stations))
    return f"the chart of {chart.practice} has no station `{name}`; {did_you_mean(name, known) or 'it has none yet'}"


def _known(clinics: Iterable[int]) -> str:
    newest = sorted(clinics)[-10:]
    return f"its newest are {', '.join(map(str, newest))}" if newest else "it has none yet"
