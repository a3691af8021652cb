"""Transactions, as the parts of the store over SQL use them."""

import contextlib
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bridge.photos.changes import now


class SqlTransactions(ABC):
    """What an engine gives to every part of the store."""

    @abstractmethod
    def writing(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """A write transaction."""

    def hurrying(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """A write transaction that a power cut may undo, with all after it that none of `writing` has followed."""
        return self.writing()

    @abstractmethod
    def reading(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """A read transaction."""

    def looking(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """A read transaction of one statement, which may cost less."""
        return self.reading()

    @abstractmethod
    def take_turn(self, connection: sa.Connection, name: str) -> None:
        """Wait until no other transaction does what has this name; the turn ends with the transaction."""

    def clock(self, after_seconds: float = 0.0) -> Any:
        """The time of leases, or so many seconds later, as a value for a statement. One clock for all bridges."""
        return now() + timedelta(seconds=after_seconds)

    @abstractmethod
    def ring(self) -> None:
        """Tell all bridges of the store that a photo has become due."""
