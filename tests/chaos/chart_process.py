"""A chart as a process of its own, so that what is measured beside it has its processor to itself."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from clinic import chart_seed

from bridge.sandbox import SandboxServer, StoredImage
from phone import ask, wait_until
from ports import free_port

_START_SECONDS = 60


class ChartProcess:
    """`python -m bridge.sandbox` on a database file in a folder, which keeps the chart between its runs."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._database = folder / "chart.db"
        self._seed = folder / "seed.json"
        self._seed.write_text(json.dumps(dict(chart_seed().rows)), encoding="utf-8")

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the block ends."""
        command = [sys.executable, "-m", "bridge.sandbox", "--port", str(self.port), "--database", str(self._database)]
        with subprocess.Popen([*command, "--seed", str(self._seed)], stdout=subprocess.DEVNULL) as process:
            try:
                wait_until(lambda: process.poll() is not None or self._answers(), _START_SECONDS)
                assert process.poll() is None, "the chart did not start"
                yield
            finally:
                process.terminate()

    def images(self, patient: int) -> tuple[StoredImage, ...]:
        """A patient's images. The process must not be running."""
        with SandboxServer(database=self._database) as server:
            return server.images(patient)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return ask(self.port, "GET", "/").status == 404
        return False
