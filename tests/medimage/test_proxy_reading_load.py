"""Five hundred photos from proxies that cut, stall, repeat and restart, beside one that is dead."""

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from medimage_proxy import GUID, Connections, Fault, MedImageProxy
from proxy_readers import quick_settings

from bridge.holds import HoldReason
from bridge.medimage.proxy_reading import ProxyReader
from bridge.medimage.proxy_source import ReadSource
from bridge.photos import Photo, PhotoState, SqliteStore
from phone import picture, wait_until

CLINICS = [f"clinic-{letter}" for letter in "abcdefghij"]
PHOTOS_EACH = 50
FAULTS = [Fault.CUT, Fault.BREAK, Fault.RESET, Fault.AGAIN, *Fault]
FAULTY_SHARE = 0.15
RESTARTS = 15


def path_of(number: int) -> str:
    return f"NHI{number * 7919 % 1000:03}/photo-{number}.jpg"


def fill(proxy: MedImageProxy, numbers: range, dice: random.Random) -> None:
    """Let photos arrive, each with up to two faults to come."""
    for number in numbers:
        faults = [dice.choice(FAULTS) for _ in range(2) if dice.random() < FAULTY_SHARE]
        proxy.put(path_of(number), picture(number), *faults)


def restart_some(proxies: list[MedImageProxy], dice: random.Random) -> None:
    """Crash one proxy after another, and let it come back."""
    for _ in range(RESTARTS):
        time.sleep(0.05)
        proxy = dice.choice(proxies)
        proxy.stop(crash=True)
        time.sleep(0.05)
        proxy.start()


class DeadProxy:
    """Takes connections and never says a word."""

    def __init__(self) -> None:
        self.asked = 0
        self._silence = threading.Event()
        self._connections = Connections(self._say_nothing)
        self.url = f"http://127.0.0.1:{self._connections.port}/read/{GUID}"

    def close(self) -> None:
        self._silence.set()
        self._connections.stop()

    def _say_nothing(self, _sock: socket.socket) -> None:
        self.asked += 1
        self._silence.wait(60)


@contextlib.contextmanager
def polling(readers: list[ProxyReader]) -> Iterator[None]:
    """Each reader polled by a thread of its own, until the block ends."""
    ended = threading.Event()

    def poll_on(reader: ProxyReader) -> None:
        while not ended.wait(0.01):
            reader.poll()

    threads = [threading.Thread(target=poll_on, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def photos_of(store: SqliteStore, clinic: str) -> dict[str, list[Photo]]:
    found: dict[str, list[Photo]] = {}
    for photo in store.photos(practice=clinic, limit=1000):
        found.setdefault(photo.name.removeprefix(f"#{GUID}-#").replace("-", "/", 1), []).append(photo)
    return found


def check(store: SqliteStore, proxy: MedImageProxy, clinic: str) -> Counter[str]:
    """None lost that the proxy sent whole, none doubled; of one that was cut, what came is held."""
    found, seen = photos_of(store, clinic), Counter[str]()
    for number in range(PHOTOS_EACH):
        path, original = path_of(number), picture(number)
        photos = found.pop(path, [])
        whole = [photo for photo in photos if photo.state is PhotoState.QUEUED]
        held = [photo for photo in photos if photo.hold_reason is HoldReason.CUT_TRANSFER]
        assert [store.bytes_of(photo) for photo in whole] in ([], [original])
        assert all(original.startswith(store.bytes_of(photo)) for photo in held)
        assert len(whole) + len(held) == len(photos)
        assert whole or path not in proxy.sent_whole
        assert held or whole or path not in proxy.cut
        seen.update(whole=len(whole), held=len(held), sent=path in proxy.sent_whole)
    assert not found
    return seen


def test_of_500_photos_none_is_lost_that_was_sent_whole_and_none_is_doubled(tmp_path: Path) -> None:
    dice, chaos = random.Random(11), random.Random(3)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(contextlib.closing(SqliteStore(tmp_path / "data")))
        store.ensure_practices(dict.fromkeys([*CLINICS, "dead"]))
        proxies = {clinic: stack.enter_context(MedImageProxy(linger_seconds=0.01)) for clinic in CLINICS}
        settings = quick_settings(tmp_path, answer_seconds=1, stall_seconds=1, settle_seconds=0.25)
        readers = [
            ProxyReader(ReadSource(clinic, GUID, proxy.url), store, lambda: None, settings)
            for clinic, proxy in proxies.items()
        ]
        dead = DeadProxy()
        patient = quick_settings(tmp_path, answer_seconds=60, stall_seconds=60)
        readers.append(ProxyReader(ReadSource("dead", GUID, dead.url), store, lambda: None, patient))
        with polling(readers), contextlib.closing(dead):
            for half in (range(PHOTOS_EACH // 2), range(PHOTOS_EACH // 2, PHOTOS_EACH)):
                for proxy in proxies.values():
                    fill(proxy, half, dice)
                restart_some(list(proxies.values()), chaos)
            wait_until(lambda: not any(proxy.waiting() for proxy in proxies.values()), 30)
            assert dead.asked == 1
        seen = sum((check(store, proxy, clinic) for clinic, proxy in proxies.items()), Counter[str]())
    assert seen["whole"] >= seen["sent"] > 350
    assert seen["held"] > 50
