"""A bridge's presence on PostgreSQL: one connection that hears what other bridges ring, and that shows it serves.

While it is there, the photos cannot be moved away under the bridge, nor others moved in. It holds a lock of its own,
too: where that is free, the bridge is gone, or has lost the database.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from bridge.photos.errors import StoreInUseError
from bridge.photos.postgres_connection import connect, meaning
from bridge.secret import Secret

CHANNEL = "bridge_due"
_SERVING = 0x7473_6272
"""The number of the lock that serving bridges share, and that a move of photos has for itself."""
_LISTEN_SECONDS = 0.5
_AGAIN_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Presence:
    """Holds the connection until `close`, and makes it again when it breaks. `ring` is called for each message heard,
    and after each time without a connection. Raises StoreInUseError, StoreError.
    """

    def __init__(self, url: Secret, bridge_id: str) -> None:
        self._url = url
        self._bridge_id = bridge_id
        self._stopping = threading.Event()
        self.ring: Callable[[], object] = bool
        try:
            self._connection = connect(url)
            self._connection.autocommit = True
        except psycopg.Error as error:
            raise meaning(error) from None
        if not self._appear(self._connection):
            self._connection.close()
            raise StoreInUseError("Photos are just being moved to or from this database; wait until that has ended.")
        self._thread = threading.Thread(target=self._run, name="database-bell", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Disappear."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._hear(self._connection)
            except psycopg.Error:
                _log.warning("event=database-bell-lost")
                self._come_back()
        self._connection.close()

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        while not self._stopping.is_set():
            for _message in connection.notifies(timeout=_LISTEN_SECONDS):
                self.ring()

    def _come_back(self) -> None:
        self._connection.close()
        while not self._stopping.wait(_AGAIN_SECONDS):
            with contextlib.suppress(psycopg.Error):
                self._connection = connect(self._url)
                self._connection.autocommit = True
                if self._appear(self._connection):
                    _log.info("event=database-bell-back")
                    self.ring()
                    return
            self._connection.close()

    def _appear(self, connection: psycopg.Connection[Any]) -> bool:
        connection.execute(f"LISTEN {CHANNEL}")
        connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [self._bridge_id])
        row = connection.execute("SELECT pg_try_advisory_lock_shared(%s)", [_SERVING]).fetchone()
        return row == (True,)


@contextlib.contextmanager
def without_bridges(url: Secret) -> Iterator[None]:
    """Keeps serving bridges away from a database for as long as the block runs. Raises StoreInUseError, StoreError."""
    try:
        connection = connect(url)
    except psycopg.Error as error:
        raise meaning(error) from None
    with contextlib.closing(connection):
        connection.autocommit = True
        if connection.execute("SELECT pg_try_advisory_lock(%s)", [_SERVING]).fetchone() != (True,):
            raise StoreInUseError("A bridge runs on this database; stop all that do, and try again.")
        yield
