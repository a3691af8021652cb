"""What the store keeps of images in the charts, as frozen dataclasses, and the part of its interface for that."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image in a chart; it never changes there. `media_type` was told from the bytes. `width` and
    `height` are pixels, None when it is no picture; `sha256` is that of the decoded bytes, in hex.
    """

    image_id: int
    patient: int
    type: str
    clinic: int | None
    station: int | None
    media_type: str
    size_bytes: int
    width: int | None
    height: int | None
    sha256: str


@dataclass(frozen=True)
class SentImage:
    """An image in a chart that this bridge sent: of which photo and practice. `captured_at` is the phone's local time,
    None when it said none.
    """

    image_id: int
    photo_id: int
    practice: str
    captured_at: datetime | None


class ImageFactsStore(Protocol):
    """Facts about images in the charts. Thread-safe. A chart's address may be written in any way. Every method may
    raise StoreError.
    """

    def image_facts(self, chart: str, image_ids: Collection[int]) -> dict[int, ImageFacts]:
        """What is known of these images, by their ids."""

    def image_facts_of(self, chart: str, patient: int) -> dict[int, ImageFacts]:
        """What is known of a patient's images, by their ids; the chart may have others, and may have lost these."""

    def remember_image(self, chart: str, facts: ImageFacts) -> None:
        """Remember facts about one image, in place of what was known. A power cut may undo it."""

    def forget_images(self, chart: str, image_ids: Iterable[int]) -> None:
        """These images are gone from the chart: nothing is known of them any more."""

    def sent_images(self, chart: str, image_ids: Collection[int]) -> dict[int, SentImage]:
        """Those of these images that are in this store's receipts, by their ids."""
