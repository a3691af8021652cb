"""The small disk itself: it is full for a process when it should be, and has room again afterwards."""

import subprocess
import sys
from pathlib import Path

import pytest
from small_disk import small_disk

WRITE = """
import pathlib, sys
file = pathlib.Path(sys.argv[1]) / "file"
for _ in sys.stdin:
    try:
        file.write_bytes(bytes(1_000_000))
        print("written", flush=True)
    except OSError:
        print("refused", flush=True)
    file.unlink(missing_ok=True)
"""


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_process_can_write_until_the_disk_is_full_and_again_when_there_is_room(tmp_path: Path, first: int) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder, first) as disk:
        command = [*disk.shell, sys.executable, "-c", WRITE, str(folder)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as writer:
            assert writer.stdin and writer.stdout
            answers = []
            for step in ("", "fill", "room"):
                if step == "fill":
                    disk.fill(writer.pid, 10_000)
                if step == "room":
                    disk.make_room(writer.pid)
                print(file=writer.stdin)
                answers.append(writer.stdout.readline())
            writer.stdin.close()
    assert answers == ["written\n", "refused\n", "written\n"]
