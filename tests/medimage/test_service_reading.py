"""A running bridge that reads from a MedImage proxy: what phones sent there arrives in the chart."""

from pathlib import Path

import pytest
from medimage_proxy import MedImageProxy

from bridge.config import load_config
from bridge.sandbox import SandboxServer
from bridge_runner import GUID, make_config, running_bridge
from phone import check, picture, wait_until

WHEN = "21-Nov-2026-10-11-12"


def test_a_photo_that_waits_at_a_proxy_arrives_in_the_chart(tmp_path: Path) -> None:
    with SandboxServer() as chart, MedImageProxy() as proxy:
        proxy.put(f"5/x-ray-{WHEN}.jpg", picture(5))
        file = make_config(tmp_path, chart.url).file
        first = f"guid: {GUID},"
        file.write_text(file.read_text().replace(first, f'{first} read_from: ["{proxy.url}"],'))
        with running_bridge(load_config(file)) as bridge:
            wait_until(lambda: len(chart.images(5)) == 1, 15)
            assert chart.images(5)[0].type == "Xray"
            (photo,) = bridge.store.photos()
            wait_until(lambda: check(bridge.web.port, photo.name).body == b"false")


def test_a_practice_that_is_paired_while_the_bridge_runs_is_read_from_without_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SandboxServer() as chart, MedImageProxy() as proxy:
        proxy.put(f"5/x-ray-{WHEN}.jpg", picture(5))
        file = make_config(tmp_path, chart.url).file
        file.write_text(file.read_text().replace(f"guid: {GUID},", f'read_from: ["{proxy.url}"],'))
        with running_bridge(load_config(file)) as bridge:
            (reader,) = bridge.readers
            reader.poll()
            reader.poll()
            assert proxy.requests == []
            assert caplog.text.count("event=proxy-not-read practice=clinic-a") == 1
            bridge.store.save_guid("clinic-a", GUID)
            reader.poll()
            wait_until(lambda: len(chart.images(5)) == 1)
            assert bridge.store.photos()[0].name.startswith(f"#{GUID}-")
