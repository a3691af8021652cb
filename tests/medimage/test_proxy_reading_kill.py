"""The reading process is killed at any moment: what it had read is there after the next start, once."""

import contextlib
import multiprocessing
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medimage_proxy import GUID, MedImageProxy
from proxy_readers import by_name, open_store, poll_until, quick_settings, reader_of

from bridge.holds import HoldReason
from bridge.medimage.proxy_reading import ProxyReader
from bridge.medimage.proxy_source import ReadSource
from bridge.photos import PhotoState, SqliteStore
from phone import picture, wait_until

PHOTOS = 60
KILLS = 8
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def read_until_killed(folder: Path, url: str) -> None:
    """Read a proxy as a bridge does, in a process of its own."""
    store = SqliteStore(folder / "data", exclusive=True)
    store.ensure_practices({"clinic-a": GUID})
    reader = ProxyReader(ReadSource("clinic-a", GUID, url), store, lambda: None, quick_settings(folder))
    while True:
        reader.poll()
        time.sleep(0.002)


@contextlib.contextmanager
def reading_process(folder: Path, url: str) -> Iterator[None]:
    """A process that reads; killed when the block ends, as by a power cut between any two instructions."""
    context: Any = multiprocessing.get_context(METHOD)
    process = context.Process(target=read_until_killed, args=(folder, url), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()
        process.close()


def content_of(number: int) -> bytes:
    return picture(number, (640, 480))


def path_of(number: int) -> str:
    return f"NHI{number:02}/photo.jpg"


def kill_again_and_again(folder: Path, proxy: MedImageProxy) -> set[str]:
    """Start and kill reading processes; the paths of files that one of them had read to the end while it lived."""
    dice, read = random.Random(5), set[str]()
    for kill in range(1, KILLS + 1):
        started = time.monotonic()
        with reading_process(folder, proxy.url):
            wait_until(lambda enough=kill * 5: len(proxy.sent_whole) >= enough)
            time.sleep(dice.random() * 0.03)
            read |= {path for path, at in list(proxy.read_whole.items()) if at > started}
    return read


def test_killed_again_and_again_no_photo_that_was_read_is_lost_and_none_is_doubled(tmp_path: Path) -> None:
    with MedImageProxy(linger_seconds=0.01) as proxy, contextlib.ExitStack() as stack:
        for number in range(PHOTOS):
            proxy.put(path_of(number), content_of(number))
        read = kill_again_and_again(tmp_path, proxy)
        wait_until(lambda: proxy.is_idle)
        earlier = set(proxy.sent_whole)
        store = stack.enter_context(open_store(tmp_path))
        reader = reader_of(proxy.url, store, tmp_path)
        poll_until(reader, lambda: not proxy.waiting())
        reader.poll()
        photos = by_name(store)
        for number in range(PHOTOS):
            found = photos.get(f"#NHI{number:02}-photo.jpg", [])
            whole = [store.bytes_of(photo) for photo in found if photo.state is PhotoState.QUEUED]
            held = [photo for photo in found if photo.hold_reason is HoldReason.CUT_TRANSFER]
            assert len(whole) + len(held) == len(found) <= 1
            assert whole in ([], [content_of(number)])
            assert whole or (path_of(number) in earlier and path_of(number) not in read)
        assert len(read) >= 4 * KILLS
        assert len(photos) >= PHOTOS - KILLS


def test_killed_in_the_middle_of_a_file_the_half_that_came_is_held_after_the_next_start(tmp_path: Path) -> None:
    killed = threading.Event()
    content = content_of(1)
    with MedImageProxy(at_half=lambda _path: killed.wait(10)) as proxy:
        proxy.put(path_of(1), content)
        spool = tmp_path / "data" / "proxy"
        with reading_process(tmp_path, proxy.url):
            wait_until(lambda: any(file.stat().st_size > len(content) // 2 for file in spool.glob("*.coming")))
        killed.set()
        with open_store(tmp_path) as store:
            reader_of(proxy.url, store, tmp_path).poll()
            (photo,) = store.photos()
            assert (photo.state, photo.hold_reason) == (PhotoState.HELD, HoldReason.CUT_TRANSFER)
            assert store.bytes_of(photo) == content[: len(content) // 2]
