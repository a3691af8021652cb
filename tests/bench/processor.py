"""Measures what a photo costs of the processor: `python -m tests.bench.processor` (Linux alone).

Photos of 2 MB that need no encoding go through a whole bridge into the chart, each a process of its own; counted is the
time of the bridge and its picture workers, from the first byte received to the last delivery. Then the parts, each a
function of the product that this thread calls with the same picture: they need not add up, as a whole bridge also
reads sockets, switches threads and writes its log.
"""

import contextlib
import functools
import hashlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fleet import BridgeProcess

from bench.figures import Figure, run, say
from bench.processes import Chart, bench_config, bridge_process, own_processor_seconds, processor_seconds
from bench.sending import photo, send, to_deliver, to_keep
from bench.to_chart import opened, wait_until_delivered
from bridge.delivery.marks import marked
from bridge.imaging import Limits, Workshop, prepare
from bridge.mapping import load_mapping, locate, photo_occasion, resolve
from bridge.medimage.multipart_body import Body, Taker, read_photo
from bridge.photos import Attempt, NewUpload, Photo, Receipt, Source, Store, open_store
from bridge.secret import Secret
from bridge.tags import parse_name
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import ChartAccount, ChartClient, ChartDirectory, prepare_post
from bridge_runner import GUID, REPOSITORY
from phone import BOUNDARY, form

