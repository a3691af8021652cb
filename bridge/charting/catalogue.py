"""A patient's images as objects, and one image's bytes, asked of the chart with the caller's own token.

Images in tscharts never change, so what was learned of one is remembered, and its data is not asked for again.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from bridge.charting.chart_reader import ChartReader, no_image, no_patient, odd_answer
from bridge.charting.charts import Chart
from bridge.charting.image_file import ImageFile, NoBase64Error, OddImageError, read_image
from bridge.charting.refusals import RefusedError
from bridge.photos import ImageFacts, ImageFactsStore, SentImage, chart_key
from bridge.tscharts import TimedCache

_PAGE_SECONDS = 15.0
"""How long a page of images may take that nobody has looked at yet; the page ends there, and has a next one."""

_THERE_SECONDS = 10.0
"""How long an image counts as there without asking the chart again."""

_LOST = "The chart has lost the file of this image; tell whoever looks after the chart server."
_NO_BASE64 = "What the chart holds for this image is no picture; delete it, and add the picture again."


@dataclass(frozen=True)
class ImageObject:
    """An image as people see it. Where the chart has lost its file, or holds no base64, all but `id` and what a receipt
    tells is None. `patient` and the following are chart ids; `photo_id`, `practice` and `taken_at` (the phone's local
    time) are known for images that this bridge sent.
    """

    id: int
    patient: int | None = None
    type: str | None = None
    clinic: int | None = None
    station: int | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    is_readable: bool = False
    is_ours: bool = False
    photo_id: int | None = None
    practice: str | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True)
class ImagePage:
    """Some of a patient's images, the newest first; `total` is how many there are. `next` is the id to go on after,
    None on the last page.
    """

    images: tuple[ImageObject, ...]
    total: int
    next: int | None


@dataclass(frozen=True)
class Wanted:
    """Which images: a patient's, of a type, clinic and station where these are given; `limit` of them, those that come
    after the image `after`.
    """

    patient: int
    type: str | None = None
    clinic: int | None = None
    station: int | None = None
    limit: int = 50
    after: int | None = None

    @property
    def is_everything(self) -> bool:
        """Whether all of the patient's images are meant."""
        return self.type is None and self.clinic is None and self.station is None


