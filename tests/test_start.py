"""`serve` is soon ready, as it imports late what only some bridges, or other commands, need (docs/architecture.md)."""

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

import bridge.photos
from bridge.cli import cli
from bridge.photos import open_store
from bridge.photos.migrate import HEAD
from bridge_runner import make_config

LONGEST_SECONDS = 30.0
SOON_SECONDS = 10.0
"""Far more than it takes: machines that run tests are busy."""

LATE_LIBRARIES = ["PIL", "alembic", "apispec", "cryptography", "mako", "numpy", "pi_heif", "psycopg", "pypdfium2"]
LATE_MODULES = [
    "bridge.cli.demo",
    "bridge.cli.photos",
    "bridge.health",
    "bridge.imaging.preparing",
    "bridge.mapping.replay",
    "bridge.mapping.suggestions",
    "bridge.photos.backup",
    "bridge.photos.migrating",
    "bridge.photos.moving",
    "bridge.photos.postgres",
    "bridge.sandbox",
    "sqlalchemy.dialects.postgresql",
]
SERVE = """
import http.client, json, sys, threading, time
import bridge.cli

def tell():
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[2]))
            connection.request("GET", "/")
            connection.getresponse().read()
            break
        except ConnectionError:
            time.sleep(0.02)
    print(json.dumps(sorted(sys.modules)), flush=True)

threading.Thread(target=tell, daemon=True).start()
bridge.cli.main(["--config", sys.argv[1], "serve"])
"""
"""Serves as the command does, and tells which modules were imported when it answered."""


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """A config whose data folder has been used before."""
    config = make_config(tmp_path, "http://127.0.0.1:9")
    open_store(config.data_folder).close()
    return config.file


@pytest.fixture
def loaded(config_file: Path) -> Iterator[set[str]]:
    """The modules that a bridge has imported when it serves."""
    command = [sys.executable, "-c", SERVE, str(config_file), str(_port(config_file))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with process:
        assert process.stdout is not None
        yield set(json.loads(process.stdout.readline()))
        process.terminate()
        process.wait(LONGEST_SECONDS)


def test_a_bridge_that_serves_has_not_imported_what_it_does_not_need(loaded: set[str]) -> None:
    assert "bridge.service" in loaded
    assert loaded & {*LATE_LIBRARIES, *LATE_MODULES} == set()


def test_a_bridge_answers_soon_after_its_start(config_file: Path) -> None:
    port = _port(config_file)
    began = time.monotonic()
    command = [sys.executable, "-m", "bridge", "--config", str(config_file), "serve"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            while not _answers(port) and time.monotonic() < began + LONGEST_SECONDS:
                time.sleep(0.02)
            assert time.monotonic() < began + SOON_SECONDS
        finally:
            process.terminate()


def test_the_newest_migration_is_known_without_alembic() -> None:
    config = AlembicConfig()
    migrations = Path(bridge.photos.__file__).parent / "migrations"
    config.set_main_option("script_location", migrations.as_posix().replace("%", "%%"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_commands_that_are_imported_late_have_the_names_they_are_called_by() -> None:
    context = click.Context(cli)
    names = cli.list_commands(context)
    assert "serve" in names
    assert [command.name for name in names if (command := cli.get_command(context, name))] == names


def _port(config_file: Path) -> int:
    (port,) = re.findall(r"port: (\d+)", config_file.read_text("utf-8"))
    return int(port)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_SECONDS)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except ConnectionError:
        return False
    finally:
        connection.close()
