"""Measures what a long history costs: `python -m tests.bench.history`.

Fills a store of each engine with delivered photos, first a few, then many, and measures accept, check and list after
each: an upload of a few bytes, what a phone asks with `/check=` about a delivered photo, and the newest hundred of all
photos and of the held ones. Beside them, without a bar, what a delivery asks of the store. All in one run.
"""

import argparse
import hashlib
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "photos"))

from photo_makers import HOLD, add, claimed, deliver

from bridge.photos import PhotoState, Store, open_store
from bridge.photos.sql import SqlStore
from bridge.photos.tables import attempts, events, photos, receipts
from bridge.secret import Secret
from bridge.tags import check_key
from postgres_server import new_database

FEW, MANY = 1_000, 1_000_000
MOST_GROWTH = 1.5
_BATCH = 5_000
_PATIENTS = 5_000
_START = datetime(2020, 1, 1, tzinfo=UTC)


def main() -> None:
    """Fill, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    wanted = parser.parse_args()
    for engine in wanted.engine or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder:
            _report(engine, Path(folder), wanted.many, wanted.rounds)


def _report(engine: str, folder: Path, many: int, rounds: int) -> None:
    if engine == "sqlite":
        _compare(engine, open_store(folder, exclusive=True), many, rounds)
        return
    with new_database() as url:
        _compare(engine, open_store(folder, Secret(url), exclusive=True), many, rounds)


def _compare(engine: str, store: Store, many: int, rounds: int) -> None:
    assert isinstance(store, SqlStore)
    with closing(store):
        store.ensure_practices({"clinic-a": None})
        ids = itertools.count(1)
        _fill(store, FEW, ids)
        few = _measured(store, FEW, rounds, ids)
        _fill(store, many, ids)
        late = _measured(store, many, rounds, ids)
    sys.stdout.write(f"{engine}: milliseconds at the median with {FEW:,} and with {many:,} delivered photos\n")
    for name, before in few.items():
        growth = late[name] / before
        bar = f"bar: {MOST_GROWTH}" if name in _WITH_BAR else ""
        sys.stdout.write(f"  {name:32} {before:8.3f} {late[name]:8.3f}   {growth:5.2f} times   {bar}\n")


_WITH_BAR = {"accept", "check", "list", "list of the held"}


def _measured(store: SqlStore, number: int, rounds: int, ids: Iterator[int]) -> dict[str, float]:
    for each in range(100):
        store.hold(add(store, f"#held-{number}-{each}.jpg"), HOLD)
    names = itertools.count()
    asked = (_name(1 + turn * 7919 % number) for turn in itertools.count())

    def deliver_one() -> None:
        add(store, f"#sent-{number}-{next(names)}.jpg")
        deliver(store, claimed(store), next(ids))

    doings: dict[str, Callable[[], object]] = {
        "accept": lambda: add(store, f"#new-{number}-{next(names)}.jpg"),
        "check": lambda: store.photos_checked("clinic-a", next(asked)),
        "list": lambda: store.photos(limit=100),
        "list of the held": lambda: store.photos(states=[PhotoState.HELD], limit=100),
        "accept, claim, start, deliver": deliver_one,
        "counts": store.counts,
    }
    return {name: _median_ms(do, 5 if name == "counts" else rounds) for name, do in doings.items()}


def _median_ms(do: Callable[[], object], rounds: int) -> float:
    return statistics.median(_each_ms(do, rounds))


def _each_ms(do: Callable[[], object], rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        started = time.perf_counter()
        do()
        yield 1000 * (time.perf_counter() - started)


def _fill(store: SqlStore, up_to: int, ids: Iterator[int]) -> None:
    """Photos that were delivered, with their events, attempts and receipts, up to so many."""
    known = store.counts()[PhotoState.DELIVERED]
    numbers = range(known + 1, up_to + 1)
    for batch in (numbers[at : at + _BATCH] for at in range(0, len(numbers), _BATCH)):
        with store.writing() as connection:
            made = list(connection.scalars(photos.insert().returning(photos.c.id), [_photo(each) for each in batch]))
            connection.execute(events.insert(), [event for photo_id in made for event in _events(photo_id)])
            connection.execute(attempts.insert(), [_attempt(photo_id) for photo_id in made])
            connection.execute(receipts.insert(), [_receipt(photo_id, next(ids)) for photo_id in made])
    with store.writing() as connection:
        connection.execute(sa.text("ANALYZE"))


def _name(number: int) -> str:
    at = _START + timedelta(minutes=number)
    return f"#{number % _PATIENTS}-#Xray-{at:%d-%b-%Y-%H-%M-%S}.jpg"


def _photo(number: int) -> dict[str, object]:
    at, name = _START + timedelta(minutes=number), _name(number)
    return {
        "practice": "clinic-a", "name": name, "check_key": check_key(name), "sha256": _hash(name),
        "size_bytes": 300_000, "media_type": "image/jpeg", "source": "photo-api", "received_at": at,
        "state": "delivered", "next_attempt_at": at, "attempts": 1, "bytes_key": _hash(f"key {name}"),
        "offered": False, "mapping_version": _hash("mapping"), "order_at": at.replace(tzinfo=None),
        "order_key": f"{number % _PATIENTS}|Xray", "is_placed": True, "waits": False, "done_at": at,
        "bytes_gone_at": at,
    }  # fmt: skip


def _events(photo_id: int) -> Iterator[dict[str, object]]:
    changes = ((None, "queued", "received"), ("queued", "sending", "claimed"), ("sending", "delivered", "delivered"))
    for before, after, reason in changes:
        about = {"from_state": before, "to_state": after, "reason": reason, "detail": "", "actor": "bridge"}
        yield about | {"photo_id": photo_id, "at": _START}


def _target(photo_id: int) -> dict[str, object]:
    return {"patient": photo_id % _PATIENTS + 1, "type": "Xray", "clinic": 1, "station": None, "photo_id": photo_id}


def _attempt(photo_id: int) -> dict[str, object]:
    sent = {"number": 1, "started_at": _START, "data_sha256": _hash(str(photo_id)), "data_length": 400_000}
    return _target(photo_id) | sent | {"outcome": "delivered", "look_at": None}


def _receipt(photo_id: int, image_id: int) -> dict[str, object]:
    sent = {"data_sha256": _hash(str(photo_id)), "data_length": 400_000, "read_back": True, "delivered_at": _START}
    at = _START + timedelta(minutes=photo_id)
    about = {"chart": "https://chart.example.org", "image_id": image_id, "order_at": at.replace(tzinfo=None)}
    return _target(photo_id) | sent | about


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
