"""Photos behind servers that take requests up to a size nobody knows: each gets in, in few sends, and it is learned.

`BRIDGE_FITTED_PICTURES=300` sends so many pictures instead of the few that every run has time for.
"""

import io
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from bridge.findings import Status
from bridge.health import look
from bridge.holds import HoldReason
from bridge.imaging import Limits, prepare
from bridge.photos import LearnedLimit, NewUpload, Photo, PhotoState, Source
from bridge.photos.tables import attempts
from bridge.reaching import chart_account
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import Service
from bridge.settings import Config
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import ChartClient, body_overhead_bytes
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from imaging.imaging_samples import noise, photo_like
from phone import wait_until

PICTURES = int(os.environ.get("BRIDGE_FITTED_PICTURES", "24"))
SMALLEST_BYTES, LARGEST_BYTES = 50_000, 16_000_000
FRONTS = {
    "nginx as shipped": {"behind_nginx": True, "nginx_limit_bytes": 1_048_576},
    "direct": {"body_limit_bytes": 2_621_440},
    "nginx with a small limit": {"behind_nginx": True, "nginx_limit_bytes": 700_000},
    "direct with an odd limit": {"body_limit_bytes": 1_500_000},
}
BYTES_PER_PIXEL = {("photo", "JPEG"): 0.53, ("photo", "PNG"): 1.57, ("noise", "JPEG"): 1.57, ("noise", "PNG"): 3.0}
LARGEST_JPEG_BYTES = 6_500_000
TARGET = ChartTarget(5, ImageType.SURGERY, 2, 4)


@cache
def canvas(kind: str) -> Image.Image:
    return photo_like(4032, 3024) if kind == "photo" else noise(2600, 2100)


def generated(kind: str, size_bytes: int, form: str, dice: random.Random) -> bytes:
    """A picture of about so many bytes: a part of a large one, as a JPEG or PNG."""
    whole = canvas(kind)
    share = min(1.0, (size_bytes / BYTES_PER_PIXEL[kind, form] / (whole.width * whole.height)) ** 0.5)
    width, height = int(whole.width * share), int(whole.height * share)
    left, top = dice.randint(0, whole.width - width), dice.randint(0, whole.height - height)
    options = {"quality": 98} if form == "JPEG" else {"compress_level": 1}
    stream = io.BytesIO()
    whole.crop((left, top, left + width, top + height)).save(stream, form, **options)
    return stream.getvalue()


def some_pictures(number: int, seed: int) -> Iterator[bytes]:
    """Pictures from the smallest to the largest size, evenly in between on a scale of doublings, in any order."""
    dice = random.Random(seed)
    places = [place / max(1, number - 1) for place in range(number)]
    dice.shuffle(places)
    for index, place in enumerate(places):
        size = int(SMALLEST_BYTES * (LARGEST_BYTES / SMALLEST_BYTES) ** place)
        form = "PNG" if index % 5 == 4 or size > LARGEST_JPEG_BYTES else "JPEG"
        yield generated(("photo", "noise")[index % 2], size, form, dice)


@cache
def large_photo() -> bytes:
    """About 1.7 MB, upright and clean: it goes as it is into a request of 2 621 440 bytes. Noise is quick to fit."""
    return generated("noise", 1_700_000, "JPEG", random.Random(1))


@cache
def larger_photo() -> bytes:
    """About 4 MB."""
    return generated("noise", 4_000_000, "JPEG", random.Random(2))


def configured(folder: Path, chart: SandboxServer, limit_bytes: int | None = None) -> Config:
    """A config that says so about the chart's limit, or nothing."""
    config = make_config(folder, chart.url, delivery="retry_first_seconds: 0.1, retry_longest_seconds: 1")
    practices = (replace(each, chart=replace(each.chart, body_limit_bytes=limit_bytes)) for each in config.practices)
    return replace(config, practices=tuple(practices))


@contextmanager
def a_bridge(folder: Path, limit_bytes: int | None = None, **front: int) -> Iterator[tuple[Service, SandboxServer]]:
    with (
        SandboxServer(database=folder / "chart.db", **front) as chart,
        running_bridge(configured(folder, chart, limit_bytes)) as bridge,
    ):
        yield bridge, chart


