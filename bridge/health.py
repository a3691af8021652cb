"""The health of a bridge: each thing that can be wrong, looked at, in one sentence with the next step."""

import contextlib
import platform
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bridge import __version__
from bridge.delivery import DIRECT_BODY_BYTES, body_limit_bytes, body_limit_sentence
from bridge.findings import Finding, Status
from bridge.mapping import check_file, last_good
from bridge.medimage import ReadSettings, proxy_trouble
from bridge.photos import MoveState, PhotoState, Store, StoreError, open_store
from bridge.reaching import chart_account, read_settings, read_source
from bridge.settings import Config, PracticeSettings, kept_mapping
from bridge.tls import TlsError, TlsSettings, check_pair
from bridge.tscharts import ChartClient, ChartError

_LOW_DISK_BYTES = 2 * 1024**3
_FULL_DISK_BYTES = 256 * 1024**2
_CLOCK_SECONDS = 120
_SERVERS_AT_ONCE = 8
_MOST_MOVES = 10
_STUCK = "this move of an image cannot go on; ask for it again, or look at both patients in the chart."


@dataclass(frozen=True)
class Waits:
    """How long a server is waited for: to connect, and for its answer."""

    connect_seconds: float = 10.0
    answer_seconds: float = 15.0


_PATIENT = Waits()


def look(config: Config, store: Store | None = None, waits: Waits = _PATIENT) -> list[Finding]:
    """Everything, in the order in which it should be mended. `store` is that of a bridge that runs; without one, the
    config's is opened. Never raises for what it finds.
    """
    practices = ", ".join(practice.name for practice in config.practices)
    findings = [
        Finding("version", Status.GOOD, f"bridge {__version__}, Python {platform.python_version()}"),
        Finding("config", Status.GOOD, f"{config.file} is complete; its practices: {practices}"),
    ]
    findings += [*_tls(config), *_notices(config), *_copies(config), _staff(config)]
    for practice in config.practices:
        findings += _of(practice, _mapping(practice, config))
    for found in _charts(config, waits):
        findings += found
    return [*findings, *_store(config, store, waits)]


def _of(practice: PracticeSettings, findings: Iterable[Finding]) -> list[Finding]:
    return [replace(finding, practice=practice.name) for finding in findings]


def _tls(config: Config) -> Iterator[Finding]:
    files = config.server.tls
    if files is None:
        return
    try:
        check_pair(TlsSettings(files.certificate_file, files.key_file))
    except TlsError as error:
        yield Finding("https", Status.BAD, str(error))
    else:
        yield Finding("https", Status.GOOD, f"{files.certificate_file} is valid, and the key is its own")


def _staff(config: Config) -> Finding:
    """Who may look patients' images up through the bridge."""
    staff = config.staff
    if staff.allow is None:
        photos = "photos and moves are the admins' alone" if staff.admins else "nobody may use photos and moves there"
        sentence = f"every user of the chart may look up images through the bridge, and {photos}; see `staff.allow`"
        return Finding("staff", Status.WARNING, sentence)
    return Finding("staff", Status.GOOD, f"{len(staff.allow | staff.admins)} users may use the bridge")


def _notices(config: Config) -> Iterator[Finding]:
    """Only commands can be looked at without telling anybody anything."""
    for number, notice in enumerate(config.notices, start=1):
        if not notice.command:
            continue
        program = notice.command[0]
        found = shutil.which(program)
        sentence = f"{found} is there" if found else f"there is no program {program} that can be run; check its path"
        yield Finding(f"notice {number}", Status.GOOD if found else Status.BAD, sentence)


def _copies(config: Config) -> Iterator[Finding]:
    for folder in config.copies.folders:
        if _is_folder(folder):
            yield Finding("copies", Status.GOOD, f"{folder} is there")
        else:
            sentence = f"{folder} is not there, so its copies wait; plug its drive in, or make the folder"
            yield Finding("copies", Status.WARNING, sentence)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _mapping(practice: PracticeSettings, config: Config) -> Iterator[Finding]:
    what = f"mapping {practice.name}"
    result = check_file(practice.mapping, [each.name for each in config.practices])
    for problem in result.problems:
        yield Finding(what, Status.WARNING if problem.warning else Status.BAD, str(problem))
    if result.mapping is not None and result.is_good:
        yield Finding(what, Status.GOOD, f"{practice.mapping} is good{result.examples_note}")
    elif not result.is_good:
        good = last_good(kept_mapping(config.data_folder, practice.name))
        yield Finding(what, Status.WARNING, _stays_in_force(practice, good))


