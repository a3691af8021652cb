"""Small pictures of images: made once, kept on the disk, the ones used longest ago go first."""

import contextlib
import hashlib
import logging
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bridge.charting.catalogue import Catalogue
from bridge.charting.chart_reader import ChartReader
from bridge.charting.charts import Chart
from bridge.charting.refusals import RefusedError
from bridge.imaging import PictureError
from bridge.photos import ImageFacts
from bridge.tscharts import TimedCache

_log = logging.getLogger(__name__)
EDGE_PIXELS = 256
MOST_BYTES = 200_000_000
_NOT_SHOWN_SECONDS = 600.0
_MOST_AT_ONCE = 8
"""How many pictures are held in memory to be made small; others wait."""

_PART = ".part"
_NOT_SHOWN = "This image cannot be made into a small picture; take it as a file and look at it with another program."


class PreviewMaker(Protocol):
    """What makes small pictures: `bridge.imaging.Workshop`."""

    def preview(self, file: bytes, edge: int, /) -> bytes:
        """A JPEG of at most so many pixels wide and high. Raises PictureError, WorkshopError."""


class FileCache:
    """Files by their names in a folder, together at most `most_bytes`. For any thread of one process.

    A disk that is full or broken is as if there were no cache. What a killed process left half written is removed.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] | None = None
        self._total = 0

    def get(self, name: str) -> bytes | None:
        """What is kept under a name, None when nothing is."""
        path = self._folder / name
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        with self._lock:
            if self._sizes is not None and name in self._sizes:
                self._sizes.move_to_end(name)
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keep something, and let go what was used longest ago when it is too much."""
        part = self._folder / f"{secrets.token_hex(8)}{_PART}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            with self._lock:
                self._count(name, len(content))
                part.replace(self._folder / name)
                self._shrink()
        except OSError as error:
            _log.warning("event=thumbnail-not-kept reason=%s", type(error).__name__)
            with contextlib.suppress(OSError):
                part.unlink()

    def drop(self, name: str) -> None:
        """Keep this no longer."""
        with self._lock:
            if self._sizes is not None:
                self._total -= self._sizes.pop(name, 0)
            self._remove(name)

    def _count(self, name: str, size_bytes: int) -> None:
        if self._sizes is None:
            self._sizes = self._found()
            self._total = sum(self._sizes.values())
        self._total += size_bytes - self._sizes.pop(name, 0)
        self._sizes[name] = size_bytes

    def _found(self) -> OrderedDict[str, int]:
        """What is there from before, used longest ago first."""
        files = []
        for path in self._folder.iterdir():
            stat = path.stat()
            if path.suffix != _PART:
                files.append((stat.st_mtime_ns, path.name, stat.st_size))
            elif time.time() - stat.st_mtime > _NOT_SHOWN_SECONDS:
                path.unlink(missing_ok=True)
        return OrderedDict((name, size) for _, name, size in sorted(files))

    def _shrink(self) -> None:
        sizes = OrderedDict[str, int]() if self._sizes is None else self._sizes
        while self._total > self._most_bytes and len(sizes) > 1:
            name, size = sizes.popitem(last=False)
            self._total -= size
            self._remove(name)

    def _remove(self, name: str) -> None:
        """Windows keeps a file that is being read; it goes when the folder is next looked through."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError:
            _log.warning("event=thumbnail-not-removed")


class Thumbnails:
    """Small pictures of charts' images. For any thread. `clock` gives seconds."""

    def __init__(
        self,
        catalogue: Catalogue,
        maker: PreviewMaker,
        cache: FileCache,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogue = catalogue
        self._maker = maker
        self._cache = cache
        self._hopeless: TimedCache[str, bool] = TimedCache(clock, 10_000)
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def get(self, reader: ChartReader, image_id: int) -> tuple[ImageFacts, bytes]:
        """An image's facts and a JPEG of at most 256 pixels wide and high. Of an image that is known and was made small
        before, the chart is not asked. Raises RefusedError: 404 when it is not there, 422 when it is no picture;
        WorkshopError, StoreError.
        """
        facts = self._catalogue.facts(reader.chart, image_id)
        kept = self._cache.get(_name(reader.chart, image_id, facts.sha256)) if facts else None
        if facts is not None and kept is not None:
            return facts, kept
        with self._places, self._catalogue.fetched(reader, image_id) as image:
            name = _name(reader.chart, image_id, image.facts.sha256)
            small = self._made(b"".join(image.pieces(0, image.facts.size_bytes)), name)
        self._cache.put(name, small)
        return image.facts, small

    def forget(self, chart: Chart, image_id: int) -> None:
        """The image is gone from the chart: its small picture goes, and what was remembered of it."""
        facts = self._catalogue.facts(chart, image_id)
        if facts is not None:
            self._cache.drop(_name(chart, image_id, facts.sha256))
            self._catalogue.forget(chart, image_id)

    def _made(self, original: bytes, name: str) -> bytes:
        """What could not be made a moment ago is not tried again: it may take a long time each time."""
        if self._hopeless.get(name) is None:
            try:
                return self._maker.preview(original, EDGE_PIXELS)
            except PictureError:
                self._hopeless.put(name, True, _NOT_SHOWN_SECONDS)
        raise RefusedError(422, _NOT_SHOWN)


def _name(chart: Chart, image_id: int, sha256: str) -> str:
    """A file's name that tells nothing of whose picture it is."""
    return f"{hashlib.sha256(f'{chart.key} {image_id} {sha256}'.encode()).hexdigest()}.jpg"