def add(bridge: Service, content: bytes, number: int = 0, patient: int = 5, guid: str = GUID) -> Photo:
    """Put a photo into the queue, as an upload does."""
    practice = "clinic-a" if guid == GUID else "clinic-b"
    name = f"#{guid}-#{patient}-surgery-21-Nov-2026-10-{number // 60:02}-{number % 60:02}.jpg"
    incoming = bridge.store.incoming()
    incoming.write(content + bytes(number % 4))
    photo, _ = bridge.store.add(NewUpload(practice, name, Source.PHOTO_API, "image/jpeg", None), incoming)
    bridge.deliverer.wake()
    return photo


def settled(bridge: Service, photo: Photo, seconds: float = 20) -> Photo:
    """The photo, once it is delivered or held."""
    done = (PhotoState.DELIVERED, PhotoState.HELD)
    wait_until(lambda: bridge.store.photo(photo.id).state in done, seconds)
    return bridge.store.photo(photo.id)


def delivered(bridge: Service, content: bytes, number: int = 0, guid: str = GUID) -> int:
    """Deliver a photo; in how many sends."""
    photo = settled(bridge, add(bridge, content, number, guid=guid))
    assert photo.state is PhotoState.DELIVERED, photo.hold_sentence
    return sends(bridge)[photo.id]


def sends(bridge: Service) -> Counter[int]:
    """How many times each photo was sent."""
    with bridge.store.reading() as connection:
        return Counter(connection.scalars(sa.select(attempts.c.photo_id)))


def learned(bridge: Service) -> LearnedLimit:
    return bridge.store.learned_limit(bridge.config.practices[0].chart.url)


def teach(bridge: Service, known: LearnedLimit) -> None:
    """Make the bridge know something that it learned earlier."""
    bridge.store.learn_limit(bridge.config.practices[0].chart.url, lambda _known: known)


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def body_bytes(chart: SandboxServer) -> list[int]:
    """The size of the request that brought each image in the chart."""
    return [
        len(each.data) + body_overhead_bytes(ChartTarget(each.patient, ImageType(each.type), each.clinic, each.station))
        for each in chart.images()
    ]


@pytest.mark.parametrize("front", FRONTS)
def test_pictures_of_every_size_and_kind_get_in_with_at_most_three_sends(
    tmp_path: Path, front: str, record_property: Callable[[str, object], None]
) -> None:
    number, started = PICTURES // len(FRONTS), time.perf_counter()
    with a_bridge(tmp_path, **FRONTS[front]) as (bridge, chart):
        for index, content in enumerate(some_pictures(number, seed=len(front))):
            add(bridge, content, index, patient=index % 12 + 1)
        states = bridge.store.counts
        wait_until(lambda: states()[PhotoState.DELIVERED] + states()[PhotoState.HELD] == number, 60 + 5 * number)
        assert states()[PhotoState.DELIVERED] == number
        used = Counter(sends(bridge).values())
        assert len(chart.images()) == number
        record_property("sends", f"{number} pictures, {dict(used)} in {time.perf_counter() - started:.1f} s")
    assert max(used) <= 3


def test_a_refused_size_is_learned_and_the_next_photo_goes_in_one_send(tmp_path: Path) -> None:
    with a_bridge(tmp_path, behind_nginx=True) as (bridge, chart):
        assert delivered(bridge, large_photo()) == 2
        assert delivered(bridge, larger_photo(), 1) == 1
        assert delivered(bridge, large_photo(), 2, guid=OTHER_GUID) == 1
        assert all(0.85 * 1_048_576 < size <= 1_048_576 for size in body_bytes(chart))
        assert bridge.store.troubles() == {}


def test_what_was_learned_is_remembered_over_a_restart(tmp_path: Path) -> None:
    with SandboxServer(behind_nginx=True) as chart:
        config = configured(tmp_path, chart)
        for number, needed in ((0, 2), (1, 1)):
            with running_bridge(config) as bridge:
                assert delivered(bridge, large_photo(), number) == needed


