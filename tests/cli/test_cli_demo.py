"""`demo`: the whole way of a photo on this machine, as a process of its own (bridge/cli/demo.py)."""

import contextlib
import json
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from cli_runs import LONGEST_SECONDS, STOP_SIGNALS, Ended, finish, run, started

from phone import ask

_ACCOUNT = re.compile(r"as (\w+), password ([\w-]+),")


def own_temp(folder: Path) -> dict[str, str]:
    """The environment of a process that keeps its temporary files in a folder."""
    return dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))


def test_once_shows_each_step_and_the_receipt_and_leaves_nothing_behind(tmp_path: Path) -> None:
    begun = time.monotonic()
    ended = run("demo", "--once", env=own_temp(tmp_path))
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert [line[:3] for line in lines] == ["1. ", "2. ", "3. ", "4. ", "5. "]
    assert "with invented patients" in lines[0]
    assert re.search(r"3\. A phone sent #\w{18}-#123-#Headshot-\S+\.jpg \([\d,]+ bytes\)", lines[2])
    assert re.search(r"after \d+\.\d\d s, read back and compared", lines[3])
    assert re.fullmatch(
        r"5\. Receipt: chart image 1, patient 123, Headshot, clinic \d+, (no station|station \d+), sha256 [0-9a-f]{64}",
        lines[4],
    )
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - begun < LONGEST_SECONDS


def test_it_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with socket.socket() as other:
        with contextlib.suppress(OSError):
            other.bind(("127.0.0.1", 5566))
        with started("demo", env=own_temp(tmp_path)) as demo:
            told = _first_lines(demo)
            held = {user: _held_photos(told, user, password) for user, password in _ACCOUNT.findall(told)}
            demo.send_signal(STOP_SIGNALS[0])
            assert finish(demo) == Ended(0, "", "")
    (base,) = re.findall(r"listens at (http://127\.0\.0\.1:\d+);", told)
    assert not base.endswith(":5566"), "that port is taken"
    assert re.search(rf"{base}/write/\w{{18}}\n", told)
    assert list(tmp_path.iterdir()) == []
    assert f"Open the pages in a browser of this machine: {base}/\n" in told
    assert held.keys() == {"nurse", "bridge"}
    for photos in held.values():
        assert [photo["hold"]["reason"] for photo in photos] == ["no-patient"]


def _held_photos(told: str, user: str, password: str) -> list[dict[str, Any]]:
    """What somebody sees held in the bridge that a demo told of."""
    port = int(re.findall(r"listens at http://127\.0\.0\.1:(\d+);", told)[0])
    typed = json.dumps({"username": user, "password": password}).encode()
    answer = ask(port, "POST", "/api/v1/login/", typed, {"Content-Type": "application/json"})
    authorization = {"Authorization": f"Token {json.loads(answer.body)['token']}"}
    listed = json.loads(ask(port, "GET", "/api/v1/photos/?state=held", headers=authorization).body)
    photos: list[dict[str, Any]] = listed["photos"]
    return photos


def _first_lines(demo: subprocess.Popen[str]) -> str:
    """What a demo prints before it waits."""
    assert demo.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Ctrl-C stops"):
        line = demo.stdout.readline()
        assert line, f"ended after {lines}"
        lines.append(line)
    return "".join(lines)
