"""The chart's operator restores a backup: new images get numbers that the bridge has receipts of."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from late_and_early import all_delivered, arrived, clinic_config, photo, send, settled

from bridge.photos import PhotoState
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge_runner import free_port, running_bridge
from phone import wait_until

AT = datetime.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


@pytest.fixture(params=["always", "never"])
def read_back(request: pytest.FixtureRequest) -> str:
    """What the config says of reading back."""
    return str(request.param)


@pytest.fixture
def port() -> int:
    """Where the chart is, before and after."""
    return free_port()


@pytest.fixture
def bridge(tmp_path: Path, port: int, read_back: str) -> Iterator[Service]:
    """A bridge that has delivered photos 1 to 3, of patient 5, to a chart that is gone since."""
    config = clinic_config(tmp_path, f"http://127.0.0.1:{port}", f", late_look_seconds: 0.5, read_back: {read_back}")
    with running_bridge(config) as service:
        with SandboxServer(port=port):
            for number in (1, 2, 3):
                assert settled(service, x_ray(service, number)).state is PhotoState.DELIVERED
        yield service


def x_ray(bridge: Service, number: int) -> str:
    return send(bridge, "#5-x-ray", AT + timedelta(seconds=number), number)


def test_a_photo_whose_image_gets_a_known_number_is_sent_once_and_the_old_receipt_goes(
    bridge: Service, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bridge")
    with SandboxServer(port=port) as chart:
        names = [x_ray(bridge, number) for number in (4, 5)]
        all_delivered(bridge, 5)
        assert arrived(chart) == [4, 5]
        assert [photo(bridge, name).attempts for name in names] == [1, 1]
        receipts = [bridge.store.receipt(number) for number in (1, 2, 3, 4, 5)]
        assert [receipt and receipt.image_id for receipt in receipts] == [None, None, 3, 1, 2]
        assert [bridge.store.events(number)[-1].reason for number in (1, 2, 3)] == [
            "receipt-stale",
            "receipt-stale",
            "delivered",
        ]
    said = [record.getMessage().split(" reason=")[0] for record in caplog.records]
    assert said.count("event=chart-lost-images practice=clinic-a") == 1
    assert said.count("event=receipt-stale photo=1 image=1") == 1


def test_a_photo_whose_answer_was_lost_is_found_under_a_known_number(bridge: Service, port: int) -> None:
    with SandboxServer(port=port) as chart:
        chart.faults.add(Fault(FaultKind.CUT_AFTER_STORING, "POST", "image", times=1))
        name = x_ray(bridge, 4)
        wait_until(lambda: photo(bridge, name).state is PhotoState.DELIVERED, 20)
        assert arrived(chart) == [4]
        assert bridge.store.events(1)[-1].reason == "receipt-stale"
