"""Makes photos' pictures ready for the chart, in the workshop's own processes."""

from dataclasses import dataclass, field

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
    proved: set[int] = field(default_factory=set)
    """Photos whose pictures were found whole before they are needed; decoding, most of the work, is done for them."""

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

    def look_at(self, photo: Photo) -> Hold | None:
        """The hold of a photo that is no whole picture, so that nobody need wait for the chart to hear of it.

        None: it is one, or cannot be told from here. Raises StoreError, WorkshopError.
        """
        limits = Limits(0, max_pixels=self.max_pixels, pdf_pages=self.pdf_pages.value)
        try:
            self.workshop.prove(self.store.original(photo), limits)
        except PictureError as error:
            is_told = error.hold.reason in _TOLD_EARLY and not self._is_wanted(photo, error)
            return error.hold if is_told else None
        except (BytesMissingError, FileNotFoundError):
            return None
        self.proved.add(photo.id)
        return None

    def forget_done(self) -> None:
        """Forget photos that need no picture any more: another bridge has delivered them, or a person held them."""
        some = list(self.proved)[:_FORGOTTEN_AT_ONCE]
        if some:
            self.proved.difference_update(set(some) - self.store.waiting_among(some))

    def _prepared(self, photo: Photo, limits: Limits) -> Prepared:
        """A damaged picture only when a person has looked at it and wants it sent all the same."""
        original = self.store.original(photo)
        is_proved = photo.id in self.proved
        self.proved.discard(photo.id)
        try:
            return self.workshop.prepare(original, limits, is_proved=is_proved)
        except PictureError as error:
            if self._is_wanted(photo, error):
                return self.workshop.prepare(original, limits, as_is=True)
            raise

    def _is_wanted(self, photo: Photo, error: PictureError) -> bool:
        return error.has_preview and self.store.is_wanted_as_is(photo)


_FORGOTTEN_AT_ONCE = 500
_TOLD_EARLY = (HoldReason.DAMAGED_PICTURE, HoldReason.NOT_A_PICTURE)

_LOST = Hold(
    HoldReason.BYTES_MISSING,
    "The photo's file is gone from the bridge's data folder; restore it from a backup and retry, or discard it.",
)
