"""Small pictures of images: made once, kept on the disk, and shown as long as the chart has the image."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Protocol

from bridge.charting.catalogue import Catalogue
from bridge.charting.chart_reader import ChartReader
from bridge.charting.charts import Chart
from bridge.charting.file_cache import FileCache
from bridge.charting.refusals import RefusedError
from bridge.imaging import PictureError
from bridge.photos import ImageFacts, chart_key
from bridge.tscharts import TimedCache

EDGE_PIXELS = 256
_NOT_SHOWN_SECONDS = 600.0
_MOST_AT_ONCE = 8
"""How many pictures are held in memory to be made small; others wait."""

_DIGEST_BYTES = 32
_NOT_SHOWN = "This image cannot be made into a small picture; take it as a file and look at it with another program."


class PreviewMaker(Protocol):
    """What makes small pictures: `bridge.imaging.Workshop`."""

    def preview(self, file: bytes, edge: int, /) -> bytes:
        """A JPEG of at most so many pixels wide and high. Raises PictureError, WorkshopError."""


class Thumbnails:
    """Small pictures of charts' images. For any thread. `clock` gives seconds.

    A kept one begins with the digest of the image that it was made of: a chart that was restored from a backup gives
    its images' numbers again. It goes when the catalogue learns that the image is gone.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        maker: PreviewMaker,
        cache: FileCache,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.catalogue = catalogue
        self._maker = maker
        self._cache = cache
        self._hopeless: TimedCache[str, bool] = TimedCache(clock, 10_000)
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)
        catalogue.when_gone(self._drop)

    def get(self, reader: ChartReader, image_id: int) -> tuple[ImageFacts, bytes]:
        """An image's facts and a JPEG of at most 256 pixels wide and high. Raises RefusedError: 404 when it is not
        there, 422 when it is no picture; WorkshopError, StoreError.
        """
        name = _name(reader.chart.key, image_id)
        facts = self.catalogue.facts(reader.chart, image_id)
        kept = self._kept(name, facts) if facts else None
        if facts is not None and kept is not None:
            self.catalogue.require(reader, image_id)
            return facts, kept
        with self._places, self.catalogue.fetched(reader, image_id) as image:
            small = self._made(b"".join(image.pieces(0, image.facts.size_bytes)), f"{name} {image.facts.sha256}")
        self._cache.put(name, bytes.fromhex(image.facts.sha256) + small)
        return image.facts, small

    def forget(self, chart: Chart, image_id: int) -> None:
        """The image is gone from the chart: its small picture goes, and what was remembered of it."""
        self.forget_at(chart.key, image_id)

    def forget_at(self, chart: str, image_id: int) -> None:
        """The same, where only the chart's address is at hand."""
        self.catalogue.forget_at(chart, [image_id])

    def _kept(self, name: str, facts: ImageFacts) -> bytes | None:
        kept = self._cache.get(name)
        is_of_it = kept is not None and kept[:_DIGEST_BYTES] == bytes.fromhex(facts.sha256)
        return kept[_DIGEST_BYTES:] if kept is not None and is_of_it else None

    def _drop(self, chart: str, image_id: int) -> None:
        self._cache.drop(_name(chart, image_id))

    def _made(self, original: bytes, what: str) -> bytes:
        """What could not be made a moment ago is not tried again: it may take a long time each time."""
        if self._hopeless.get(what) is None:
            try:
                return self._maker.preview(original, EDGE_PIXELS)
            except PictureError:
                self._hopeless.put(what, True, _NOT_SHOWN_SECONDS)
        raise RefusedError(422, _NOT_SHOWN)


def _name(chart: str, image_id: int) -> str:
    """A file's name that tells nothing of whose picture it is."""
    return f"{hashlib.sha256(f'{chart_key(chart)} {image_id}'.encode()).hexdigest()}.small"
