"""What people did, wherever it was written down: the audit of the charting doors, and what was done to photos at the
command line, which stands in the photos' own histories alone.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Deed:
    """One thing that somebody did. `at` is UTC; `who` is a chart username or `command line, USER`, None for one who
    signed in elsewhere, whom `token_mark` tells apart. `action` is a word of the charting doors. `patient` is a chart
    id: the one that was noted, else that of the photo's place in the chart. `reason` is what the person gave, or "".
    `id` tells deeds apart, and says nothing of their order.
    """

    id: int
    at: datetime
    who: str | None
    token_mark: str
    action: str
    image_id: int | None
    patient: int | None
    photo_id: int | None
    reason: str


@dataclass(frozen=True)
class DeedQuery:
    """Deeds at one chart, with all of what else is asked for: by `who`, a name or, for those without one, a token's
    mark; `since` or later and before `until` (with a zone). `chart` is its address, written in any way, and
    `practices` are those whose photos count. `before` is a deed's id, for paging, 0 for the first page.
    """

    chart: str
    practices: frozenset[str]
    who: str | None = None
    action: str | None = None
    patient: int | None = None
    image: int | None = None
    photo: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0
    limit: int = 100
