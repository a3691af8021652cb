"""Runs commands as people do: in this process for their words and exit codes, or as a process of their own."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.holds import Hold, HoldReason
from bridge.photos import NewUpload, Photo, Source, SqliteStore
from bridge.settings import Config
from bridge.tags import parse_name
from bridge_runner import GUID
from phone import picture

NAME = f"#{GUID}-#999-#Headshot-21-Nov-2026-10-11-12.jpg"
LONGEST_SECONDS = 30.0
STOP_SIGNALS = [signal.SIGTERM, signal.SIGINT] if os.name == "posix" else [signal.Signals["CTRL_BREAK_EVENT"]]
"""What asks a command to stop; Windows has one signal for processes of another group."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """Its error sentences, from stderr."""
        return [line.removeprefix("Error: ") for line in self.err.splitlines() if line.startswith("Error: ")]


Command = Callable[..., Ended]


def here(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Ended:
    """Run a command in this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    written = capsys.readouterr()
    assert "Traceback" not in written.out + written.err
    return Ended(int(ended.value.code or 0), written.out, written.err)


def start(*arguments: str | Path, **options: str | Path | dict[str, str] | None) -> subprocess.Popen[str]:
    """Start a command as a process of its own, with warnings as errors. `cwd` and `env` are given as options."""
    group = {} if os.name == "posix" else {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "bridge", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=options.get("cwd"),
        env=os.environ | (options.get("env") or {}),
        **group,
    )


@contextlib.contextmanager
def started(*arguments: str | Path, **options: str | Path | dict[str, str] | None) -> Iterator[subprocess.Popen[str]]:
    """A command as a process of its own; it is killed at the end if it still runs."""
    process = start(*arguments, **options)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            finish(process)


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for a started command to end."""
    with process:
        out, err = process.communicate(timeout=LONGEST_SECONDS)
    return Ended(process.returncode, out, err)


def run(*arguments: str | Path, **options: str | Path | dict[str, str] | None) -> Ended:
    """Run a command as a process of its own to its end."""
    return finish(start(*arguments, **options))


def held_photo(config: Config, name: str = NAME, practice: str = "clinic-a") -> Photo:
    """A photo in the store that waits for a person."""
    store = SqliteStore(config.data_folder)
    try:
        photo = _add(store, name, practice)
        store.hold(photo, Hold(HoldReason.UNKNOWN_PATIENT, "The chart has no patient with id 999; assign the photo."))
        return photo
    finally:
        store.close()


def queued_photo(config: Config, name: str = NAME, practice: str = "clinic-a") -> Photo:
    """A photo in the store that waits for its turn."""
    store = SqliteStore(config.data_folder)
    try:
        return _add(store, name, practice)
    finally:
        store.close()


def _add(store: SqliteStore, name: str, practice: str) -> Photo:
    store.ensure_practices({practice: None})
    incoming = store.incoming()
    incoming.write(picture())
    tags = parse_name(name)
    photo, _ = store.add(NewUpload(practice, tags.name, Source.PHOTO_API, "image/jpeg", tags.captured_at), incoming)
    return photo
