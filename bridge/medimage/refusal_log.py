"""Log lines of uploads that were not taken: strangers cannot fill the log with them."""

import logging
import threading
import time
from collections.abc import Callable

from bridge.medimage.refusals import UploadNotTakenError

_log = logging.getLogger(__name__)
_TELL_SECONDS = 60.0


class RefusalLog:
    """Writes a line for each upload whose practice is known. Of the others, which anyone can send, one a minute, with
    how many there were since the last one. For any thread. `now` gives seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._untold = 0
        self._tell_at = now()

    def add(self, error: UploadNotTakenError, status: int) -> None:
        """An upload was answered with this."""
        if error.practice:
            _log.info("event=upload-not-taken practice=%s status=%d answer=%r", error.practice, status, str(error))
        elif uploads := self._count_to_tell():
            _log.info("event=upload-not-taken uploads=%d status=%d answer=%r", uploads, status, str(error))

    def _count_to_tell(self) -> int:
        with self._lock:
            self._untold += 1
            if self._now() < self._tell_at:
                return 0
            uploads, self._untold = self._untold, 0
            self._tell_at = self._now() + _TELL_SECONDS
        return uploads
