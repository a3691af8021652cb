"""The mappings of a running bridge, read again when their files change."""

import logging
import time
from collections.abc import Callable
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from bridge.errors import InputProblemsError, Problem
from bridge.mapping.expectations import check_examples
from bridge.mapping.kept import keep_version, kept_version
from bridge.mapping.loader import load_mapping
from bridge.mapping.model import Mapping

_log = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 1.0

_Signature = tuple[int, int] | None
_NOWHERE: ReadOnlyMapping[str, Path] = MappingProxyType({})


@dataclass
class _Slot:
    practice: str
    file: Path
    kept: Path | None
    signature: _Signature
    mapping: Mapping
    problems: tuple[Problem, ...]
    looked_at: float


class MappingShelf:
    """One mapping for each practice. Safe to use from several threads.

    A file is looked at once a second at most, and only when it is asked for. A broken edit leaves the last good
    version in use, and `warnings` says what is wrong. A copy of that version is kept at the practice's path in `kept`,
    and is used at the next start when the file is broken or gone by then. `clock` gives seconds, as `time.monotonic`.
    """

    def __init__(
        self,
        files: ReadOnlyMapping[str, Path],
        clock: Callable[[], float] = time.monotonic,
        kept: ReadOnlyMapping[str, Path] = _NOWHERE,
    ) -> None:
        """Read all files (practice name to path). Raises InputProblemsError with the problems of all those of which
        there is no good version at all.
        """
        self._clock = clock
        self._lock = Lock()
        self._slots: dict[str, _Slot] = {}
        problems: list[Problem] = []
        for practice, file in files.items():
            try:
                self._slots[practice] = self._first(practice, file, kept.get(practice))
            except InputProblemsError as error:
                problems += [problem for problem in error.problems if problem not in problems]
        if problems:
            raise InputProblemsError(tuple(problems))

    def keep(self) -> None:
        """Keep copies of the good versions that the start found; those of later edits are kept by themselves. To be
        called once the place for them is this bridge's own. Never raises.
        """
        with self._lock:
            for slot in self._slots.values():
                if all(problem.warning for problem in slot.problems):
                    _keep(slot)

    def mapping_for(self, practice: str) -> Mapping:
        """The newest good mapping of a practice. Raises KeyError when the practice is not on the shelf."""
        with self._lock:
            return self._fresh(self._slots[practice]).mapping

    def warnings(self) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
        """Practices whose file has problems now, with them: a broken edit, or examples and words to look at."""
        with self._lock:
            slots = {practice: self._fresh(slot) for practice, slot in self._slots.items()}
        return tuple((practice, slot.problems) for practice, slot in slots.items() if slot.problems)

    def _first(self, practice: str, file: Path, kept: Path | None) -> _Slot:
        """The file as it is, or the kept version when it is broken or its own examples say that it does another thing.
        Raises InputProblemsError when it is broken and none was kept.
        """
        signature = _signature(file)
        mapping, problems = _read(file)
        if not all(problem.warning for problem in problems):
            mapping = kept_version(kept) or mapping
        if mapping is None:
            raise InputProblemsError(problems)
        return _Slot(practice, file, kept, signature, mapping, problems, self._clock())

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
        mapping, slot.problems = _read(slot.file)
        if mapping is not None and all(problem.warning for problem in slot.problems):
            slot.mapping = mapping
            _keep(slot)


def _signature(file: Path) -> _Signature:
    """What changes when a file is edited; None while it cannot be seen, as between an editor's two renames."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _read(file: Path) -> tuple[Mapping | None, tuple[Problem, ...]]:
    """What a file says, None when it is broken, and all that is to be said about it."""
    try:
        mapping = load_mapping(file)
    except InputProblemsError as error:
        return None, error.problems
    return mapping, (*mapping.warnings, *check_examples(mapping))


def _keep(slot: _Slot) -> None:
    if slot.kept is None:
        return
    try:
        keep_version(slot.file, slot.kept, slot.mapping.version_hash)
    except OSError as error:
        _log.warning("event=mapping-not-kept practice=%s error=%s", slot.practice, type(error).__name__)
