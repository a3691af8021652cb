"""Photos of a practice that is not in the config any more: told of, kept for a person, and not for ever."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from late_and_early import clinic_config, photo, send, settled

from bridge.config import load_config
from bridge.delivery import Keeping
from bridge.holds import HoldReason
from bridge.photos import PhotoState
from bridge.photos.tables import photos
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge.settings import Config
from bridge_runner import running_bridge
from phone import ask, picture, wait_until

AT = datetime.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
GONE = "The practice of this photo is not in the config any more; add it again, then retry the photo."


def without_clinic_a(config: Config) -> Config:
    """The same config after somebody has taken the first practice out."""
    lines = config.file.read_text().splitlines(keepends=True)
    config.file.write_text("".join(line for line in lines if "name: clinic-a" not in line))
    return load_config(config.file)


def kept(bridge: Service, name: str) -> bool:
    return photo(bridge, name).bytes_gone_at is None


def done_days_ago(bridge: Service, days: float) -> None:
    with bridge.store.writing() as connection:
        done = datetime.now(UTC) - timedelta(days=days)
        connection.execute(sa.update(photos).where(photos.c.done_at.is_not(None)).values(done_at=done))


@pytest.fixture
def config(tmp_path: Path, chart: SandboxServer) -> Config:
    """A config whose first practice keeps its photos for long, and offers them to a MedImage server."""
    file = clinic_config(tmp_path, chart.url).file
    text = file.read_text().replace("name: clinic-a,", "name: clinic-a, keep_days: 100, keep_discarded_days: 100,")
    file.write_text(f"proxy: {{serve_downloads: true}}\n{text}")
    return load_config(file)


def test_photos_of_a_practice_that_was_taken_out_go_a_week_after_they_were_done(config: Config) -> None:
    with running_bridge(config) as bridge:
        delivered = send(bridge, "#5-headshot", AT, 1)
        assert settled(bridge, delivered).state is PhotoState.DELIVERED
        discarded = send(bridge, "#headshot", AT, 2)
        bridge.store.discard(settled(bridge, discarded).id, "a nurse", "a test")
        held = send(bridge, "#headshot-b", AT, 3)
        assert settled(bridge, held).hold_reason is HoldReason.NO_PATIENT
    with running_bridge(without_clinic_a(config)) as bridge:
        keeping = Keeping(bridge.store, bridge.config.practices)
        done_days_ago(bridge, 6.9)
        keeping.work()
        assert [kept(bridge, name) for name in (delivered, discarded, held)] == [True, True, True]
        done_days_ago(bridge, 7.1)
        keeping.work()
        assert [kept(bridge, name) for name in (delivered, discarded, held)] == [False, False, True]
        assert bridge.store.bytes_of(photo(bridge, held)) == picture(3)
        assert ask(bridge.web.port, "GET", "/").status == 200


def test_photos_of_a_practice_that_is_in_the_config_are_kept_as_it_says(config: Config) -> None:
    with running_bridge(config) as bridge:
        name = send(bridge, "#5-headshot", AT, 1)
        assert settled(bridge, name).state is PhotoState.DELIVERED
        done_days_ago(bridge, 99)
        Keeping(bridge.store, bridge.config.practices).work()
        assert kept(bridge, name)


def test_photos_that_wait_for_a_practice_that_was_taken_out_are_held_and_told_of_once(
    config: Config, chart: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bridge")
    chart.stop()
    with running_bridge(config) as bridge:
        name = send(bridge, "#5-headshot", AT, 1)
        wait_until(lambda: not bridge.store.counts()[PhotoState.SENDING])
    chart.start()
    with running_bridge(without_clinic_a(config)) as bridge:
        waiting = settled(bridge, name)
        assert (waiting.hold_reason, waiting.hold_sentence) == (HoldReason.NO_PRACTICE, GONE)
        keeping = Keeping(bridge.store, bridge.config.practices)
        caplog.clear()
        for _ in range(3):
            keeping.work()
        said = [record.getMessage() for record in caplog.records if "practice-not-in-config" in record.getMessage()]
        assert said == ["event=practice-not-in-config practice=clinic-a held=1"]
        assert bridge.store.bytes_of(waiting) == picture(1)
    assert chart.images() == ()