class Catalogue:
    """Images of charts. For any thread. `clock` gives seconds. Every method raises RefusedError and StoreError."""

    def __init__(self, store: ImageFactsStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._there: TimedCache[tuple[str, int], bool] = TimedCache(clock, 10_000)
        self._when_gone: list[Callable[[str, int], None]] = []

    def when_gone(self, do: Callable[[str, int], None]) -> None:
        """Have this done with a chart's address and an image's id when the image is gone from there."""
        self._when_gone.append(do)

    def page(self, reader: ChartReader, wanted: Wanted) -> ImagePage:
        """A page of a patient's images. Raises RefusedError (404) for a patient whom the chart does not have."""
        ids = reader.image_ids(wanted.patient, type=wanted.type, clinic=wanted.clinic, station=wanted.station)
        if not ids and reader.patient(wanted.patient) is None:
            raise no_patient()
        known = self._store.image_facts_of(reader.chart.key, wanted.patient)
        if wanted.is_everything:
            self.forget_at(reader.chart.key, known.keys() - set(ids))
        left = _following(ids, wanted.after)
        images = self._objects(reader, left[: wanted.limit], known)
        seen = left[: len(images)]
        return ImagePage(
            tuple(each for each in images if each is not None), len(ids), seen[-1] if len(left) > len(seen) else None
        )

    def image(self, reader: ChartReader, image_id: int) -> ImageObject:
        """One image. Raises RefusedError (404) when the chart does not have it."""
        facts = self.facts(reader.chart, image_id)
        if facts is not None and not reader.has_image(image_id):
            self.forget_at(reader.chart.key, [image_id])
            raise no_image()
        found = self._objects(reader, [image_id], {image_id: facts} if facts else {})[0]
        if found is None:
            raise no_image()
        return found

    def facts(self, chart: Chart, image_id: int) -> ImageFacts | None:
        """What is remembered of an image, without asking the chart."""
        return self._store.image_facts(chart.key, [image_id]).get(image_id)

    def require(self, reader: ChartReader, image_id: int) -> None:
        """Raises RefusedError (404) when the image was not in the chart some seconds ago."""
        key = (chart_key(reader.chart.key), image_id)
        if self._there.get(key) is not None:
            return
        if not reader.has_image(image_id):
            self.forget_at(reader.chart.key, [image_id])
            raise no_image()
        self._there.put(key, True, _THERE_SECONDS)

    def forget_at(self, chart: str, image_ids: Collection[int]) -> None:
        """These images are gone from the chart with this address."""
        if not image_ids:
            return
        self._store.forget_images(chart, image_ids)
        for image_id in image_ids:
            self._there.put((chart_key(chart), image_id), False, 0)
            for do in self._when_gone:
                do(chart, image_id)

    def fetched(self, reader: ChartReader, image_id: int) -> ImageFile:
        """An image's bytes from the chart, to be closed; its facts are remembered. Raises RefusedError: 404 when it is
        not there, 422 when it has no bytes.
        """
        try:
            with _opened(reader, image_id) as pieces:
                image = read_image(pieces, image_id)
        except NoBase64Error:
            raise RefusedError(422, _NO_BASE64) from None
        except OddImageError:
            raise odd_answer() from None
        except RefusedError as refusal:
            if refusal.status == 404:
                self.forget_at(reader.chart.key, [image_id])
            raise
        if self.facts(reader.chart, image_id) != image.facts:
            self._store.remember_image(reader.chart.key, image.facts)
        return image

    def _objects(
        self, reader: ChartReader, ids: list[int], known: Mapping[int, ImageFacts]
    ) -> list[ImageObject | None]:
        """These images, None for those that went meanwhile; fewer when it takes too long."""
        sent = self._store.sent_images(reader.chart.key, ids)
        until = self._clock() + _PAGE_SECONDS
        objects: list[ImageObject | None] = []
        for image_id in ids:
            if objects and self._clock() > until:
                break
            try:
                facts = known.get(image_id) or self._learned(reader, image_id)
                objects.append(_object(image_id, facts, sent.get(image_id)))
            except RefusedError as refusal:
                if refusal.status != 404:
                    raise
                objects.append(None)
        return objects

    def _learned(self, reader: ChartReader, image_id: int) -> ImageFacts | None:
        """What the chart tells of an image, None when it has no bytes to give."""
        try:
            with self.fetched(reader, image_id) as image:
                return image.facts
        except RefusedError as refusal:
            if refusal.status == 422:
                return None
            raise


@contextmanager
def _opened(reader: ChartReader, image_id: int) -> Iterator[Iterator[bytes]]:
    with reader.opened(f"image/{image_id}/") as answer:
        if answer.status == 404:
            raise no_image()
        if answer.status == 500:
            raise RefusedError(422, _LOST)
        yield answer.pieces()


def _following(ids: list[int], after: int | None) -> list[int]:
    """The ids that come after one in the list. One that was deleted meanwhile is passed over by number: newer images
    have larger ones, but for some that came at the same moment.
    """
    if after is None:
        return ids
    if after in ids:
        return ids[ids.index(after) + 1 :]
    return [each for each in ids if each < after]


def _object(image_id: int, facts: ImageFacts | None, sent: SentImage | None) -> ImageObject:
    image = ImageObject(image_id) if facts is None else _readable(facts)
    if sent is None:
        return image
    return replace(image, is_ours=True, photo_id=sent.photo_id, practice=sent.practice, taken_at=sent.captured_at)


def _readable(facts: ImageFacts) -> ImageObject:
    return ImageObject(
        id=facts.image_id,
        patient=facts.patient,
        type=facts.type,
        clinic=facts.clinic,
        station=facts.station,
        media_type=facts.media_type,
        size_bytes=facts.size_bytes,
        width=facts.width,
        height=facts.height,
        is_readable=True,
    )
