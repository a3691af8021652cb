"""The store: photos with their bytes, the queue, and the history of each photo.

`Store` is the interface; `SqliteStore` is the engine for one machine, `PostgresStore` the one for several. Every change
of state is one event, written in the same transaction.
"""

from bridge.photos.backup import BackupCounts, back_up, restore
from bridge.photos.errors import (
    BytesMissingError,
    ClaimLostError,
    NoSuchPhotoError,
    RowConflictError,
    StoreAwayError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreInUseError,
    StoreNewerError,
    WrongStateError,
)
from bridge.photos.listing import event_json, photo_json, receipt_json
from bridge.photos.moving import Moved, move_store
from bridge.photos.opening import open_store
from bridge.photos.postgres import PostgresStore
from bridge.photos.records import (
    Attempt,
    Chores,
    ClaimOrder,
    Event,
    LearnedLimit,
    NewUpload,
    Outcome,
    Photo,
    PhotoState,
    Place,
    Receipt,
    Source,
    order_key,
)
from bridge.photos.sqlite import SqliteStore
from bridge.photos.store import Incoming, Listener, Store

__all__ = [
    "Attempt",
    "BackupCounts",
    "BytesMissingError",
    "Chores",
    "ClaimLostError",
    "ClaimOrder",
    "Event",
    "Incoming",
    "LearnedLimit",
    "Listener",
    "Moved",
    "NewUpload",
    "NoSuchPhotoError",
    "Outcome",
    "Photo",
    "PhotoState",
    "Place",
    "PostgresStore",
    "Receipt",
    "RowConflictError",
    "Source",
    "SqliteStore",
    "Store",
    "StoreAwayError",
    "StoreBusyError",
    "StoreDamagedError",
    "StoreError",
    "StoreFullError",
    "StoreInUseError",
    "StoreNewerError",
    "WrongStateError",
    "back_up",
    "event_json",
    "move_store",
    "open_store",
    "order_key",
    "photo_json",
    "receipt_json",
    "restore",
]
