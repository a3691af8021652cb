"""A bridge that stops while the chart hangs: it ends soon, and nothing is lost or sent twice."""

import logging
import threading
import time
from pathlib import Path

import pytest

from bridge.photos import Photo, PhotoState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.secret import Secret
from bridge.service import Service
from bridge.settings import Config
from bridge.tscharts import ChartAccount, ChartClient, ChartLostError, ChartUnreachableError
from bridge_runner import GUID, make_config, running_bridge
from phone import picture, post_photo, wait_until

NAME = f"#{GUID}-#123-#Headshot-21-Nov-2026-10-11-12.jpg"
HANGS_SECONDS = 25.0


@pytest.fixture
def config(tmp_path: Path, chart: SandboxServer) -> Config:
    """A config with the usual patience for a chart's answer."""
    return make_config(tmp_path, chart.url, chart="read_timeout_seconds: 150")


def photo(bridge: Service) -> Photo:
    (found,) = bridge.store.photos_named(NAME)
    return found


def hanging(chart: SandboxServer, kind: FaultKind, method: str, resource: str) -> Fault:
    """Switch on that the chart hangs at such requests."""
    fault = Fault(kind, method=method, resource=resource, times=1, delay_seconds=HANGS_SECONDS)
    chart.faults.add(fault)
    return fault


def send(bridge: Service, chart: SandboxServer) -> None:
    """Send the photo and wait until its request hangs."""
    assert post_photo(bridge.web.port, NAME, picture(5)).status == 200
    wait_until(lambda: not chart.faults.active())


def delivered_once(config: Config, chart: SandboxServer) -> None:
    """Start again. Raises AssertionError unless the photo comes into the chart exactly once."""
    with running_bridge(config) as bridge:
        wait_until(lambda: photo(bridge).state is PhotoState.DELIVERED)
        receipt = bridge.store.receipt(photo(bridge).id)
        assert receipt is not None
        assert [image.id for image in chart.images()] == [receipt.image_id]


def test_a_stop_ends_within_seconds_though_the_chart_hangs_and_the_photo_is_there_once(
    config: Config, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    hanging(chart, FaultKind.SLOW_ANSWER, "POST", "image")
    with running_bridge(config) as bridge:
        send(bridge, chart)
        wait_until(lambda: len(chart.images()) == 1)
        started = time.monotonic()
    assert 5 < time.monotonic() - started < 15
    assert "event=stopping waits-for=chart photos=1 seconds=8" in caplog.messages
    delivered_once(config, chart)


def test_a_request_that_ends_within_the_patience_of_a_stop_is_finished(config: Config, chart: SandboxServer) -> None:
    chart.faults.add(Fault(FaultKind.SLOW_ANSWER, method="POST", resource="image", times=1, delay_seconds=1.0))
    with running_bridge(config) as bridge:
        send(bridge, chart)
        started = time.monotonic()
        bridge.deliverer.stop()
        assert time.monotonic() - started < 7
        assert photo(bridge).state is PhotoState.DELIVERED


@pytest.mark.parametrize(
    ("kind", "method", "resource"),
    [
        (FaultKind.SLOW_ANSWER, "POST", "image"),
        (FaultKind.SLOW_READ, "POST", "image"),
        (FaultKind.SLOW_ANSWER, "GET", "image"),
        (FaultKind.SLOW_ANSWER, "GET", "patient"),
        (FaultKind.SLOW_ANSWER, "POST", "login"),
    ],
)
def test_whatever_the_chart_hangs_at_the_photo_goes_back_to_the_queue(
    config: Config, chart: SandboxServer, kind: FaultKind, method: str, resource: str
) -> None:
    hanging(chart, kind, method, resource)
    with running_bridge(config) as bridge:
        send(bridge, chart)
        started = time.monotonic()
        bridge.deliverer.stop(patience_seconds=0.3)
        assert time.monotonic() - started < 6
        stopped = photo(bridge)
        assert stopped.state is PhotoState.QUEUED
        assert stopped.failing_since is None
        assert len(bridge.store.unsettled_attempts(stopped)) == (resource == "image")
        assert bridge.store.troubles() == {}


def test_after_a_cut_the_client_asks_nothing_any_more(chart: SandboxServer) -> None:
    client = ChartClient(ChartAccount(chart.url, token=Secret(chart.token("bridge"))))
    assert client.check().stations
    client.cut()
    chart.faults.add(Fault(FaultKind.STATUS, times=1))
    with pytest.raises(ChartUnreachableError, match="The bridge was stopped"):
        client.check()
    assert len(chart.faults.active()) == 1
    client.close()


def test_a_cut_ends_a_question_under_way_without_an_unknown_outcome(chart: SandboxServer) -> None:
    hanging(chart, FaultKind.SLOW_ANSWER, "GET", "station")
    client = ChartClient(ChartAccount(chart.url, token=Secret(chart.token("bridge"))))
    cutting = threading.Timer(0.3, client.cut)
    cutting.start()
    started = time.monotonic()
    with pytest.raises(ChartLostError, match="The bridge was stopped") as lost:
        client.check()
    assert not lost.value.outcome_unknown
    assert time.monotonic() - started < 6
    cutting.join()
    client.close()
