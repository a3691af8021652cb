"""The sandbox as one thing to start, use and stop."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from bridge.errors import BridgeError
from bridge.sandbox.app import App
from bridge.sandbox.connection import Desk, Front, Listener
from bridge.sandbox.faults import Faults
from bridge.sandbox.records import RequestRecord
from bridge.sandbox.seed import Seed, default_seed, sow
from bridge.sandbox.store import Store, StoredImage
from bridge.sandbox.tables import users

_POLL_SECONDS = 0.02


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BridgeError(f"{name} is not a time zone; use a name like America/Los_Angeles.") from None


class SandboxServer:
    """A chart server with the REST contract of tscharts, over HTTP on one port. Use it as a context manager.
    Raises BridgeError for an unknown time zone.

    `seed` fills an empty chart. `database` is a SQLite file; without one the state lives in memory until `stop`.
    A started server keeps its port over `stop` and `start`. `port` 0 takes a free one. `clock` gives aware times;
    days and image times are that time in `time_zone`. `body_limit_bytes` is the application's limit (400 over it),
    `nginx_limit_bytes` that of nginx (413 over it, only `behind_nginx`). `mysql_family` is told at `Store`.
    """

    def __init__(
        self,
        seed: Seed | None = None,
        database: Path | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        behind_nginx: bool = False,
        body_limit_bytes: int = 2_621_440,
        nginx_limit_bytes: int = 1_048_576,
        time_zone: str = "America/Los_Angeles",
        clock: Callable[[], datetime] | None = None,
        allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1"),
        mysql_family: bool = False,
    ) -> None:
        self.faults = Faults()
        self._seed = seed
        self._database = database
        self._mysql_family = mysql_family
        self._host = host
        self._port = port
        self._front = Front(behind_nginx, body_limit_bytes, nginx_limit_bytes)
        self._zone = _zone(time_zone)
        self._clock = clock or _utc_now
        self._allowed_hosts = frozenset(allowed_hosts)
        self._running: _Running | None = None
        self._records: tuple[RequestRecord, ...] = ()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Open the database, fill it if it is empty, and serve. Raises BridgeError when the port is not free,
        the database is none, or the seed does not fit.
        """
        if self._running is not None:
            return
        store = Store(self._database, mysql_family=self._mysql_family)
        try:
            sow(self._seed or default_seed(), store, self._local_now())
            desk = Desk(App(store, self._allowed_hosts), self._front, self.faults, self._clock, self._zone)
            self._running = _Running(store, desk, self._listener(desk))
        except BridgeError:
            store.close()
            raise
        self._port = self._running.listener.server_address[1]

    def stop(self) -> None:
        """Hang up on every client, wait for the threads, close the database. What waits to be stored is dropped."""
        if self._running is None:
            return
        self._records = self.requests
        self._running.end()
        self._running = None

    @property
    def url(self) -> str:
        """Where the server answers, without a slash at the end: `http://127.0.0.1:PORT`."""
        return f"http://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        """The TCP port; 0 before the first start when none was given."""
        return self._port

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """What was asked since the last start, the newest 10 000, in the order of the answers."""
        return self._records if self._running is None else self._running.desk.records.all()

    def images(self, patient: int | None = None) -> tuple[StoredImage, ...]:
        """The images in the chart by id, of one patient or of all. The server must be running."""
        return self._store.images(patient)

    def lose_file(self, image_id: int) -> None:
        """Lose an image's file as from the server's disk (contract/tscharts.md, "Image: GET, DELETE and others")."""
        self._store.lose_file(image_id)

    def token(self, username: str) -> str:
        """The token of a user, the same that login gives. Raises KeyError for an unknown one."""
        with self._store.begin() as connection:
            found = connection.execute(sa.select(users.c.token).where(users.c.username == username)).scalar()
        if found is None:
            raise KeyError(username)
        return str(found)

    @property
    def _store(self) -> Store:
        if self._running is None:
            raise BridgeError("The sandbox is not running; start it first.")
        return self._running.store

    def _local_now(self) -> datetime:
        return self._clock().astimezone(self._zone).replace(tzinfo=None)

    def _listener(self, desk: Desk) -> Listener:
        try:
            return Listener((self._host, self._port), desk)
        except OSError as error:
            raise BridgeError(
                f"Port {self._port} on {self._host} cannot be used ({error.strerror}); choose another port."
            ) from None


class _Running:
    """What exists only while the server runs."""

    def __init__(self, store: Store, desk: Desk, listener: Listener) -> None:
        self.store = store
        self.desk = desk
        self.listener = listener
        self._thread = threading.Thread(target=listener.serve_forever, args=(_POLL_SECONDS,), name="sandbox")
        self._thread.start()

    def end(self) -> None:
        """Stop accepting, hang up, wait for every thread, close."""
        self.desk.stopping.set()
        self.listener.shutdown()
        self.listener.hang_up()
        self.listener.server_close()
        self._thread.join()
        self.store.close()
