"""What a chart holds before the first request, read from a JSON file of invented people."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bridge.errors import BridgeError
from bridge.sandbox.store import Store, local_text, parse_us_date
from bridge.sandbox.tables import clinics, metadata, users

_CLINIC_DAYS = 3
_FILLED_TIMES = {"willreturn", "timein", "timeout", "saved"}


@dataclass(frozen=True)
class Seed:
    """The rows of each section: users, clinics, stations, clinicstations, patients, registrations, consents,
    routing_slips, xrays, images. Days are written MM/DD/YYYY; a clinic with `covers_today` true needs none.
    """

    name: str
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]


def load_seed(file: Path) -> Seed:
    """Read a seed. Raises BridgeError, one sentence, for a file that cannot be used."""
    try:
        sections = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BridgeError(f"{file} cannot be read ({error.strerror}); check its path and permissions.") from None
    except ValueError:
        raise BridgeError(f"{file} is not a JSON file in UTF-8; check it, or leave the seed out.") from None
    if not isinstance(sections, dict):
        raise BridgeError(f"{file} must hold one JSON object with a list for each section.")
    return Seed(str(file), {name: _rows(file, name, rows) for name, rows in sections.items() if name != "note"})


def default_seed() -> Seed:
    """The seed that comes with the sandbox: patients 1 to 12 and 123, six stations, a clinic that covers today."""
    return load_seed(Path(__file__).with_name("seed.json"))


def sow(seed: Seed, store: Store, now: datetime) -> None:
    """Fill an empty store from a seed; leave one that holds anything as it is.

    `now` is the server's local time: it stands in for times that the seed leaves out, and tells which day is today.
    Raises BridgeError when a row of the seed does not fit.
    """
    with store.begin() as connection:
        if _is_empty(connection):
            for table in metadata.sorted_tables:
                for number, row in enumerate(seed.rows.get(table.name, ()), start=1):
                    _insert(connection, table, row, now, f"{seed.name}, {table.name}, row {number}")
        _move_to_today(connection, now.date())


def _is_empty(connection: sa.Connection) -> bool:
    firsts = (connection.execute(sa.select(table.c.id).limit(1)).first() for table in metadata.sorted_tables)
    return all(first is None for first in firsts)


def _rows(file: Path, name: str, rows: object) -> tuple[Mapping[str, Any], ...]:
    if name not in metadata.tables:
        known = ", ".join(sorted(metadata.tables))
        raise BridgeError(f"{file}: {name} is not a section of a seed; use {known}.")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BridgeError(f"{file}: {name} must be a list of objects.")
    return tuple(rows)


def _insert(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], now: datetime, place: str) -> None:
    unknown = sorted(set(row) - set(table.c.keys()))
    if unknown:
        raise BridgeError(f"{place}: {unknown[0]} is not a field here; remove it.")
    try:
        values = {name: _value(table.c[name], value) for name, value in row.items()}
        connection.execute(sa.insert(table).values(**_filled(table, values, now)))
    except ValueError:
        raise BridgeError(f"{place}: a day must be written MM/DD/YYYY.") from None
    except sa.exc.SQLAlchemyError:
        raise BridgeError(f"{place} does not fit; compare its fields, types and ids with seed.json.") from None


def _value(column: sa.Column[Any], value: Any) -> Any:
    return parse_us_date(str(value)) if isinstance(column.type, sa.Date) else value


def _filled(table: sa.Table, values: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The row with what a seed may leave out: times, tokens, and the days of a clinic that covers today."""
    times = {name: local_text(now) for name in _FILLED_TIMES & set(table.c.keys())}
    if table is users:
        return {"token": secrets.token_hex(20), **values}
    if table is clinics and values.get("covers_today"):
        return {**values, "start": now.date(), "end": _last_day(now.date())}
    return {**times, **values}


def _move_to_today(connection: sa.Connection, today: date) -> None:
    """A chart kept in a file has its clinic for today on every day it is opened."""
    flagged = sa.update(clinics).where(clinics.c.covers_today.is_(True))
    connection.execute(flagged.values(start=today, end=_last_day(today)))


def _last_day(today: date) -> date:
    return today + timedelta(days=_CLINIC_DAYS - 1)
