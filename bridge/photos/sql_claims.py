"""Claims with leases, over SQL: who carries a photo, for how long unless it says so again, and who takes over."""

import secrets
from collections.abc import Callable, Collection
from itertools import count
from typing import Any

import sqlalchemy as sa

from bridge.photos import changes
from bridge.photos.changes import move, now
from bridge.photos.records import PhotoState
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import photos
from bridge.photos.turns import lock_lines

LEASE_SECONDS = 60.0
"""How long a claim stays without being renewed."""


class SqlClaims(SqlTransactions):
    """What the store's methods know of claims. Every store object that is opened is a bridge of its own here."""

    def __init__(self) -> None:
        super().__init__()
        self.bridge_id = secrets.token_hex(8)
        self._claim_numbers = count(1)
        self._strays: set[str] = set()

    def claim_columns(self, worker: str) -> dict[str, Any]:
        """The columns of a photo that a worker of this bridge takes now. No two claims have one name."""
        return {"claimed_by": f"{self.bridge_id}/{worker}/{next(self._claim_numbers)}"} | self.lease_columns()

    def lease_columns(self) -> dict[str, Any]:
        """The columns of a claimed photo whose lease begins anew."""
        return {"lease_until": self.clock(LEASE_SECONDS)}

    def put_back(self, lost: sa.ColumnElement[bool]) -> int:
        """Put back what is on its way and lost, unless another bridge is just doing so; how many."""
        stuck = sa.select(photos.c.id).where(photos.c.state == PhotoState.SENDING.value, lost).order_by(photos.c.id)
        with self.writing() as connection:
            self.take_turn(connection, "putting back")
            _lock_their_lines(connection, lost)
            ids = list(connection.scalars(stuck.with_for_update(skip_locked=True)))
            for photo_id in ids:
                detail = "the bridge stopped while this photo was on its way"
                move(connection, photo_id, changes.RECOVER, detail, columns={"next_attempt_at": now()})
        if ids:
            self.ring()
        return len(ids)

    def extend(self, connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
        """Extend the leases of those of these photos that are claimed."""
        claimed = photos.update().where(photos.c.state == PhotoState.SENDING.value, which)
        connection.execute(claimed.values(self.lease_columns()))

    def put_back_strays(self, in_hand: Collection[str]) -> int:
        """Put back what this bridge has claimed and nobody in it knows of, at this call and the one before; how many.

        The answer to a claim's commit may be lost on its way. One that is just being made is not yet in hand.
        """
        sending = sa.select(photos.c.claimed_by).where(photos.c.state == PhotoState.SENDING.value)
        with self.reading() as connection:
            own = set(connection.scalars(sending.where(claimed_by(self.bridge_id))))
        before, self._strays = self._strays, own.difference(in_hand)
        lost = before & self._strays
        return self.put_back(photos.c.claimed_by.in_(lost)) if lost else 0

    def renew(self, in_hand: Collection[str] = ()) -> int:
        """See Store."""
        return self.put_back_strays(in_hand)

    def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
        """See Store."""
        return True

    def doubts(self) -> list[str]:
        """See Store."""
        return []

    def listen(self, ring: Callable[[], None]) -> None:
        """See Store."""

    def is_nobodys(self, practice: str) -> bool:
        """See Store. There is one bridge."""
        return True


def claimed_by(bridge_id: str) -> sa.ColumnElement[bool]:
    """Photos that a bridge has claimed, or had last."""
    return photos.c.claimed_by.startswith(f"{bridge_id}/", autoescape=True)


def _lock_their_lines(connection: sa.Connection, lost: sa.ColumnElement[bool]) -> None:
    """Lines are locked before photos, in one order, or bridges would wait for one another in a circle."""
    keys = sa.select(photos.c.practice, photos.c.order_key).where(photos.c.state == PhotoState.SENDING.value, lost)
    of_practice: dict[str, list[str | None]] = {}
    for row in connection.execute(keys):
        of_practice.setdefault(row.practice, []).append(row.order_key)
    for practice, lines in sorted(of_practice.items()):
        lock_lines(connection, practice, *lines)
