"""A chart comes back when no photo waits any more."""

import contextlib
from pathlib import Path

from outage_tools import PRACTICE, HandClock, deliverer_by, trouble
from test_delivery_look_ahead import CUT, WHOLE, cut_picture, send

from bridge.photos import PhotoState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge_runner import free_port, make_config, running_bridge
from phone import picture, wait_until


def test_trouble_ends_when_the_chart_is_back_although_no_photo_waits(tmp_path: Path) -> None:
    port = free_port()
    with running_bridge(make_config(tmp_path, f"http://127.0.0.1:{port}")) as bridge:
        cut = send(bridge, CUT, cut_picture())
        wait_until(lambda: bridge.store.photo(cut).state is PhotoState.HELD)
        assert PRACTICE in bridge.store.troubles()
        with SandboxServer(port=port):
            wait_until(lambda: bridge.store.troubles() == {})
            send(bridge, WHOLE, picture(1))
            wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == 1)


def test_trouble_of_an_earlier_run_ends_too(tmp_path: Path, chart: SandboxServer) -> None:
    config = make_config(tmp_path, chart.url)
    bridge = Service(config)
    bridge.store.set_trouble(PRACTICE, "The chart is away.")
    bridge.start()
    with contextlib.ExitStack() as stack:
        stack.callback(bridge.stop)
        wait_until(lambda: bridge.store.troubles() == {})


def test_a_chart_that_stays_away_is_asked_at_the_gates_pace_and_told_of_as_it_is(
    bridge: Service, chart: SandboxServer
) -> None:
    bridge.deliverer.stop()
    clock = HandClock()
    deliverer = deliverer_by(clock, bridge)
    bridge.store.set_trouble(PRACTICE, "The chart is away.")
    chart.faults.add(Fault(FaultKind.STATUS, status=503))

    def asked(seconds: float) -> int:
        before = len(chart.requests)
        clock.now += seconds
        assert not deliverer.deliver_next()
        return len(chart.requests) - before

    first, longest = bridge.config.delivery.retry_first_seconds, bridge.config.delivery.retry_longest_seconds
    assert asked(0) == 1
    assert "too busy" in trouble(bridge)
    assert asked(0) == 0
    assert asked(max(first, 1.1)) == 1
    assert asked(longest / 2) == 0
    chart.faults.clear()
    assert asked(longest + 1.1) >= 1
    assert bridge.store.troubles() == {}
    assert asked(longest + 1.1) == 0


def test_a_chart_is_not_asked_while_a_photo_waits_for_it(bridge: Service, chart: SandboxServer) -> None:
    bridge.deliverer.stop()
    send(bridge, WHOLE, picture(1))
    clock = HandClock()
    deliverer = deliverer_by(clock, bridge)
    chart.faults.add(Fault(FaultKind.STATUS, status=503))
    assert deliverer.deliver_next()
    assert PRACTICE in bridge.store.troubles()
    before = len(chart.requests)
    assert not deliverer.deliver_next()
    assert len(chart.requests) == before