SIZE = "2 MB"
COUNT, QUICK_COUNT = 300, 20
ROUNDS, QUICK_ROUNDS = 50, 5
CLIENTS = 8
MOST_MS = 15.0
_CHUNK_BYTES = 128 * 1024
_ZONE = ZoneInfo("America/Los_Angeles")
_LIMITS = Limits(12_000_000)
_NAME = f"#{GUID}-#5-X-Ray-{datetime.now(_ZONE):%d-%b-%Y-%H-%M-%S}.jpg"
_TARGET = ChartTarget(patient=5, type=ImageType.XRAY, clinic=7, station=3)
_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def measure(is_quick: bool) -> list[Figure]:
    """The whole, and its parts."""
    count, rounds = (QUICK_COUNT, QUICK_ROUNDS) if is_quick else (COUNT, ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        figures = _whole(Path(name), count)
    with tempfile.TemporaryDirectory() as name, _parts(Path(name)) as parts:
        return figures + [Figure(part, _median_ms(do, rounds), "ms") for part, do in parts.items()]


def _whole(folder: Path, count: int) -> list[Figure]:
    """What is accepted and delivered, the part of it that the picture workers use, and what is accepted and held."""
    chart, picture = Chart(folder), photo(SIZE)
    with chart.running(), bridge_process(bench_config(folder, chart.url)) as bridge, opened(bridge.config) as store:
        uploads = to_deliver(picture, 2 * count)

        def deliver(first: int) -> None:
            send([bridge.port], uploads[first : first + count], CLIENTS)
            wait_until_delivered(store, first + count)

        deliver(0)
        whole, own = _used_ms(bridge, lambda: deliver(count), count)
        held, _ = _used_ms(bridge, lambda: send([bridge.port], to_keep(picture, count), CLIENTS), count)
    say(f"{whole:.1f} ms of the processor for each photo accepted and delivered, {held:.1f} to accept it")
    name, note = f"{SIZE} accepted and delivered", f"{len(picture)} bytes"
    return [
        Figure(name, whole, "ms", at_most=MOST_MS, note=note),
        Figure(f"{name}: the picture workers", whole - own, "ms"),
        Figure(f"{SIZE} accepted and held", held, "ms"),
    ]


def _used_ms(bridge: BridgeProcess, do: Callable[[], object], count: int) -> tuple[float, float]:
    """Milliseconds for each photo, of the bridge with its workers and of the bridge alone."""
    all_before, own_before = processor_seconds(bridge.pid), own_processor_seconds(bridge.pid)
    do()
    used, own = processor_seconds(bridge.pid) - all_before, own_processor_seconds(bridge.pid) - own_before
    return 1000 * used / count, 1000 * own / count


def _median_ms(do: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.thread_time()
        do()
        taken.append(time.thread_time() - began)
    return 1000 * statistics.median(taken)


@contextlib.contextmanager
def _parts(folder: Path) -> Iterator[dict[str, Callable[[], object]]]:
    """What is done with a photo, in its order."""
    picture, chart = photo(SIZE), Chart(folder)
    with contextlib.ExitStack() as ending:
        ending.enter_context(chart.running())
        account = ChartAccount(chart.url, username="bridge", password=Secret("bridge-pass"))
        client = ending.enter_context(contextlib.closing(ChartClient(account)))
        store = ending.enter_context(contextlib.closing(open_store(folder / "data", None, exclusive=True)))
        store.ensure_practices({"clinic-a": GUID})
        workshop = ending.enter_context(contextlib.closing(Workshop(1)))
        file = folder / "photo.jpg"
        file.write_bytes(picture)
        yield {
            "parse": functools.partial(_parse, form(_NAME, picture)),
            "hash": lambda: hashlib.sha256(picture).hexdigest(),
            "write and hash, unsynced": functools.partial(_write, store, picture),
            "write, hash, sync and record": functools.partial(_accept, store, picture),
            "map": _mapper(ChartDirectory(client)),
            "look at the picture": lambda: prepare(picture, _LIMITS),
            "its way to the worker and back": functools.partial(workshop.prepare, file, _LIMITS),
            "mark": lambda: marked(picture),
            "base64 and its hash": lambda: prepare_post(_TARGET, picture),
            **_chart_parts(client, picture),
            "claim, begin and record the delivery": _Delivery(store, picture).deliver_one,
        }


def _parse(body: bytes) -> None:
    def start(_name: bytes) -> Taker:
        return lambda _chunk: None

    read_photo(Body(io.BytesIO(body), _TYPE, len(body)), start, 2 * len(body))


def _write(store: Store, picture: bytes) -> None:
    incoming = store.incoming()
    for at in range(0, len(picture), _CHUNK_BYTES):
        incoming.write(picture[at : at + _CHUNK_BYTES])
    incoming.discard()


def _accept(store: Store, picture: bytes) -> Photo:
    incoming = store.incoming()
    for at in range(0, len(picture), _CHUNK_BYTES):
        incoming.write(picture[at : at + _CHUNK_BYTES])
    name = f"{time.perf_counter_ns()}-{_NAME}"
    return store.add(NewUpload("clinic-a", name, Source.PHOTO_API, "image/jpeg", None), incoming)[0]


def _mapper(directory: ChartDirectory) -> Callable[[], None]:
    mapping = load_mapping(REPOSITORY / "mappings" / "thousand-smiles.yaml")

    def map_name() -> None:
        now, tags = datetime.now(UTC), parse_name(_NAME)
        reference = resolve(tags, mapping, photo_occasion(tags, "clinic-a", now, _ZONE, now)).reference
        assert reference is not None
        target = locate(reference, directory, now.astimezone(_ZONE).date(), mapping.require)
        assert target == _TARGET, target

    return map_name


def _chart_parts(client: ChartClient, picture: bytes) -> dict[str, Callable[[], object]]:
    post = prepare_post(_TARGET, picture)
    image_id = client.create_image(post)

    def read_back() -> None:
        assert post.holds(client.read_image(image_id).data)

    return {"send": lambda: client.create_image(post), "read back and compare": read_back}


@dataclass(frozen=True)
class _Delivery:
    """Records deliveries of the photos that the parts before have stored."""

    store: Store
    picture: bytes

    def deliver_one(self) -> None:
        photo = self.store.claim("bench")
        assert photo is not None
        attempt = self.store.start_attempt(photo, _TARGET, "0" * 64, len(self.picture))
        self.store.deliver(photo, _receipt(photo, attempt), attempt)


def _receipt(photo: Photo, attempt: Attempt) -> Receipt:
    about = (_TARGET, attempt.data_sha256, attempt.data_length)
    return Receipt(photo.id, "http://chart.example.org", photo.id, *about, True, datetime.now(UTC))


if __name__ == "__main__":
    run(measure, __doc__)
