"""A mapping file is edited again and again, half of the time into a broken one, while photos flow to the chart.

`RELOAD_LONG=1 python -m pytest tests/delivery/test_delivery_reload.py -s` makes a thousand edits, in 15 minutes.
"""

import contextlib
import itertools
import logging
import os
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from late_and_early import number_in
from mapping_edits import Editor, good_text
from reload_tools import edit, history, reload_config, version_of

from bridge.mapping import Mapping, load_mapping, resolve
from bridge.photos import Photo, PhotoState
from bridge.sandbox import SandboxServer
from bridge.sandbox.seed import default_seed
from bridge.service import Service
from bridge.tags import parse_name
from bridge.targets import ChartTarget
from bridge_runner import GUID, running_bridge
from phone import picture, post_photo, wait_until

LONG = os.environ.get("RELOAD_LONG", "") == "1"
EDITS = 1000 if LONG else 12
PAUSES_SECONDS = (0.05, 0.3, 0.6, 2.2) if LONG else (0.1, 2.2, 2.2)
AT = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
STATION_IDS = {row["name"]: row["id"] for row in default_seed().rows["stations"]}
TAKEN = re.compile(r"event=mapping-taken practice=clinic-a version=(\w+)")


class Taken(logging.Handler):
    """When which version took over, as the log says."""

    def __init__(self, first: str) -> None:
        super().__init__(logging.INFO)
        self.times: list[tuple[float, str]] = [(0.0, first)]

    def emit(self, record: logging.LogRecord) -> None:
        if found := TAKEN.match(record.getMessage()):
            self.times.append((record.created, found[1]))

    def was_in_force(self, version: str, since: datetime, until: datetime) -> bool:
        """Whether a version was in force at some moment of a span. The log is written just after it took over."""
        ends = [*(began for began, _ in self.times[1:]), float("inf")]
        spans = [(began - 0.5, end) for (began, each), end in zip(self.times, ends, strict=True) if each == version]
        return any(began <= until.timestamp() and since.timestamp() <= end for began, end in spans)


@contextlib.contextmanager
def listening(first: str) -> Iterator[Taken]:
    log = logging.getLogger("bridge.mapping.shelf")
    taken, level = Taken(first), log.level
    log.addHandler(taken)
    log.setLevel(logging.INFO)
    try:
        yield taken
    finally:
        log.removeHandler(taken)
        log.setLevel(level)


@dataclass
class Phones:
    """Sends photos, one every so often, until told to stop; `names` are those that were taken, by their pictures."""

    port: int
    names: dict[int, str]
    stopping: threading.Event

    def work(self) -> None:
        for number in itertools.count(1):
            if self.stopping.is_set():
                return
            at = AT + timedelta(seconds=number)
            name = f"#{GUID}-{number % 12 + 1}-foto-{at:%d-%b-%Y-%H-%M-%S}.jpg"
            assert post_photo(self.port, name, picture(number)).status == 200
            self.names[number] = name
            time.sleep(0.2)


@contextlib.contextmanager
def photos_flow(bridge: Service) -> Iterator[dict[int, str]]:
    phones = Phones(bridge.web.port, {}, threading.Event())
    thread = threading.Thread(target=phones.work)
    thread.start()
    try:
        yield phones.names
    finally:
        phones.stopping.set()
        thread.join()


def edit_all(editor: Editor, luck: random.Random) -> None:
    """Half of the edits are broken, in no order. The last one files everything."""
    is_broken = [number % 2 == 1 for number in range(EDITS)]
    luck.shuffle(is_broken)
    for number, broken in enumerate(is_broken):
        text = good_text(number, luck, knows_photo=luck.random() < 0.6)
        editor.save_broken(text) if broken else editor.save_good(text)
        editor.pause()
    editor.save_good(good_text(EDITS, luck, knows_photo=True))


def target_by(mapping: Mapping, name: str) -> ChartTarget:
    reference = resolve(parse_name(name), mapping).reference
    assert reference is not None
    assert reference.clinic is not None
    station = STATION_IDS[reference.station or ""]
    return ChartTarget(int(reference.patient.value), reference.type, reference.clinic.id, station)


def check_one(bridge: Service, photo: Photo, mappings: dict[str, Mapping], taken: Taken) -> None:
    """A photo was delivered where the version on its record files it, which was in force while it was here."""
    receipt = bridge.store.receipt(photo.id)
    assert receipt is not None
    version = photo.mapping_version or ""
    assert version in mappings
    assert receipt.target == target_by(mappings[version], photo.name)
    assert taken.was_in_force(version, photo.received_at, receipt.delivered_at)


def check_histories(bridge: Service, photos: list[Photo], mappings: dict[str, Mapping]) -> Counter[str]:
    """Each was delivered once, and what was let go was let go by a good version; how often what happened."""
    reasons: Counter[str] = Counter()
    for photo in photos:
        events = history(bridge, photo)
        assert sum(reason == "delivered" for reason, _ in events) == 1
        named = [re.findall(r"version (\w+)", detail) for reason, detail in events if reason == "released"]
        assert {version for versions in named for version in versions} <= set(mappings)
        reasons.update(reason for reason, _ in events)
    return reasons


def read_all(editor: Editor, folder: Path) -> dict[str, Mapping]:
    """The good versions by their hashes, read by themselves."""
    mappings = {}
    for version, text in editor.good.items():
        file = folder / f"{version}.yaml"
        assert edit(file, text) == version
        mappings[version] = load_mapping(file)
    return mappings


@pytest.mark.parametrize("seed", [20261121])
def test_while_a_mapping_is_edited_each_photo_is_delivered_once_by_a_good_version(
    tmp_path: Path, chart: SandboxServer, seed: int
) -> None:
    luck, began = random.Random(seed), time.monotonic()
    config, file = reload_config(tmp_path, chart.url)
    editor = Editor(file, luck, PAUSES_SECONDS)
    first = good_text(-1, luck, knows_photo=False)
    editor.begin(first)
    with listening(version_of(first)) as taken, running_bridge(config) as bridge:
        with photos_flow(bridge) as names:
            wait_until(lambda: bridge.store.counts()[PhotoState.HELD] > 2)
            edit_all(editor, luck)
            wait_until(lambda: bridge.shelf.mapping_for("clinic-a").version_hash == list(editor.good)[-1])
        wait_until(lambda: bridge.store.counts()[PhotoState.DELIVERED] == len(names), 120)
        mappings = read_all(editor, tmp_path)
        assert {version for _, version in taken.times} <= set(mappings)
        photos = [bridge.store.photos_named(name)[0] for name in names.values()]
        for photo in photos:
            check_one(bridge, photo, mappings, taken)
        reasons = check_histories(bridge, photos, mappings)
    assert sorted(number_in(image.data or "") for image in chart.images()) == sorted(names)
    assert reasons["released"] > 2
    by_versions = len({photo.mapping_version for photo in photos})
    sys.stdout.write(
        f"{EDITS} edits, {editor.broken} broken, {editor.halves} in two halves; {len(taken.times)} times one took "
        f"over; {len(photos)} photos, delivered by {by_versions} versions, held {reasons['no-type']} times, "
        f"let go {reasons['released']} times; {time.monotonic() - began:.0f} s\n"
    )
