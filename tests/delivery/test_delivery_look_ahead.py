"""While the chart is away the bridge looks at the pictures that wait, and tells at once of those that are damaged."""

import io
from pathlib import Path

from PIL import Image

from bridge.holds import HoldReason
from bridge.photos import PhotoState
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import GUID, free_port, make_config, running_bridge
from phone import picture, post_photo, wait_until

WHOLE, CUT = (f"#{GUID}-#123-#x-ray-21-Nov-2026-10-11-1{number}.jpg" for number in (2, 3))


def cut_picture() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((640, 480), 60).save(buffer, "JPEG")
    return buffer.getvalue()[: buffer.tell() // 2]


def send(bridge: Service, name: str, content: bytes) -> int:
    assert post_photo(bridge.web.port, name, content).status == 200
    (photo,) = bridge.store.photos_named(name)
    return photo.id


def test_a_damaged_photo_is_held_while_the_chart_is_away_and_a_whole_one_waits(tmp_path: Path) -> None:
    port = free_port()
    with running_bridge(make_config(tmp_path, f"http://127.0.0.1:{port}")) as bridge:
        whole, cut = send(bridge, WHOLE, picture(1)), send(bridge, CUT, cut_picture())
        wait_until(lambda: bridge.store.photo(cut).state is PhotoState.HELD)
        assert bridge.store.photo(cut).hold_reason is HoldReason.DAMAGED_PICTURE
        assert bridge.store.photo(whole).state in (PhotoState.QUEUED, PhotoState.SENDING)
        with SandboxServer(port=port) as chart:
            wait_until(lambda: bridge.store.photo(whole).state is PhotoState.DELIVERED)
            assert len(chart.images()) == 1


def test_a_damaged_photo_that_a_person_wants_sent_is_not_held_again(tmp_path: Path) -> None:
    with running_bridge(make_config(tmp_path, f"http://127.0.0.1:{free_port()}")) as bridge:
        cut = send(bridge, CUT, cut_picture())
        wait_until(lambda: bridge.store.photo(cut).state is PhotoState.HELD)
        wanted = bridge.store.retry(cut, "admin", as_is=True)
        assert bridge.look_ahead.pictures.look_at(wanted) is None


def test_what_was_found_whole_is_not_decoded_again(tmp_path: Path) -> None:
    with running_bridge(make_config(tmp_path, f"http://127.0.0.1:{free_port()}")) as bridge:
        whole = send(bridge, WHOLE, picture(1))
        wait_until(lambda: whole in bridge.look_ahead.pictures.proved)


def test_nothing_is_looked_at_ahead_while_the_chart_does_its_work(bridge: Service) -> None:
    whole = send(bridge, WHOLE, picture(1))
    wait_until(lambda: bridge.store.photo(whole).state is PhotoState.DELIVERED)
    bridge.look_ahead.work()
    assert bridge.look_ahead.pictures.proved == set()


def test_what_was_found_whole_is_forgotten_when_another_bridge_has_delivered_it(bridge: Service) -> None:
    pictures = bridge.look_ahead.pictures
    done = send(bridge, WHOLE, picture(1))
    wait_until(lambda: bridge.store.photo(done).state is PhotoState.DELIVERED)
    pictures.proved.add(done)
    bridge.look_ahead.work()
    assert pictures.proved == set()
    bridge.deliverer.stop()
    waiting = send(bridge, CUT, picture(2))
    pictures.proved.update({done, waiting})
    bridge.look_ahead.work()
    assert pictures.proved == {waiting}
