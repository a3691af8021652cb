"""What becomes of pictures on their way to the chart: types' own limits, damage, documents, workers that die."""

import base64
import io
import os
import signal
from pathlib import Path

from click.testing import CliRunner
from PIL import Image

from bridge.cli import cli
from bridge.holds import HoldReason
from bridge.photos import Photo, PhotoState
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import GUID
from phone import picture, post_photo, wait_until


def settled(bridge: Service, words: str, content: bytes) -> Photo:
    """A photo that was sent with these words, once it is delivered or held."""
    name = f"#{GUID}-#123-{words}-21-Nov-2026-10-11-12.jpg"
    assert post_photo(bridge.web.port, name, content).status == 200
    return state_reached(bridge, name)


def state_reached(bridge: Service, name: str) -> Photo:
    def found() -> Photo:
        (photo,) = bridge.store.photos_named(name)
        return photo

    wait_until(lambda: found().state in (PhotoState.DELIVERED, PhotoState.HELD))
    return found()


def in_chart(chart: SandboxServer) -> Image.Image:
    """The one image that the chart has."""
    (image,) = chart.images()
    return Image.open(io.BytesIO(base64.b64decode(image.data)))


def jpeg(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_type_that_the_mapping_limits_is_made_smaller(bridge: Service, chart: SandboxServer) -> None:
    assert settled(bridge, "audiogram", jpeg(4000, 2000)).state is PhotoState.DELIVERED
    assert in_chart(chart).size == (3000, 1500)


def test_a_type_without_a_limit_keeps_its_size(bridge: Service, chart: SandboxServer) -> None:
    assert settled(bridge, "surgery", jpeg(4000, 2000)).state is PhotoState.DELIVERED
    assert in_chart(chart).size == (4000, 2000)


def test_a_cut_picture_is_held_shown_and_sent_as_it_is_when_a_person_says_so(
    bridge: Service, chart: SandboxServer, tmp_path: Path
) -> None:
    whole = jpeg(1200, 800)
    held = settled(bridge, "headshot", whole[: len(whole) * 3 // 4])
    assert held.hold_reason is HoldReason.DAMAGED_PICTURE
    assert "look at the preview and send it as it is" in str(held.hold_sentence)
    assert not chart.images()
    run = ["--config", str(bridge.config.file), "photos"]
    shown = CliRunner().invoke(cli, [*run, "preview", str(held.id), "-o", str(tmp_path / "seen.jpg")])
    assert shown.exit_code == 0, shown.output
    assert Image.open(io.BytesIO((tmp_path / "seen.jpg").read_bytes())).size == Image.open(io.BytesIO(whole)).size
    assert CliRunner().invoke(cli, [*run, "retry", str(held.id), "--as-is"]).exit_code == 0
    assert state_reached(bridge, held.name).state is PhotoState.DELIVERED
    assert in_chart(chart).size == Image.open(io.BytesIO(whole)).size


def test_a_cut_picture_that_is_only_tried_again_is_held_again(bridge: Service, chart: SandboxServer) -> None:
    held = settled(bridge, "headshot", jpeg(1200, 800)[:-4000])
    bridge.store.retry(held.id, "nurse")
    bridge.deliverer.wake()
    wait_until(lambda: len(bridge.store.events(held.id)) == 6)
    assert bridge.store.photo(held.id).hold_reason is HoldReason.DAMAGED_PICTURE
    assert not chart.images()


def test_photos_flow_on_when_picture_workers_are_killed(bridge: Service, chart: SandboxServer) -> None:
    for number, word in enumerate(("cara", "rostro", "retrato", "face")):
        workers = children()
        assert workers or not Path("/proc").exists()
        for process in workers:
            os.kill(process, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        assert settled(bridge, word, picture(number)).state is PhotoState.DELIVERED
    assert len(chart.images()) == 4


def children() -> list[int]:
    """The picture workers of bridges in this process. Where there is no /proc, none are found, and none killed."""
    return [
        int(status.parent.name)
        for status in Path("/proc").glob("[0-9]*/status")
        if f"PPid:\t{os.getpid()}\n" in status.read_text()
        and "workshop_child" in (status.parent / "cmdline").read_text()
    ]
