"""The mappings of a running bridge, read again when their files change."""

import time
from collections.abc import Callable
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from bridge.errors import InputProblemsError, Problem
from bridge.mapping.expectations import check_examples
from bridge.mapping.loader import load_mapping
from bridge.mapping.model import Mapping

_LOOK_EVERY_SECONDS = 1.0

_Signature = tuple[int, int] | None


@dataclass
class _Slot:
    file: Path
    signature: _Signature
    mapping: Mapping
    problems: tuple[Problem, ...]
    looked_at: float


class MappingShelf:
    """One mapping for each practice. Safe to use from several threads.

    A file is looked at once a second at most, and only when it is asked for. A broken edit leaves the last good
    version in use, and `warnings` says what is wrong. `clock` gives seconds, as `time.monotonic` does.
    """

    def __init__(self, files: ReadOnlyMapping[str, Path], clock: Callable[[], float] = time.monotonic) -> None:
        """Read all files (practice name to path). Raises InputProblemsError with the problems of all of them."""
        self._clock = clock
        self._lock = Lock()
        self._slots: dict[str, _Slot] = {}
        problems: list[Problem] = []
        for practice, file in files.items():
            try:
                self._slots[practice] = self._first(file)
            except InputProblemsError as error:
                problems += [problem for problem in error.problems if problem not in problems]
        if problems:
            raise InputProblemsError(tuple(problems))

    def mapping_for(self, practice: str) -> Mapping:
        """The newest good mapping of a practice. Raises KeyError when the practice is not on the shelf."""
        with self._lock:
            return self._fresh(self._slots[practice]).mapping

    def warnings(self) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
        """Practices whose file has problems now, with them: a broken edit, or examples and words to look at."""
        with self._lock:
            slots = {practice: self._fresh(slot) for practice, slot in self._slots.items()}
        return tuple((practice, slot.problems) for practice, slot in slots.items() if slot.problems)

    def _first(self, file: Path) -> _Slot:
        signature = _signature(file)
        mapping = load_mapping(file)
        return _Slot(file, signature, mapping, _remarks(mapping), self._clock())

    def _fresh(self, slot: _Slot) -> _Slot:
        now = self._clock()
        if now - slot.looked_at < _LOOK_EVERY_SECONDS:
            return slot
        slot.looked_at = now
        signature = _signature(slot.file)
        if signature != slot.signature:
            slot.signature = signature
            self._reload(slot)
        return slot

    def _reload(self, slot: _Slot) -> None:
        """Take the new version, unless it is broken or its own examples say that it does something else."""
        try:
            mapping = load_mapping(slot.file)
        except InputProblemsError as error:
            slot.problems = error.problems
            return
        slot.problems = _remarks(mapping)
        if all(problem.warning for problem in slot.problems):
            slot.mapping = mapping


def _signature(file: Path) -> _Signature:
    """What changes when a file is edited; None while it cannot be seen, as between an editor's two renames."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _remarks(mapping: Mapping) -> tuple[Problem, ...]:
    return (*mapping.warnings, *check_examples(mapping))
