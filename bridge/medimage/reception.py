"""Receives one upload: checks who sends it and what it is, and stores it durably. Knows no web framework."""

import ipaddress
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bridge.imaging import HEAD_BYTES, pixel_size, recognise
from bridge.medimage.multipart_body import Body, Bytes, Taker, read_photo
from bridge.medimage.refusals import (
    EMPTY,
    NO_GUID,
    NOT_LOCAL,
    UNKNOWN_GUID,
    UploadNotTakenError,
    UploadRefusedError,
    too_large,
    too_many_pixels,
    type_not_allowed,
)
from bridge.photos import Incoming, NewUpload, Photo, Source, Store
from bridge.settings import UploadSettings
from bridge.tags import Tags, parse_name

_log = logging.getLogger(__name__)
_FORM_BYTES = 4 * 1024 * 1024
"""What a body may hold beside the photo: other fields and the form's own lines."""


@dataclass(frozen=True)
class Reception:
    """Receives uploads into a store, and tells `arrived` whose each new photo is."""

    store: Store
    settings: UploadSettings
    arrived: Callable[[str], None]

    @property
    def most_body_bytes(self) -> int:
        """The largest body that is read at all."""
        return self.settings.max_upload_bytes + _FORM_BYTES

    def receive(self, body: Body, *, is_local: bool) -> Photo:
        """Read, check and store one upload; durable when this returns. `is_local` says that it came from the clinic's
        own network.

        Raises UploadRefusedError, UploadCutError, or StoreError; then nothing is stored.
        """
        if body.length is not None and body.length > self.most_body_bytes:
            raise UploadRefusedError(too_large(self.settings.max_upload_bytes))
        taking = _Taking(self, is_local)
        try:
            read_photo(body, taking.start, self.most_body_bytes)
            return taking.store()
        except UploadNotTakenError as error:
            error.practice = taking.practice
            raise
        finally:
            taking.forget()

    def practice_for(self, tags: Tags, *, is_local: bool) -> str:
        """Which practice an upload is for. Raises UploadRefusedError: a stranger's photo is never filed by guess."""
        if tags.guid is not None:
            practice = self.store.practice_of_guid(tags.guid)
            if practice is None:
                raise UploadRefusedError(UNKNOWN_GUID)
            return practice
        if not self.settings.allow_unpaired or self.settings.unpaired_practice is None:
            raise UploadRefusedError(NO_GUID)
        if not is_local:
            raise UploadRefusedError(NOT_LOCAL)
        return self.settings.unpaired_practice


@dataclass
class _Taking:
    """One upload being taken."""

    reception: Reception
    is_local: bool
    tags: Tags | None = None
    practice: str = ""
    incoming: Incoming | None = None
    head: bytearray = field(default_factory=bytearray)

    def start(self, raw_name: bytes) -> Taker:
        self.tags = parse_name(raw_name)
        self.practice = self.reception.practice_for(self.tags, is_local=self.is_local)
        self.incoming = self.reception.store.incoming()
        return self._take

    def _take(self, piece: Bytes) -> None:
        limit = self.reception.settings.max_upload_bytes
        if self.incoming is None or self.incoming.size_bytes + len(piece) > limit:
            raise UploadRefusedError(too_large(limit))
        if len(self.head) < HEAD_BYTES:
            self.head += piece[: HEAD_BYTES - len(self.head)]
        self.incoming.write(piece)

    def store(self) -> Photo:
        if self.tags is None or self.incoming is None:
            raise UploadRefusedError(EMPTY)
        media_type = self._checked_media_type(self.incoming)
        upload = NewUpload(self.practice, self.tags.name, Source.PHOTO_API, media_type, self.tags.captured_at)
        photo, is_new = self.reception.store.add(upload, self.incoming)
        event = "received" if is_new else "received-again"
        _log.info("event=%s photo=%d practice=%s bytes=%d", event, photo.id, photo.practice, photo.size_bytes)
        if is_new:
            self.reception.arrived(photo.practice)
        return photo

    def forget(self) -> None:
        if self.incoming is not None:
            self.incoming.discard()

    def _checked_media_type(self, incoming: Incoming) -> str:
        settings = self.reception.settings
        if not incoming.size_bytes:
            raise UploadRefusedError(EMPTY)
        kind = recognise(bytes(self.head))
        if kind is None or kind.value.lower() not in settings.allowed_types:
            raise UploadRefusedError(type_not_allowed(kind and kind.value, settings.allowed_types))
        size = pixel_size(incoming.path) if kind.is_picture else None
        if size is not None and size[0] * size[1] > settings.max_pixels:
            raise UploadRefusedError(too_many_pixels(settings.max_pixels))
        return kind.media_type


def are_local(addresses: Iterable[str]) -> bool:
    """True when each is an address of this machine or of a private network, where a clinic's own phones are."""
    return all(_is_local(address) for address in addresses)


def _is_local(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return bool(mapped.is_private or mapped.is_loopback or mapped.is_link_local)
