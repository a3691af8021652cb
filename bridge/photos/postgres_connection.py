"""Connections to PostgreSQL: how they are made, and what the errors of one mean for the admin.

Nothing hangs: to connect, to wait for a lock and to run a statement have their time, and so has silence on the line.
"""

from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy.exc import DBAPIError

from bridge.photos.errors import StoreAwayError, StoreBusyError, StoreDamagedError, StoreError, StoreFullError
from bridge.secret import Secret

_CONNECTIONS = 16
"""Threads beyond these wait, as with SQLite. Servers as installed take 100 connections in all."""
_DEFAULTS: dict[str, str] = {
    "application_name": "tscharts-bridge",
    "connect_timeout": "10",
    "target_session_attrs": "read-write",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""What holds where the URL says nothing else. Of several hosts in a URL, the one that takes writes is used."""
_SETTINGS = """
SET TIME ZONE 'UTC';
SET statement_timeout = '30s';
SET lock_timeout = '20s';
SET idle_in_transaction_session_timeout = '60s';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
"""A commit that returned must survive a power cut. A server that waits for its copies, too, stays as it is."""
_AWAY = ("08", "57P", "53300", "25006")
_BUSY = ("40", "55P03", "57014", "53")
_WRONG_VALUE = "22"
_DAMAGED = "XX00"
_FULL = "53100"
_REFUSED = "FATAL:"
"""How the server's own refusal begins. Its reasons come in the server's language, so they are not told apart."""


def connect(url: Secret) -> psycopg.Connection[Any]:
    """A new connection by a libpq URL. Raises psycopg.Error."""
    given = checked(url)
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in given}
    connection = psycopg.connect(make_conninfo(url.reveal(), **defaults), autocommit=True)
    try:
        connection.execute(_SETTINGS)
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection


def checked(url: Secret) -> dict[str, Any]:
    """The parts of a libpq URL. Raises StoreError when it is none; what is wrong with it is not quoted."""
    try:
        return conninfo_to_dict(url.reveal())
    except psycopg.Error:
        raise StoreError(
            "The address of the photo store's database cannot be read; write it as postgresql://USER:PASSWORD@HOST/NAME."
        ) from None


def make_engine(url: Secret, busy_seconds: float) -> sa.Engine:
    """A pool of connections. One that broke while it lay in the pool is replaced when it is next asked for."""
    return sa.create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url),
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=busy_seconds,
        pool_pre_ping=True,
        pool_use_lifo=True,
        hide_parameters=True,
    )


def meaning(error: DBAPIError | psycopg.Error) -> StoreError:
    """What an error means. Only what was said while connecting is quoted: later errors may quote what is stored."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state: str = getattr(cause, "sqlstate", None) or ""
    if state == _FULL:
        return StoreFullError("The disk of the photo store's database is full; free some space on its server.")
    if state.startswith(_AWAY) or (not state and isinstance(cause, psycopg.OperationalError)):
        return _away(cause, state)
    if state.startswith(_BUSY):
        return StoreBusyError(f"The photo store's database is kept busy ({type(cause).__name__}); try again.")
    if state.startswith(_WRONG_VALUE) or (not state and isinstance(cause, psycopg.DataError)):
        return StoreError("The photo store cannot hold this number or text; check what was typed.")
    if state.startswith(_DAMAGED):
        return StoreDamagedError("The photo store's database is damaged; stop the bridges and restore a backup.")
    return StoreError(
        f"The photo store's database refused what the bridge asked of it ({type(cause).__name__} {state}); "
        "check the rights of the bridge's user there."
    )


def _away(cause: BaseException | None, state: str) -> StoreAwayError:
    said = "" if state else str(cause).strip().split("\n")[0]
    if _REFUSED in said:
        return StoreAwayError(
            f"The photo store's database takes no connection ({said}); check the user, password and database name in "
            "its address, unless it is just starting or has no connection free: then photos flow again by themselves."
        )
    return StoreAwayError(
        f"The photo store's database does not answer ({said or type(cause).__name__}); "
        "check its server and the network; photos flow again by themselves as soon as it does."
    )
