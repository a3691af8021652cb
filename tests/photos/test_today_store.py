"""What every engine of the store tells of one day of a practice (bridge/photos/sql_today.py), and of outages."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from photo_makers import HOLD, TARGET, add, claimed, deliver

from bridge.photos import Outage, PhotoState, Place, Span, SqliteStore, Store
from bridge.photos.sql import SqlStore
from bridge.photos.tables import photos
from bridge.targets import ImageType

LONG = timedelta(days=1)


def span(practice: str = "clinic-a") -> Span:
    """From yesterday to tomorrow."""
    now = datetime.now(UTC)
    return Span(practice, now - LONG, now + LONG)


def arrived(store: Store, photo_id: int, at: datetime) -> None:
    """As if a photo had arrived then."""
    assert isinstance(store, SqlStore)
    with store.writing() as connection:
        connection.execute(photos.update().where(photos.c.id == photo_id).values(received_at=at))


def open_outages(store: Store, practice: str = "clinic-a") -> list[Outage]:
    return [each for each in store.outages(span(practice)) if each.ended_at is None]


def test_photos_are_counted_by_where_they_stand_and_those_of_earlier_days_apart(store: Store) -> None:
    for number in range(4):
        add(store, f"{number}.jpg")
    add(store, "other.jpg", practice="clinic-b")
    store.hold(claimed(store), HOLD)
    deliver(store, claimed(store))
    first, second, third, _, _ = sorted(store.photos(), key=lambda photo: photo.id)
    before = store.standing(span())
    for photo in (first, second, third):
        arrived(store, photo.id, datetime.now(UTC) - 2 * LONG)
    after = store.standing(span())
    states = PhotoState.QUEUED, PhotoState.HELD, PhotoState.DELIVERED, PhotoState.SENDING, PhotoState.DISCARDED
    assert [before.of_span[state] for state in states] == [2, 1, 1, 0, 0]
    assert not any(before.earlier.values())
    assert sum(after.of_span.values()) == 1
    assert after.earlier[PhotoState.HELD] == 1
    assert sum(after.earlier.values()) == 2


def test_a_days_photos_come_latest_first_in_pages(store: Store) -> None:
    numbers = [add(store, f"{number}.jpg").id for number in range(3)]
    add(store, "other.jpg", practice="clinic-b")
    arrived(store, numbers[0], datetime.now(UTC) + timedelta(seconds=9))
    assert [photo.id for photo in store.day_photos(span())] == [numbers[0], numbers[2], numbers[1]]
    assert [photo.id for photo in store.day_photos(span(), 1, 1)] == [numbers[2]]
    now = datetime.now(UTC)
    assert store.day_photos(Span("clinic-a", now + LONG, now + 2 * LONG)) == []


def test_a_days_photo_has_the_type_and_station_of_its_image_or_what_its_name_says(store: Store) -> None:
    for number in range(3):
        add(store, f"{number}.jpg")
    deliver(store, claimed(store))
    placed, held = claimed(store), claimed(store)
    store.place(placed, Place(datetime(2026, 11, 21, 10), "curp ABC|Headshot", False))
    store.hold(held, HOLD)
    found = {photo.id: photo for photo in store.day_photos(span())}
    filed = found[min(found)]
    assert (filed.type, filed.station, filed.state) == (TARGET.type, TARGET.station, PhotoState.DELIVERED)
    assert filed.delivered_at is not None
    assert filed.delivered_at >= filed.received_at
    assert (found[placed.id].type, found[placed.id].station) == (ImageType.HEADSHOT, None)
    assert (found[held.id].type, found[held.id].hold_reason) == (None, HOLD.reason)
    store.assign(held.id, TARGET, "sofia")
    (assigned,) = [photo for photo in store.day_photos(span()) if photo.id == held.id]
    assert (assigned.type, assigned.station, assigned.delivered_at) == (TARGET.type, TARGET.station, None)


def test_an_outage_is_kept_from_its_beginning_to_its_end_with_what_was_said_last(store: Store) -> None:
    began = datetime.now(UTC)
    store.set_trouble("clinic-a", "The chart does not answer.")
    store.set_trouble("clinic-a", "The chart refuses the account.")
    (outage,) = open_outages(store)
    assert outage.sentence == "The chart refuses the account."
    assert began <= outage.began_at <= datetime.now(UTC)
    assert open_outages(store, "clinic-b") == []
    store.set_trouble("clinic-a", None)
    store.set_trouble("clinic-a", None)
    store.set_trouble("clinic-a", "It is away again.")
    first, second = store.outages(span())
    assert first.ended_at is not None
    assert first.began_at <= first.ended_at <= second.began_at
    assert (second.sentence, second.ended_at) == ("It is away again.", None)


def test_outages_are_found_on_each_day_that_they_reach_into(store: Store) -> None:
    now = datetime.now(UTC)
    store.set_trouble("clinic-a", "The chart does not answer.")
    assert store.outages(Span("clinic-a", now - 2 * LONG, now - LONG)) == []
    assert len(store.outages(Span("clinic-a", now + LONG, now + 2 * LONG))) == 1
    store.set_trouble("clinic-a", None)
    assert store.outages(Span("clinic-a", now + LONG, now + 2 * LONG)) == []
    assert len(store.outages(span())) == 1


def test_every_change_of_a_photo_and_of_an_outage_is_seen_as_one(store: Store) -> None:
    seen = [store.last_change()]

    def note() -> None:
        seen.append(store.last_change())

    add(store)
    note()
    photo = claimed(store)
    note()
    store.hold(photo, HOLD)
    note()
    store.retry(photo.id, "sofia")
    note()
    deliver(store, claimed(store))
    note()
    store.set_trouble("clinic-a", "The chart does not answer.")
    note()
    store.set_trouble("clinic-a", None)
    note()
    assert len(set(seen)) == len(seen)
    assert store.last_change() == seen[-1]


@contextlib.contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What any database is asked while the block runs: texts with their values."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, text: str, values: Any, *_more: Any) -> None:
        if text.startswith("SELECT"):
            asked.append((text, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def test_a_day_is_found_without_reading_all_other_days(tmp_path: Path) -> None:
    with contextlib.closing(SqliteStore(tmp_path / "data")) as store:
        with statements() as asked:
            store.standing(span())
            store.day_photos(span(), 60)
            store.outages(span())
            store.last_change()
        with store.reading() as connection:
            plans = [
                " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values))
                for text, values in asked
            ]
    assert ["photos_by_arrival" in plan for plan in plans] == [True, False, True, False, False]
    assert "photos_by_state (state=?)" in plans[1]
    assert not [plan for plan in plans if "SCAN photos" in plan or "SCAN receipts" in plan]
