"""What all bridges of a store have in common, over SQL: secret keys, and notes that each may change."""

import secrets
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import shared

_KEY_BYTES = 32


class SqlShared(SqlTransactions):
    """The methods of `bridge.photos.store.Store` for what is shared."""

    def shared_key(self, name: str) -> bytes:
        """See Store."""
        return self.shared_note(name) or self.change_shared(
            name, lambda known: known or secrets.token_bytes(_KEY_BYTES)
        )

    def shared_note(self, name: str) -> bytes:
        """See Store."""
        with self.reading() as connection:
            value: bytes | None = connection.scalar(_value(name))
        return value or b""

    def change_shared(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
        """See Store."""
        with self.writing() as connection:
            self.take_turn(connection, f"shared {name}")
            before: bytes | None = connection.scalar(_value(name))
            after = change(before or b"")
            if before is None:
                connection.execute(shared.insert().values(name=name, value=after))
            elif after != before:
                connection.execute(shared.update().where(shared.c.name == name).values(value=after))
        return after


def _value(name: str) -> sa.Select[Any]:
    return sa.select(shared.c.value).where(shared.c.name == name)
