"""Notes who did what, before anybody gets to see it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bridge.charting.access import Caller
from bridge.charting.audit import Action, Audit, AuditEvent
from bridge.charting.charts import Chart


class Notes:
    """Writes audit events of callers. For any thread. `now` gives the time in UTC."""

    def __init__(self, audit: Audit, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._audit = audit
        self._now = now

    def note(
        self, caller: Caller, chart: Chart, action: Action, image_id: int | None, patient: int | None, reason: str = ""
    ) -> None:
        """This caller did, or is about to do, this to this image. Raises what keeping it raises; then do not do it."""
        self._audit.note(self.event(caller, chart, action, image_id, patient, reason))

    def note_all(self, events: Sequence[AuditEvent]) -> None:
        """The same of several, all or none."""
        self._audit.note_all(events)

    def event(
        self, caller: Caller, chart: Chart, action: Action, image_id: int | None, patient: int | None, reason: str = ""
    ) -> AuditEvent:
        """What is to be noted, of this moment."""
        return AuditEvent(caller.username, caller.mark, action, image_id, patient, self._now(), chart.key, reason)
