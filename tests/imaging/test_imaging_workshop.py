"""The workshop: what its workers do, and that nothing a file does to one of them reaches the bridge."""

import dataclasses
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from imaging_samples import encoded, exif, noise, photo_like
from workshop_helpers import LIMITS, TRICKS, held, is_reaped, pid, said, until

from bridge.holds import HoldReason
from bridge.imaging import Limits, PictureError, prepare, preview
from bridge.imaging.workshop import Workshop
from bridge.imaging.workshop_memory import DEFAULT_GUARD, MemoryGuard

PHOTO = photo_like(600, 450)
PICTURES = {
    "passed through": encoded(PHOTO, quality=85),
    "turned": encoded(PHOTO, quality=85, exif=exif(6)),
    "png": encoded(PHOTO.convert("L"), "PNG"),
    "fitted": encoded(noise(900, 700), quality=95),
}


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop(2) as shared:
        yield shared


@pytest.fixture
def stage() -> Iterator[Workshop]:
    """A workshop of one worker that plays tricks."""
    with Workshop(1, seconds=60.0, memory_bytes=200_000_000, module=TRICKS) as one:
        yield one


@pytest.fixture
def hasty() -> Iterator[Workshop]:
    """The same, but patient for a second."""
    with Workshop(1, seconds=1.0, module=TRICKS) as one:
        yield one


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_comes_back_as_prepare_makes_it_to_the_last_field(
    name: str, workshop: Workshop, tmp_path: Path
) -> None:
    limits = Limits(max_image_bytes=300_000, quality_floor=40)
    file = tmp_path / "0123abc"
    file.write_bytes(PICTURES[name])
    expected = prepare(PICTURES[name], limits)
    assert workshop.prepare(file, limits) == expected
    assert workshop.prepare(PICTURES[name], limits) == expected


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n1 0 obj", PICTURES["turned"][:9000], b"\x7fELF"])
def test_a_hold_comes_back_with_its_reason_and_sentence(data: bytes, workshop: Workshop) -> None:
    with pytest.raises(PictureError) as direct:
        prepare(data, LIMITS)
    with pytest.raises(PictureError) as caught:
        workshop.prepare(data, LIMITS)
    assert caught.value.hold == direct.value.hold


