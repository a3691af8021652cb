"""The store's interface, which every engine keeps: what the rest of the bridge may ask of it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bridge.holds import Hold
from bridge.photos.charting_store import ChartingStore
from bridge.photos.held_queue import HeldQueueStore
from bridge.photos.image_facts import ImageFactsStore
from bridge.photos.move_records import MoveStore
from bridge.photos.pending import PendingStore
from bridge.photos.photo_query import QueryStore
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
)
from bridge.photos.releases import ReleaseStore
from bridge.photos.today import TodayStore
from bridge.photos.uploads import UploadsStore
from bridge.targets import ChartTarget, ImageType


class Incoming(Protocol):
    """Bytes of an upload on their way into the store; not yet durable, not yet visible."""

    @property
    def path(self) -> Path:
        """The file they are in for now, for a look at them."""

    @property
    def size_bytes(self) -> int:
        """How many bytes were written."""

    @property
    def sha256(self) -> str:
        """SHA-256 in hex of what was written."""

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Add bytes. Raises StoreError."""

    @property
    def key(self) -> str:
        """What the store will call these bytes."""

    def end(self) -> None:
        """Take no more bytes. The store calls this."""

    def discard(self) -> None:
        """Forget the bytes, unless `add` has kept them."""


class Listener(Protocol):
    """Hears of changes made through one store object, after their commit. It must be quick and never raise."""

    def photo_changed(self, photo: Photo, state: PhotoState, hold: Hold | None) -> None:
        """A photo arrived (`queued`, or `held` at once), was delivered, or is held."""

    def trouble_changed(self, practice: str, sentence: str | None) -> None:
        """A practice's deliveries stopped, for another reason, or flow again (None)."""


