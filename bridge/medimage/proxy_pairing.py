"""Reads from a MedImage proxy for a practice that may not be paired yet."""

import logging
import threading
from collections.abc import Callable

from bridge.medimage.proxy_reading import ProxyReader
from bridge.medimage.proxy_source import source_key
from bridge.photos import Store, StoreError

_log = logging.getLogger(__name__)


class PairedReader:
    """Reads one address for a practice, from when the practice has a guid: in the config, or by pairing while the
    bridge runs. `reader_for` makes the reader for that guid.
    """

    def __init__(self, store: Store, practice: str, url: str, reader_for: Callable[[str], ProxyReader]) -> None:
        self.key = source_key(practice, url)
        self._store = store
        self._practice = practice
        self._reader_for = reader_for
        self._reader: ProxyReader | None = None
        self._lock = threading.Lock()
        self._is_stopped = False
        self._has_told = False

    def poll(self) -> None:
        """As `ProxyReader.poll`; nothing is asked of the proxy until the practice is paired. Never raises."""
        try:
            reader = self._ready()
        except StoreError as error:
            _log.error("event=store-trouble practice=%s reason=%r", self._practice, str(error))
            return
        if reader is not None:
            reader.poll()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """As `ProxyReader.stop`."""
        with self._lock:
            self._is_stopped = True
        if self._reader is not None:
            self._reader.stop(timeout_seconds)

    def _ready(self) -> ProxyReader | None:
        with self._lock:
            if self._reader is not None or self._is_stopped:
                return self._reader
            guid = self._store.guid_of(self._practice)
            if guid is not None:
                self._reader = self._reader_for(guid)
            elif not self._has_told:
                self._has_told = True
                _log.warning("event=proxy-not-read practice=%s reason=%r", self._practice, "pair the practice first")
            return self._reader
