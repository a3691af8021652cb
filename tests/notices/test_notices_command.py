"""Notices to commands, with real processes."""

import contextlib
import json
import os
import sys
import time
from pathlib import Path

import pytest
from notice_receivers import EVERYTHING, held, outage, stored, telling, wait_until

from bridge.notices import Notice, NoticeKind, NoticeSettings

KEEP = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read() + sys.argv[-1].encode())"
CHILD = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
part = pathlib.Path(sys.argv[1]).with_suffix(".part")
part.write_text(str(child.pid))
part.replace(sys.argv[1])
time.sleep(60)
"""


def command(script: str, *arguments: str | Path, **more: object) -> NoticeSettings:
    """Settings that run a Python script."""
    return NoticeSettings(EVERYTHING, command=(sys.executable, "-c", script, *map(str, arguments)), **more)


def kept(file: Path, notice: Notice, *arguments: str, **more: object) -> tuple[dict, str]:
    """What a command got for a notice: the JSON on its standard input, and its last argument."""
    with telling(command(KEEP, file, *arguments, **more)) as bridge:
        bridge.tell(notice)
        wait_until(lambda: file.exists() and bool(file.read_bytes()))
    line, last = file.read_text().split("\n")
    return json.loads(line), last


def test_a_command_gets_the_notice_as_json_and_the_sentence_in_its_arguments(tmp_path: Path) -> None:
    body, last = kept(tmp_path / "kept", stored(17), "--text=[MESSAGE]")
    assert body["photos"] == [17]
    assert last == "--text=Photo 17 of clinic-a is stored."


def test_a_command_gets_patient_data_on_its_standard_input_alone_and_only_when_allowed(tmp_path: Path) -> None:
    body, last = kept(tmp_path / "open", held(), "[MESSAGE]", with_patient_data=True)
    assert body["details"]["patient"] == 4711
    assert "4711" not in last
    body, _ = kept(tmp_path / "closed", held(), "[MESSAGE]")
    assert "details" not in body


def test_nothing_in_a_sentence_can_steer_a_shell(tmp_path: Path) -> None:
    hostile = Notice(
        NoticeKind.OUTAGE_BEGINS, "clinic-a", reason="chart-away", cause='x" & del %PATH% | `id` $(id) > y'
    )
    body, last = kept(tmp_path / "kept", hostile, "[MESSAGE]")
    assert "%PATH%" in body["sentence"]
    assert not set('"&%|`$><^!') & set(last)


def test_without_a_shell_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    _, last = kept(tmp_path / "kept", stored(), "$HOME; echo *")
    assert last == "$HOME; echo *"


def test_a_command_that_takes_too_long_is_killed_with_its_children(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "child"
    started = time.monotonic()
    with telling(command(CHILD, file, timeout_seconds=2.0)) as bridge:
        bridge.tell(outage(NoticeKind.OUTAGE_BEGINS))
        wait_until(file.exists)
        bridge.stop(timeout_seconds=0)
    assert time.monotonic() - started < 8
    wait_until(lambda: "reason=command-too-slow" in caplog.text)
    wait_until(lambda: not _is_running(int(file.read_text())))


def test_a_command_that_fails_is_tried_again_and_then_dropped_with_its_exit_code(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "runs"
    script = "import sys; open(sys.argv[1], 'a').write('x'); print('noise' * 100000); sys.exit(3)"
    with telling(command(script, file)) as bridge:
        bridge.tell(stored())
        wait_until(lambda: bool(caplog.records))
    assert file.read_text() == "xxx"
    assert "tries=3 reason=command-failed-3" in caplog.text


def test_a_command_that_does_not_exist_is_dropped_and_the_thread_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = NoticeSettings(EVERYTHING, command=(str(tmp_path / "no-such-program"),))
    with telling(settings) as bridge:
        bridge.tell(stored(1))
        bridge.tell(stored(2))
        wait_until(lambda: len(caplog.records) == 2)
    assert "reason=command-not-started-FileNotFoundError" in caplog.text


def test_a_command_that_reads_nothing_is_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "done"
    with telling(command("import sys, os; os.close(0); open(sys.argv[1], 'w').write('x')", file)) as bridge:
        bridge.tell(stored())
        wait_until(lambda: file.exists() and bool(file.read_text()))
    assert not caplog.records


def _is_running(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not Path("/proc/self").exists()
