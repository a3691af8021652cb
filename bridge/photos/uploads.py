"""What the store remembers of uploads, whatever became of them, and the part of its interface that reads it in pages.

Names, times and who assigned what: the bytes are not touched, and may long be gone.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.photos.records import PhotoState
from bridge.targets import ChartTarget

PAGE_UPLOADS = 2000
"""So many are read in one short transaction, so that a serving bridge is not kept from its work."""


@dataclass(frozen=True)
class RememberedUpload:
    """An upload of the past: `received_at` is UTC-aware, `assigned` the target that a person gave it, if one did."""

    id: int
    practice: str
    name: str
    received_at: datetime
    state: PhotoState
    assigned: ChartTarget | None


@dataclass(frozen=True)
class Assignment:
    """A held upload that a person gave a target, and who that was, as in the events."""

    upload: RememberedUpload
    target: ChartTarget
    actor: str


@dataclass(frozen=True)
class UploadSpan:
    """Uploads of these practices, received at `since` (with a zone) or later, up to the one of `last_id`; how many
    there were when that was asked. What arrives meanwhile is none of them.
    """

    practices: frozenset[str]
    since: datetime
    last_id: int
    count: int


class UploadsStore(Protocol):
    """Reads what is remembered of uploads, the oldest id first. Thread-safe; every method may raise StoreError."""

    def upload_span(self, practices: Collection[str], since: datetime) -> UploadSpan:
        """What there is to be read at this moment."""

    def uploads_after(self, span: UploadSpan, upload_id: int, limit: int = PAGE_UPLOADS) -> list[RememberedUpload]:
        """The next page: those whose id is above this one, 0 for the first page; none are left when it is empty."""

    def assigned_after(self, span: UploadSpan, upload_id: int, limit: int = PAGE_UPLOADS) -> list[Assignment]:
        """The next page of those that a person gave a target while they were held, with who did so last."""


def all_uploads(store: UploadsStore, span: UploadSpan) -> Iterator[RememberedUpload]:
    """Every upload of a span, page by page. Raises StoreError."""
    page = store.uploads_after(span, 0)
    while page:
        yield from page
        page = store.uploads_after(span, page[-1].id)


def all_assigned(store: UploadsStore, span: UploadSpan) -> Iterator[Assignment]:
    """Every assignment of a span, page by page. Raises StoreError."""
    page = store.assigned_after(span, 0)
    while page:
        yield from page
        page = store.assigned_after(span, page[-1].upload.id)
