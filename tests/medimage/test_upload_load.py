"""Many phones at once: slow and silent ones beside fast ones, and large files side by side."""

import dataclasses
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from uploads import half_written, is_stored, kept, named, sentence

from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import GUID, make_config, running_bridge
from phone import Answer, Line, form, picture, post_photo, request, upload_request, wait_until

STALLED_SECONDS = 2


@pytest.fixture
def busy_bridge(tmp_path: Path, chart: SandboxServer) -> Iterator[Service]:
    """A bridge with threads for 40 requests, which waits two seconds for a silent phone."""
    config = make_config(tmp_path, chart.url)
    server = dataclasses.replace(config.server, threads=40, stalled_seconds=STALLED_SECONDS)
    with running_bridge(dataclasses.replace(config, server=server)) as service:
        yield service


def at_once(port: int, names: list[str], contents: list[bytes]) -> list[Answer]:
    """The answers to uploads that are all sent at the same time."""
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda n=name, c=content: answers.append(post_photo(port, n, c)))
        for name, content in zip(names, contents, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_stalled_uploads_do_not_hold_up_the_others_and_end_without_a_trace(busy_bridge: Service) -> None:
    port = busy_bridge.web.port
    started = time.monotonic()
    lines = [Line(port) for _ in range(30)]
    for number, line in enumerate(lines):
        data = upload_request(form(named(f"stalled-{number}"), picture() + bytes(100_000)))
        line.send(data[: 20 + number * 3000])
    for number in range(20):
        assert is_stored(post_photo(port, named(f"fast-{number}"), picture(number)))
    assert time.monotonic() - started < STALLED_SECONDS
    for line in lines[1:]:
        assert "still on the phone" in sentence(line.answer(), 206)
    assert lines[0].answer().status == 408
    for line in lines:
        line.__exit__()
    assert STALLED_SECONDS <= time.monotonic() - started < STALLED_SECONDS + 8
    wait_until(lambda: half_written(busy_bridge) == [])
    assert {photo.name for photo in busy_bridge.store.photos()} == {named(f"fast-{number}") for number in range(20)}


def test_connections_that_say_nothing_hold_no_thread(busy_bridge: Service) -> None:
    lines = [Line(busy_bridge.web.port) for _ in range(100)]
    assert is_stored(post_photo(busy_bridge.web.port, named("beside-silence"), picture()))
    lines[50].send(upload_request(form(named("after-silence"), picture())))
    assert is_stored(lines[50].answer())
    assert lines[0].is_closed()
    for line in lines:
        line.__exit__()


def test_a_bridge_that_stops_lets_an_upload_finish(tmp_path: Path, chart: SandboxServer) -> None:
    with running_bridge(make_config(tmp_path, chart.url)) as service, Line(service.web.port) as line:
        data = upload_request(form(named("finishing"), picture()))
        line.send(data[:200])
        time.sleep(0.2)
        stopping = threading.Thread(target=service.web.stop)
        stopping.start()
        time.sleep(0.2)
        line.send(data[200:])
        assert is_stored(line.answer())
        stopping.join()
        assert kept(service, named("finishing")) == [picture()]


def test_large_uploads_side_by_side_take_little_memory(busy_bridge: Service) -> None:
    """What is measured are all of Python's own blocks; the file that is sent is made before."""
    body = form(named("large"), picture() + bytes(30 * 1024 * 1024))
    first, second = body[:150].replace(b"large", b"%05d"), body[150:]
    answers = []

    def send(number: int) -> None:
        with Line(busy_bridge.web.port) as line:
            kind = f"Content-Type: multipart/form-data; boundary={body[2:31].decode()}"
            line.send(request("POST", "/api/photo", kind, f"Content-Length: {len(body)}") + first % number)
            line.send(second)
            answers.append(line.answer())

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    tracemalloc.start()
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(is_stored(answer) for answer in answers)
    assert len(answers) == 8
    assert most_bytes < 30 * 1024 * 1024


def test_many_phones_at_once_each_keep_their_photo(busy_bridge: Service) -> None:
    names = [named(f"phone-{number}") for number in range(32)]
    contents = [picture(number) for number in range(32)]
    assert all(is_stored(answer) for answer in at_once(busy_bridge.web.port, names, contents))
    assert [kept(busy_bridge, name) for name in names] == [[content] for content in contents]


def test_photos_of_one_name_at_once_are_all_kept(busy_bridge: Service) -> None:
    contents = [picture(number) for number in range(32)]
    assert all(is_stored(answer) for answer in at_once(busy_bridge.web.port, [named("same")] * 32, contents))
    assert sorted(kept(busy_bridge, named("same"))) == sorted(contents)


def test_one_photo_sent_many_times_at_once_is_kept_once(busy_bridge: Service) -> None:
    content = picture() + bytes(200_000)
    answers = at_once(busy_bridge.web.port, [f"#{GUID}-resent.jpg"] * 16, [content] * 16)
    assert all(is_stored(answer) for answer in answers)
    assert kept(busy_bridge, named("resent")) == [content]
    assert half_written(busy_bridge) == []
