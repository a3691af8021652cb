"""Which clinic a photo goes to when this computer's clock is wrong, or the chart's: none, until it is sure."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from outage_tools import told, trouble

from bridge.photos import Photo, PhotoState
from bridge.photos.tables import photos
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge_runner import GUID, make_config, running_bridge
from phone import picture, post_photo, wait_until

HERE = ZoneInfo("America/Los_Angeles")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bridge")


def now_here() -> datetime:
    return datetime.now(UTC).astimezone(HERE)


def sentence(apart: str) -> str:
    return (
        f"This computer's clock is {apart} the chart server's, so it is not sure to which clinic day photos belong; "
        "set the clock that is wrong, and they are sent."
    )


def chart_is_ahead(chart: SandboxServer, by: timedelta) -> None:
    chart.faults.add(Fault(FaultKind.CLOCK, offset_seconds=by.total_seconds()))


def send(bridge: Service, number: int, taken: datetime | None) -> Photo:
    """Send a photo of a patient that a phone took at a time here; without one, its name does not say when."""
    tail = f"-{taken:%d-%b-%Y-%H-%M-%S}" if taken else ""
    name = f"#{GUID}-#{number}-#x-ray{tail}.jpg"
    assert post_photo(bridge.web.port, name, picture(number)).status == 200
    (photo,) = bridge.store.photos_named(name)
    return photo


def is_delivered(bridge: Service, photo: Photo) -> None:
    wait_until(lambda: bridge.store.photo(photo.id).state is PhotoState.DELIVERED)


def rests(bridge: Service) -> None:
    """Wait until all queued photos have been tried."""
    wait_until(lambda: not bridge.store.counts()[PhotoState.SENDING])


@pytest.mark.parametrize(
    ("ahead", "apart"),
    [(DAY, "24 hours behind"), (30 * DAY, "30 days behind"), (-DAY, "24 hours ahead of")],
)
def test_photos_whose_day_is_in_doubt_wait_and_are_told_of_once(
    bridge: Service, chart: SandboxServer, caplog: pytest.LogCaptureFixture, ahead: timedelta, apart: str
) -> None:
    chart_is_ahead(chart, ahead)
    taken = now_here() + ahead if ahead > timedelta() else None
    sent = [send(bridge, number, taken) for number in range(1, 5)]
    assert trouble(bridge) == sentence(apart)
    wait_until(lambda: sum(bridge.store.photo(photo.id).attempts for photo in sent) >= 7)
    rests(bridge)
    assert bridge.store.counts()[PhotoState.HELD] == 0
    assert chart.images() == ()
    assert told(caplog, "chart-away") == 1


def test_photos_wait_for_the_clocks_and_no_longer(bridge: Service, chart: SandboxServer) -> None:
    chart_is_ahead(chart, DAY)
    photo = send(bridge, 1, None)
    trouble(bridge)
    chart.faults.clear()
    is_delivered(bridge, photo)
    wait_until(lambda: bridge.store.troubles() == {})


def test_while_one_photo_is_in_doubt_others_make_no_end_and_new_beginning_of_the_trouble(
    bridge: Service, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    chart_is_ahead(chart, DAY)
    send(bridge, 1, None)
    trouble(bridge)
    certain = send(bridge, 2, now_here())
    wait_until(lambda: bridge.store.photo(certain.id).attempts >= 2)
    assert told(caplog, "chart-away") == 1
    assert told(caplog, "chart-back") == 0


@pytest.mark.parametrize("ahead", [-400 * DAY, -DAY, DAY, 400 * DAY])
def test_photos_whose_day_two_clocks_tell_are_sent_though_the_chart_says_another(
    bridge: Service, chart: SandboxServer, ahead: timedelta
) -> None:
    chart_is_ahead(chart, ahead)
    is_delivered(bridge, send(bridge, 1, now_here()))
    assert [image.clinic for image in chart.images()] == [2]


def test_clocks_that_are_apart_by_less_than_matters_stop_nothing(bridge: Service, chart: SandboxServer) -> None:
    chart_is_ahead(chart, timedelta(minutes=5))
    is_delivered(bridge, send(bridge, 1, None))


def test_photos_that_came_while_this_clock_was_behind_go_to_the_day_that_the_phone_says(
    tmp_path: Path, chart: SandboxServer
) -> None:
    config = make_config(tmp_path, chart.url)
    chart.stop()
    with running_bridge(config) as bridge:
        photo = send(bridge, 1, now_here())
        trouble(bridge)
        rests(bridge)
        bridge.deliverer.stop()
        behind = photo.received_at - 40 * DAY
        order_at = behind.astimezone(HERE).replace(tzinfo=None)
        with bridge.store.writing() as connection:
            connection.execute(sa.update(photos).values(received_at=behind, order_at=order_at))
    chart.start()
    with running_bridge(config) as bridge:
        is_delivered(bridge, photo)
        assert bridge.store.photo(photo.id).place.order_at > order_at + 39 * DAY
    assert [image.clinic for image in chart.images()] == [2]