def _stays_in_force(practice: PracticeSettings, good: tuple[str, datetime] | None) -> str:
    """By what photos are filed while a mapping file is broken."""
    if good is None:
        return "there is no earlier version to go on with, so the bridge does not start until the file is mended"
    version, since = good
    local = since.astimezone(practice.time_zone)
    return f"version {version} of {local:%Y-%m-%d %H:%M}, the last good one, stays in force until the file is mended"


def _charts(config: Config, waits: Waits) -> Iterator[list[Finding]]:
    """All charts at the same time, so that those that hang are waited for once, and not as long as a delivery waits."""
    with ThreadPoolExecutor(_SERVERS_AT_ONCE) as pool:
        asked = [(each, pool.submit(list, _chart(each, config.web_proxy, waits))) for each in config.practices]
        yield from (_of(practice, found.result()) for practice, found in asked)


def _chart(practice: PracticeSettings, web_proxy: str | None, waits: Waits) -> Iterator[Finding]:
    what = f"chart {practice.name}"
    account = chart_account(practice.chart, web_proxy)
    client = ChartClient(
        replace(
            account,
            connect_timeout_seconds=min(account.connect_timeout_seconds, waits.connect_seconds),
            read_timeout_seconds=min(account.read_timeout_seconds, waits.answer_seconds),
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
    here = datetime.now(UTC)
    apart = abs((here - server_time).total_seconds())
    if apart > _CLOCK_SECONDS:
        sentence = (
            f"this machine and the chart server are {apart:.0f} seconds apart; set the clock that is wrong: "
            f"here it is {here:%Y-%m-%d %H:%M} UTC, there {server_time:%Y-%m-%d %H:%M} UTC"
        )
        return Finding("clock", Status.BAD, sentence)
    return Finding("clock", Status.GOOD, "agrees with the chart server's")


def _store(config: Config, running: Store | None, waits: Waits) -> Iterator[Finding]:
    try:
        if running is not None:
            yield from _in_store(config, running, waits)
            return
        with contextlib.closing(open_store(config.data_folder, config.database)) as store:
            yield from _in_store(config, store, waits)
    except StoreError as error:
        place = "" if config.database or str(config.data_folder) in str(error) else f"{config.data_folder}: "
        yield Finding("store", Status.BAD, f"{place}{error}")


def _in_store(config: Config, store: Store, waits: Waits) -> Iterator[Finding]:
    yield _disk(store.free_bytes())
    if config.database is not None:
        yield from _database(store)
    for practice, sentence in store.troubles().items():
        yield Finding(f"delivery {practice}", Status.BAD, f"waiting: {sentence}", practice)
    for each in config.practices:
        yield from _of(each, [_body_limit(each, store)])
    yield from _proxies(config, store, waits)
    yield from _moves(config, store)
    yield _photos(store.counts())


def _proxies(config: Config, store: Store, waits: Waits) -> Iterator[Finding]:
    """All MedImage proxies that are read from, at the same time. Nothing is taken from them."""
    settings = replace(
        read_settings(config), connect_seconds=waits.connect_seconds, answer_seconds=waits.answer_seconds
    )
    with ThreadPoolExecutor(_SERVERS_AT_ONCE) as pool:
        asked = [
            (practice, pool.submit(_proxy, config, practice, url, store.guid_of(practice.name), settings))
            for practice in config.practices
            for url in practice.read_from
        ]
        for practice, found in asked:
            yield from _of(practice, [found.result()])


def _proxy(config: Config, practice: PracticeSettings, url: str, paired: str | None, settings: ReadSettings) -> Finding:
    what, guid = f"proxy {practice.name}", practice.guid or paired
    if guid is None:
        sentence = f"nothing is read until a phone is paired: `tscharts-bridge pair --practice {practice.name}`"
        return Finding(what, Status.WARNING, sentence)
    source = read_source(config, practice, url, guid)
    trouble = proxy_trouble(source, settings)
    if trouble is not None:
        return Finding(what, Status.BAD, trouble)
    return Finding(what, Status.GOOD, f"the MedImage proxy {source.host} answers")


def _moves(config: Config, store: Store) -> Iterator[Finding]:
    """Moves of images to other patients that a person must look at."""
    for chart in sorted({practice.chart.url for practice in config.practices}):
        for move in store.moves_wanted(chart, state=MoveState.STUCK, limit=_MOST_MOVES):
            yield Finding(f"move {move.id}", Status.WARNING, move.trouble or _STUCK)


def _database(store: Store) -> Iterator[Finding]:
    doubts = store.doubts()
    for doubt in doubts:
        yield Finding("database", Status.BAD, doubt)
    if not doubts:
        yield Finding("database", Status.GOOD, "answers, takes writes, and keeps what it has said to have kept")


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
