"""What the charting doors remember, kept in the store: it outlives the process, and all bridges of a store share it."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bridge.charting.audit import AuditEvent
from bridge.delivery import after_refused, after_taken, body_limit_bytes, for_this_run
from bridge.photos import AuditRecord, KnownPost, LearnedLimit, Store, StoreError
from bridge.tscharts import TimedCache

_MOST_NAMES = 10_000
_NAME_SECONDS = 60.0


def _now() -> datetime:
    return datetime.now(UTC)


class KeptAudit:
    """An Audit in the store. For any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, event: AuditEvent) -> None:
        """See Audit. Raises StoreError."""
        self._store.note(_record(event))

    def note_all(self, events: Sequence[AuditEvent]) -> None:
        """See Audit. Raises StoreError."""
        self._store.note_all([_record(event) for event in events])


def _record(event: AuditEvent) -> AuditRecord:
    return AuditRecord(
        at=event.at,
        chart=event.chart,
        who=event.who,
        token_mark=event.token_mark,
        action=event.action.value,
        image_id=event.image_id,
        patient=event.patient,
        photo_id=event.photo_id,
        reason=event.reason,
    )


class KeptNames:
    """TokenNames in the store. For any thread. What is known is asked of the store once a minute."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._known: TimedCache[str, str] = TimedCache(clock, _MOST_NAMES)

    def name_of(self, digest: str) -> str | None:
        """See TokenNames. Raises StoreError."""
        known = self._known.get(digest)
        if known is not None:
            return known.value
        name = self._store.token_name(digest)
        if name is not None:
            self._known.put(digest, name, _NAME_SECONDS)
        return name

    def learned(self, digest: str, username: str) -> None:
        """See TokenNames. Raises StoreError."""
        self._store.learn_token_name(digest, username)
        self._known.put(digest, username, _NAME_SECONDS)


class KeptPosts:
    """RepeatedPosts in the store. For any thread. Every method may raise StoreError; a POST whose end could not be
    written is unsettled when it comes again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._not_written: set[str] = set()

    def begin(self, digest: str) -> KnownPost:
        """See RepeatedPosts."""
        with self._lock:
            if digest in self._not_written:
                self._store.unsettled_post(digest)
                self._not_written.discard(digest)
        return self._store.begin_post(digest)

    def is_in_hand(self, digest: str) -> bool:
        """See RepeatedPosts."""
        return self._store.is_post_in_hand(digest)

    def made(self, digest: str, image_id: int) -> None:
        """See RepeatedPosts."""
        self._written(digest, lambda: self._store.made_post(digest, image_id))

    def not_made(self, digest: str) -> None:
        """See RepeatedPosts."""
        self._written(digest, lambda: self._store.forget_post(digest))

    def unsettled(self, digest: str) -> None:
        """See RepeatedPosts."""
        self._written(digest, lambda: self._store.unsettled_post(digest))

    def forget_image(self, image_id: int) -> None:
        """See RepeatedPosts."""
        self._store.forget_posts_of(image_id)

    def _written(self, digest: str, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreError:
            with self._lock:
                self._not_written.add(digest)
            raise


class LearnedBodyLimit:
    """The BodyLimit that the store remembers of a chart, learned by deliveries to it and by this door alike. For any
    thread. `fixed_bytes` is what the config says, None when it says nothing; it is tried again with each start.
    """

    def __init__(self, store: Store, chart: str, fixed_bytes: int | None, now: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._chart = chart
        self._fixed_bytes = fixed_bytes
        self._now = now
        self._started_at = now()

    def limit_bytes(self) -> int:
        """See BodyLimit. Raises StoreError."""
        learned = for_this_run(self._store.learned_limit(self._chart), self._fixed_bytes, self._started_at)
        return body_limit_bytes(learned, self._fixed_bytes)

    def was_taken(self, body_bytes: int) -> None:
        """See BodyLimit. Raises StoreError."""
        self._learn(lambda known: after_taken(known, body_bytes))

    def was_refused(self, body_bytes: int) -> None:
        """See BodyLimit. Raises StoreError."""
        self._learn(lambda known: after_refused(known, body_bytes, self._now()))

    def _learn(self, change: Callable[[LearnedLimit], LearnedLimit]) -> None:
        self._store.learn_limit(self._chart, change)
