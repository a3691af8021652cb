"""Says what a run was made on."""

import os
import platform
import sqlite3
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bench import REPOSITORY


def described() -> dict[str, object]:
    """Date, processor, cores, system, versions, commit; and how busy the machine was before, where it tells."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def _commit() -> str:
    """With a plus behind it when files are changed; "" outside of a clone."""
    with suppress(OSError, subprocess.CalledProcessError):
        return _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain", "-uno") else "")
    return ""


def _git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gb() -> float | None:
    with suppress(OSError):
        kilobytes = Path("/proc/meminfo").read_text("utf-8").split("MemTotal:")[1].split()[0]
        return round(int(kilobytes) / 1024**2, 1)
    return None
