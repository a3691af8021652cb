"""The store: photos with their bytes, the queue, and the history of each photo.

`Store` is the interface; `SqliteStore` is the engine for one machine, `PostgresStore` the one for several. Every change
of state is one event, written in the same transaction.
"""

from typing import TYPE_CHECKING

from bridge.late import late_names
from bridge.photos.changes import BRIDGE
from bridge.photos.charting_records import AuditRecord, KnownPost, PostState
from bridge.photos.charting_store import ChartingStore
from bridge.photos.charts import chart_key
from bridge.photos.deeds import Deed, DeedQuery
from bridge.photos.doubt import is_doubtful
from bridge.photos.errors import (
    BytesMissingError,
    ClaimLostError,
    MoveLostError,
    NoSuchMoveError,
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
from bridge.photos.held_queue import HeldPlace, HeldQueueStore
from bridge.photos.image_facts import ImageFacts, ImageFactsStore, SentImage
from bridge.photos.listing import event_json, photo_json, receipt_json
from bridge.photos.move_records import Move, MoveState, MoveStore, NewMove, Sending
from bridge.photos.opening import open_store
from bridge.photos.pending import MOST_WAIT_SECONDS, Act, PendingAct, PendingStore
from bridge.photos.photo_query import PhotoQuery, QueryStore
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
from bridge.photos.releases import ReleaseStore
from bridge.photos.sqlite import SqliteStore
from bridge.photos.store import Incoming, Listener, Store
from bridge.photos.today import DayPhoto, Outage, Span, Standing, TodayStore
from bridge.photos.unsettled import may_still_arrive
from bridge.photos.uploads import (
    Assignment,
    RememberedUpload,
    UploadSpan,
    UploadsStore,
    all_assigned,
    all_uploads,
)

if TYPE_CHECKING:
    from bridge.photos.backup import BackupCounts, back_up, restore
    from bridge.photos.moving import Moved, move_store
    from bridge.photos.postgres import PostgresStore
    from bridge.photos.restored import Doubtful, after_restore
else:
    __getattr__ = late_names(
        __name__,
        backup=("BackupCounts", "back_up", "restore"),
        moving=("Moved", "move_store"),
        postgres=("PostgresStore",),
        restored=("Doubtful", "after_restore"),
    )

__all__ = [
    "BRIDGE",
    "MOST_WAIT_SECONDS",
    "Act",
    "Assignment",
    "Attempt",
    "AuditRecord",
    "BackupCounts",
    "BytesMissingError",
    "ChartingStore",
    "Chores",
    "ClaimLostError",
    "ClaimOrder",
    "DayPhoto",
    "Deed",
    "DeedQuery",
    "Doubtful",
    "Event",
    "HeldPlace",
    "HeldQueueStore",
    "ImageFacts",
    "ImageFactsStore",
    "Incoming",
    "KnownPost",
    "LearnedLimit",
    "Listener",
    "Move",
    "MoveLostError",
    "MoveState",
    "MoveStore",
    "Moved",
    "NewMove",
    "NewUpload",
    "NoSuchMoveError",
    "NoSuchPhotoError",
    "Outage",
    "Outcome",
    "PendingAct",
    "PendingStore",
    "Photo",
    "PhotoQuery",
    "PhotoState",
    "Place",
    "PostState",
    "PostgresStore",
    "QueryStore",
    "Receipt",
    "ReleaseStore",
    "RememberedUpload",
    "RowConflictError",
    "Sending",
    "SentImage",
    "Source",
    "Span",
    "SqliteStore",
    "Standing",
    "Store",
    "StoreAwayError",
    "StoreBusyError",
    "StoreDamagedError",
    "StoreError",
    "StoreFullError",
    "StoreInUseError",
    "StoreNewerError",
    "TodayStore",
    "UploadSpan",
    "UploadsStore",
    "WrongStateError",
    "after_restore",
    "all_assigned",
    "all_uploads",
    "back_up",
    "chart_key",
    "event_json",
    "is_doubtful",
    "may_still_arrive",
    "move_store",
    "open_store",
    "order_key",
    "photo_json",
    "receipt_json",
    "restore",
]
