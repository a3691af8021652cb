"""`logs`: the last lines of the log file, and those that come (bridge/cli/upkeep.py, bridge/logs.py)."""

import contextlib
import logging
import logging.handlers
import queue
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_runs import here, started

from bridge.logs import NewLines
from bridge_runner import make_config


@pytest.mark.parametrize("more", ["", "log_file: logs/bridge.log"])
def test_it_says_where_the_log_is_when_there_is_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str
) -> None:
    done = here(capsys, "--config", make_config(tmp_path, "http://127.0.0.1:9", more=more).file, "logs")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1


def test_it_shows_the_last_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9", more="log_file: bridge.log").file
    (tmp_path / "bridge.log").write_text("".join(f"line {number}\n" for number in range(100)))
    assert here(capsys, "--config", file, "logs", "-n", "3").out.splitlines() == ["line 97", "line 98", "line 99"]


class Follower:
    """A running `logs -f`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines = queue.Queue[str]()
        self._process = process
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in self._process.stdout:
                self._lines.put(line.rstrip("\n"))

    def next(self, count: int) -> list[str]:
        """The next lines. Raises queue.Empty when they do not come."""
        return [self._lines.get(timeout=15) for _ in range(count)]


def test_it_goes_on_with_new_lines_through_a_turnover_and_a_moment_without_a_file(tmp_path: Path) -> None:
    config = make_config(tmp_path, "http://127.0.0.1:9", more="log_file: bridge.log").file
    file = tmp_path / "bridge.log"
    file.write_text("one\ntwo\n")
    with started("--config", config, "logs", "-n", "1", "-f") as process:
        follower = Follower(process)
        assert follower.next(1) == ["two"]
        with file.open("a") as opened:
            opened.write("three\n")
        assert follower.next(1) == ["three"]
        with file.open("a") as opened:
            opened.write("four\n")
        file.rename(tmp_path / "bridge.log.1")
        assert follower.next(1) == ["four"]
        file.write_text("five\n")
        assert follower.next(1) == ["five"]
        assert process.poll() is None


@pytest.fixture
def logger(tmp_path: Path) -> Iterator[logging.Logger]:
    """Logs lines of ten bytes and turns the file over after five, as the bridge does at 5 MiB."""
    handler = logging.handlers.RotatingFileHandler(tmp_path / "bridge.log", "a", 50, 5, encoding="utf-8")
    made = logging.Logger("turning")
    made.addHandler(handler)
    yield made
    handler.close()


@pytest.mark.parametrize("between_looks", [1, 3, 5, 7, 12, 19])
def test_no_line_is_lost_or_told_twice_however_often_the_file_is_turned_over(
    tmp_path: Path, logger: logging.Logger, between_looks: int
) -> None:
    file = tmp_path / "bridge.log"
    lines, told = NewLines(file), list[str]()
    for number in range(60):
        logger.warning("line %04d", number)
        if number % between_looks == 0:
            told += lines.read()
    told += lines.read()
    assert told == [f"line {number:04}" for number in range(60)]


def test_a_line_is_told_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "bridge.log"
    file.write_bytes(b"one\nhal")
    lines = NewLines(file)
    assert list(lines.read()) == ["one"]
    assert list(lines.read()) == []
    with file.open("ab") as opened:
        opened.write("f é\n".encode()[:3])
    assert list(lines.read()) == []
    with file.open("ab") as opened:
        opened.write("f é\n".encode()[3:])
    assert list(lines.read()) == ["half é"]


def test_a_file_that_was_emptied_or_is_another_one_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "bridge.log"
    file.write_text("one\ntwo\n")
    (tmp_path / "bridge.log.1").write_text("older\n")
    lines = NewLines(file)
    assert list(lines.read()) == ["one", "two"]
    file.write_text("new\n")
    assert list(lines.read()) == ["new"]
    file.unlink()
    assert list(lines.read()) == []
    (tmp_path / "other").write_text("another\n")
    (tmp_path / "other").rename(file)
    assert list(lines.read()) == ["another"]
