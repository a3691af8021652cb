"""Measures what a long history costs: `python -m tests.bench.history`.

Fills two stores of each engine with delivered photos, few and many, and measures accept, check and list in turn at
each: an upload of a few bytes, what a phone asks with `/check=` about a delivered photo, and the newest hundred of all
photos and of the held ones. Beside them, without a bar, what a delivery asks of the store. All in one run.
"""

import argparse
import contextlib
import hashlib
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "photos"))

from photo_makers import HOLD, add, claimed, deliver

from bridge.photos import PhotoState, open_store
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
    with contextlib.ExitStack() as ending:
        stores = []
        for number in (FEW, many):
            url = Secret(ending.enter_context(new_database())) if engine == "postgresql" else None
            store = open_store(folder / str(number), url, exclusive=True)
            ending.callback(store.close)
            assert isinstance(store, SqlStore)
            _fill(store, number)
            stores.append(store)
        few, late = (_Doings(store) for store in stores)
        table = {name: _medians_ms(few.do(name), late.do(name), rounds) for name in _NAMES}
    sys.stdout.write(f"{engine}: milliseconds at the median with {FEW:,} and with {many:,} delivered photos\n")
    for name, (before, after) in table.items():
        bar = f"bar: {MOST_GROWTH}" if name in _WITH_BAR else ""
        sys.stdout.write(f"  {name:32} {before:8.3f} {after:8.3f}   {after / before:5.2f} times   {bar}\n")


_WITH_BAR = ("accept", "check", "list", "list of the held")
_NAMES = (*_WITH_BAR, "accept, claim, start, deliver", "counts")


class _Doings:
    """What is measured, of one store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._delivered = store.counts()[PhotoState.DELIVERED]
        self._numbers = itertools.count(2 * MANY)
        for each in range(100):
            store.hold(add(store, f"#held-{each}.jpg"), HOLD)

    def do(self, name: str) -> Callable[[], object]:
        """One of them."""
        store = self._store
        doings: dict[str, Callable[[], object]] = {
            "accept": lambda: add(store, f"#new-{next(self._numbers)}.jpg"),
            "check": lambda: store.photos_checked("clinic-a", _name(1 + next(self._numbers) * 7919 % self._delivered)),
            "list": lambda: store.photos(limit=100),
            "list of the held": lambda: store.photos(states=[PhotoState.HELD], limit=100),
            "accept, claim, start, deliver": self._deliver_one,
            "counts": store.counts,
        }
        return doings[name]

    def _deliver_one(self) -> None:
        number = next(self._numbers)
        add(self._store, f"#sent-{number}.jpg")
        deliver(self._store, claimed(self._store), number)


def _medians_ms(few: Callable[[], object], late: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Of both in turn, so that whatever else the machine does slows both."""
    times = [(_ms(few), _ms(late)) for _ in range(rounds)]
    before, after = zip(*times, strict=True)
    return statistics.median(before), statistics.median(after)


def _ms(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return 1000 * (time.perf_counter() - started)


def _fill(store: SqlStore, number: int) -> None:
    """So many photos that were delivered, with their events, attempts and receipts."""
    store.ensure_practices({"clinic-a": None})
    numbers = range(1, number + 1)
    for batch in (numbers[at : at + _BATCH] for at in range(0, len(numbers), _BATCH)):
        with store.writing() as connection:
            made = list(connection.scalars(photos.insert().returning(photos.c.id), [_photo(each) for each in batch]))
            connection.execute(events.insert(), [event for photo_id in made for event in _events(photo_id)])
            connection.execute(attempts.insert(), [_attempt(photo_id) for photo_id in made])
            connection.execute(receipts.insert(), [_receipt(photo_id) for photo_id in made])
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


def _receipt(photo_id: int) -> dict[str, object]:
    sent = {"data_sha256": _hash(str(photo_id)), "data_length": 400_000, "read_back": True, "delivered_at": _START}
    at = _START + timedelta(minutes=photo_id)
    about = {"chart": "https://chart.example.org", "image_id": photo_id, "order_at": at.replace(tzinfo=None)}
    return _target(photo_id) | sent | about


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
