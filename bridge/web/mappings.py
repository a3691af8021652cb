"""What the page about mapping files shows, and what it makes of a name. Knows no web framework."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bridge.delivery import ChartPlace, place_in_chart
from bridge.errors import Problem
from bridge.holds import Hold
from bridge.mapping import Explanation, InForce, MappingShelf, Occasion, explain, photo_occasion
from bridge.tags import parse_name
from bridge.tscharts import ChartClient, ChartError
from bridge.web.settings import PagePractice

_MOST_PROBLEMS = 20
_MOST_AT_ONCE = 2
_BUSY = "The chart is being asked for somebody else; try once more in a moment."


@dataclass(frozen=True)
class ShownMapping:
    """A practice's mapping as the page shows it: `since` is the clinic's time, `left` how many problems are not shown.

    `is_broken`: the file as it is now cannot be used, and this version, an earlier one, stays in force.
    """

    practice: str
    file: Path
    version: str
    since: str
    examples: int
    is_broken: bool
    problems: tuple[Problem, ...]
    left: int


@dataclass(frozen=True)
class Trial:
    """What becomes of a name: why, and, when the chart was asked, the place or hold there, or why it did not say."""

    explanation: Explanation
    place: ChartPlace | None = None
    hold: Hold | None = None
    trouble: str = ""


class PageMappings:
    """The practices' mappings, and their charts by practice. For any thread. `now` gives aware times."""

    def __init__(
        self,
        shelf: MappingShelf,
        charts: Mapping[str, ChartClient],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.shelf = shelf
        self.charts = charts
        self._now = now
        self._asking = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def shown(self, practice: PagePractice) -> ShownMapping:
        """How a practice's mapping stands."""
        stands = next(each for each in self.shelf.in_force() if each.practice == practice.name)
        return ShownMapping(
            practice=practice.name,
            file=stands.file,
            version=stands.version,
            since=f"{stands.since.astimezone(practice.time_zone):%Y-%m-%d %H:%M}",
            examples=len(self.shelf.mapping_for(practice.name).examples),
            is_broken=stands.is_broken,
            problems=_worst_first(stands)[:_MOST_PROBLEMS],
            left=max(0, len(stands.problems) - _MOST_PROBLEMS),
        )

    def tried(self, practice: PagePractice, name: str, at: datetime | None, *, ask_chart: bool) -> Trial:
        """What would become of a photo of this name that came in now, or, with `at`, was taken then by the clinic's
        clocks. Who a patient is, is never told, only whether the chart has one; and that, for `ask_chart`, to those
        alone whom the config names or who administer the bridge.
        """
        now = self._now()
        of_now = photo_occasion(parse_name(name), practice.name, now, practice.time_zone, now)
        occasion = Occasion(practice.name, at) if at else of_now
        explanation = explain(name, self.shelf.mapping_for(practice.name), occasion)
        if not ask_chart or explanation.resolution.reference is None:
            return Trial(explanation)
        if not self._asking.acquire(blocking=False):
            return Trial(explanation, trouble=_BUSY)
        try:
            return self._in_chart(practice.name, explanation)
        except ChartError as error:
            return Trial(explanation, trouble=str(error))
        finally:
            self._asking.release()

    def _in_chart(self, practice: str, explanation: Explanation) -> Trial:
        found = place_in_chart(explanation, self.charts[practice], with_names=False)
        if isinstance(found, Hold):
            return Trial(explanation, hold=found)
        return Trial(explanation, place=found)


def _worst_first(stands: InForce) -> tuple[Problem, ...]:
    return tuple(sorted(stands.problems, key=lambda problem: problem.warning))
