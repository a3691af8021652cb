"""The thread that tells one target."""

import logging
import threading
from dataclasses import dataclass

from bridge.notices.command import tell_command
from bridge.notices.notice import Notice, NoticeKind
from bridge.notices.outbox import Outbox
from bridge.notices.settings import NoticeSettings
from bridge.notices.web import NotToldError, tell_web

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How patient a worker is: pauses between tries, how long held photos are gathered, and how many notices wait."""

    pauses_seconds: tuple[float, ...] = (2.0, 10.0, 30.0)
    gather_seconds: float = 60.0
    most_waiting: int = 500


class Worker:
    """Tells one target, in a thread of its own. `number` is the target's place in the settings, from 1."""

    def __init__(self, number: int, settings: NoticeSettings, pace: Pace) -> None:
        self.settings = settings
        self._number = number
        self._pace = pace
        self._outbox = Outbox(pace.most_waiting, pace.gather_seconds)
        self._closing = threading.Event()
        self._is_full = False
        self._untold: set[tuple[str | None, str]] = set()
        self._thread = threading.Thread(target=self._work, name=f"notices-{number}", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def put(self, notice: Notice) -> None:
        """Hand over a notice; never waits. When too many wait, the oldest goes, and the first time is logged."""
        dropped = self._outbox.put(notice)
        if dropped is None:
            return
        self._forget(dropped)
        if not self._is_full:
            self._is_full = True
            _log.warning("event=notices-dropped target=%d reason=too-many-waiting", self._number)

    def close(self) -> None:
        """Take no more; tell what waits, once each."""
        self._closing.set()
        self._outbox.close()

    def abandon(self) -> None:
        """Drop what still waits."""
        self._outbox.clear()

    def join(self, seconds: float) -> None:
        """Wait until the thread is done, at most so long."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, seconds))

    def _work(self) -> None:
        while (notice := self._outbox.take()) is not None:
            if notice.kind is NoticeKind.OUTAGE_ENDS and _outage(notice) in self._untold:
                self._untold.discard(_outage(notice))
            else:
                self._tell(notice)

    def _tell(self, notice: Notice) -> None:
        """Tell it, with a few tries; then it is dropped."""
        trouble, tries = "", 0
        for pause in (*self._pace.pauses_seconds, 0.0):
            trouble = self._trouble_telling(notice)
            tries += 1
            if not trouble:
                self._told(notice)
                return
            if self._closing.wait(pause):
                break
        self._forget(notice)
        _log.warning(
            "event=notice-dropped target=%d kind=%s tries=%d reason=%s", self._number, notice.kind, tries, trouble
        )

    def _trouble_telling(self, notice: Notice) -> str:
        """What went wrong with one try, or "". Nothing that goes wrong with one notice ends the thread."""
        try:
            if self.settings.command:
                tell_command(self.settings, notice)
            else:
                tell_web(self.settings, notice)
        except NotToldError as error:
            return str(error)
        except Exception as error:
            return f"bridge-fault-{type(error).__name__}"
        return ""

    def _told(self, notice: Notice) -> None:
        self._is_full = False
        if notice.kind is NoticeKind.OUTAGE_BEGINS:
            self._untold.discard(_outage(notice))

    def _forget(self, notice: Notice) -> None:
        """A target that was not told of an outage's beginning is not told of its end."""
        if notice.kind is NoticeKind.OUTAGE_BEGINS:
            self._untold.add(_outage(notice))


def _outage(notice: Notice) -> tuple[str | None, str]:
    return notice.practice, notice.reason
