"""The JSON door against what its own document allows, and what it does not, on a whole running bridge.

BRIDGE_FUZZ_CASES is how many cases are tried, 150 without it.
"""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from json_site import picture, posted
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bridge.holds import Hold, HoldReason
from bridge.photos import NewUpload, Source, Store
from bridge.sandbox import SandboxServer
from bridge_runner import make_config, running_bridge

CASES = int(os.environ.get("BRIDGE_FUZZ_CASES", "150"))
CHECKS = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
PHOTOS = 60
LIKELY: dict[str, list[Any]] = {
    **{name: [1, 2, 3] for name in ("patient", "patient_id", "clinic", "station", "move_id")},
    "photo_id": list(range(1, PHOTOS + 1)),
    "q": ["camila", "zuniga pena", "123", "2001", "ORBC140418MBCRLM01", "e"],
    "username": ["nurse"],
    "password": ["nurse-pass", "wrong"],
    "Range": ["bytes=0-9", "bytes=-7", "bytes=99999999-"],
    "If-None-Match": ["*", '"x"'],
}
HOLD = Hold(HoldReason.NO_PATIENT, "The name says no patient; assign it by hand.")


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def door(chart: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = make_config(tmp_path_factory.mktemp("bridge"), chart.url, more="staff: {admins: [nurse]}")
    with running_bridge(config) as service:
        for number in range(PHOTOS):
            _hold(service.store, f"photo-{number}.jpg", picture() if number % 3 else b"no picture")
        url = f"http://127.0.0.1:{config.server.port}/api/v1"
        credentials = {"username": "nurse", "password": "nurse-pass"}
        assert requests.post(f"{url}/login/", json=credentials, timeout=20).status_code == 200
        yield url


def _hold(store: Store, name: str, content: bytes) -> None:
    """A photo that waits for a person."""
    incoming = store.incoming()
    incoming.write(content)
    upload = NewUpload("clinic-a", name, Source.PHOTO_API, "image/jpeg", None)
    store.add(upload, incoming, hold=HOLD)
    incoming.discard()


def _fill(chart: SandboxServer) -> list[int]:
    """Images of some kinds, so that there is something to ask for."""
    contents: list[bytes | str] = [picture(), picture(kind="PNG"), picture()[:200], b"no picture", "no base64!", ""]
    return [posted(chart, content, 1 + number % 3) for number, content in enumerate(contents)]


def _make_likely(case: Any, likely: dict[str, list[Any]], chance: random.Random) -> None:
    """Put in what is there: from chance alone nearly every answer would be 404."""
    for values in (case.path_parameters, case.query, case.body):
        if isinstance(values, dict) and chance.random() < 0.6:
            for name in values.keys() & likely.keys():
                values[name] = chance.choice(likely[name])
    for name in ("Range", "If-None-Match"):
        if name in case.headers and chance.random() < 0.6:
            case.headers[name] = chance.choice(likely[name])


def _tries(operation: Any, url: str, chart: SandboxServer, cases: int, answered: set[int]) -> Callable[[], None]:
    """A test of one operation. Its images are made anew now and then: some operations take them away."""
    kinds = [operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode]
    ids: list[int] = []

    @settings(
        max_examples=cases,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(case=st.one_of(*kinds), seed=st.integers(0, 2**32))
    def tries(case: Any, seed: int) -> None:
        chance = random.Random(seed)
        if not ids or (operation.method != "get" and chance.random() < 0.3):
            ids[:] = _fill(chart)
        _make_likely(case, {**LIKELY, **dict.fromkeys(("image_id", "image", "after"), ids)}, chance)
        headers = {"Authorization": f"Token {chart.token('nurse')}"} if chance.random() < 0.9 else {}
        response = case.call(base_url=url, headers=headers, timeout=30)
        answered.add(response.status_code)
        assert response.status_code < 500
        case.validate_response(response, checks=CHECKS)

    return tries


def test_no_question_breaks_the_door_or_gets_what_its_document_does_not_say(door: str, chart: SandboxServer) -> None:
    document = requests.get(f"{door}/openapi.json", timeout=20).json()
    operations = [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]
    answered: dict[str, set[int]] = {}
    for operation in operations:
        statuses = answered.setdefault(f"{operation.method} {operation.path}", set())
        _tries(operation, door, chart, max(CASES // len(operations), 5), statuses)()
    assert {200, 400, 404} <= set.union(*answered.values())


def test_the_document_is_of_its_kind(door: str, tmp_path: Path) -> None:
    document = requests.get(f"{door}/openapi.json", timeout=20).json()
    schemathesis.openapi.from_dict(document).validate()
    names = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]
    assert len(names) == len(set(names))
