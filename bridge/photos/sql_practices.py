"""Practices over SQL: their guids, and what stops their deliveries."""

import sqlalchemy as sa

from bridge.photos.changes import now
from bridge.photos.sql_claims import SqlClaims
from bridge.photos.sql_today import change_outage
from bridge.photos.store import Listener
from bridge.photos.tables import leases, practices

_DELIVERING_SECONDS = 120.0
"""Leases are written again when half of their time is over, so at least a minute is left after a delivery."""


_OF_GUID = sa.select(practices.c.name).where(practices.c.guid == sa.bindparam("of_guid"))


class SqlPractices(SqlClaims):
    """The practices' methods of `bridge.photos.store.Store`."""

    def __init__(self) -> None:
        super().__init__()
        self._listener: Listener | None = None
        self._served: set[str] | None = None

    def ensure_practices(self, guids: dict[str, str | None]) -> None:
        """See Store. What is there already is not written again: a bridge must start on a full disk, too."""
        self._served = set(guids)
        with self.reading() as connection:
            if _has_practices(connection, guids):
                return
        with self.writing() as connection:
            self.take_turn(connection, "practices")
            _write_practices(connection, guids)

    def practice_of_guid(self, guid: str) -> str | None:
        """See Store."""
        with self.looking() as connection:
            practice = connection.scalar(_OF_GUID, {"of_guid": guid})
        return practice if self._served is None or practice in self._served else None

    def guid_of(self, practice: str) -> str | None:
        """See Store."""
        with self.reading() as connection:
            return connection.scalar(sa.select(practices.c.guid).where(practices.c.name == practice))

    def save_guid(self, practice: str, guid: str) -> str:
        """See Store."""
        unpaired = practices.update().where(practices.c.name == practice, practices.c.guid.is_(None))
        with self.writing() as connection:
            connection.execute(unpaired.values(guid=guid))
            kept = connection.scalar(sa.select(practices.c.guid).where(practices.c.name == practice))
        return guid if kept is None else kept

    def set_trouble(self, practice: str, sentence: str | None) -> bool:
        """See Store."""
        if self.troubles().get(practice) == sentence:
            return False
        at = now()
        changed = (
            practices.update()
            .where(practices.c.name == practice, practices.c.trouble.is_distinct_from(sentence))
            .values(trouble=sentence, trouble_since=at if sentence else None)
        )
        with self.writing() as connection:
            is_change = bool(connection.execute(changed).rowcount)
            if is_change:
                change_outage(connection, practice, sentence, at)
        if is_change and self._listener is not None:
            self._listener.trouble_changed(practice, sentence)
        return is_change

    def troubles(self) -> dict[str, str]:
        """See Store."""
        wanted = sa.select(practices.c.name, practices.c.trouble).where(practices.c.trouble.is_not(None))
        with self.reading() as connection:
            return {row.name: row.trouble for row in connection.execute(wanted)}

    def say_delivering(self, practice: str) -> None:
        """See Store."""
        self.hold_lease(f"{_lease_names(practice)}{self.bridge_id}", self._as_deliverer, _DELIVERING_SECONDS)

    def stop_delivering(self, practice: str) -> bool:
        """See Store. What bridges that are gone have left goes, too."""
        is_alive = (leases.c.until > self.clock()).label("is_alive")
        with self.reading() as connection:
            found = connection.execute(sa.select(leases.c.name, leases.c.holder, is_alive).where(_delivers(practice)))
            rows = found.all()
        gone = [row.name for row in rows if row.holder == self._as_deliverer or not row.is_alive]
        if gone:
            is_over = sa.or_(leases.c.holder == self._as_deliverer, leases.c.until <= self.clock())
            with self.writing() as connection:
                connection.execute(leases.delete().where(leases.c.name.in_(gone), is_over))
        return any(row.name not in gone for row in rows)

    @property
    def _as_deliverer(self) -> str:
        """Not the bridge's id alone: its own leases are renewed for as long as it runs, delivering or not."""
        return f"{self.bridge_id}/delivers"


def _lease_names(practice: str) -> str:
    """What the names of the leases begin with that bridges have who deliver for a practice."""
    return f"delivers {practice} "


def _delivers(practice: str) -> sa.ColumnElement[bool]:
    return leases.c.name.startswith(_lease_names(practice), autoescape=True)


def _has_practices(connection: sa.Connection, guids: dict[str, str | None]) -> bool:
    """Whether the table says all that already. No two practices have one guid."""
    found = {row.name: row.guid for row in connection.execute(sa.select(practices.c.name, practices.c.guid))}
    return all(name in found and guid in (None, found[name]) for name, guid in guids.items())


def _write_practices(connection: sa.Connection, guids: dict[str, str | None]) -> None:
    given = [guid for guid in guids.values() if guid is not None]
    connection.execute(practices.update().where(practices.c.guid.in_(given)).values(guid=None))
    known = set(connection.scalars(sa.select(practices.c.name)))
    for name, guid in guids.items():
        if name not in known:
            values = {"name": name, "guid": guid, "created_at": now()}
            connection.execute(practices.insert().values(values))
        elif guid is not None:
            connection.execute(practices.update().where(practices.c.name == name).values(guid=guid))
