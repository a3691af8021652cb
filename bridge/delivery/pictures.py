"""Makes photos' pictures ready for the chart, in the workshop's own processes."""

from dataclasses import dataclass

from bridge.holds import Hold, HoldReason
from bridge.imaging import Limits, PictureError, Prepared, Workshop
from bridge.photos import BytesMissingError, Photo, Store
from bridge.settings import PdfPages
from bridge.targets import PictureLimits


@dataclass(frozen=True)
class Pictures:
    """Pictures of the photos in a store. `max_pixels` is the largest picture that is opened."""

    store: Store
    workshop: Workshop
    max_pixels: int
    pdf_pages: PdfPages

    def prepared(self, photo: Photo, of_type: PictureLimits, max_image_bytes: int) -> Prepared | Hold:
        """The picture at most so large, or why it cannot go to the chart. Raises StoreError, WorkshopError."""
        limits = Limits(
            max_image_bytes=max_image_bytes,
            max_pixels=self.max_pixels,
            longest_edge=of_type.longest_edge,
            quality_floor=of_type.lowest_quality,
            pdf_pages=self.pdf_pages.value,
        )
        try:
            return self._prepared(photo, limits)
        except PictureError as error:
            return error.hold
        except (BytesMissingError, FileNotFoundError):
            return _LOST

    def _prepared(self, photo: Photo, limits: Limits) -> Prepared:
        """A damaged picture only when a person has looked at it and wants it sent all the same."""
        original = self.store.original(photo)
        try:
            return self.workshop.prepare(original, limits)
        except PictureError as error:
            if error.has_preview and self.store.is_wanted_as_is(photo):
                return self.workshop.prepare(original, limits, as_is=True)
            raise


_LOST = Hold(
    HoldReason.BYTES_MISSING,
    "The photo's file is gone from the bridge's data folder; restore it from a backup and retry, or discard it.",
)
