"""What the pages about patients show: people, their pictures by day and type, moves. Knows no web framework.

All of it is asked of the JSON door's operations, so what holds there (who may, what is noted) holds here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bridge.targets import ImageType

PAGE_PICTURES = 24
"""How many pictures stand on one page: the next ones come when people get there."""

MOST_FOUND = 15
SMALL_EDGE_PIXELS = 256
_SHOWN = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
_ORDER = [each.value for each in ImageType]


@dataclass(frozen=True)
class Person:
    """A patient, with what people need to be sure who it is. `headshot` is the newest one's image number."""

    id: int
    name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: str = field(repr=False)
    curp: str = field(repr=False)
    old_id: int | None
    headshot: int | None


@dataclass(frozen=True)
class Found:
    """Patients, the closest first; `is_complete`: there are no others."""

    people: tuple[Person, ...]
    is_complete: bool


@dataclass(frozen=True)
class Visit:
    """When and where pictures were taken: on one day by the phone's clock, or on a clinic's days, where no phone said
    more; all None where nothing is known.
    """

    start: date | None = None
    end: date | None = None
    location: str = ""

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.start or ''}-{self.end or ''}-{self.location}"


@dataclass(frozen=True)
class Picture:
    """An image of the chart. Where the chart has lost its file, all but `id` may be None. `taken_at` is the phone's
    local time; `width` and `height` are pixels.
    """

    id: int
    patient: int | None
    type: str | None
    visit: Visit
    station: int | None
    taken_at: datetime | None
    media_type: str | None
    size_bytes: int | None
    width: int | None
    height: int | None
    is_readable: bool

    @property
    def is_shown(self) -> bool:
        """Whether browsers show it as it is in the chart."""
        return self.media_type in _SHOWN

    @property
    def small_size(self) -> tuple[int, int] | None:
        """Width and height of its small picture, None where there is none."""
        if not self.width or not self.height:
            return None
        scale = min(1.0, SMALL_EDGE_PIXELS / max(self.width, self.height))
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    @property
    def file_name(self) -> str:
        """What it is called on somebody's disk: it tells no name."""
        return f"picture-{self.id}.{_SHOWN.get(self.media_type or '', 'bin')}"


@dataclass(frozen=True)
class Day:
    """The pictures of a visit, by their types."""

    visit: Visit
    groups: tuple[tuple[str | None, tuple[Picture, ...]], ...]


@dataclass(frozen=True)
class Pictures:
    """Some of a patient's pictures, the newest first; `total` is how many there are, `next` the picture to go on
    after, None on the last page.
    """

    days: tuple[Day, ...]
    total: int
    next: int | None


@dataclass(frozen=True)
class Neighbours:
    """The pictures beside one, None at the ends; `place` counts from 1, the newest, to `total`."""

    newer: int | None
    older: int | None
    place: int
    total: int

    @property
    def list_after(self) -> int | None:
        """After which picture the list's page begins that shows this one."""
        return self.newer if self.place > PAGE_PICTURES else None


@dataclass(frozen=True)
class MoveNow:
    """How far a picture's move to another patient is. `trouble` says what keeps it from going on."""

    id: int
    image_id: int
    patient: int
    to_patient: int
    state: str
    new_image_id: int | None
    reason: str = field(repr=False)
    trouble: str | None

    @property
    def is_under_way(self) -> bool:
        """Whether the bridge goes on with it by itself."""
        return self.state in ("asked", "sending", "copied")


def person_of(answer: Mapping[str, Any]) -> Person:
    """A patient as the JSON door says one."""
    born = answer["birth_date"]
    return Person(
        id=answer["id"],
        name=answer["name"],
        birth_date=date.fromisoformat(born) if born else None,
        sex=answer["sex"],
        curp=answer["curp"],
        old_id=answer["old_id"],
        headshot=answer["headshot"],
    )


def picture_of(answer: Mapping[str, Any], clinics: Mapping[int, Visit]) -> Picture:
    """An image as the JSON door says one; `clinics` are their days and places, by their numbers."""
    taken_at = datetime.fromisoformat(answer["taken_at"]) if answer["taken_at"] else None
    day = taken_at.date() if taken_at else None
    return Picture(
        id=answer["id"],
        patient=answer["patient"],
        type=answer["type"],
        visit=Visit(day, day) if day else clinics.get(answer["clinic"] or 0, Visit()),
        station=answer["station"],
        taken_at=taken_at,
        media_type=answer["media_type"],
        size_bytes=answer["size_bytes"],
        width=answer["width"],
        height=answer["height"],
        is_readable=answer["is_readable"],
    )


def visits_of(answer: Mapping[str, Any]) -> dict[int, Visit]:
    """The chart's clinics as the JSON door says them, by their numbers."""
    return {
        each["id"]: Visit(date.fromisoformat(each["start"]), date.fromisoformat(each["end"]), each["location"])
        for each in answer["clinics"]
    }


def move_of(answer: Mapping[str, Any]) -> MoveNow:
    """A move as the JSON door says one."""
    names = ("id", "image_id", "patient", "to_patient", "state", "new_image_id", "reason", "trouble")
    return MoveNow(**{name: answer[name] for name in names})


def days_of(pictures: Iterable[Picture]) -> tuple[Day, ...]:
    """Pictures by their visits, in the order in which the first of each stands, and within a visit by type."""
    visits: dict[Visit, list[Picture]] = {}
    for picture in pictures:
        visits.setdefault(picture.visit, []).append(picture)
    return tuple(Day(visit, _groups(of_it)) for visit, of_it in visits.items())


def _groups(pictures: list[Picture]) -> tuple[tuple[str | None, tuple[Picture, ...]], ...]:
    kinds = sorted({each.type for each in pictures}, key=lambda kind: _ORDER.index(kind) if kind in _ORDER else 99)
    return tuple((kind, tuple(each for each in pictures if each.type == kind)) for kind in kinds)
