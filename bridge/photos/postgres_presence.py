"""A bridge's presence on PostgreSQL: one connection that hears what other bridges ring, and that shows it serves.

While it is there, the photos cannot be moved away under the bridge, nor others moved in. It holds a lock of its own,
too: where that is free, the bridge is gone, or has lost the database. So it does for each practice that it has, beside
other bridges that have it.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
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
        self._practices: tuple[str, ...] = ()
        self._has_new_practices = False
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

    def serve(self, practices: Iterable[str]) -> None:
        """Show from now on that this bridge has these practices, too."""
        self._practices = tuple(practices)
        self._has_new_practices = True

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
            if self._has_new_practices:
                self._show_practices(connection)
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
        if row != (True,):
            return False
        self._show_practices(connection)
        return True

    def _show_practices(self, connection: psycopg.Connection[Any]) -> None:
        self._has_new_practices = False
        for practice in self._practices:
            connection.execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))", [practice_lock(practice)])


def practice_lock(practice: str) -> str:
    """The name of the lock that is held by all bridges that run and have a practice."""
    return f"practice {practice}"


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
