"""Alarms for what must end some day: one thread looks at all, where a `threading.Timer` takes one each.

Starting a thread for each request takes longer than many an answer.
"""

import threading
import time
from collections.abc import Callable

_LOOK_SECONDS = 0.5


class Alarm:
    """Does something once its time is over, unless cancelled: as a `threading.Timer`, up to half a second late."""

    def __init__(self, alarms: "Alarms", seconds: float, action: Callable[[], None]) -> None:
        self._alarms = alarms
        self._action = action
        self.due = time.monotonic() + seconds

    def start(self) -> None:
        """Begin to watch it."""
        self._alarms.add(self)

    def cancel(self) -> None:
        """Do nothing any more."""
        self._alarms.discard(self)

    def ring(self) -> None:
        """Do it."""
        self._action()


class Alarms:
    """Watches alarms, in a thread of its own, so named, that is there while there are any. For any thread."""

    def __init__(self, name: str = "alarms") -> None:
        self._name = name
        self._changed = threading.Condition()
        self._set: set[Alarm] = set()
        self._is_watched = False

    def alarm(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """An alarm, to be started."""
        return Alarm(self, seconds, action)

    def add(self, alarm: Alarm) -> None:
        """Watch an alarm."""
        with self._changed:
            self._set.add(alarm)
            if not self._is_watched:
                self._is_watched = True
                threading.Thread(target=self._watch, name=self._name, daemon=True).start()

    def discard(self, alarm: Alarm) -> None:
        """Watch an alarm no more."""
        with self._changed:
            self._set.discard(alarm)

    def _watch(self) -> None:
        while due := self._next():
            for alarm in due:
                alarm.ring()

    def _next(self) -> list[Alarm]:
        """The alarms that are due, once some are; none when there was nothing to watch for a while."""
        with self._changed:
            while True:
                due = [alarm for alarm in self._set if time.monotonic() >= alarm.due]
                self._set.difference_update(due)
                if due:
                    return due
                was_idle = not self._set
                self._changed.wait(_LOOK_SECONDS)
                if was_idle and not self._set:
                    self._is_watched = False
                    return []
