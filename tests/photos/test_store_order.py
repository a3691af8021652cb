"""What every engine of the store keeps to: lines, turns, and the order of claims (bridge/photos/turns.py)."""

import contextlib
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from photo_makers import CHART, HOLD, SHA256, add, begun, claimed, in_seconds, in_threads, let_leases_end

from bridge.holds import Hold, HoldReason
from bridge.photos import ClaimOrder, NewUpload, Photo, PhotoState, Place, Receipt, SqliteStore, Store
from bridge.photos.sql import SqlStore
from bridge.photos.sql_order import due, due_at
from bridge.targets import ChartTarget, ImageType

DAY = datetime(2026, 11, 21, 9)
TARGET = ChartTarget(5, ImageType.XRAY)


def place_of(upload: NewUpload, _received_at: datetime) -> Place:
    """`5-03.jpg`: patient 5, the hour 3; `curp5-03.jpg`: a patient who is still to be found; `x-03.jpg`: nobody."""
    patient, hour = upload.name.removesuffix(".jpg").split("-")
    key = None if patient == "x" else f"{patient}|Xray"
    return Place(DAY + timedelta(hours=int(hour)), key, patient.isdigit())


@pytest.fixture
def lined(store: SqlStore) -> SqlStore:
    store.set_places(place_of)
    return store


def names(store: Store, order: ClaimOrder = ClaimOrder.NEWEST_DAY) -> list[str]:
    """All that can be claimed one after another, each delivered before the next."""
    found = []
    while photo := store.claim("worker", order=order):
        found.append(photo.name.removesuffix(".jpg"))
        done(store, photo)
    return found


def done(store: Store, photo: Photo) -> None:
    receipt = Receipt(photo.id, CHART, photo.id, TARGET, SHA256, 11, True, datetime.now(UTC))
    store.deliver(photo, receipt, begun(store, photo, TARGET))


