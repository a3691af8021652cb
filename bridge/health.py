"""The health of a bridge: each thing that can be wrong, looked at, in one sentence with the next step."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from bridge.delivery import DIRECT_BODY_BYTES, body_limit_bytes, body_limit_sentence
from bridge.mapping import check_file
from bridge.photos import PhotoState, SqliteStore, Store, StoreError
from bridge.service import chart_account
from bridge.settings import Config, PracticeSettings
from bridge.tscharts import ChartClient, ChartError

_LOW_DISK_BYTES = 2 * 1024**3
_FULL_DISK_BYTES = 256 * 1024**2
_CLOCK_SECONDS = 120
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 15.0
_CHARTS_AT_ONCE = 8


class Status(StrEnum):
    """How a thing stands."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, how it stands, and a sentence for the admin."""

    what: str
    status: Status
    sentence: str


def look(config: Config) -> list[Finding]:
    """Everything, in the order in which it should be mended. Never raises for what it finds."""
    practices = ", ".join(practice.name for practice in config.practices)
    findings = [Finding("config", Status.GOOD, f"{config.file} is complete; its practices: {practices}")]
    for practice in config.practices:
        findings += _mapping(practice)
    for found in _charts(config):
        findings += found
    return [*findings, *_store(config)]


def _mapping(practice: PracticeSettings) -> Iterator[Finding]:
    what = f"mapping {practice.name}"
    result = check_file(practice.mapping)
    for problem in result.problems:
        yield Finding(what, Status.WARNING if problem.warning else Status.BAD, str(problem))
    if result.mapping is not None and result.is_good:
        yield Finding(what, Status.GOOD, f"{practice.mapping} is good, its examples too")


def _charts(config: Config) -> Iterator[list[Finding]]:
    """All charts at the same time, so that those that hang are waited for once, and not as long as a delivery waits."""
    with ThreadPoolExecutor(_CHARTS_AT_ONCE) as pool:
        yield from pool.map(lambda practice: list(_chart(practice, config.web_proxy)), config.practices)


def _chart(practice: PracticeSettings, web_proxy: str | None) -> Iterator[Finding]:
    what = f"chart {practice.name}"
    account = chart_account(practice.chart, web_proxy)
    client = ChartClient(
        replace(
            account,
            connect_timeout_seconds=min(account.connect_timeout_seconds, _CONNECT_SECONDS),
            read_timeout_seconds=min(account.read_timeout_seconds, _ANSWER_SECONDS),
        )
    )
    try:
        found = client.check()
        sentence = f"{practice.chart.url} answers, the account works, it has {len(found.stations)} stations"
        yield Finding(what, Status.GOOD, sentence)
        yield _clock(found.server_time)
        yield _clinic(practice, client)
    except ChartError as error:
        yield Finding(what, Status.BAD, str(error))
    finally:
        client.close()


def _clinic(practice: PracticeSettings, client: ChartClient) -> Finding:
    what = f"clinic {practice.name}"
    today = datetime.now(practice.time_zone).date()
    clinic = client.clinic_on(today)
    if clinic is None:
        sentence = f"the chart has no clinic on {today}; photos that need today's clinic will be held until it has"
        return Finding(what, Status.WARNING, sentence)
    return Finding(what, Status.GOOD, f"today is clinic {clinic.id}, {clinic.location}")


def _clock(server_time: datetime | None) -> Finding:
    if server_time is None:
        return Finding("clock", Status.WARNING, "the chart server does not tell the time, so this clock is unproven")
    apart = abs((datetime.now(UTC) - server_time).total_seconds())
    if apart > _CLOCK_SECONDS:
        sentence = f"this machine and the chart server are {apart:.0f} seconds apart; set this machine's clock"
        return Finding("clock", Status.BAD, sentence)
    return Finding("clock", Status.GOOD, "agrees with the chart server's")


def _store(config: Config) -> Iterator[Finding]:
    try:
        store = SqliteStore(config.data_folder)
    except StoreError as error:
        place = "" if str(config.data_folder) in str(error) else f"{config.data_folder}: "
        yield Finding("store", Status.BAD, f"{place}{error}")
        return
    try:
        yield _disk(store.free_bytes())
        for practice, sentence in store.troubles().items():
            yield Finding(f"delivery {practice}", Status.BAD, f"waiting: {sentence}")
        yield from (_body_limit(practice, store) for practice in config.practices)
        yield _photos(store.counts())
    finally:
        store.close()


def _body_limit(practice: PracticeSettings, store: Store) -> Finding:
    fixed, learned = practice.chart.body_limit_bytes, store.learned_limit(practice.chart.url)
    status = Status.WARNING if body_limit_bytes(learned, fixed) < DIRECT_BODY_BYTES else Status.GOOD
    return Finding(f"size {practice.name}", status, body_limit_sentence(learned, fixed))


def _disk(free_bytes: int) -> Finding:
    free = f"{free_bytes / 1024**3:.1f} GiB free for photos"
    if free_bytes < _FULL_DISK_BYTES:
        return Finding("disk", Status.BAD, f"only {free}; free some space now, or phones will be refused")
    if free_bytes < _LOW_DISK_BYTES:
        return Finding("disk", Status.WARNING, f"only {free}; free some space before the next clinic day")
    return Finding("disk", Status.GOOD, free)


def _photos(counts: dict[PhotoState, int]) -> Finding:
    waiting = counts[PhotoState.QUEUED] + counts[PhotoState.SENDING]
    sentence = f"{waiting} on the way, {counts[PhotoState.DELIVERED]} in the chart, {counts[PhotoState.HELD]} held"
    if counts[PhotoState.HELD]:
        return Finding("photos", Status.WARNING, f"{sentence}; see `tscharts-bridge photos list --state held`")
    return Finding("photos", Status.GOOD, sentence)
