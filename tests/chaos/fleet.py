"""Bridges as processes of their own, to be killed and started again, and the engines whose stores they share."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from faulty_line import Trouble
from scale import LONG, SCALE

from bridge.settings import Config
from bridge_runner import make_config
from phone import ask, wait_until
from postgres_server import new_database

_START_SECONDS = 90
_STOP_SECONDS = 60
_TAIL_LINES = 30
_FAULT = re.compile(r"Traceback \(most recent call last\)|event=bridge-fault|event=worker-trouble .*error=(?!Store)")


class BridgeProcess:
    """`python -m bridge serve` in a process group of its own; what it says goes to `log`.

    `shell` is a command in front of it, to run it elsewhere: in another file system, say.
    """

    def __init__(self, config: Config, log: Path, shell: Sequence[str] = ()) -> None:
        self.config = config
        self.port = config.server.port
        self._log = log
        self._command = [*shell, sys.executable, "-m", "bridge", "--config", str(config.file), "serve"]
        self._process: subprocess.Popen[bytes] | None = None
        self._killed_alone: list[int] = []

    @property
    def pid(self) -> int:
        """The process's number; it must be running."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and do not wait."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_it_answers(self) -> None:
        """Wait until phones can reach it. Raises AssertionError when it ended instead."""
        wait_until(lambda: self.has_ended() or self.answers(), _START_SECONDS)
        assert not self.has_ended(), self.last_words()

    def kill(self, *, whole_group: bool = True) -> None:
        """End it as `kill -9` does, alone or with the processes that it has started."""
        process, self._process = self._process, None
        if process is None:
            return
        if whole_group and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        self._killed_alone.append(process.pid)

    def orphans(self) -> list[int]:
        """Process groups that live on though their bridge was killed: processes that it had started."""
        return [group for group in self._killed_alone if _lives(group)]

    def stop(self) -> int:
        """End it as SIGTERM does, and give its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(_STOP_SECONDS)
        self._process = None
        return code

    def has_ended(self) -> bool:
        """True when it has ended by itself, or was never started."""
        return self._process is None or self._process.poll() is not None

    def answers(self) -> bool:
        """True when it serves."""
        with contextlib.suppress(OSError):
            return ask(self.port, "GET", "/").status == 200
        return False

    def log(self) -> str:
        """All that it has said."""
        return self._log.read_text("utf-8", "replace")

    def last_words(self) -> str:
        """The end of what it has said."""
        return "\n".join(self.log().splitlines()[-_TAIL_LINES:])


def _lives(group: int) -> bool:
    """Whether a process of this group still runs, where the system shows its processes in /proc."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, its_group = file.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                return True
    return False


class Fleet:
    """The bridges of one store, as a context manager that ends them all."""

    def __init__(self, configs: Sequence[Config], folder: Path, shell: Sequence[str] = ()) -> None:
        self.bridges = [
            BridgeProcess(config, folder / f"bridge-{number}.log", shell) for number, config in enumerate(configs)
        ]

    def __enter__(self) -> Self:
        try:
            for bridge in self.bridges:
                bridge.start()
            for bridge in self.bridges:
                bridge.wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        for bridge in self.bridges:
            bridge.kill()

    @property
    def ports(self) -> list[int]:
        """Where phones reach them."""
        return [bridge.port for bridge in self.bridges]

    def orphans(self) -> list[int]:
        """Process groups that live on though their bridge was killed."""
        return [group for bridge in self.bridges for group in bridge.orphans()]

    def tracebacks(self) -> list[str]:
        """Lines of the logs that say that a bridge itself has failed, and not its store."""
        lines = (line for bridge in self.bridges for line in bridge.log().splitlines())
        return [line for line in lines if _FAULT.search(line)]


@dataclass(frozen=True)
class Engine:
    """A kind of store: `site` makes the configs of bridges that share one, given a folder, a chart and more settings of
    their deliveries, for as long as its block runs.
    """

    name: str
    site: Callable[[Path, str, str], contextlib.AbstractContextManager[list[Config]]]


PATIENCE = "retry_first_seconds: 0.1, retry_longest_seconds: 1"
"""How the bridges of these tests try again: as quickly as can be, because the tests wait for it."""

PROMPT_LOOKS = "late_look_seconds: 1"
"""Lets the later looks for late arrivals begin a second after a request, and end half a minute after it."""

_HOLDS_LATE_HEADSHOTS = "\nlate_headshots: hold\n"


def chaos_config(folder: Path, chart_url: str, delivery: str = "", more: str = "") -> Config:
    """A bridge's config. A photo whose phone had to send it again may be a late headshot, and goes to the chart too."""
    settings = ", ".join(filter(None, (PATIENCE, delivery)))
    config = make_config(folder, chart_url, delivery=settings, more=f"staff: {{admins: [bridge]}}\n{more}")
    mapping = config.practices[0].mapping
    text = mapping.read_text("utf-8")
    assert _HOLDS_LATE_HEADSHOTS in text
    mapping.write_text(text.replace(_HOLDS_LATE_HEADSHOTS, "\nlate_headshots: send\n"), "utf-8")
    return config


@contextlib.contextmanager
def _one_on_sqlite(folder: Path, chart_url: str, delivery: str) -> Iterator[list[Config]]:
    yield [chaos_config(folder, chart_url, delivery)]


@contextlib.contextmanager
def _several_on_postgres(folder: Path, chart_url: str, delivery: str) -> Iterator[list[Config]]:
    with new_database() as url:
        configs = []
        for number in range(SCALE.machines):
            machine = folder / f"machine-{number}"
            machine.mkdir()
            (machine / "database-url").write_text(url, encoding="utf-8")
            configs.append(chaos_config(machine, chart_url, delivery, more="database: {url_file: database-url}"))
        yield configs


ENGINES = (
    Engine("sqlite", _one_on_sqlite),
    Engine("postgresql", _several_on_postgres),
)
"""Every engine the chaos tests run on. A further one is added here, and nowhere else."""

SOME = ENGINES if LONG else ENGINES[:1]
"""Those for the tests that take the most time."""


def named(value: Engine | Trouble | Mapping[Trouble, float] | int) -> str:
    """A word for an engine, a trouble, several, or a seed, as part of a test's name."""
    if isinstance(value, Engine):
        return value.name
    return "+".join(value) if isinstance(value, Mapping) else str(value)