def test_a_damaged_picture_has_a_preview_and_is_prepared_as_it_is_when_a_person_says_so(workshop: Workshop) -> None:
    data = PICTURES["passed through"]
    cut = data[: len(data) * 2 // 3]
    with pytest.raises(PictureError) as caught:
        workshop.prepare(cut, LIMITS)
    assert caught.value.has_preview
    assert workshop.preview(cut, 200) == preview(cut, 200)
    assert workshop.prepare(cut, LIMITS, as_is=True) == prepare(cut, LIMITS, as_is=True)


def test_a_preview_that_hangs_or_crashes_is_refused(hasty: Workshop) -> None:
    with held(HoldReason.TOO_LARGE, "1 seconds"):
        hasty.preview(b"hang", 100)
    with held(HoldReason.DAMAGED_PICTURE, "picture worker"):
        hasty.preview(b"crash", 100)


def test_every_limit_reaches_the_worker(workshop: Workshop) -> None:
    with held(HoldReason.TOO_LARGE, "600 x 450"):
        workshop.prepare(PICTURES["png"], dataclasses.replace(LIMITS, max_pixels=600 * 450 - 1))
    assert workshop.prepare(PICTURES["png"], dataclasses.replace(LIMITS, longest_edge=60)).width == 60


def test_a_file_that_is_gone_is_no_fault_of_the_picture(workshop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        workshop.prepare(tmp_path / "gone", LIMITS)
    assert workshop.prepare(PICTURES["png"], LIMITS).width == 600


@pytest.mark.parametrize("name", ["clínica 你好", os.fsdecode(b"caf\xe9"), "a\nb"])
def test_a_data_folder_may_have_any_name(name: str, workshop: Workshop, tmp_path: Path) -> None:
    file = tmp_path / name / "photo"
    file.parent.mkdir()
    file.write_bytes(PICTURES["png"])
    assert workshop.prepare(file, LIMITS).width == 600


def test_a_relative_path_is_one_of_the_bridges_own_folder(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photo").write_bytes(PICTURES["png"])
    monkeypatch.chdir(tmp_path)
    assert workshop.prepare(Path("photo"), LIMITS).width == 600


def test_fifty_pictures_from_four_threads_come_back_each_to_its_own_caller(workshop: Workshop) -> None:
    files = [encoded(PHOTO.resize((60 + number, 40)), quality=80, exif=exif(number % 8 + 1)) for number in range(50)]
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda file: workshop.prepare(file, LIMITS), files))
    assert results == [prepare(file, LIMITS) for file in files]


def test_no_more_workers_run_than_were_asked_for() -> None:
    with Workshop(2, module=TRICKS) as two, ThreadPoolExecutor(6) as threads:
        pids = set(threads.map(lambda _: pid(two), range(60)))
    assert 1 <= len(pids) <= 2


def test_one_worker_has_prepared_a_picture_before_the_first_one_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "warm_up.py").write_text(
        "import pathlib\ndef prepare(data, limits):\n    pathlib.Path(__file__).with_name('warm').write_bytes(data)\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    with Workshop(1, module="warm_up"):
        until(lambda: (tmp_path / "warm").exists() and prepare((tmp_path / "warm").read_bytes(), LIMITS))


def test_a_worker_prepares_one_picture_after_the_other(stage: Workshop) -> None:
    assert len({pid(stage) for _ in range(10)}) == 1


def test_a_worker_that_keeps_much_memory_is_replaced(stage: Workshop) -> None:
    old = said(stage.prepare(b"keep 110000000", LIMITS))["pid"]
    assert pid(stage) != old
    assert is_reaped(old)


def test_a_worker_is_replaced_after_some_hundred_pictures(stage: Workshop) -> None:
    assert len({pid(stage) for _ in range(501)}) == 2


def test_a_worker_has_neither_the_bridges_files_nor_its_sockets_nor_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHART_TOKEN", "SECRET")
    monkeypatch.setenv("PYTHONSTARTUP", "SECRET")
    with (tmp_path / "lock").open("w") as lock, socket.create_server(("127.0.0.1", 0)) as listening:
        os.set_inheritable(lock.fileno(), True)
        os.set_inheritable(listening.fileno(), True)
        status = os.fstat(lock.fileno())
        with Workshop(1, module=TRICKS) as workshop:
            seen = said(workshop.prepare(b"look", LIMITS))["said"]
    assert [status.st_dev, status.st_ino] not in seen["files"]
    assert seen["sockets"] == 0
    assert "SECRET" not in seen["environment"].values()


def test_a_worker_makes_way_for_the_bridge_and_takes_little_memory(stage: Workshop) -> None:
    seen = said(stage.prepare(b"look", LIMITS))["said"]
    assert seen["niceness"] > os.nice(0)
    assert 5_000_000 < seen["memory"] < 100_000_000


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_the_like_are_left_to_the_bridge(sign: signal.Signals, stage: Workshop) -> None:
    worker = pid(stage)
    os.kill(worker, sign)
    assert pid(stage) == worker


def test_ctrl_c_in_a_terminal_does_not_reach_the_workers(stage: Workshop) -> None:
    assert os.getpgid(pid(stage)) != os.getpgid(0)


def test_what_a_decoder_prints_and_reads_meets_nothing(stage: Workshop) -> None:
    first = said(stage.prepare(b"print", LIMITS))
    assert first["said"] == ""
    assert pid(stage) == first["pid"]


@pytest.mark.parametrize("trick", [b"hang", b"hang-all"])
def test_a_picture_that_hangs_is_held_in_time(trick: bytes, hasty: Workshop) -> None:
    old = pid(hasty)
    start = time.monotonic()
    with held(HoldReason.TOO_LARGE, "not decoded after 1 seconds", "retry it", "discard"):
        hasty.prepare(trick, LIMITS)
    assert time.monotonic() - start < 20
    assert is_reaped(old)
    assert pid(hasty) != old


def test_a_worker_that_does_not_even_listen_is_ended_in_time(hasty: Workshop) -> None:
    os.kill(pid(hasty), signal.SIGSTOP)
    with held(HoldReason.TOO_LARGE, "1 seconds"):
        hasty.prepare(bytes(4_000_000), LIMITS)
    assert pid(hasty)


def test_what_a_hanging_picture_has_started_does_not_hold_up_the_bridge(hasty: Workshop) -> None:
    start = time.monotonic()
    with held(HoldReason.TOO_LARGE, "1 seconds"):
        hasty.prepare(b"breed", LIMITS)
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("guard", sorted({DEFAULT_GUARD, MemoryGuard.WATCHER}))
def test_a_picture_that_takes_too_much_memory_is_held(guard: MemoryGuard) -> None:
    with Workshop(1, seconds=20, memory_bytes=150_000_000, module=TRICKS, guard=guard) as workshop:
        old = pid(workshop)
        start = time.monotonic()
        with held(HoldReason.TOO_LARGE, "too much memory", "smaller copy"):
            workshop.prepare(b"swell", LIMITS)
        assert time.monotonic() - start < 15
        assert pid(workshop) != old


@pytest.mark.parametrize("guard", sorted({DEFAULT_GUARD, MemoryGuard.WATCHER}))
def test_real_pictures_are_prepared_within_bounds(guard: MemoryGuard) -> None:
    with Workshop(1, guard=guard) as workshop:
        for data in PICTURES.values():
            assert workshop.prepare(data, LIMITS) == prepare(data, LIMITS)


@pytest.mark.parametrize("trick", [b"crash", b"leave", b"vanish"])
def test_a_picture_that_brings_two_workers_down_is_held(trick: bytes, stage: Workshop) -> None:
    with held(HoldReason.DAMAGED_PICTURE, "damaged", "brings the bridge's picture worker down", "discard"):
        stage.prepare(trick, LIMITS)
    assert pid(stage)


def test_a_picture_is_tried_on_two_workers_and_no_more(stage: Workshop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        with held(HoldReason.DAMAGED_PICTURE):
            stage.prepare(b"phone %d crash" % listening.getsockname()[1], LIMITS)
        for _ in range(2):
            listening.accept()[0].close()
        with pytest.raises(TimeoutError):
            listening.accept()


def test_after_one_crash_a_fresh_worker_prepares_the_picture(stage: Workshop, tmp_path: Path) -> None:
    assert stage.prepare(b"crash-first " + os.fsencode(tmp_path / "marker"), LIMITS).width == 7


def test_a_worker_killed_in_the_middle_costs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    with Workshop(1, seconds=30, module=TRICKS) as workshop, ThreadPoolExecutor(1) as threads:
        result = threads.submit(workshop.prepare, b"wait-first " + os.fsencode(marker), LIMITS)
        until(marker.exists)
        killed = int(marker.read_text("ascii"))
        os.kill(killed, signal.SIGKILL)
        assert said(result.result(50))["pid"] != killed


def test_a_worker_killed_while_idle_costs_a_picture_no_try(stage: Workshop, tmp_path: Path) -> None:
    killed = pid(stage)
    os.kill(killed, signal.SIGKILL)
    os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)
    assert stage.prepare(b"crash-first " + os.fsencode(tmp_path / "marker"), LIMITS).width == 7


def test_a_fault_of_the_bridge_is_held_as_such_without_the_errors_words(stage: Workshop) -> None:
    worker = pid(stage)
    with held(HoldReason.BRIDGE_FAULT, "LookupError in workshop_tricks.py line ", "retry"):
        stage.prepare(b"fail Maria", LIMITS)
    with pytest.raises(PictureError) as caught:
        stage.prepare(b"fail Maria", LIMITS)
    assert "Maria" not in str(caught.value)
    assert pid(stage) == worker
