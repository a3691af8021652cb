"""Telling a command, run without a shell and for a bounded time."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from bridge.notices.notice import Notice
from bridge.notices.settings import NoticeSettings
from bridge.notices.web import NotToldError
from bridge.settings import NOTICE_MESSAGE

_KILL_SECONDS = 5.0
_STEERING = re.compile(r"[^\w .,;:()/'+-]")
"""What is left out of a sentence in an argument: Windows hands the arguments of a batch file to a shell."""


def tell_command(settings: NoticeSettings, notice: Notice) -> None:
    """Run the command once, with the notice as JSON on its standard input. Raises NotToldError.

    Its output is thrown away. After `timeout_seconds` it is killed, with the processes that it started.
    """
    arguments = [part.replace(NOTICE_MESSAGE, _STEERING.sub("", notice.sentence)) for part in settings.command]
    body = notice.payload(datetime.now(UTC), with_patient_data=settings.with_patient_data)
    try:
        process = _ProcessTree(arguments)
    except (OSError, ValueError) as error:
        raise NotToldError(f"command-not-started-{type(error).__name__}") from error
    with process:
        try:
            process.communicate(body + b"\n", settings.timeout_seconds)
        except subprocess.TimeoutExpired:
            process.kill_tree()
            raise NotToldError("command-too-slow") from None
    if process.returncode != 0:
        raise NotToldError(f"command-failed-{process.returncode}")


class _ProcessTree(subprocess.Popen[bytes]):
    """A process that is the head of a group of its own, so that it can be killed with those that it started."""

    def __init__(self, arguments: list[str]) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        super().__init__(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=flags,
        )

    def kill_tree(self) -> None:
        """Kill it and all that it started."""
        if sys.platform == "win32":
            _kill_tree_on_windows(self.pid)
        else:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        self.kill()


def _kill_tree_on_windows(pid: int) -> None:
    taskkill = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe"
    with (
        contextlib.suppress(OSError, subprocess.TimeoutExpired),
        _ProcessTree([str(taskkill), "/F", "/T", "/PID", str(pid)]) as killer,
    ):
        killer.communicate(timeout=_KILL_SECONDS)
