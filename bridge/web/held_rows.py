"""What the pages of held photos show, made of the JSON door's answers. Knows no web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bridge.holds import HoldReason
from bridge.tags import check_key, parse_name
from bridge.targets import ImageType
from bridge.web.held_words import HEADINGS, MAY_GO_AS_IS, WITHOUT_PICTURE, is_from_backup
from bridge.web.languages import N_, _

SLIPS: Mapping[str, str] = {
    "same": N_("The number in the name"),
    "swapped": N_("Two digits are swapped"),
    "wrong": N_("One digit is another"),
    "extra": N_("One digit too many in the name"),
    "missing": N_("One digit is missing in the name"),
}
"""How a patient's number became the one in a photo's name."""

TYPES: Mapping[str, str] = {
    ImageType.HEADSHOT.value: N_("Headshot"),
    ImageType.XRAY.value: N_("X-ray"),
    ImageType.SURGERY.value: N_("Surgery"),
    ImageType.AUDIOGRAM.value: N_("Audiogram"),
}
"""The types of pictures, as the chart spells them, and as people do."""

KINDS: Mapping[str, str] = {
    "id": N_("patient"),
    "curp": N_("patient by CURP"),
    "oldid": N_("patient by old number"),
    "type": N_("type"),
    "station": N_("station"),
    "clinic": N_("clinic"),
    "ignored": N_("passed over"),
    "": N_("no rule takes it"),
}
"""What words of a name were read as."""


@dataclass(frozen=True)
class Choice:
    """Something to choose: what the form sends, and what people read."""

    value: str
    words: str


@dataclass(frozen=True)
class HeldPhoto:
    """A held photo; `came_at` is the clinic's time."""

    id: int
    practice: str
    name: str = field(repr=False)
    reason: HoldReason
    sentence: str = field(repr=False)
    came_at: str
    pending: "PendingRow | None" = None

    @property
    def typed(self) -> str:
        """What somebody typed on the phone: without the practice's guid and the time, "" for nothing."""
        return "-".join(str(each) for each in parse_name(self.name).words)

    @property
    def whole_name(self) -> str:
        """The name as it came, but for the practice's guid, which is nobody's to read."""
        return check_key(self.name)

    @property
    def heading(self) -> str:
        """The reason in a few words, to be translated."""
        return HEADINGS[self.reason]

    @property
    def has_picture(self) -> bool:
        """Whether there may be anything to show."""
        return self.reason not in WITHOUT_PICTURE

    @property
    def may_go_as_is(self) -> bool:
        """Whether sending what can be read of it is a way out."""
        return self.reason in MAY_GO_AS_IS

    @property
    def is_from_backup(self) -> bool:
        """Whether somebody may have sent it since a backup."""
        return is_from_backup(self.sentence)


@dataclass(frozen=True)
class ReadWords:
    """Words of a name as typed, what took them (a key of KINDS), and as what."""

    words: str = field(repr=False)
    kind: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class LikelyRow:
    """A patient to choose. `slip` is a key of SLIPS, or "". `headshot` is an image's number in the chart."""

    id: int
    name: str = field(repr=False)
    birth_date: str = field(repr=False)
    headshot: int | None
    slip: str = ""
    fits_name: bool = False
    is_registered: bool = False
    curp: str = field(default="", repr=False)
    old_id: int | None = None

    def is_named(self, value: str, by_id: bool) -> bool:
        """Whether this is the patient of a number in the chart, else of a CURP or an old number."""
        return value == str(self.id) if by_id else value in (self.curp.upper(), str(self.old_id))

    def to_json(self) -> dict[str, object]:
        """For the page's script."""
        born = _("born %(day)s", day=self.birth_date) if self.birth_date else ""
        return {"id": self.id, "name": self.name, "born": born, "headshot": self.headshot}


@dataclass(frozen=True)
class PendingRow:
    """What somebody said of a photo that is not done yet: `until` by the clinic's clocks, `due_at` with a zone."""

    photo_id: int
    act: str
    actor: str
    until: str
    due_at: datetime
    patient: int | None
    type: str


def held_photo(found: Mapping[str, Any], zone: ZoneInfo) -> HeldPhoto:
    """A photo of the JSON door, held."""
    came = datetime.fromisoformat(found["received_at"]).astimezone(zone)
    hold = found["hold"]
    return HeldPhoto(
        id=found["id"],
        practice=found["practice"],
        name=found["name"],
        reason=HoldReason(hold["reason"]),
        sentence=hold["sentence"],
        came_at=f"{came:%Y-%m-%d %H:%M}",
        pending=pending_row(found, zone) if found["pending"] else None,
    )


def pending_row(found: Mapping[str, Any], zone: ZoneInfo) -> PendingRow:
    """What is said of a photo of the JSON door that has something pending."""
    pending = found["pending"]
    due, target = datetime.fromisoformat(pending["due_at"]), pending["target"]
    return PendingRow(
        photo_id=found["id"],
        act=pending["act"],
        actor=pending["actor"],
        until=f"{due.astimezone(zone):%H:%M:%S}",
        due_at=due,
        patient=target["patient"] if target else None,
        type=target["type"] if target else "",
    )


def read_words(step: Mapping[str, Any]) -> ReadWords:
    """A step of an explanation."""
    means = step["means"] or {"kind": "", "value": ""}
    return ReadWords(" ".join(step["words"]), means["kind"], means["value"])


def likely_row(found: Mapping[str, Any]) -> LikelyRow:
    """A likely patient."""
    return LikelyRow(
        **_person(found),
        slip=found["number_slip"] or "",
        fits_name=found["fits_name"],
        is_registered=found["is_registered"],
    )


def searched_row(found: Mapping[str, Any]) -> LikelyRow:
    """A patient whom somebody searched for."""
    return LikelyRow(**_person(found))


def _person(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": found["id"],
        "name": found["name"],
        "birth_date": found["birth_date"] or "",
        "headshot": found["headshot"],
        "curp": found["curp"],
        "old_id": found["old_id"],
    }
