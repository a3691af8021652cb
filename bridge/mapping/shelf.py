"""The mappings of a running bridge, read again when their files change."""

import logging
import time
from collections.abc import Callable
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from bridge.errors import InputProblemsError, Problem
from bridge.mapping.check import CheckResult, check_bytes
from bridge.mapping.kept import earlier_version, keep_version, kept_version, last_good
from bridge.mapping.model import Mapping
from bridge.yamlfile import read_bytes

_log = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 1.0
_LOOKS_AT_START = 5
_NOWHERE: ReadOnlyMapping[str, Path] = MappingProxyType({})


@dataclass(frozen=True)
class InForce:
    """Which version of a practice's mapping file is in force, since when (UTC), and what is wrong with the file now."""

    practice: str
    file: Path
    version: str
    since: datetime
    problems: tuple[Problem, ...]

    @property
    def is_broken(self) -> bool:
        """Whether the file as it is now cannot take over, so that an earlier version stays in force."""
        return not all(problem.warning for problem in self.problems)


@dataclass(frozen=True)
class _Content:
    """What one look at a file has shown: its bytes, or why there are none."""

    raw: bytes | None
    problems: tuple[Problem, ...] = ()


@dataclass
class _Slot:
    practice: str
    file: Path
    kept: Path | None
    mapping: Mapping
    raw: bytes
    since: datetime
    problems: tuple[Problem, ...]
    judged: _Content
    seen: _Content
    looked_at: float


class MappingShelf:
    """One mapping for each practice. Safe to use from several threads.

    A file is looked at once a second at most, and only when it is asked for. What has changed is judged when two looks
    have shown the same bytes, as it may be half written, and those bytes alone count. A broken edit leaves the last
    good version in force, and `warnings` says what is wrong. A copy of that version is kept at the practice's path in
    `kept`, and is used at the next start when the file is broken or gone by then. `clock` gives seconds, as
    `time.monotonic`; `wait` is how seconds are waited for between two looks at the start.
    """

    def __init__(
        self,
        files: ReadOnlyMapping[str, Path],
        clock: Callable[[], float] = time.monotonic,
        kept: ReadOnlyMapping[str, Path] = _NOWHERE,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Read all files (practice name to path). Raises InputProblemsError with the problems of all those of which
        there is no good version at all.
        """
        self._clock = clock
        self._lock = Lock()
        self._slots: dict[str, _Slot] = {}
        problems: list[Problem] = []
        for practice, content in _at_start(files, kept, wait).items():
            try:
                self._slots[practice] = self._first(practice, files[practice], content, kept.get(practice))
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
                _keep(slot)

    def mapping_for(self, practice: str) -> Mapping:
        """The newest good mapping of a practice. Raises KeyError when the practice is not on the shelf."""
        with self._lock:
            return self._fresh(self._slots[practice]).mapping

    def earlier(self, practice: str, version: str) -> Mapping | None:
        """A version that is in force or was once, by its hash; None when it is not known any more. Raises KeyError."""
        with self._lock:
            slot = self._slots[practice]
        return slot.mapping if slot.mapping.version_hash == version else earlier_version(slot.kept, version)

    def in_force(self) -> tuple[InForce, ...]:
        """How each practice stands: its file, the version in force, since when, and what is wrong with the file now."""
        with self._lock:
            slots = [self._fresh(slot) for slot in self._slots.values()]
            return tuple(
                InForce(slot.practice, slot.file, slot.mapping.version_hash, slot.since, slot.problems)
                for slot in slots
            )

    def warnings(self) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
        """Practices whose file has problems now, with them: a broken edit, or examples and words to look at."""
        return tuple((each.practice, each.problems) for each in self.in_force() if each.problems)

    def _first(self, practice: str, file: Path, content: _Content, kept: Path | None) -> _Slot:
        """The file as it is, or the kept version when it is broken or its own examples say that it does another thing.
        Raises InputProblemsError when it is broken and none was kept.
        """
        result = _judge(content, file)
        if content.raw is not None and result.mapping is not None and result.is_good:
            raw, mapping = content.raw, result.mapping
        elif (known := kept_version(kept)) is not None:
            raw, mapping = known
        else:
            raise InputProblemsError(result.problems)
        version, since = last_good(kept) or ("", datetime.now(UTC))
        since = since if version == mapping.version_hash else datetime.now(UTC)
        return _Slot(practice, file, kept, mapping, raw, since, result.problems, content, content, self._clock())

    def _fresh(self, slot: _Slot) -> _Slot:
        now = self._clock()
        if now - slot.looked_at < _LOOK_EVERY_SECONDS:
            return slot
        slot.looked_at = now
        before, slot.seen = slot.seen, _look(slot.file)
        if slot.seen == before and slot.seen != slot.judged:
            slot.judged = slot.seen
            _take(slot, slot.seen)
        return slot


def _at_start(
    files: ReadOnlyMapping[str, Path], kept: ReadOnlyMapping[str, Path], wait: Callable[[float], None]
) -> dict[str, _Content]:
    """Each file when two looks show the same, if it is not as the version that was in force last; that one, while
    somebody writes and writes. Without such a one there is nothing to be careful for.
    """
    known = {practice: found[0] for practice in files if (found := kept_version(kept.get(practice)))}
    seen = {practice: _look(file) for practice, file in files.items()}
    unsure = {practice for practice, raw in known.items() if seen[practice].raw not in (None, raw)}
    for _ in range(_LOOKS_AT_START):
        if not unsure:
            break
        wait(_LOOK_EVERY_SECONDS)
        before = dict(seen)
        seen |= {practice: _look(files[practice]) for practice in unsure}
        unsure = {practice for practice in unsure if seen[practice] != before[practice]}
    return seen | {practice: _Content(known[practice]) for practice in unsure}


def _take(slot: _Slot, content: _Content) -> None:
    """Take the new version, unless it is broken or its own examples say that it does something else."""
    result = _judge(content, slot.file)
    slot.problems = result.problems
    if content.raw is None or result.mapping is None or not result.is_good:
        return
    before = slot.mapping.version_hash
    slot.mapping, slot.raw = result.mapping, content.raw
    if result.mapping.version_hash != before:
        slot.since = datetime.now(UTC)
        _log.info(
            "event=mapping-taken practice=%s version=%s before=%s", slot.practice, result.mapping.version_hash, before
        )
    _keep(slot)


def _look(file: Path) -> _Content:
    try:
        return _Content(read_bytes(file))
    except InputProblemsError as error:
        return _Content(None, error.problems)


def _judge(content: _Content, file: Path) -> CheckResult:
    return CheckResult(content.problems, None) if content.raw is None else check_bytes(content.raw, file)


def _keep(slot: _Slot) -> None:
    if slot.kept is None:
        return
    try:
        keep_version(slot.raw, slot.kept)
    except OSError as error:
        _log.warning("event=mapping-not-kept practice=%s error=%s", slot.practice, type(error).__name__)
