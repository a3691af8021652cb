"""Serving a MedImage PC server: it pulls a practice's photos one after another, from `/read/GUID`.

Its habits (contract/medimage.md, "To be polled safely"): HEAD and the next GET must mean the same file; a body must be
whole; there is no acknowledgement. So the oldest photo is offered until one GET of it was sent to its end, and it
stays here. Pulling never marks a photo as in the chart.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.medimage.file_names import is_plain, marked_path_of, names_at, path_of
from bridge.photos import BytesMissingError, Photo, Store

_log = logging.getLogger(__name__)
_PIECE_BYTES = 256 * 1024
_MOST_LOOKED_THROUGH = 500


@dataclass(frozen=True)
class Offer:
    """A photo for a MedImage server: its type, the `file-name` header (ASCII), and its bytes."""

    photo: Photo
    file_name: str
    content: bytes


@dataclass(frozen=True)
class Offers:
    """What MedImage servers may pull. Photos whose last bytes are on their way now are passed over: a server that has
    them may ask again before the store knows.
    """

    store: Store
    _leaving: set[int] = field(default_factory=set)

    def next_for(self, guid: str) -> Offer | None:
        """The photo that the practice's server is to pull now, or None. One whose bytes are gone is passed over."""
        practice = self.store.practice_of_guid(guid)
        while practice is not None and (photo := self.store.offered(practice, self._leaving)) is not None:
            try:
                return Offer(photo, self._file_name(photo, guid), self.store.bytes_of(photo))
            except BytesMissingError:
                self.store.end_offer(photo.id)
        return None

    def sending(self, offer: Offer) -> Iterator[bytes]:
        """The bytes, piece by piece; the offer ends when the last one was taken, not before."""
        last = max(0, (len(offer.content) - 1) // _PIECE_BYTES * _PIECE_BYTES)
        for start in range(0, last, _PIECE_BYTES):
            yield offer.content[start : start + _PIECE_BYTES]
        self._leaving.add(offer.photo.id)
        try:
            yield offer.content[last:]
            self.store.end_offer(offer.photo.id)
        finally:
            self._leaving.discard(offer.photo.id)
        _log.info("event=pulled photo=%d", offer.photo.id)

    def _file_name(self, photo: Photo, guid: str) -> str:
        """The path as a MedImage server keeps it, with a mark where another photo can have the same one: pullers
        overwrite.
        """
        is_alone = is_plain(photo, guid) and not self._is_second(photo, guid)
        return f"/{guid}/{path_of(photo, guid) if is_alone else marked_path_of(photo, guid)}"

    def _is_second(self, photo: Photo, guid: str) -> bool:
        """Whether an earlier photo has this path. One that differs in capitals alone, which are one path on Windows,
        is looked for among the 500 before it: names end with the second of their capture.
        """
        path = path_of(photo, guid)
        named = [each for name in names_at(path, guid) for each in self.store.photos_checked(photo.practice, name)]
        if any(other.id < photo.id and path_of(other, guid) == path for other in named):
            return True
        earlier = self.store.photos(practice=photo.practice, before_id=photo.id, limit=_MOST_LOOKED_THROUGH)
        return any(path_of(other, guid).casefold() == path.casefold() for other in earlier)
