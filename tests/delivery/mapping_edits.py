"""Edits of a mapping file in every way that editors and people make them, half of them broken."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reload_tools import edit, version_of

KINDS = ("Headshot", "Xray", "Surgery")
STATIONS = ("Dental1", "ENT", "X-Ray", "Surgery")


def good_text(number: int, luck: random.Random, *, knows_photo: bool) -> str:
    """A good version that no other one is like: where `foto` belongs, if it says so at all. Without its last lines it
    would be good, too, and file photos elsewhere.
    """
    kind = luck.choice(KINDS)
    kinds = ", ".join(f"{each}: {{aliases: [foto]}}" if each == kind and knows_photo else f"{each}: " for each in KINDS)
    return (
        f"version: 1\n# version {number}\npatient: {{chart-number: {{form: id}}}}\nlate_headshots: send\n"
        f"types: {{{kinds}}}\nclinic: {luck.choice((1, 2))}\n{_LAST}{{station: {luck.choice(STATIONS)}}}\n"
    )


_LAST = "defaults: "


def half_of(text: str) -> str:
    """What is there when an editor has written all but the last line: good by itself."""
    return text.partition(_LAST)[0]


BROKEN: tuple[Callable[[str], bytes | None], ...] = (
    lambda text: text.replace("types:", "typs:").encode(),
    lambda text: text.replace("form: id", "form: ids").encode(),
    lambda text: (text + "examples: [{name: 3-headshot, patient: 4}]\n").encode(),
    lambda text: text.replace("{chart-number", "{{chart-number").encode(),
    lambda text: text.encode() + b"\xff\xfe",
    lambda text: text.encode("utf-16"),
    lambda text: (text + "version: 1\n").encode(),
    lambda text: b"",
    lambda text: None,
)
"""What may be wrong with an edit; None: the file is gone."""


@dataclass
class Editor:
    """Edits a file and remembers the good texts by their versions. Each edit stays for one of `pauses_seconds`: some
    are gone before they are looked at twice.
    """

    file: Path
    luck: random.Random
    pauses_seconds: Sequence[float]
    good: dict[str, str] = field(default_factory=dict)
    broken: int = 0
    halves: int = 0

    def begin(self, text: str) -> None:
        """The first version."""
        self.good[edit(self.file, text)] = text

    def save_good(self, text: str) -> None:
        """Save a good version in one of the ways of editors."""
        self.good[version_of(text)] = text
        self.luck.choice((self._replace, self._rewrite, self._rename_away))(text)

    def save_broken(self, text: str) -> None:
        """Save an edit that must not take over."""
        self.broken += 1
        content = self.luck.choice(BROKEN)(text)
        if content is None:
            self.file.unlink(missing_ok=True)
        else:
            self.file.write_bytes(content)

    def pause(self) -> None:
        """Leave the file as it is for a while."""
        time.sleep(self.luck.choice(self.pauses_seconds))

    def _replace(self, text: str) -> None:
        edit(self.file, text)

    def _rewrite(self, text: str) -> None:
        """In place, and slowly: for a moment there is a file that would be good by itself."""
        self.halves += 1
        half = half_of(text).encode()
        with self.file.open("wb") as file:
            file.write(half)
            file.flush()
            time.sleep(self.luck.uniform(0, 0.2))
            file.write(text.encode()[len(half) :])

    def _rename_away(self, text: str) -> None:
        """The file is not there for a moment."""
        self.file.unlink(missing_ok=True)
        time.sleep(self.luck.uniform(0, 0.1))
        self.file.write_bytes(text.encode())
