"""Outages at the chart: it is away, its account does not work any more, something else answers in its place.

Each stops one practice with one sentence, holds no photo, and what waited flows once the cause is gone.
"""

import logging
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from outage_tools import (
    HandClock,
    as_charts_admin,
    deliverer_by,
    flows,
    outage_config,
    send,
    told,
    trouble,
)

from bridge.config import load_config
from bridge.photos import PhotoState, SqliteStore
from bridge.photos.tables import photos
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import running_bridge
from phone import check, wait_until

WAITING = 5000
DAYS = 5
NOTHING_THERE = "Nothing takes a connection at {}; check that the chart server runs, its address and port."
TOKEN_REFUSED = "The chart server does not accept the bridge's token; make a new one, or use a username and password."
LOGIN_REFUSED = "The chart server does not accept this username and password; correct them."
DEACTIVATE = "UPDATE users SET active = 0, token = 'refused' WHERE username = 'bridge'"
"""What a deactivated user's requests and logins are answered: 401 and 403."""

LET_IN = "UPDATE users SET active = 1 WHERE username = 'bridge'"
PORTAL = (
    "Something between the bridge and the chart answered (a sign-in page of the network?); open the chart in a browser "
    "on this computer and sign in to the network if asked."
)


@pytest.fixture(autouse=True)
def _everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bridge")


def as_waiting_for_days(config: Config) -> int:
    """Many photos came in while the chart was away: copies of those in the store, with links to their bytes."""
    store = SqliteStore(config.data_folder)
    try:
        with store.writing() as connection:
            originals = [dict(row) for row in connection.execute(sa.select(photos)).mappings()]
            copies = [_copy(store, originals[number % len(originals)], number) for number in range(WAITING)]
            connection.execute(photos.insert(), copies)
        return store.counts()[PhotoState.QUEUED]
    finally:
        store.close()


def _copy(store: SqliteStore, original: dict[str, object], number: int) -> dict[str, object]:
    """A photo that stands in its patient's line behind the original, some hours later, days ago."""
    key = f"{number:032x}"
    os.link(store.files.path(str(original["bytes_key"])), store.files.path(key))
    letters = "".join(chr(97 + int(digit)) for digit in str(number))
    name = str(original["name"]).replace("#x-ray", f"#x-ray-{letters}")
    at = original["order_at"] + timedelta(seconds=number)
    new = {"name": name, "check_key": name, "sha256": f"{number:064x}", "bytes_key": key, "waits": True, "order_at": at}
    return {column: value for column, value in original.items() if column != "id"} | new


def flows_again(bridge: Service) -> None:
    """Of 11 photos, one was delivered before the outage, and four came when it had begun: no less than these five are
    delivered. Those that were tried wait a minute from then.
    """
    wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] >= 5)
    wait_until(lambda: bridge.store.troubles() == {})
    assert bridge.store.counts()[PhotoState.HELD] == 0