def test_photos_on_their_way_at_once_learn_from_each_other(tmp_path: Path) -> None:
    with a_bridge(tmp_path, behind_nginx=True, nginx_limit_bytes=700_000) as (bridge, chart):
        sent = [add(bridge, large_photo(), number) for number in range(8)]
        assert {settled(bridge, photo).state for photo in sent} == {PhotoState.DELIVERED}
        assert max(sends(bridge).values()) <= 3
        assert sum(sends(bridge).values()) < 8 * 3
        assert len(chart.images()) == 8


def test_a_picture_that_just_fits_to_the_byte_is_sent_as_it_is(tmp_path: Path) -> None:
    clean = prepare(generated("noise", 200_000, "JPEG", random.Random(3)), Limits(10**9)).data
    fits = body_overhead_bytes(TARGET) + 4 * -(-len(clean) // 3)
    for limit, name in ((fits, "just"), (fits - 1, "not")):
        folder = tmp_path / name
        folder.mkdir()
        with a_bridge(folder, limit, behind_nginx=True, nginx_limit_bytes=limit) as (bridge, chart):
            assert delivered(bridge, clean) == 1
            (size,) = body_bytes(chart)
            assert (size == fits) is (limit == fits)
            assert size <= limit


def test_what_the_config_says_is_not_exceeded_although_the_server_takes_more(tmp_path: Path) -> None:
    with a_bridge(tmp_path, 600_000) as (bridge, chart):
        for number in range(2):
            assert delivered(bridge, large_photo(), number) == 1
        assert max(body_bytes(chart)) <= 600_000


def test_a_config_that_says_too_much_costs_one_send_more_at_each_start(tmp_path: Path) -> None:
    with SandboxServer(behind_nginx=True) as chart:
        config = configured(tmp_path, chart, 2_000_000)
        for start in range(2):
            with running_bridge(config) as bridge:
                assert [delivered(bridge, large_photo(), 2 * start + each) for each in range(2)] == [2, 1]


def test_a_server_that_takes_more_is_found_out_by_one_larger_photo(tmp_path: Path) -> None:
    with a_bridge(tmp_path, body_limit_bytes=9_000_000) as (bridge, chart):
        teach(bridge, LearnedLimit(1_040_000, 2_600_000, days_ago(8)))
        for number in range(6):
            assert delivered(bridge, larger_photo(), number) == 1
            wait_until(lambda: learned(bridge).largest_taken_bytes == max(body_bytes(chart)))
        sizes = body_bytes(chart)
        assert 1_048_576 < sizes[0] < 2_600_000 < sizes[-1]
        assert sizes == sorted(sizes)
        wait_until(lambda: learned(bridge).smallest_refused_bytes is None)


def test_a_larger_photo_is_tried_once_a_week_and_costs_one_send(tmp_path: Path) -> None:
    with a_bridge(tmp_path, behind_nginx=True) as (bridge, _chart):
        teach(bridge, LearnedLimit(1_040_000, 2_600_000, days_ago(8)))
        assert [delivered(bridge, large_photo(), number) for number in range(3)] == [2, 1, 1]
        teach(bridge, LearnedLimit(1_040_000, 2_600_000, days_ago(8), days_ago(6)))
        assert delivered(bridge, large_photo(), 3) == 1


def test_a_photo_that_would_not_profit_is_not_sent_larger(tmp_path: Path) -> None:
    with a_bridge(tmp_path, behind_nginx=True) as (bridge, _chart):
        known = LearnedLimit(1_040_000, 2_600_000, days_ago(8))
        teach(bridge, known)
        assert delivered(bridge, generated("noise", 300_000, "JPEG", random.Random(4))) == 1
        assert learned(bridge) == known


def test_a_photo_that_no_size_helps_is_held_and_the_others_go_on(tmp_path: Path) -> None:
    with a_bridge(tmp_path) as (bridge, chart):
        chart.faults.add(Fault(FaultKind.STATUS, method="POST", resource="image", status=413, times=3))
        held = settled(bridge, add(bridge, large_photo()))
        assert held.hold_reason is HoldReason.TOO_LARGE
        assert sends(bridge)[held.id] == 3
        assert held.attempts == 1
        assert bridge.store.troubles() == {}
        assert delivered(bridge, large_photo(), 1) == 1
        bridge.store.retry(held.id, "a nurse")
        bridge.deliverer.wake()
        assert settled(bridge, held).state is PhotoState.DELIVERED
        assert len(chart.images()) == 2


def test_a_400_that_small_requests_get_too_is_not_blamed_on_the_size(tmp_path: Path) -> None:
    with a_bridge(tmp_path) as (bridge, chart):
        delivered(bridge, large_photo())
        wait_until(lambda: learned(bridge).largest_taken_bytes is not None)
        known = learned(bridge)
        chart.faults.add(Fault(FaultKind.STATUS, method="POST", resource="image", status=400))
        chart.faults.add(Fault(FaultKind.STATUS, resource="station", status=400))
        photo = add(bridge, large_photo(), 1)
        wait_until(lambda: "ALLOWED_HOSTS" in bridge.store.troubles().get("clinic-a", ""))
        assert learned(bridge) == known
        chart.faults.clear()
        assert settled(bridge, photo).state is PhotoState.DELIVERED
        assert sends(bridge)[photo.id] == 2


def test_a_size_that_breaks_the_connection_each_time_counts_as_refused(tmp_path: Path) -> None:
    with a_bridge(tmp_path) as (bridge, chart):
        teach(bridge, LearnedLimit(largest_taken_bytes=600_000))
        chart.faults.add(Fault(FaultKind.CUT_BEFORE_STORING, method="POST", resource="image", times=3))
        assert delivered(bridge, large_photo()) == 4
        wait_until(lambda: (learned(bridge).smallest_refused_bytes or 0) > 1_048_576)
        assert (learned(bridge).largest_taken_bytes or 0) <= 1_048_576
        assert len(chart.images()) == 1


def test_a_broken_connection_is_not_blamed_on_a_size_that_was_taken_before(tmp_path: Path) -> None:
    with a_bridge(tmp_path) as (bridge, chart):
        delivered(bridge, large_photo())
        chart.faults.add(Fault(FaultKind.CUT_BEFORE_STORING, method="POST", resource="image", times=4))
        assert delivered(bridge, large_photo(), 1) == 5
        assert learned(bridge).smallest_refused_bytes is None
        assert len(set(body_bytes(chart))) == 1


def test_an_image_that_is_gone_when_it_is_read_back_is_looked_for_and_sent_again(tmp_path: Path) -> None:
    with a_bridge(tmp_path) as (bridge, chart):
        chart.faults.add(Fault(FaultKind.SLOW_READ, method="GET", resource="image", times=1, delay_seconds=0.7))
        photo = add(bridge, generated("noise", 60_000, "JPEG", random.Random(5)))
        wait_until(lambda: len(chart.images()) == 1)
        taken_away(bridge, chart.images()[0].id)
        assert settled(bridge, photo).state is PhotoState.DELIVERED
        assert sends(bridge)[photo.id] == 2
        (image,) = chart.images()
        receipt = bridge.store.receipt(photo.id)
        assert receipt is not None
        assert receipt.image_id == image.id


def taken_away(bridge: Service, image_id: int) -> None:
    client = ChartClient(chart_account(bridge.config.practices[0].chart))
    client.delete_image(image_id)
    client.close()


@pytest.mark.parametrize(
    ("known", "status", "words"),
    [
        (LearnedLimit(), Status.GOOD, "2 621 440 bytes, a first guess"),
        (LearnedLimit(1_000_000, 2_600_000, days_ago(1)), Status.WARNING, "`client_max_body_size 8m;` in nginx"),
    ],
)
def test_check_tells_the_limit_in_use(tmp_path: Path, known: LearnedLimit, status: Status, words: str) -> None:
    with a_bridge(tmp_path) as (bridge, _chart):
        teach(bridge, known)
        told = [each for each in look(bridge.config) if each.what == "size clinic-a"]
    assert [each.status for each in told] == [status]
    assert words in told[0].sentence
