"""Names that are resolved alike: with the same words, but for the numbers in them. One of many needs resolving.

No rule looks at which number it is, unless the file has patterns, the number is a word of an
alias (`dental 1`), or another word may hold the same number (`exp123-exp-123`). Nor does any look at when a photo was
taken, but at the hours and dates that are in the file.
"""

from collections.abc import Hashable, Iterable
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from bridge.mapping.location import photo_occasion
from bridge.mapping.model import Mapping, Occasion, PatientForm, TargetReference
from bridge.mapping.past import PastUpload
from bridge.tags import CUT_MARK, Tags, parse_name

_STAND_IN = 900_000_001
"""The first number of a name is resolved as if it were this one, the next other one as if it were the next."""

_LIKE_STAND_INS = "90000000"


class AlikeName:
    """A name on an occasion, to be resolved once for all that equal it.

    `tags` are those to resolve, with `stand_ins` for the name's own numbers; `own` puts the name's own number into
    what came of it. `when` is what matters of the time at which the photo was taken.
    """

    def __init__(self, tags: Tags, occasion: Occasion, stand_ins: dict[str, str], when: Hashable) -> None:
        self.occasion = occasion
        self._tags = tags
        self._stand_ins = stand_ins
        texts = tuple(stand_ins.get(word.text, word.text) for word in tags.words)
        self._key = (texts, tags.guid, CUT_MARK in tags.name, occasion.practice, when)

    @cached_property
    def tags(self) -> Tags:
        """The name's tags, with its numbers replaced."""
        words = (replace(word, text=self._stand_ins.get(word.text, word.text)) for word in self._tags.words)
        return replace(self._tags, words=tuple(words))

    def own(self, reference: TargetReference | None) -> TargetReference | None:
        """A reference of the name's own patient, from that of the tags with replaced numbers."""
        if reference is None or reference.patient.form is PatientForm.CURP:
            return reference
        for number, stand_in in self._stand_ins.items():
            if stand_in == reference.patient.value:
                return replace(reference, patient=replace(reference.patient, value=str(int(number))))
        return reference

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AlikeName) and self._key == other._key


class AlikeNames:
    """Makes names out of uploads, for resolving by these mappings alone.

    `zones` are the practices' time zones, `now` is UTC-aware.
    """

    def __init__(self, mappings: Iterable[Mapping], zones: ReadOnlyMapping[str, ZoneInfo], now: datetime) -> None:
        known = list(mappings)
        self._zones = zones
        self._now = now
        self._hours = [hours for mapping in known for hours in mapping.station_by_time]
        self._dates = [dates for mapping in known for dates in mapping.clinic_dates]
        self._has_patterns = any(rule.pattern for mapping in known for rule in mapping.patient_rules)
        self._words = {part for mapping in known for key in mapping.vocabulary for part in key if part.isdigit()}

    def of(self, upload: PastUpload) -> AlikeName:
        """The name of an upload, on its occasion."""
        tags = parse_name(upload.name)
        occasion, when = self._occasion(tags, upload)
        return AlikeName(tags, occasion, self._stand_ins(tags), when)

    def _occasion(self, tags: Tags, upload: PastUpload) -> tuple[Occasion, Hashable]:
        if not self._hours and not self._dates:
            return Occasion(upload.practice), None
        occasion = photo_occasion(tags, upload.practice, upload.received_at, self._zones[upload.practice], self._now)
        moment = occasion.taken_at
        if moment is None:
            return occasion, None
        hours = tuple(each.covers(moment.time()) for each in self._hours)
        return occasion, (hours, tuple(each.covers(moment.date()) for each in self._dates))

    def _stand_ins(self, tags: Tags) -> dict[str, str]:
        """What stands in for each number of a name; `7` and `007` are one number."""
        texts = [word.text for word in tags.words if _is_number(word.text) and word.text not in self._words]
        others = [word.text for word in tags.words if word.text not in texts]
        order = list(dict.fromkeys(map(int, texts)))
        held = (_LIKE_STAND_INS, *map(str, order))
        if self._has_patterns or any(number in text for text in others for number in held):
            return {}
        return {text: str(_STAND_IN + order.index(int(text))) for text in texts}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0
