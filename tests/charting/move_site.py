"""A mover over a store and a chart of its own, and ends of the bridge at any moment of a move."""

import base64
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from memory_doors import MemoryAudit

from bridge.charting.moves import MoveOrder, Mover
from bridge.delivery import Desk
from bridge.mapping import MappingShelf
from bridge.photos import Attempt, Move, NewUpload, Photo, Receipt, Source, SqliteStore, Store
from bridge.sandbox import SandboxServer, StoredImage
from bridge.secret import Secret
from bridge.settings import ChartSettings, DeliverySettings, ReadBack
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import ChartAccount, ChartClient, ChartLostError, prepare_post

PRACTICE = "clinic-a"
RIGHT, WRONG, OTHER = 5, 3, 4
PLACE = ChartTarget(WRONG, ImageType.XRAY, 2, 1)
SETTINGS = DeliverySettings(2, ReadBack.ALWAYS, 1, 0.01, 0.02, 3, late_look_seconds=0.01)


class KilledError(BaseException):
    """The bridge ends here, as `kill -9` ends it."""


@dataclass
class End:
    """Ends the bridge, or its line to the chart, before or after the call of this number; 0 for never."""

    at: int = 0
    is_after: bool = False
    is_cut: bool = False
    calls: list[str] = field(default_factory=list)

    @property
    def has_come(self) -> bool:
        return 0 < self.at <= len(self.calls)

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        is_now = len(self.calls) == self.at
        if is_now and not self.is_after:
            self._end(name, sent=False)
        result = call()
        if is_now:
            self._end(name, sent=True)
        return result

    def _end(self, name: str, *, sent: bool) -> None:
        if not self.is_cut:
            raise KilledError
        if name in ("create_image", "delete_image", "read_image", "image_ids", "patient"):
            raise ChartLostError(outcome_unknown=sent or name.startswith(("create", "delete")))


class _Watched:
    """Any object, some of whose methods count as calls."""

    def __init__(self, inner: object, end: End, names: frozenset[str]) -> None:
        self._inner, self._end, self._names = inner, end, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._names:
            return found
        return lambda *words, **options: self._end.around(name, lambda: found(*words, **options))


_CHART = frozenset({"create_image", "delete_image", "read_image", "image_ids", "patient"})
_STORE = frozenset({"begin_move", "claim_move", "send_move", "copy_move", "keep_move", "end_move", "known_images"})


class Site:
    """Movers over one store and chart."""

    def __init__(self, folder: Path, chart: SandboxServer) -> None:
        self.chart = chart
        self.audit = MemoryAudit()
        self.store = SqliteStore(folder / "data")
        self.store.ensure_practices({PRACTICE: None})
        self.settings = ChartSettings(chart.url, "bridge", Secret("bridge-pass"), None, True, 5, 5, None)
        self.client = ChartClient(ChartAccount(chart.url, "bridge", Secret("bridge-pass"), read_timeout_seconds=5))

    def close(self) -> None:
        """Let go of the store and the chart."""
        self.client.close()
        self.store.close()

    @contextlib.contextmanager
    def mover(self, end: End | None = None, **changes: object) -> Iterator[Mover]:
        """A bridge's mover until the block ends, as its own end or anything else wants it."""
        end = end or End()
        client = ChartClient(ChartAccount(self.chart.url, "bridge", Secret("bridge-pass"), read_timeout_seconds=5))
        settings = ChartSettings(**{**vars(self.settings), **changes})
        shelf = MappingShelf({})
        watched = cast(ChartClient, _Watched(client, end, _CHART))
        desk = Desk(PRACTICE, settings, watched, cast(Any, None), lambda: shelf.mapping_for(""), ZoneInfo("UTC"))
        store = cast(Store, _Watched(self.store, end, _STORE))
        mover = Mover(store, {PRACTICE: desk}, SETTINGS, self.audit)
        try:
            yield mover
        finally:
            mover.stop()
            client.close()

    def put(self, content: bytes, patient: int = WRONG) -> int:
        """File a picture in the chart, as a tablet does; its number there."""
        return self.client.create_image(prepare_post(replace(PLACE, patient=patient), content))

    def sending(self, content: bytes, name: str = "3-xray.jpg") -> tuple[Photo, Attempt]:
        """A photo of the bridge that is just being sent to the wrong patient."""
        incoming = self.store.incoming()
        incoming.write(content)
        self.store.add(NewUpload(PRACTICE, name, Source.PHOTO_API, "image/jpeg", None), incoming)
        claimed = self.store.claim("worker")
        assert claimed is not None
        post = prepare_post(PLACE, content)
        return claimed, self.store.start_attempt(claimed, PLACE, post.data_sha256, post.data_length)

    def delivered(self, content: bytes, name: str = "3-xray.jpg") -> tuple[Photo, int]:
        """A photo of the bridge that is in the chart, and the image's number there."""
        photo, attempt = self.sending(content, name)
        image_id = self.put(content)
        sent = (attempt.data_sha256, attempt.data_length, True, photo.received_at)
        self.store.deliver(photo, Receipt(photo.id, self.chart.url, image_id, PLACE, *sent), attempt)
        return self.store.photo(photo.id), image_id

    def images(self, *patients: int) -> list[StoredImage]:
        """The chart's X-rays of these patients."""
        return [each for patient in patients for each in self.chart.images(patient) if each.type == "Xray"]

    def pictures(self, patient: int) -> list[bytes]:
        """The pixels of a patient's X-rays, without their headers: marks are in these."""
        return [_pixels(each.data or "") for each in self.images(patient)]

    def finish(self, move_id: int, rounds: int = 40) -> Move:
        """A bridge that is started again, and works until the move does not go on."""
        with self.mover() as mover:
            for _ in range(rounds):
                move = self.store.resume_move(move_id) if self.store.move(move_id).state.is_under_way else None
                if move is None:
                    break
                mover.work()
        return self.store.move(move_id)


def order(image_id: int, patient: int = RIGHT, practice: str = PRACTICE) -> MoveOrder:
    """What somebody asks for."""
    return MoveOrder(practice, image_id, patient, "wrong person", "sofia", "ab12cd34")


def pixels(content: bytes) -> bytes:
    """What of a picture is no header."""
    return _pixels(base64.b64encode(content).decode())


def _pixels(data: str) -> bytes:
    content = base64.b64decode(data)
    return content[20:] if content.startswith(b"\xff\xd8\xff\xe0") else content
