"""The store: photos with their bytes, the queue, and the history of each photo.

`Store` is the interface; `SqliteStore` is the engine for one machine. Every change of state is one event, written
in the same transaction.
"""

from bridge.photos.errors import (
    BytesMissingError,
    NoSuchPhotoError,
    RowConflictError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreInUseError,
    StoreNewerError,
    WrongStateError,
)
from bridge.photos.listing import event_json, photo_json, receipt_json
from bridge.photos.records import (
    Attempt,
    Chores,
    Event,
    LearnedLimit,
    NewUpload,
    Outcome,
    Photo,
    PhotoState,
    Receipt,
    Source,
)
from bridge.photos.sqlite import SqliteStore
from bridge.photos.store import Incoming, Listener, Store

__all__ = [
    "Attempt",
    "BytesMissingError",
    "Chores",
    "Event",
    "Incoming",
    "LearnedLimit",
    "Listener",
    "NewUpload",
    "NoSuchPhotoError",
    "Outcome",
    "Photo",
    "PhotoState",
    "Receipt",
    "RowConflictError",
    "Source",
    "SqliteStore",
    "Store",
    "StoreBusyError",
    "StoreDamagedError",
    "StoreError",
    "StoreFullError",
    "StoreInUseError",
    "StoreNewerError",
    "WrongStateError",
    "event_json",
    "photo_json",
    "receipt_json",
]