def test_a_chart_away_for_days_with_thousands_waiting_is_asked_gently_and_takes_todays_photos_first(
    tmp_path: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    config = outage_config(tmp_path, chart.url)
    chart.stop()
    with running_bridge(config) as bridge:
        send(bridge, *range(12), days_ago=DAYS)
        assert trouble(bridge) == NOTHING_THERE.format(chart.url)
    assert as_waiting_for_days(config) == WAITING + 12
    caplog.clear()
    with running_bridge(config) as bridge:
        time.sleep(2)
        tries = sum("event=attempt-failed" in record.getMessage() for record in caplog.records)
        assert 0 < tries < 20
        started = time.monotonic()
        todays = send(bridge, *range(12), kind="headshot")
        assert time.monotonic() - started < 10
        assert told(caplog, "chart-away") == 0
        chart.start()
        wait_until(lambda: all(check(bridge.web.port, name).body == b"false" for name in todays), 30)
        assert told(caplog, "chart-back") == 1
        assert bridge.store.counts()[PhotoState.QUEUED] > WAITING / 2
        assert bridge.store.counts()[PhotoState.HELD] == 0


def test_a_token_that_is_revoked_stops_the_practice_until_there_is_another(
    tmp_path: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    token = tmp_path / "chart-token"
    token.write_text(chart.token("bridge"))
    config = outage_config(tmp_path, chart.url, account="token_file: chart-token")
    with running_bridge(config) as bridge:
        send(bridge, 1)
        flows(bridge, 1)
        as_charts_admin(tmp_path / "chart.db", "UPDATE users SET token = 'anew' WHERE username = 'bridge'")
        send(bridge, *range(2, 8))
        assert trouble(bridge) == TOKEN_REFUSED
        send(bridge, *range(8, 12))
        time.sleep(0.5)
        assert told(caplog, "chart-away") == 1
        assert bridge.store.counts()[PhotoState.QUEUED] == 10
    token.write_text("anew")
    with running_bridge(load_config(config.file)) as bridge:
        flows_again(bridge)


def test_a_token_that_is_revoked_is_nothing_to_a_bridge_with_a_password(
    tmp_path: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    with running_bridge(outage_config(tmp_path, chart.url)) as bridge:
        send(bridge, 1)
        flows(bridge, 1)
        as_charts_admin(tmp_path / "chart.db", "UPDATE users SET token = 'anew' WHERE username = 'bridge'")
        send(bridge, 2)
        flows(bridge, 2)
    assert told(caplog, "chart-away") == 0


def test_a_user_that_is_deactivated_stops_the_practice_and_does_not_hammer_the_login(
    tmp_path: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    config = outage_config(tmp_path, chart.url)
    with running_bridge(config) as bridge:
        send(bridge, 1)
        flows(bridge, 1)
        as_charts_admin(tmp_path / "chart.db", DEACTIVATE)
        send(bridge, *range(2, 8))
        assert trouble(bridge) == LOGIN_REFUSED
        send(bridge, *range(8, 12))
        time.sleep(1)
        logins = sum("login" in request.path for request in chart.requests)
        assert logins <= 1 + 2 * config.delivery.workers
        assert told(caplog, "chart-away") == 1
        assert bridge.store.counts()[PhotoState.QUEUED] == 10
    as_charts_admin(tmp_path / "chart.db", LET_IN)
    with running_bridge(config) as bridge:
        flows_again(bridge)


def test_an_account_that_was_refused_is_tried_again_a_minute_later_without_a_restart(
    tmp_path: Path, chart: SandboxServer
) -> None:
    clock = HandClock()
    with running_bridge(outage_config(tmp_path, chart.url)) as bridge:
        bridge.deliverer.stop()
        as_charts_admin(tmp_path / "chart.db", DEACTIVATE)
        send(bridge, 1, 2)
        deliverer = deliverer_by(clock, bridge)
        assert deliverer.deliver_next()
        assert trouble(bridge) == LOGIN_REFUSED
        as_charts_admin(tmp_path / "chart.db", LET_IN)
        clock.now += 59
        assert not deliverer.deliver_next()
        clock.now += 1
        assert deliverer.deliver_next()
        assert len(chart.images()) == 1
        assert bridge.store.troubles() == {}


@pytest.mark.parametrize(
    "fault", [Fault(FaultKind.PORTAL_PAGE), Fault(FaultKind.PORTAL_REDIRECT)], ids=lambda fault: fault.kind.value
)
def test_a_captive_portal_stops_the_practice_and_is_never_taken_for_the_chart(
    tmp_path: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    chart.faults.add(fault)
    with running_bridge(outage_config(tmp_path, chart.url)) as bridge:
        send(bridge, *range(6))
        assert trouble(bridge) == PORTAL
        time.sleep(1)
        assert told(caplog, "chart-away") == 1
        assert chart.images() == ()
        chart.faults.clear()
        flows(bridge, 6)
    assert told(caplog, "chart-back") == 1
    assert len(chart.images()) == 6
