"""All hostile files at once through a whole bridge, while it serves everyone else."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hostile_files import hostile_files

from bridge.photos import PhotoState
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import GUID, make_config, running_bridge
from phone import ask, picture, post_photo, wait_until

SETTLED = {PhotoState.DELIVERED, PhotoState.HELD}
SLOWEST_ANSWER_SECONDS = 5


def send(bridge: Service, number: int, content: bytes) -> int:
    """Send a file as a phone does; gives the status."""
    word = "".join("qwrtzpsdfg"[int(digit)] for digit in str(number))
    return post_photo(bridge.web.port, f"#{GUID}-#123-cara-{word}-21-Nov-2026-10-11-12.jpg", content).status


def all_settled(bridge: Service) -> bool:
    """Whether nothing is on its way any more."""
    counts = bridge.store.counts()
    return not counts[PhotoState.QUEUED] + counts[PhotoState.SENDING]


def test_hostile_files_are_refused_held_or_made_harmless_while_others_are_served(tmp_path: Path) -> None:
    files = [content for _, content in hostile_files()]
    answers: list[float] = []
    done = threading.Event()
    with SandboxServer() as chart, running_bridge(make_config(tmp_path, chart.url)) as bridge:

        def ask_again_and_again() -> None:
            while not done.wait(0.05):
                began = time.monotonic()
                assert ask(bridge.web.port, "GET", "/").status == 200
                answers.append(time.monotonic() - began)

        with ThreadPoolExecutor(5) as phones:
            asking = phones.submit(ask_again_and_again)
            statuses = list(phones.map(lambda each: send(bridge, *each), enumerate(files)))
            good = phones.submit(send, bridge, 9999, picture(7)).result()
            wait_until(lambda: all_settled(bridge), seconds=120)
            done.set()
            asking.result()
        photos = bridge.store.photos(limit=1000)
        assert good == 200
        assert set(statuses) == {200, 400}
        assert {photo.state for photo in photos} == SETTLED
        assert all(photo.hold for photo in photos if photo.state is PhotoState.HELD)
        assert len(photos) == statuses.count(200) + 1
        assert max(answers) < SLOWEST_ANSWER_SECONDS
