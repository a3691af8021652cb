"""Notes who did what, before anybody gets to see it."""

from collections.abc import Callable
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
        self._audit.note(
            AuditEvent(caller.username, caller.mark, action, image_id, patient, self._now(), chart.key, reason)
        )
