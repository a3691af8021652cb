"""What waited while the chart was away drains about as fast as the chart itself can take it."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pybase64
import pytest
import requests
from chart_process import ChartProcess
from clinic import CLINIC, PATIENTS, Shot, day_of_shots, misfiled
from fleet import SOME, Engine, Fleet, named
from phones import Phones
from scale import SCALE, SEED

from bridge.photos import PhotoState, Store, open_store
from phone import wait_until

WORKERS = 4
PLAIN_PATIENT = 123
MOST_PLAIN = 500
POLL_SECONDS = 0.5
"""To ask more often would take the processor from what is measured: to count thousands of photos takes a while."""

_LOOKED = re.compile(r"event=looked-ahead photos=(\d+)")
_UNDER_WAY = 20
"""So many photos at the most may just be tried when the bridges look at those that wait."""


def plain_rate(chart: ChartProcess, shots: Sequence[Shot]) -> float:
    """Photos a second when their bodies, made before, are posted and read back in parallel and nothing else is done."""
    texts = [pybase64.b64encode_as_string(shot.content) for shot in shots[:MOST_PLAIN]]
    place = {"patient": PLAIN_PATIENT, "type": "Xray", "clinic": CLINIC, "station": 3}
    bodies = [json.dumps({**place, "data": text}).encode() for text in texts]
    with ThreadPoolExecutor(WORKERS) as workers, requests.Session() as session:
        session.trust_env = False
        login = {"username": "bridge", "password": "bridge-pass"}
        token = session.post(f"{chart.url}/tscharts/v1/login/", json=login, timeout=60).json()["token"]
        session.headers["Authorization"] = f"Token {token}"
        session.headers["Content-Type"] = "application/json"
        url = f"{chart.url}/tscharts/v1/image/"

        def post_and_read_back(body: bytes, text: str) -> bool:
            image_id = session.post(url, body, timeout=60).json()["id"]
            return bool(session.get(f"{url}{image_id}/", timeout=60).json()["data"] == text)

        started = time.monotonic()
        assert all(workers.map(post_and_read_back, bodies, texts))
        return len(bodies) / (time.monotonic() - started)


def drain_rate(store: Store, number: int) -> float:
    """Photos a second from the first delivery that is seen to the last."""

    def delivered() -> int:
        return store.counts()[PhotoState.DELIVERED]

    wait_until(lambda: delivered() > 0, SCALE.patience_seconds)
    before, started = delivered(), time.monotonic()
    deadline = started + SCALE.patience_seconds
    while (now := delivered()) < number:
        assert time.monotonic() < deadline, f"{now} of {number} are delivered"
        time.sleep(POLL_SECONDS)
    return (number - before) / (time.monotonic() - started)


def looked_at(fleet: Fleet) -> int:
    """How many photos the bridges have looked at while they waited for the chart, as they say."""
    return sum(int(number) for bridge in fleet.bridges for number in _LOOKED.findall(bridge.log()))


@pytest.mark.parametrize("engine", SOME, ids=named)
def test_waiting_photos_drain_at_the_charts_pace(
    large_folder: Path, engine: Engine, figures: Callable[..., None]
) -> None:
    chart = ChartProcess(large_folder)
    shots = day_of_shots(SCALE.drained_photos, SEED, large=True)
    with chart.running():
        plain = [plain_rate(chart, shots)]
    with contextlib.ExitStack() as ending:
        configs = ending.enter_context(engine.site(large_folder, chart.url, ""))
        fleet = ending.enter_context(Fleet(configs, large_folder))
        phones = ending.enter_context(Phones(shots, fleet.ports, SEED))
        store = ending.enter_context(contextlib.closing(open_store(configs[0].data_folder, configs[0].database)))
        phones.allow(len(shots))
        phones.wait_until_all_are_accepted(SCALE.patience_seconds)
        wait_until(lambda: looked_at(fleet) >= len(shots) - _UNDER_WAY, SCALE.patience_seconds)
        ending.enter_context(chart.running())
        drained = drain_rate(store, len(shots))
        plain.append(plain_rate(chart, shots))
    images = [image for patient in PATIENTS for image in chart.images(patient)]
    ratio = drained / (sum(plain) / 2)
    figures(
        photos=len(shots),
        drained_per_second=round(drained, 1),
        plain_per_second=" and ".join(f"{rate:.1f}" for rate in plain),
        ratio=round(ratio, 2),
    )
    assert misfiled(shots, images) == {}
    assert ratio >= SCALE.least_drain_ratio
