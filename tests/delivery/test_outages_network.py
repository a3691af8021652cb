"""Outages on the way to the chart: its name is not known, its certificate is not valid, a clock is wrong."""

import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from outage_tools import TlsFront, certificate_file, flows, outage_config, send, told, trouble

from bridge.photos import PhotoState
from bridge.photos.tables import photos
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge_runner import running_bridge
from phone import wait_until

NO_NAME = "This network does not know the name in {}; check the address and the network."
EXPIRED = "The certificate of {} has expired; ask the chart's operator to renew it, and check this computer's clock."
NOT_YET = "The certificate of {} is not valid yet; check this computer's clock."
SLOWEST_RESOLVER_SECONDS = 40


@pytest.fixture(autouse=True)
def _everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bridge")


def test_a_name_that_the_network_does_not_know_stops_the_practice_until_it_is_known(
    tmp_path: Path, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = f"http://chart.invalid:{chart.port}"
    with running_bridge(outage_config(tmp_path, nowhere)) as bridge:
        send(bridge, *range(6))
        assert trouble(bridge, SLOWEST_RESOLVER_SECONDS) == NO_NAME.format(nowhere)
        time.sleep(0.5)
        assert told(caplog, "chart-away") == 1
        assert bridge.store.counts()[PhotoState.HELD] == 0
    with running_bridge(outage_config(tmp_path, chart.url)) as bridge:
        flows(bridge, 6)
    assert len(chart.images()) == 6


@pytest.mark.parametrize(
    ("from_days", "until_days", "sentence"), [(-30, -1, EXPIRED), (1, 30, NOT_YET)], ids=["expired", "not yet valid"]
)
def test_a_certificate_that_is_not_valid_now_stops_the_practice_until_there_is_another(
    tmp_path: Path,
    chart: SandboxServer,
    caplog: pytest.LogCaptureFixture,
    from_days: float,
    until_days: float,
    sentence: str,
) -> None:
    bad, good = certificate_file(tmp_path, from_days, until_days), certificate_file(tmp_path, -1, 30)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(bad.read_bytes() + good.read_bytes())
    with TlsFront(chart.port, bad) as front:
        config = outage_config(tmp_path, front.url, chart=", ca_file: trusted.pem")
        with running_bridge(config) as bridge:
            send(bridge, *range(6))
            assert trouble(bridge) == sentence.format(front.url)
            time.sleep(0.5)
            assert told(caplog, "chart-away") == 1
            assert chart.requests == ()
            front.show(good)
            flows(bridge, 6)
    assert told(caplog, "chart-back") == 1
    assert len(chart.images()) == 6


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_of_the_chart_that_is_wrong_stops_nothing(tmp_path: Path, chart: SandboxServer, days: int) -> None:
    chart.faults.add(Fault(FaultKind.CLOCK, offset_seconds=days * 86400))
    with running_bridge(outage_config(tmp_path, chart.url)) as bridge:
        send(bridge, *range(4))
        flows(bridge, 4)
    assert len(chart.images()) == 4


@pytest.mark.parametrize("days", [-30, 30])
def test_photos_that_came_while_this_clock_was_wrong_are_sent_once_it_is_right(
    tmp_path: Path, chart: SandboxServer, days: int
) -> None:
    config = outage_config(tmp_path, chart.url)
    chart.stop()
    with running_bridge(config) as bridge:
        send(bridge, *range(4))
        trouble(bridge)
        wait_until(lambda: not bridge.store.counts()[PhotoState.SENDING])
        bridge.deliverer.stop()
        wrong = datetime.now(UTC) + timedelta(days=days)
        with bridge.store.writing() as connection:
            connection.execute(sa.update(photos).values(next_attempt_at=wrong, received_at=wrong))
    chart.start()
    with running_bridge(config) as bridge:
        flows(bridge, 4)
    assert len(chart.images()) == 4
