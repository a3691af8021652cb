"""How workers end: with the bridge, at its wish, or not even started; and that nothing of them is left."""

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from workshop_helpers import LIMITS, TRICKS, is_reaped, pid, until

from bridge.errors import BridgeError
from bridge.imaging import PictureError
from bridge.imaging.workshop import Workshop
from bridge.imaging.workshop_worker import WorkshopError


@pytest.mark.parametrize("trick", [b"", b" hang", b" hang-all"])
def test_workers_do_not_outlive_a_bridge_that_is_killed(trick: bytes) -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[3:]\n"
        "from bridge.imaging import Limits\nfrom bridge.imaging.workshop import Workshop\n"
        "with Workshop(1, seconds=1 if sys.argv[1] else 60, module='workshop_tricks') as workshop:\n"
        "    workshop.prepare(sys.argv[2].encode(), Limits(1000))\n"
        "    print('idle', flush=True)\n    sys.stdin.read()\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(40)
        command = b"phone %d%s" % (listening.getsockname()[1], trick)
        hurry = "hurry" if trick == b" hang-all" else ""
        with subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script, hurry, command.decode(), *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as bridge:
            line, _ = listening.accept()
            with line:
                line.settimeout(40)
                if not trick:
                    assert bridge.stdout is not None
                    bridge.stdout.readline()
                bridge.kill()
                bridge.wait()
                start = time.monotonic()
                assert line.recv(1) == b""
    assert time.monotonic() - start < (30 if hurry else 20)


def test_closing_ends_the_workers_and_says_so_to_late_callers() -> None:
    workshop = Workshop(1, module=TRICKS)
    worker = pid(workshop)
    workshop.close()
    workshop.close()
    assert is_reaped(worker)
    with pytest.raises(WorkshopError, match="stopping"):
        workshop.prepare(b"look", LIMITS)


def test_closing_waits_for_the_picture_in_work_and_turns_away_who_waits(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    workshop = Workshop(1, seconds=1.5, module=TRICKS)
    with ThreadPoolExecutor(2) as threads:
        at_work = threads.submit(workshop.prepare, b"wait-first " + os.fsencode(marker), LIMITS)
        until(marker.exists)
        waiting = threads.submit(workshop.prepare, b"look", LIMITS)
        workshop.close()
        assert isinstance(at_work.exception(0), PictureError)
        assert isinstance(waiting.exception(50), WorkshopError)


def test_a_worker_that_cannot_start_is_no_fault_of_the_picture() -> None:
    with Workshop(1, module="workshop_gone") as workshop:
        for _ in range(2):
            with pytest.raises(WorkshopError, match=r"cannot start \(\w+Error in .*\); restart the bridge"):
                workshop.prepare(b"look", LIMITS)


def test_a_python_that_cannot_be_run_is_no_fault_of_the_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(BridgeError, match=r"cannot be started \(FileNotFoundError\)"), Workshop(1):
        pass


def test_kills_and_crashes_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def rounds() -> None:
        with Workshop(2, seconds=1.0, module=TRICKS) as workshop:
            for trick in (b"hang", b"crash", b"keep 1", b"vanish"):
                with pytest.raises(PictureError) if trick != b"keep 1" else memoryview(b""):
                    workshop.prepare(trick, LIMITS)

    rounds()
    before = threading.active_count(), next_file_number()
    rounds()
    assert (threading.active_count(), next_file_number()) == before
    assert list(tmp_path.iterdir()) == []


def next_file_number() -> int:
    """The lowest free one: it grows when a file or pipe stays open."""
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return number
