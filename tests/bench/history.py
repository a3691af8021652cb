"""Measures what a long history costs: `python -m tests.bench.history [--many N] [--rounds N] [--engine NAME]`.

Fills stores of each engine with 1 000, 10 000, 100 000 and 1 000 000 delivered photos, and measures accept, deliver,
check and list at each in turn: an upload of a few bytes; claiming, sending and recording another, but for the chart's
own part; what a phone asks with `/check=` about a delivered photo; the newest hundred of all photos and of the held
ones. Beside them, without a goal, counting all by their states. All in one run.
"""

import argparse
import contextlib
import hashlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from photo_makers import HOLD, add, claimed, deliver

from bench.figures import Figure, end_in_order, say, table, write_figures
from bridge.photos import PhotoState, open_store
from bridge.photos.sql import SqlStore
from bridge.photos.tables import attempts, events, photos, receipts
from bridge.secret import Secret
from bridge.tags import check_key
from postgres_server import new_database

FEW, MANY = 1_000, 1_000_000
QUICK_MANY, QUICK_ROUNDS = 10_000, 20
ROUNDS = 300
MOST_GROWTH = 1.5
_BATCH = 5_000
_PATIENTS = 5_000
_START = datetime(2020, 1, 1, tzinfo=UTC)
_ENGINES = ("sqlite", "postgresql")


def main() -> None:
    """Fill, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--engine", choices=_ENGINES, action="append")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it works")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures here")
    wanted = parser.parse_args()
    end_in_order()
    many = wanted.many or (QUICK_MANY if wanted.quick else MANY)
    rounds = wanted.rounds or (QUICK_ROUNDS if wanted.quick else ROUNDS)
    figures = [each for engine in wanted.engine or _ENGINES for each in _of_engine(engine, _numbers(many), rounds)]
    say(table(figures))
    if wanted.json:
        write_figures(wanted.json, figures)


def _numbers(many: int) -> list[int]:
    """1 000, ten times as many, and so on, up to the most."""
    steps = itertools.takewhile(lambda number: number < many, (FEW * 10**step for step in itertools.count()))
    return [*steps, many]


def _of_engine(engine: str, numbers: Sequence[int], rounds: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ending:
        doings = []
        for number in numbers:
            url = Secret(ending.enter_context(new_database())) if engine == "postgresql" else None
            store = open_store(Path(folder) / str(number), url, exclusive=True)
            ending.callback(store.close)
            assert isinstance(store, SqlStore)
            fill(store, number)
            say(f"{engine}: filled with {number:,}")
            doings.append(_Doings(store))
        return [_growth(engine, name, numbers, doings, rounds) for name in _NAMES]


def _growth(engine: str, name: str, numbers: Sequence[int], doings: Sequence["_Doings"], rounds: int) -> Figure:
    """The most that any of the larger stores takes, as a multiple of what the smallest takes."""
    medians = _medians_ms([each.do(name) for each in doings], rounds)
    note = ", ".join(f"{number:,}: {ms:.2f} ms" for number, ms in zip(numbers, medians, strict=True))
    say(f"{engine}: {name}: {note}")
    most = MOST_GROWTH if name in _WITH_GOAL else None
    return Figure(f"{engine} {name}", max(medians[1:]) / medians[0], "times", at_most=most, note=note)


_WITH_GOAL = ("accept", "deliver", "check", "list", "list of the held")
_NAMES = (*_WITH_GOAL, "counts")

Doing = Callable[[], float]
"""Does one thing, and gives the milliseconds that it took."""


class _Doings:
    """What is measured, of one store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._delivered = store.counts()[PhotoState.DELIVERED]
        self._numbers = itertools.count(2 * MANY)
        for each in range(100):
            store.hold(add(store, f"#held-{each}.jpg"), HOLD)

    def do(self, name: str) -> Doing:
        """One of them."""
        store = self._store
        doings: dict[str, Callable[[], object]] = {
            "accept": lambda: add(store, f"#new-{next(self._numbers)}.jpg"),
            "check": lambda: store.photos_checked("clinic-a", _name(1 + next(self._numbers) * 7919 % self._delivered)),
            "list": lambda: store.photos(limit=100),
            "list of the held": lambda: store.photos(states=[PhotoState.HELD], limit=100),
            "counts": store.counts,
        }
        return self._deliver_ms if name == "deliver" else lambda: _ms(doings[name])

    def _deliver_ms(self) -> float:
        """Of a photo that is there already."""
        number = next(self._numbers)
        add(self._store, f"#sent-{number}.jpg")
        return _ms(lambda: deliver(self._store, claimed(self._store), number))


def _medians_ms(doings: Sequence[Doing], rounds: int) -> list[float]:
    """Of all in turn, so that whatever else the machine does slows all."""
    times = [[do() for do in doings] for _ in range(rounds)]
    return [statistics.median(each) for each in zip(*times, strict=True)]


def _ms(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return 1000 * (time.perf_counter() - started)


def fill(store: SqlStore, number: int) -> None:
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
