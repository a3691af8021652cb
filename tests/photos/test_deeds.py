"""What people did: the audit, and what was done to photos at the command line, as one list (bridge/photos/deeds.py)."""

import contextlib
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from older_stores import make_older, put_photos
from photo_makers import CHART, HOLD, TARGET, add, claimed, deliver

from bridge.photos import AuditRecord, Deed, DeedQuery, SqliteStore, Store
from bridge.photos.sql import SqlStore
from bridge.photos.tables import events

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BOTH = frozenset({"clinic-a", "clinic-b"})
ALL = DeedQuery(CHART, BOTH)
ROOT = "command line, root"


def note(store: SqlStore, minute: int, **fields: Any) -> None:
    seen = AuditRecord(NOON, CHART, "maria", "0123abcd", "seen", 100, 12)
    store.note(replace(seen, **({"at": NOON + timedelta(minutes=minute)} | fields)))


def let_history_be_of(store: SqlStore, minute: int) -> None:
    """Say that all that photos' histories hold happened at this time."""
    with store.writing() as connection:
        connection.execute(events.update().values(at=NOON + timedelta(minutes=minute)))


def told(deeds: list[Deed]) -> list[tuple[str | None, str]]:
    return [(each.who, each.action) for each in deeds]


@pytest.fixture
def held(store: Store) -> int:
    """A photo that waits for a person."""
    photo = add(store)
    store.hold(photo, HOLD)
    return photo.id


def test_what_was_done_at_the_command_line_stands_among_what_was_noted(store: SqlStore, held: int) -> None:
    note(store, -1, who="jose")
    store.retry(held, ROOT, as_is=True)
    store.hold_waiting(store.photo(held), HOLD)
    store.discard(held, ROOT, "a finger on the lens")
    let_history_be_of(store, 0)
    note(store, 1)
    deeds = store.deeds(ALL)
    assert told(deeds) == [("maria", "seen"), (ROOT, "discarded"), (ROOT, "retried"), ("jose", "seen")]
    assert [each.at for each in deeds[1:3]] == [NOON, NOON]
    assert (deeds[1].photo_id, deeds[1].reason, deeds[1].token_mark) == (held, "a finger on the lens", "")
    assert deeds[2].reason == ""


def test_what_the_bridge_did_or_was_noted_already_is_no_deed_of_a_history(store: SqlStore, held: int) -> None:
    store.retry(held, "nurse")
    deliver(store, claimed(store))
    assert store.deeds(ALL) == []


def test_pages_of_any_size_have_each_deed_once_also_where_several_have_one_time(store: SqlStore, held: int) -> None:
    for minute in (0, 0, 1, 2, 2, 3):
        note(store, minute)
    for _ in range(4):
        store.retry(held, ROOT)
    let_history_be_of(store, 2)
    whole = store.deeds(ALL)
    assert len(whole) == len({each.id for each in whole}) == 10
    assert [each.at for each in whole] == sorted((each.at for each in whole), reverse=True)
    for limit in (1, 3, 4):
        found: list[Deed] = []
        while page := store.deeds(replace(ALL, limit=limit, before=found[-1].id if found else 0)):
            found += page
        assert found == whole


def test_after_a_deed_that_is_not_there_comes_nothing(store: SqlStore) -> None:
    note(store, 0)
    assert store.deeds(replace(ALL, before=999)) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 5),
        ({"who": "maria"}, 2),
        ({"who": "Maria"}, 0),
        ({"who": "feedbeef"}, 1),
        ({"who": ROOT}, 1),
        ({"action": "deleted"}, 1),
        ({"action": "assigned"}, 2),
        ({"action": "retried"}, 0),
        ({"image": 100}, 3),
        ({"photo": 1}, 2),
        ({"patient": 12}, 4),
        ({"patient": 13}, 1),
        ({"since": NOON + timedelta(minutes=4)}, 1),
        ({"until": NOON + timedelta(minutes=1)}, 1),
        ({"chart": "https://other.example.org", "practices": frozenset()}, 0),
        ({"practices": frozenset({"clinic-b"})}, 4),
        ({"chart": "HTTPS://Chart.example.org:443/tscharts/v1/"}, 5),
    ],
)
def test_deeds_are_found_by_what_is_asked(store: SqlStore, held: int, asked: dict[str, Any], found: int) -> None:
    note(store, 0)
    note(store, 1, action="deleted", patient=13)
    note(store, 2, who=None, token_mark="feedbeef")
    note(store, 3, who="jose", action="assigned", image_id=None, patient=None, photo_id=held)
    store.assign(held, TARGET, ROOT)
    let_history_be_of(store, 4)
    assert len(store.deeds(replace(ALL, **asked))) == found


def test_a_photo_s_patient_is_that_of_its_place_and_one_that_was_noted_stays(store: SqlStore, held: int) -> None:
    note(store, 0, image_id=None, patient=None, photo_id=held)
    assert [each.patient for each in store.deeds(ALL)] == [None]
    store.assign(held, TARGET, "nurse")
    assert [each.patient for each in store.deeds(replace(ALL, patient=TARGET.patient))] == [TARGET.patient]
    deliver(store, claimed(store))
    assert [each.patient for each in store.deeds(replace(ALL, patient=TARGET.patient))] == [TARGET.patient]
    note(store, 1, image_id=None, patient=99, photo_id=held)
    assert [each.patient for each in store.deeds(ALL)] == [99, TARGET.patient]


def test_both_tables_are_read_by_their_indexes(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    with contextlib.closing(SqliteStore(tmp_path / "data")) as store:
        note(store, 0)
        sa.event.listen(sa.Engine, "before_cursor_execute", keep)
        try:
            store.deeds(replace(ALL, since=NOON))
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", keep)
    queries = [each for each in asked if each[0].startswith("SELECT")]
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "bridge.db")) as database:
        plans = [str(database.execute(f"EXPLAIN QUERY PLAN {text}", values).fetchall()) for text, values in queries]
    for plan, index in zip(plans, ("audit_by_at", "events_at_command_line"), strict=True):
        assert index in plan
        assert "TEMP B-TREE" not in plan


def test_a_store_of_before_is_brought_up_to_date_with_what_was_done_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    make_older(folder, "0009")
    put_photos(folder, ["discarded"])
    with contextlib.closing(sqlite3.connect(folder / "bridge.db")) as database, database:
        row = "'2026-11-21 10:11:12.000000', 'held', 'discarded', 'discarded', 'twice', 'command line, anna'"
        columns = "photo_id, at, from_state, to_state, reason, detail, actor"
        database.execute(f"insert into events ({columns}) values (1, {row})")
    with contextlib.closing(SqliteStore(folder)) as store:
        (deed,) = store.deeds(ALL)
    assert (deed.who, deed.action, deed.photo_id, deed.reason) == ("command line, anna", "discarded", 1, "twice")