def test_while_one_photos_place_is_looked_for_others_are_stored(lined: SqlStore) -> None:
    """The place of `x-00` is found when `5-01` is stored, which waits for no transaction of the first."""
    is_asked, is_stored = threading.Event(), threading.Event()

    def slow(upload: NewUpload, received_at: datetime) -> Place:
        if upload.name == "x-00.jpg":
            is_asked.set()
            assert is_stored.wait(10)
        return place_of(upload, received_at)

    lined.set_places(slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(add, lined, "x-00.jpg")
        assert is_asked.wait(10)
        assert add(lined, "5-01.jpg").place.order_key == "5|Xray"
        is_stored.set()
        assert first.result().place.order_at == DAY


WAYS_ON: tuple[Callable[[SqlStore, Photo], object], ...] = (
    done,
    lambda store, photo: store.requeue(photo, in_seconds(-1), "put-back", ""),
    lambda store, photo: store.hold(photo, HOLD),
    lambda store, photo: (let_leases_end(store), store.recover()),
    lambda store, photo: store.place(photo, Place(photo.place.order_at, "1|Xray", True)),
)


class TestTurns:
    def test_photos_of_one_line_are_claimed_by_time_and_one_at_a_time(self, lined: Store) -> None:
        for name in ("5-03", "5-01", "5-02"):
            add(lined, f"{name}.jpg")
        first = claimed(lined)
        assert first.name == "5-01.jpg"
        assert lined.claim("worker-2") is None
        done(lined, first)
        assert names(lined) == ["5-02", "5-03"]

    def test_equal_times_go_in_order_of_arrival(self, lined: Store) -> None:
        added = [add(lined, "5-01.jpg", bytes([number])).id for number in range(4)]
        assert [claimed_and_done(lined).id for _ in added] == added

    def test_an_earlier_one_that_comes_while_another_is_on_its_way_goes_next(self, lined: Store) -> None:
        add(lined, "5-05.jpg")
        on_its_way = claimed(lined)
        for name in ("5-07", "5-01"):
            add(lined, f"{name}.jpg")
        assert lined.claim("worker-2") is None
        done(lined, on_its_way)
        assert names(lined) == ["5-01", "5-07"]

    def test_one_that_waits_for_its_next_try_keeps_its_own_line_alone(self, lined: Store) -> None:
        for name in ("5-01", "5-02", "6-03"):
            add(lined, f"{name}.jpg")
        lined.requeue(claimed(lined), in_seconds(3600), "put-back", "")
        assert names(lined) == ["6-03"]

    @pytest.mark.parametrize("way_out", ["hold", "discard"])
    def test_what_is_held_or_discarded_keeps_nobody_waiting(self, lined: Store, way_out: str) -> None:
        for name in ("5-01", "5-02"):
            add(lined, f"{name}.jpg")
        first = claimed(lined)
        lined.hold(first, HOLD)
        if way_out == "discard":
            lined.discard(first.id, "sofia", "a test")
        assert names(lined) == ["5-02"]

    def test_one_put_back_into_a_line_where_an_earlier_one_waits_lets_that_one_go_first(self, lined: Store) -> None:
        add(lined, "5-05.jpg")
        on_its_way = claimed(lined)
        add(lined, "5-01.jpg")
        lined.requeue(on_its_way, in_seconds(-1), "put-back", "")
        assert names(lined) == ["5-01", "5-05"]

    def test_what_a_crash_left_on_its_way_goes_back_to_its_place(self, lined: SqlStore) -> None:
        for name in ("5-01", "5-02"):
            add(lined, f"{name}.jpg")
        claimed(lined)
        let_leases_end(lined)
        assert lined.recover() == 1
        assert names(lined) == ["5-01", "5-02"]

    def test_photos_that_a_person_assigns_keep_the_order_among_those_that_wait(self, lined: Store) -> None:
        held = add(lined, "x-02.jpg")
        lined.hold(claimed(lined), HOLD)
        moved = add(lined, "6-03.jpg")
        for name in ("5-01", "5-04", "6-05"):
            add(lined, f"{name}.jpg")
        lined.assign(held.id, TARGET, "sofia")
        lined.assign(moved.id, TARGET, "sofia")
        assert [name for name in names(lined) if name != "6-05"] == ["5-01", "x-02", "6-03", "5-04"]

    def test_practices_have_lines_of_their_own(self, lined: Store) -> None:
        add(lined, "5-01.jpg")
        add(lined, "5-02.jpg", practice="clinic-b")
        assert {claimed(lined).practice, claimed(lined).practice} == {"clinic-a", "clinic-b"}

    def test_any_way_of_going_on_leaves_each_line_with_one_turn_and_in_order(self, lined: SqlStore) -> None:
        luck = random.Random(7)
        for number in range(120):
            add(lined, f"{luck.randrange(1, 4)}-{luck.randrange(60):02}.jpg", bytes([number]))
            if luck.random() < 0.6 and (photo := lined.claim("worker")):
                luck.choice(WAYS_ON)(lined, photo)
        for photo in lined.photos(states=[PhotoState.HELD], limit=1000):
            lined.retry(photo.id, "sofia")
        assert lined.mend_lines() == 0
        by_line = defaultdict(list)
        while photo := lined.claim("worker"):
            by_line[photo.place.order_key].append((photo.place.order_at, photo.id))
            done(lined, photo)
        assert all(line == sorted(line) for line in by_line.values())
        assert lined.counts()[PhotoState.QUEUED] == 0

    def test_8_workers_never_have_two_of_one_line_and_miss_none(self, lined: Store) -> None:
        for number in range(60):
            add(lined, f"{number % 3 + 1}-{number:02}.jpg")
        arrived: dict[str | None, list[datetime]] = defaultdict(list)

        def work() -> None:
            while lined.counts()[PhotoState.QUEUED]:
                if photo := lined.claim("worker"):
                    arrived[photo.place.order_key].append(photo.place.order_at)
                    done(lined, photo)

        in_threads(8, work)
        assert sum(map(len, arrived.values())) == 60
        assert all(times == sorted(times) for times in arrived.values())

    def test_photos_that_arrive_at_once_leave_their_line_whole(self, lined: Store) -> None:
        hours = iter(range(24))
        in_threads(8, lambda: add(lined, f"5-{next(hours):02}.jpg"))
        assert names(lined) == [f"5-{hour:02}" for hour in range(8)]


class TestPlacing:
    def test_a_photo_without_a_place_is_claimed_first_and_then_goes_into_its_line(self, lined: Store) -> None:
        for name in ("5-01", "5-03", "curp-02"):
            add(lined, f"{name}.jpg")
        photo = claimed(lined)
        assert photo.name == "curp-02.jpg"
        lined.place(photo, Place(photo.place.order_at, "5|Xray", True))
        assert lined.photo(photo.id).attempts == 0
        assert names(lined) == ["5-01", "curp-02", "5-03"]

    def test_photos_of_one_patient_who_is_still_to_be_found_are_placed_one_after_another(self, lined: Store) -> None:
        for name in ("curp-02", "curp-01"):
            add(lined, f"{name}.jpg")
        first = claimed(lined)
        assert first.name == "curp-01.jpg"
        assert lined.claim("worker-2") is None
        lined.place(first, Place(first.place.order_at, "5|Xray", True))
        second = claimed(lined)
        assert second.name == "curp-02.jpg"

    def test_a_later_photo_waits_while_an_earlier_ones_patient_is_being_found(self, lined: Store) -> None:
        for name in ("curp-02", "5-03", "6-01"):
            add(lined, f"{name}.jpg")
        finding = claimed(lined)
        assert claimed(lined).name == "6-01.jpg"
        assert lined.claim("worker-3") is None
        lined.place(finding, Place(finding.place.order_at, "5|Xray", True))
        assert names(lined) == ["curp-02", "5-03"]

    def test_a_patient_who_cannot_be_found_keeps_the_others_waiting_for_three_tries_at_most(self, lined: Store) -> None:
        for name in ("curp-02", "curp-04", "5-03"):
            add(lined, f"{name}.jpg")
        for _ in range(3):
            lined.requeue(claimed(lined), in_seconds(-1), "put-back", "")
        lined.requeue(claimed(lined), in_seconds(3600), "put-back", "")
        assert names(lined) == ["5-03"]


class TestDrain:
    def test_the_newest_day_goes_first_and_within_a_day_the_earliest(self, lined: Store) -> None:
        for name in ("1-01", "2-02", "3-25", "4-26", "5-49"):
            add(lined, f"{name}.jpg")
        assert names(lined) == ["5-49", "3-25", "4-26", "1-01", "2-02"]

    def test_the_oldest_can_go_first(self, lined: Store) -> None:
        for name in ("3-25", "1-01", "5-49", "2-02"):
            add(lined, f"{name}.jpg")
        assert names(lined, ClaimOrder.OLDEST) == ["1-01", "2-02", "3-25", "5-49"]

    def test_what_came_in_last_can_go_first_among_those_of_the_newest_day(self, lined: Store) -> None:
        for name in ("1-26", "2-30", "3-25", "4-01"):
            add(lined, f"{name}.jpg")
        assert names(lined, ClaimOrder.LATEST) == ["3-25", "2-30", "1-26", "4-01"]

    def test_an_old_photo_in_front_of_a_new_one_of_its_patient_goes_as_early_as_the_new_one(self, lined: Store) -> None:
        for name in ("1-01", "1-49", "2-26", "3-02"):
            add(lined, f"{name}.jpg")
        assert names(lined) == ["1-01", "1-49", "2-26", "3-02"]


class TestLateHeadshots:
    def test_the_newest_delivered_time_of_a_patient_and_type_is_known(self, lined: Store) -> None:
        for name in ("5-03", "5-01"):
            add(lined, f"{name}.jpg")
        names(lined)
        assert lined.newest_delivered(f"{CHART}/", 5, ImageType.XRAY) == DAY + timedelta(hours=3)
        assert lined.newest_delivered(CHART, 5, ImageType.HEADSHOT) is None
        assert lined.newest_delivered(CHART, 6, ImageType.XRAY) is None

    @pytest.mark.parametrize("as_what", ["retry", "assign"])
    def test_a_person_who_sends_on_one_held_as_older_wants_it_late(self, lined: Store, as_what: str) -> None:
        photo = add(lined, "5-01.jpg")
        lined.hold(claimed(lined), Hold(HoldReason.OLDER_THAN_CHART, "The chart has a newer one."))
        assert not lined.photo(photo.id).may_be_late
        if as_what == "retry":
            lined.retry(photo.id, "sofia")
        else:
            lined.assign(photo.id, TARGET, "sofia")
        assert claimed(lined).may_be_late

    def test_a_person_who_sends_on_one_held_otherwise_has_not_decided_that(self, lined: Store) -> None:
        photo = add(lined, "5-01.jpg")
        lined.hold(claimed(lined), HOLD)
        assert not lined.retry(photo.id, "sofia").may_be_late


def claimed_and_done(store: Store) -> Photo:
    photo = claimed(store)
    done(store, photo)
    return photo


def test_claims_and_turns_use_the_indexes_made_for_them(tmp_path: Path) -> None:
    given = due_at(datetime.now(UTC), ["clinic-b"], timedelta(days=1))
    with contextlib.closing(SqliteStore(tmp_path / "data")) as store:
        plans = [
            " / ".join(str(step[3]) for step in _plan(store, query.params(given)))
            for order in ClaimOrder
            for query in due(order)
        ]
    assert not [plan for plan in plans if "TEMP B-TREE" in plan or "SCAN" in plan]
    assert all("INDEX photos_to_" in plan for plan in plans)


def _plan(store: SqliteStore, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
    with store.reading() as connection:
        text = query.compile(connection, compile_kwargs={"literal_binds": True})
        return connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
