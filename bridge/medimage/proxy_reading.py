"""Reads photos from a MedImage proxy into the store, as a MedImage PC server does, without losing any.

The proxy deletes what it sends, ends its answers cleanly even when they are cut, and still lists a sent file for a
moment (contract/medimage.md, "To read a real proxy safely"). So each file goes to the disk as it comes, is judged by
its content, and is in the store before the proxy is asked for anything more.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bridge.medimage.proxy_client import ProxyClient
from bridge.medimage.proxy_errors import Cause, ProxyAwayError
from bridge.medimage.proxy_judgement import FileName, Judgement, judge, read_file_name
from bridge.medimage.proxy_memory import Patience, TakenNames
from bridge.medimage.proxy_source import ReadSettings, ReadSource
from bridge.medimage.proxy_spool import Label, Slot, Spooled
from bridge.photos import NewUpload, Source, Store, StoreError, StoreFullError

_log = logging.getLogger(__name__)
_LONGEST_LOOK_SECONDS = 1.0
_MOST_AT_ONCE = 100
"""Files taken by one `poll`, so that it comes to an end whatever the proxy does."""


class ProxyReader:
    """Reads one source. `wake` is rung when there is a new photo to deliver; `clock` gives monotonic seconds. `tell` is
    called when trouble begins, with one sentence, and with None when it is over.

    Two readers must never read one address: the proxy gives each file once (contract/medimage.md).
    """

    def __init__(
        self,
        source: ReadSource,
        store: Store,
        wake: Callable[[], None],
        settings: ReadSettings,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str | None], None] = lambda _sentence: None,
    ) -> None:
        self.source = source
        self.trouble: str | None = None
        self._store = store
        self._wake = wake
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._client = ProxyClient(source, settings)
        self._slot = Slot(settings.spool_folder, source.key)
        self._names = TakenNames(settings.settle_seconds, settings.again_seconds)
        self._patience = Patience(clock, settings.retry_first_seconds, settings.retry_longest_seconds)
        self._polling = threading.Lock()
        self._stopping = threading.Event()
        self._has_looked = False

    def poll(self) -> None:
        """Take what waits at the proxy. To be called every few seconds, from any thread; never raises.

        Returns at once while another call is at work, after `stop`, and until it is time again while the proxy is
        away. `trouble` then holds one sentence, and None when the proxy answered as it should.
        """
        if self._stopping.is_set() or not self._patience.is_over or not self._polling.acquire(blocking=False):
            return
        try:
            self._take_all()
        except ProxyAwayError as error:
            self._failed(error.cause, str(error))
        except StoreError as error:
            self._failed("store", str(error))
        except Exception as error:
            _log.error("event=bridge-fault practice=%s error=%s", self.source.practice, type(error).__name__)
            _log.debug("event=bridge-fault practice=%s", self.source.practice, exc_info=True)
            self._failed("fault", f"The bridge itself failed to read from {self.source.host}; tell its makers.")
        else:
            self._succeeded()
        finally:
            self._polling.release()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """Ask the proxy for nothing more; returns when the file in hand is stored, or soon after it was given so long.

        To be called before the store is closed. What came of a file that is cut short here is filed by the next run.
        Of many readers, `stop(0)` for each and then `stop` for each gives all of them the time together.
        """
        self._stopping.set()
        self._client.interrupt(files_too=False)
        if self._polling.acquire(timeout=timeout_seconds):
            self._polling.release()
        elif timeout_seconds:
            self._client.interrupt(files_too=True)

    def _take_all(self) -> None:
        self._file()
        for _ in range(_MOST_AT_ONCE):
            offered = self._offer()
            if offered is None or not self._take(offered):
                return

    def _offer(self) -> str | None:
        """What the proxy offers next; waits a moment while that is what was just taken."""
        deadline = self._clock() + self._settings.settle_seconds
        wait_seconds = self._settings.look_again_seconds
        while not self._stopping.is_set():
            name = self._client.look()
            self._remember_earlier_run(name)
            self._names.saw(name, self._clock())
            if name is None or not self._names.blocks(name, self._clock()):
                return name
            if self._clock() >= deadline:
                raise ProxyAwayError(self.source.host, Cause.REPEATS)
            self._stopping.wait(wait_seconds)
            wait_seconds = min(2 * wait_seconds, _LONGEST_LOOK_SECONDS)
        return None

    def _remember_earlier_run(self, name: str | None) -> None:
        """What the proxy shows first may have been taken just before the bridge was started again."""
        if name is not None and not self._has_looked:
            for photo in self._store.photos_named(read_file_name(name, self.source).tags.name):
                if photo.practice == self.source.practice and photo.source is Source.PROXY:
                    age = datetime.now(UTC) - photo.received_at
                    self._names.taken(name, self._clock() - max(0.0, age.total_seconds()))
        self._has_looked = True

    def _take(self, offered: str) -> bool:
        """Get the next file and store it. False when the proxy named none: then it is not asked again at once."""
        self._require_room()
        named = None
        try:
            with self._slot.opened() as file, self._client.fetch() as download:
                named = download.file_name
                label = Label(named or offered, is_certain=named is not None)
                self._slot.fill(file, label, download.pieces(), self._settings.kept_bytes)
        finally:
            self._names.asked(named, offered, self._clock())
        if download.ended_whole:
            self._slot.mark_whole()
        self._file()
        return named is not None

    def _require_room(self) -> None:
        """A file that finds no room here is lost, so it is left at the proxy. Raises StoreFullError."""
        if self._store.free_bytes() < self._settings.room_bytes:
            raise StoreFullError

    def _file(self) -> None:
        """Bring what is in the slot into the store, if anything is: the file just read, or one of an earlier run."""
        spooled = self._slot.spooled()
        if spooled is not None:
            name = read_file_name(spooled.label.file_name, self.source)
            judgement = judge(spooled, name, self._settings)
            if judgement is not None:
                self._store_file(spooled, name, judgement)
        self._slot.clear()

    def _store_file(self, file: Spooled, name: FileName, judgement: Judgement) -> None:
        tags, hold = name.tags, judgement.hold
        upload = NewUpload(self.source.practice, tags.name, Source.PROXY, judgement.media_type, tags.captured_at)
        incoming = self._store.incoming()
        try:
            for piece in file.pieces():
                incoming.write(piece)
            photo, is_new = self._store.add(upload, incoming, hold=hold)
        finally:
            incoming.discard()
        event = "received" if is_new else "received-again"
        _log.info("event=%s photo=%d practice=%s bytes=%d", event, photo.id, photo.practice, photo.size_bytes)
        if is_new and hold is not None:
            _log.warning("event=held photo=%d practice=%s reason=%s", photo.id, photo.practice, hold.reason)
        elif is_new:
            self._wake()

    def _failed(self, cause: str, sentence: str) -> None:
        if self._stopping.is_set():
            return
        if not self._patience.failures:
            where = (self.source.practice, self.source.host)
            _log.warning("event=proxy-away practice=%s proxy=%s cause=%s", *where, cause)
        self._patience.failed()
        self._set_trouble(sentence)

    def _succeeded(self) -> None:
        if self._patience.failures:
            _log.info("event=proxy-back practice=%s proxy=%s", self.source.practice, self.source.host)
        self._patience.succeeded()
        self._set_trouble(None)

    def _set_trouble(self, sentence: str | None) -> None:
        is_news = (sentence is None) != (self.trouble is None)
        self.trouble = sentence
        if is_news:
            self._tell(sentence)