class Store(
    ChartingStore,
    HeldQueueStore,
    ImageFactsStore,
    MoveStore,
    PendingStore,
    QueryStore,
    ReleaseStore,
    TodayStore,
    UploadsStore,
    Protocol,
):
    """Photos with their bytes, states, events, attempts and receipts. Thread-safe.

    Every method may raise StoreError. A change of state writes its event in the same transaction, and is durable
    when the method returns. But a power cut may undo the last of `claim`, `place`, `set_mapping_version` and `deliver`:
    then the photo is looked for in the chart, and taken as delivered.
    """

    def ensure_practices(self, guids: dict[str, str | None]) -> None:
        """Make the practices of the config known: name to guid. A guid of None leaves a paired one as it is.

        Practices that are not named keep their photos, but `practice_of_guid` knows them no more.
        """

    def practice_of_guid(self, guid: str) -> str | None:
        """The practice with this guid (exact case), or None."""

    def guid_of(self, practice: str) -> str | None:
        """A practice's guid, or None when it is not paired."""

    def save_guid(self, practice: str, guid: str) -> str:
        """Give a practice its first guid, and say which it has: of two at once, the first one's."""

    def set_trouble(self, practice: str, sentence: str | None) -> bool:
        """Record what stops a practice's deliveries, or None when they flow. True when that is a change, which is then
        in the history of outages, too.
        """

    def troubles(self) -> dict[str, str]:
        """What stops deliveries, by practice."""

    def say_delivering(self, practice: str) -> None:
        """This bridge delivers for a practice. Where one bridge has the store, there is nobody to be told."""

    def stop_delivering(self, practice: str) -> bool:
        """This bridge does not reach a practice's chart; whether another says that it delivers, a minute or two ago."""

    def incoming(self) -> Incoming:
        """A place for an upload's bytes."""

    def set_listener(self, listener: Listener) -> None:
        """Say who is to hear of changes from now on."""

    def set_chores(self, chores_of: Callable[[str], Chores]) -> None:
        """Say what is to be done with photos that arrive from now on, by practice."""

    def set_places(self, place_of: Callable[[NewUpload, datetime], Place]) -> None:
        """Say where photos that arrive from now on stand: of the upload and its arrival (UTC). It must not raise."""

    def add(self, upload: NewUpload, incoming: Incoming, *, hold: Hold | None = None) -> tuple[Photo, bool]:
        """Keep an upload: durable when this returns. False when practice, name and content are known already.

        With a `hold` it goes to `held` in the same transaction: its bytes are not what they should be.
        """

    def photo(self, photo_id: int) -> Photo:
        """One photo. Raises NoSuchPhotoError."""

    def photos(
        self, *, states: Collection[PhotoState] = (), practice: str | None = None, limit: int = 100, before_id: int = 0
    ) -> list[Photo]:
        """Photos, newest first; of all states when none is named; before a given id, for paging."""

    def photos_named(self, name: str) -> list[Photo]:
        """All photos of exactly this canonical name."""

    def photos_checked(self, practice: str, name: str) -> list[Photo]:
        """A practice's photos of this name, with or without its guid and extension."""

    def counts(self, practice: str | None = None) -> dict[PhotoState, int]:
        """How many photos there are in each state."""

    def bytes_of(self, photo: Photo) -> bytes:
        """The original bytes. Raises BytesMissingError."""

    def original(self, photo: Photo) -> Path | bytes:
        """The original: the file that it lies in, which may be gone, or, kept in a database, its bytes.

        Raises BytesMissingError.
        """

    def claim(
        self,
        worker: str,
        leave_out: Collection[str] = (),
        longest_wait_seconds: float = 86400.0,
        order: ClaimOrder = ClaimOrder.NEWEST_DAY,
    ) -> Photo | None:
        """Take a due queued photo for `worker` (now `sending`), but none of the practices left out.

        The longest due of those that have no place yet; else, in this order, one that is the first in its line.

        One that is to wait for longer than any wait can be is due too: then the clock was wrong, and was put right.
        """

    def recover(self) -> int:
        """Put back photos that an earlier run of the bridge left in `sending`; how many. Moves are free, too.

        Where several bridges share the store: those whose bridge has not renewed their leases in time.
        """

    def renew(self, in_hand: Collection[str] = ()) -> int:
        """Extend the leases of this bridge's jobs and of its claims that are `in_hand`, by their names. Put back photos
        of bridges that are gone, and those of this bridge that were in nobody's hand the time before, too; how many.

        A lease is for 60 seconds, so to be called every 15.
        """

    @property
    def bridge_id(self) -> str:
        """Tells this bridge from the others of the store, as a holder of leases. New each time a store is opened."""

    def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
        """Whether a job that one bridge alone may do is the holder's, who has it for so many seconds from now on.

        To be asked before each run. Where one bridge has the store, it always is.
        """

    def is_nobodys(self, practice: str) -> bool:
        """Whether nobody delivers for a practice that this bridge does not have. True where one bridge has the store.

        Else when no bridge that runs has had it for an hour, as far as this bridge has looked: ask now and then.
        """

    def listen(self, ring: Callable[[], None]) -> None:
        """Call `ring` whenever another bridge of this store may have made a photo due, until the store is closed."""

    def shared_key(self, name: str) -> bytes:
        """A secret of 32 bytes that all bridges of the store share, made when it is first asked for."""

    def shared_note(self, name: str) -> bytes:
        """What stands in a note that all bridges share; b"" when it was never written."""

    def change_shared(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
        """Change a note that all bridges of the store share, one after the other; what it is then.

        `change` gets what it is now (nothing: b"") and gives what it is to be. What it raises leaves the note alone.
        """

    def start_attempt(
        self, photo: Photo, target: ChartTarget, data_sha256: str, data_length: int, look_at: datetime | None = None
    ) -> Attempt:
        """Record an attempt before it is made, and when to look for late images of it, if at all.

        With it goes the version of the mapping file that the photo was mapped by, as the photo that is given says.
        This and all that ends a claim (`deliver`, `requeue`, `hold`) raise ClaimLostError when the photo was claimed
        by the caller and is not the caller's any more.
        """

    def end_attempt(self, attempt: Attempt, outcome: Outcome) -> None:
        """Record how an attempt ended."""

    def unsettled_attempts(self, photo: Photo) -> list[Attempt]:
        """Attempts after which the image may be in the chart: unknown ones, and those a crash cut short."""

    def known_images(self, chart: str, image_ids: Iterable[int]) -> set[int]:
        """Which of these chart images are receipts of photos already, or copies that moves have made.

        The chart's address may be written in any way.
        """

    def known_hashes(self, chart: str, image_ids: Iterable[int]) -> dict[int, str]:
        """The same images with the hashes (SHA-256 in hex) of what was sent. A chart that was restored from a backup
        gives numbers again, so that a known one may be another picture now.
        """

    def forget_stale_receipt(self, seen: Receipt) -> int | None:
        """Take the receipt of this chart image away from the photo that has it, as another picture was `seen` there.

        The chart has lost that photo's image; its history says so. The photo, or None when it has the same picture.
        """

    def learned_limit(self, chart: str) -> LearnedLimit:
        """What is known about the largest request that a chart server takes."""

    def learn_limit(self, chart: str, change: Callable[[LearnedLimit], LearnedLimit]) -> bool:
        """Change what is known, from what it is now and in one transaction; `change` may be called twice.

        True when that is a change: of two that make the same one at once, one alone hears True.
        """

    def deliver(self, photo: Photo, receipt: Receipt, attempt: Attempt) -> None:
        """sending to delivered, with its receipt and its attempt ended."""

    def requeue(
        self, photo: Photo, next_attempt_at: datetime, reason: str, detail: str, *, is_failing: bool = False
    ) -> None:
        """sending to queued, to be tried at a time; `is_failing` when it failed by itself, not the chart as a whole."""

    def hold(self, photo: Photo, hold: Hold) -> None:
        """sending or queued to held."""

    def hold_waiting(self, photo: Photo, hold: Hold) -> bool:
        """queued to held; False when it is not queued any more, and nothing is done."""

    def waiting_after(self, photo_id: int, arrived_before: datetime, limit: int) -> list[Photo]:
        """Queued photos that arrived before a time, by their ids, from the first that is above this one.

        Without those that may be in the chart already.
        """

    def waiting_among(self, photo_ids: Collection[int]) -> set[int]:
        """Which of these photos are still queued or on their way."""

    def retry(self, photo_id: int, actor: str, *, as_is: bool = False) -> Photo:
        """held to queued, due now; for a photo already queued, just due now. Raises WrongStateError.

        `as_is`: a person has looked at the damaged picture, and wants sent what can be read of it.
        """

    def is_wanted_as_is(self, photo: Photo) -> bool:
        """Whether a person wants this photo sent although its picture is damaged."""

    def assign(self, photo_id: int, target: ChartTarget, actor: str, *, as_is: bool = False) -> Photo:
        """held or queued to queued, with a target a person chose; `as_is` as for `retry`. Raises WrongStateError."""

    def discard(self, photo_id: int, actor: str, detail: str) -> Photo:
        """held to discarded. Raises WrongStateError.

        The event says so when an unsettled attempt may put the image into the chart yet.
        """

    def place(self, photo: Photo, place: Place) -> None:
        """sending to queued, with the place that was found for it; the try does not count. It goes when it is its turn.

        Of a practice's photos of one `order_key` one alone is on its way, and the earliest goes first.
        """

    def newest_delivered(self, chart: str, patient: int, image_type: ImageType) -> datetime | None:
        """The latest time (`order_at`) among a patient's delivered photos of a type, or None."""

    def mend_lines(self) -> int:
        """Give the turn in lines where nobody has it, which should not be; how many."""

    def due_looks(self, limit: int, longest_wait_seconds: float | None = None) -> list[tuple[Attempt, Photo]]:
        """Attempts whose images are to be looked for again now, longest due first, with their photos.

        Those put off for longer than `longest_wait_seconds` were put off by a wrong clock, and are due too.
        """

    def look_again(self, attempt_ids: Collection[int], at: datetime | None, *, looked: bool = False) -> None:
        """Look for these attempts' images later; or never again (None), and those still unknown count as absent.

        `looked`: they have just been looked for, which is counted.
        """

    def record_removed(self, photo: Photo, image_id: int) -> None:
        """Write into a photo's history that a duplicate of it was removed from the chart."""

    def practices(self) -> list[str]:
        """The names of all practices that there have ever been photos of, also of those not in the config any more."""

    def forgettable(
        self, practice: str, state: PhotoState, done_before: datetime, limit: int, *, even_offered: bool = False
    ) -> list[Photo]:
        """Photos in this state since before a time whose bytes are here still, and that no copy or pull needs.

        `even_offered` is for where nobody can pull any more.
        """

    def forget_bytes(self, forgotten: Sequence[Photo]) -> None:
        """Remove the bytes of delivered and discarded photos for good; names, hashes, receipts and events stay."""

    def due_copies(self, limit: int) -> list[tuple[Photo, str]]:
        """Copies due now: the photo and the folder."""

    def end_copy(self, photo_id: int, folder: str, path: str | None) -> None:
        """A copy is written at `path`; or never will be (None)."""

    def put_off_copies(self, folder: str, until: datetime, photo_id: int | None = None) -> None:
        """Try the copies of a folder later, or one photo's alone."""

    def offered(self, practice: str, leave_out: Collection[int] = ()) -> Photo | None:
        """The photo that a MedImage server of this practice pulls next, but none of those left out; or None."""

    def end_offer(self, photo_id: int) -> None:
        """A MedImage server has pulled this photo whole; it is offered no more."""

    def set_mapping_version(self, photo: Photo, version: str) -> None:
        """Remember which version of the mapping file gave the target."""

    def events(self, photo_id: int) -> list[Event]:
        """A photo's history, oldest first."""

    def receipt(self, photo_id: int) -> Receipt | None:
        """A photo's receipt, if it is delivered."""

    def doubts(self) -> list[str]:
        """What is wrong with how the store is set up, in sentences; empty when photos are safe there."""

    def free_bytes(self) -> int:
        """Free space where photos are kept."""

    def close(self) -> None:
        """Let go of connections and locks."""
