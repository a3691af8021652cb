"""What a proposal would do to uploads that were filed without a person: these nobody complained about."""

from collections import Counter
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bridge.mapping.alike import AlikeName, AlikeNames
from bridge.mapping.model import Key, Mapping
from bridge.mapping.past import PastUpload
from bridge.mapping.reading import read_words
from bridge.mapping.repairs import LessonKind, phrase_key, runs_of
from bridge.mapping.replay import is_same_place
from bridge.mapping.resolution import resolve
from bridge.mapping.suggestions import Proposal, Suggestion

_REMEMBERED = 20_000


class Aftermath:
    """Counts, by suggestion of a proposal, the filed uploads that would be filed otherwise or be held.

    `zones` are the practices' time zones, `now` is UTC-aware.
    """

    def __init__(
        self, mapping: Mapping, proposal: Proposal, zones: ReadOnlyMapping[str, ZoneInfo], now: datetime
    ) -> None:
        self._mapping = mapping
        self._proposal = proposal
        self._names = AlikeNames((mapping, proposal.mapping), zones, now)
        self._touching = lru_cache(_REMEMBERED)(self._keys_touching)
        self._counts: Counter[Key] = Counter()

    def add(self, upload: PastUpload) -> None:
        """Look at one upload."""
        if upload.assigned is None:
            self._counts.update(self._touching(self._names.of(upload)))

    def judged(self) -> tuple[Suggestion, ...]:
        """The suggestions, with their counts. A word for a type that was no such word in an upload that was filed
        says too little, so these are left out.
        """
        counted = [replace(one, also_changes=self._counts[one.key]) for one in self._proposal.made]
        return tuple(one for one in counted if one.kind is not LessonKind.TYPE or not one.also_changes)

    def _keys_touching(self, name: AlikeName) -> tuple[Key, ...]:
        """The words of suggestions that change where a filed name goes."""
        tags = name.tags
        before = resolve(tags, self._mapping, name.occasion).reference
        after = resolve(tags, self._proposal.mapping, name.occasion).reference
        if before is None or (after is not None and is_same_place(before, after)):
            return ()
        unread = {phrase_key(words) for words in runs_of(read_words(tags.words, self._mapping).left)}
        return tuple(one.key for one in self._proposal.made if one.key in unread)
