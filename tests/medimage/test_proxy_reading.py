"""One reader and one proxy: what is taken, when the proxy is asked, and what a new run of the bridge finds."""

import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from medimage_proxy import GUID, Fault, MedImageProxy
from proxy_readers import by_name, open_store, poll_until, quick_settings, reader_of

from bridge.holds import Hold, HoldReason
from bridge.medimage.proxy_reading import ProxyReader
from bridge.medimage.proxy_source import ReadSource
from bridge.medimage.proxy_spool import Label, Slot
from bridge.photos import Incoming, NewUpload, Photo, PhotoState, Source, SqliteStore, StoreError
from phone import picture, wait_until

WOUND = "NHID1234/arm/wound-21-Nov-2026-10-11-12.jpg"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def proxy() -> Iterator[MedImageProxy]:
    with MedImageProxy() as running:
        yield running


def only_photo(store: SqliteStore) -> Photo:
    (photo,) = store.photos()
    return photo


def test_a_photo_is_stored_as_if_the_phone_had_sent_it_here(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.put(WOUND, picture(1))
    rings: list[str] = []
    source = ReadSource("clinic-a", GUID, proxy.url)
    ProxyReader(source, store, lambda: rings.append("ring"), quick_settings(tmp_path)).poll()
    photo = only_photo(store)
    assert photo.name == f"#{GUID}-#NHID1234-#arm-wound-21-Nov-2026-10-11-12.jpg"
    assert (photo.practice, photo.source, photo.media_type) == ("clinic-a", Source.PROXY, "image/jpeg")
    assert photo.captured_at == datetime(2026, 11, 21, 10, 11, 12)
    assert photo.state is PhotoState.QUEUED
    assert store.bytes_of(photo) == picture(1)
    assert rings == ["ring"]


def test_all_that_waits_is_taken_at_once(proxy: MedImageProxy, store: SqliteStore, tmp_path: Path) -> None:
    for number in range(5):
        proxy.put(f"NHI{number}/a.jpg", picture(number))
    reader_of(proxy.url, store, tmp_path).poll()
    assert list(by_name(store)) == [f"#NHI{number}-a.jpg" for number in range(5)]
    assert proxy.waiting() == []


def test_nothing_is_asked_for_when_nothing_waits(proxy: MedImageProxy, store: SqliteStore, tmp_path: Path) -> None:
    reader = reader_of(proxy.url, store, tmp_path)
    reader.poll()
    assert [method for method, _ in proxy.requests] == ["HEAD"]
    assert reader.trouble is None


def test_a_photo_that_came_between_head_and_get_keeps_its_own_name(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    early = iter([("PATIENTA/a.jpg", picture(1))])
    proxy.at_head = lambda _path: [proxy.put(*each) for each in early]
    proxy.put("PATIENTB/a.jpg", picture(2))
    reader_of(proxy.url, store, tmp_path).poll()
    contents = {name: store.bytes_of(photo) for name, (photo,) in by_name(store).items()}
    assert contents == {"#PATIENTA-a.jpg": picture(1), "#PATIENTB-a.jpg": picture(2)}


def test_a_sent_file_that_is_still_listed_is_not_asked_for_again(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.linger_seconds = 0.3
    proxy.put("a.jpg", picture(1))
    proxy.put("b.jpg", picture(2))
    reader_of(proxy.url, store, tmp_path, settle_seconds=2).poll()
    assert [photo.state for photo in store.photos()] == [PhotoState.QUEUED] * 2
    assert proxy.count("GET") == 2


def test_a_file_that_took_long_is_not_asked_for_again_either(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.linger_seconds = 0.05
    proxy.at_half = lambda _path: time.sleep(0.6)
    proxy.put("a.jpg", picture(1), Fault.AGAIN)
    reader = reader_of(proxy.url, store, tmp_path, settle_seconds=0.2, again_seconds=0.5, stall_seconds=5)
    poll_until(reader, lambda: not proxy.waiting())
    assert proxy.count("GET") == 1
    assert only_photo(store).state is PhotoState.QUEUED


def test_a_file_that_is_offered_for_ever_is_one_photo_and_rarely_asked_for(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.put("a.jpg", picture(1), *[Fault.KEEP] * 100)
    reader = reader_of(proxy.url, store, tmp_path)
    started = time.monotonic()
    poll_until(reader, lambda: proxy.count("GET") == 3)
    assert time.monotonic() - started >= 2 * 0.8
    assert "still offers a photo that it has sent already" in (reader.trouble or "")
    assert only_photo(store).state is PhotoState.QUEUED


def test_a_new_run_does_not_ask_again_for_what_the_last_one_just_took(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.put("a.jpg", picture(1), Fault.AGAIN)
    proxy.linger_seconds = 0.04
    for _ in range(10):
        reader_of(proxy.url, store, tmp_path, settle_seconds=0.05, again_seconds=60).poll()
    assert proxy.count("GET") == 1
    poll_until(reader_of(proxy.url, store, tmp_path), lambda: not proxy.waiting())
    assert only_photo(store).state is PhotoState.QUEUED


def test_a_later_photo_of_the_same_name_is_another_photo(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    reader = reader_of(proxy.url, store, tmp_path)
    for number in (1, 2):
        proxy.put("NHI1/a.jpg", picture(number))
        reader.poll()
    first, second = by_name(store)["#NHI1-a.jpg"]
    assert (store.bytes_of(first), store.bytes_of(second)) == (picture(1), picture(2))


def test_only_one_poll_is_at_work_at_a_time(proxy: MedImageProxy, store: SqliteStore, tmp_path: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()
    proxy.at_half = lambda _path: (inside.set(), go_on.wait(5))
    proxy.put("a.jpg", picture(1))
    reader = reader_of(proxy.url, store, tmp_path, stall_seconds=5)
    polling = threading.Thread(target=reader.poll)
    polling.start()
    assert inside.wait(5)
    asked = len(proxy.requests)
    reader.poll()
    assert len(proxy.requests) == asked
    go_on.set()
    polling.join()
    assert only_photo(store).state is PhotoState.QUEUED


def test_stopping_waits_for_the_file_in_hand_and_asks_for_no_other(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    inside = threading.Event()
    proxy.at_half = lambda _path: (inside.set(), time.sleep(0.1))
    proxy.put("a.jpg", picture(1))
    proxy.put("b.jpg", picture(2))
    reader = reader_of(proxy.url, store, tmp_path)
    threading.Thread(target=reader.poll).start()
    assert inside.wait(5)
    reader.stop()
    assert list(by_name(store)) == ["a.jpg"]
    reader.poll()
    assert proxy.waiting() == ["b.jpg"]


def test_stopping_does_not_wait_for_a_proxy_that_does_not_answer(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.head_faults[:] = [Fault.HANG]
    reader = reader_of(proxy.url, store, tmp_path, answer_seconds=60, stall_seconds=60)
    polling = threading.Thread(target=reader.poll)
    polling.start()
    wait_until(lambda: proxy.count("HEAD") == 1)
    started = time.monotonic()
    reader.stop()
    polling.join()
    assert time.monotonic() - started < 5
    assert "proxy-away" not in caplog.text


def test_a_file_that_does_not_end_is_cut_when_stopping_and_filed_by_the_next_run(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    proxy.put("a.jpg", picture(1), Fault.STALL)
    reader = reader_of(proxy.url, store, tmp_path, answer_seconds=60, stall_seconds=60, transfer_seconds=60)
    polling = threading.Thread(target=reader.poll)
    polling.start()
    wait_until(lambda: "a.jpg" in proxy.cut)
    reader.stop(0.1)
    polling.join()
    reader_of(proxy.url, store, tmp_path).poll()
    assert only_photo(store).hold_reason is HoldReason.CUT_TRANSFER


class _Store(SqliteStore):
    """A store with a disk that fills up, and that may refuse an upload."""

    free = 10**12
    refusals = 0

    def free_bytes(self) -> int:
        return self.free

    def add(self, upload: NewUpload, incoming: Incoming, *, hold: Hold | None = None) -> tuple[Photo, bool]:
        if self.refusals:
            self.refusals -= 1
            raise StoreError
        return super().add(upload, incoming, hold=hold)


@pytest.fixture
def frail_store(tmp_path: Path) -> Iterator[_Store]:
    with ExitStack() as closing:
        opened = _Store(tmp_path / "data")
        closing.callback(opened.close)
        opened.ensure_practices({"clinic-a": GUID})
        yield opened


def test_photos_stay_at_the_proxy_while_the_disk_is_full(
    proxy: MedImageProxy, frail_store: _Store, tmp_path: Path
) -> None:
    proxy.put("a.jpg", picture(1))
    frail_store.free = 1000
    reader = reader_of(proxy.url, frail_store, tmp_path)
    reader.poll()
    assert proxy.count("GET") == 0
    assert "disk" in (reader.trouble or "")
    frail_store.free = 10**12
    poll_until(reader, lambda: len(frail_store.photos()) == 1)
    assert reader.trouble is None


def test_a_file_that_the_store_refuses_is_stored_later_before_anything_else_is_asked(
    proxy: MedImageProxy, frail_store: _Store, tmp_path: Path
) -> None:
    proxy.put("a.jpg", picture(1))
    proxy.put("b.jpg", picture(2))
    frail_store.refusals = 3
    reader = reader_of(proxy.url, frail_store, tmp_path)
    reader.poll()
    asked = len(proxy.requests)
    poll_until(reader, lambda: not frail_store.refusals)
    assert len(proxy.requests) == asked
    poll_until(reader, lambda: len(frail_store.photos()) == 2)
    assert {photo.state for photo in frail_store.photos()} == {PhotoState.QUEUED}


def leave_behind(folder: Path, url: str, content: bytes) -> None:
    """What a reader that was killed after so many bytes of a file leaves."""
    settings = quick_settings(folder)
    slot = Slot(settings.spool_folder, ReadSource("clinic-a", GUID, url).key)
    with slot.opened() as file:
        slot.fill(file, Label(f"/{GUID}/NHI1/a.jpg", is_certain=True), [content], settings.kept_bytes)


def test_what_had_come_before_the_bridge_was_killed_is_held_with_its_bytes(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    leave_behind(tmp_path, proxy.url, picture(1)[:200])
    reader_of(proxy.url, store, tmp_path).poll()
    photo = only_photo(store)
    assert (photo.name, photo.hold_reason) == (f"#{GUID}-#NHI1-a.jpg", HoldReason.CUT_TRANSFER)
    assert store.bytes_of(photo) == picture(1)[:200]


def test_a_picture_that_had_come_whole_before_the_bridge_was_killed_goes_its_way(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    leave_behind(tmp_path, proxy.url, picture(1))
    reader_of(proxy.url, store, tmp_path).poll()
    assert only_photo(store).state is PhotoState.QUEUED


def test_a_file_that_was_stored_just_before_the_bridge_was_killed_is_one_photo(
    proxy: MedImageProxy, store: SqliteStore, tmp_path: Path
) -> None:
    for _ in range(2):
        leave_behind(tmp_path, proxy.url, picture(1))
        reader_of(proxy.url, store, tmp_path).poll()
    assert len(store.photos()) == 1


def test_a_label_that_never_came_to_the_disk_is_no_file(tmp_path: Path) -> None:
    slot = Slot(tmp_path, "key")
    with slot.opened() as file:
        assert isinstance(file, io.BufferedWriter)
        file.write(json.dumps({"file_name": "/a.jpg"}).encode()[:9])
    assert slot.spooled() is None


def test_the_proxy_is_asked_as_a_pc_server_asks(proxy: MedImageProxy, store: SqliteStore, tmp_path: Path) -> None:
    proxy.put("a.jpg", picture(1))
    reader_of(proxy.url, store, tmp_path).poll()
    wait_until(lambda: "a.jpg" in proxy.read_whole)
    assert [method for method, _ in proxy.requests][:3] == ["HEAD", "GET", "HEAD"]
