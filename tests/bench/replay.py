"""Measures trying a mapping file on the past: `python -m tests.bench.replay`.

Fills a store of each engine with remembered uploads, few and many, and runs `mappings replay` on them as an admin does,
in a process of its own. One line for each engine and number: how long it took, and the most memory that it had.
"""

import argparse
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figures import Figure, end_in_order, say, table, write_figures
from bridge.photos import open_store
from bridge.photos.sql import SqlStore
from bridge.photos.tables import photos
from bridge.secret import Secret
from bridge.tags import check_key
from bridge_runner import make_config
from postgres_server import new_database

QUICK, FEW, MANY = 1_000, 10_000, 100_000
MOST_SECONDS = 30.0
_BATCH = 5_000
_PATIENTS = 20_000
_WORDS = ("#Headshot", "#x-#ray", "cirugía", "#audiograma-#dental", "#Cara-de-lado", "#perfil", "")
_NEW_WORDS = "  Headshot:\n    station: ENT\n    aliases:\n      - perfil\n"
_PATTERN = "  wristband:\n    form: oldid\n    pattern: 'TJ-?([0-9]{3,6})'\n"


def main() -> None:
    """Fill, measure, and print the lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--pattern", action="store_true", help="with a patient rule that has a pattern")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it works")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures here")
    wanted = parser.parse_args()
    end_in_order()
    numbers = (QUICK,) if wanted.quick else (FEW, wanted.many or MANY)
    figures = [
        each
        for engine in wanted.engine or ("sqlite", "postgresql")
        for number in numbers
        for each in _figures(engine, number, wanted.pattern)
    ]
    say(table(figures))
    if wanted.json:
        write_figures(wanted.json, figures)


def _figures(engine: str, number: int, has_pattern: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as ending:
        folder = Path(name)
        url = ending.enter_context(new_database()) if engine == "postgresql" else None
        more = "database: {url_file: database-url}" if url else ""
        if url:
            (folder / "database-url").write_text(url)
        config = make_config(folder, "https://chart.example.org", more=more)
        with contextlib.closing(open_store(config.data_folder, Secret(url) if url else None)) as store:
            assert isinstance(store, SqlStore)
            _fill(store, number)
        seconds, megabytes, told = _replay(config.file, _edited(folder, _PATTERN if has_pattern else ""))
    assert told["tried"] == number
    say(f"{engine}: {number:,} uploads replayed in {seconds:.1f} s, {megabytes:.0f} MB")
    name = f"{engine}, {number:,} uploads{', a pattern' if has_pattern else ''}"
    most = MOST_SECONDS if number == MANY else None
    note = f"{told['changed']:,} would change"
    return [
        Figure(name, seconds, "s", at_most=most, note=note),
        Figure(f"{name}, memory", megabytes, "MB"),
    ]


def _edited(folder: Path, rule: str) -> Path:
    """The practice's mapping file with an edit to try, and with one patient rule more."""
    file = folder / "new.yaml"
    lines = (folder / "thousand-smiles.yaml").read_text("utf-8")
    old = "  Headshot:\n    station: Registration\n    aliases:\n"
    assert old in lines
    file.write_text(lines.replace(old, _NEW_WORDS).replace("patient:\n", f"patient:\n{rule}"), "utf-8")
    return file


def _replay(config_file: Path, file: Path) -> tuple[float, float, dict[str, int]]:
    """Seconds, the most memory in MB, and what the command printed."""
    command = [sys.executable, "-m", "bridge", "--config", str(config_file), "mappings", "replay", str(file), "--json"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return time.perf_counter() - started, usage.ru_maxrss / 1024, told


def _fill(store: SqlStore, number: int) -> None:
    store.ensure_practices({"clinic-a": None, "clinic-b": None})
    for first in range(0, number, _BATCH):
        with store.writing() as connection:
            connection.execute(photos.insert(), [_photo(each) for each in range(first, min(first + _BATCH, number))])


def _photo(number: int) -> dict[str, object]:
    at = datetime.now(UTC) - timedelta(days=29) + timedelta(seconds=20 * number)
    words = _WORDS[number % len(_WORDS)]
    name = f"#uPSE4UWHmJ8XqFUqvf-#{number * 7919 % _PATIENTS + 1}-{words}-{at:%d-%b-%Y-%H-%M-%S}.jpg"
    return {
        "practice": "clinic-a" if number % 2 else "clinic-b", "name": name, "check_key": check_key(name),
        "sha256": _hash(name), "size_bytes": 300_000, "media_type": "image/jpeg", "source": "photo-api",
        "received_at": at, "state": "delivered", "next_attempt_at": at, "attempts": 1, "bytes_key": _hash(f"b {name}"),
        "offered": False, "order_at": at.replace(tzinfo=None), "is_placed": True, "waits": False, "done_at": at,
        "bytes_gone_at": at,
    }  # fmt: skip


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
