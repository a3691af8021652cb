"""Transactions, as the parts of the store over SQL use them."""

import contextlib
from abc import ABC, abstractmethod

import sqlalchemy as sa


class SqlTransactions(ABC):
    """What an engine gives to every part of the store."""

    @abstractmethod
    def writing(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """A write transaction."""

    @abstractmethod
    def reading(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """A read transaction."""
