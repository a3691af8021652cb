"""The mappings of a running bridge, read again when their files change."""

import logging
import time
from collections.abc import Callable
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from bridge.errors import InputProblemsError, Problem
from bridge.mapping.check import CheckResult, check_bytes
from bridge.mapping.kept import earlier_version, holds, keep_version, kept_version, last_good
from bridge.mapping.model import Mapping
from bridge.yamlfile import read_bytes

_log = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 1.0
_CLOSEST_LOOKS_SECONDS = 0.5
"""Two looks that are nearer would say nothing about whether somebody still writes."""

_CUT_SHORT_SECONDS = 60.0
"""So long a file whose end is missing has to stand before it counts as meant."""

_LAST_BYTES = 40
"""By so many bytes at its end it is seen where a file was cut off."""

_LOOKS_AT_START = 5
_END_IS_MISSING = (
    "looks half written: its end is missing; save it again whole, or, if it is meant to end here, leave it as it is: it"
    " is used when it has not changed for a minute"
)
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


_Judged = dict[bytes, Mapping]


@dataclass(frozen=True)
class _Content:
    """What one look at a file has shown: its bytes, or why there are none."""

    raw: bytes | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Standing:
    """What is in force, as one value, so that whoever asks needs not wait for a look."""

    mapping: Mapping
    raw: bytes
    since: datetime
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _CutShort:
    """A good version that lacks the end of the one in force; taken when it stands so until `due_at`."""

    result: CheckResult
    due_at: float


@dataclass
class _Slot:
    practice: str
    file: Path
    kept: Path | None
    stands: _Standing
    judged: _Content
    seen: _Content
    looked_at: float
    cut_short: _CutShort | None = None


class MappingShelf:
    """One mapping for each practice. Safe to use from several threads.

    `look` is to be called once a second; nothing else reads the files. What has changed is judged when two looks have
    shown the same bytes, as it may be half written, and those bytes alone count. What lacks the end of the version in
    force has to stand for a minute, also where a start finds it. A broken edit leaves the last good version in force,
    and `warnings` says what is wrong. A copy of that version is kept at the practice's path in `kept`, and is used at
    the next start when the file is broken or gone by then. `clock` gives seconds, as `time.monotonic`; `wait` is how
    seconds are waited for between two looks at the start.
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
        self._looking = Lock()
        self._slots: dict[str, _Slot] = {}
        problems: list[Problem] = []
        judged: _Judged = {}
        for practice, content in _at_start(files, kept, wait).items():
            result = _judge(content, files[practice], judged)
            try:
                self._slots[practice] = self._first(practice, files[practice], content, result, kept.get(practice))
            except InputProblemsError as error:
                problems += [problem for problem in error.problems if problem not in problems]
        if problems:
            raise InputProblemsError(tuple(problems))

    def keep(self) -> None:
        """Keep copies of the good versions that the start found; those of later edits are kept by themselves. To be
        called once the place for them is this bridge's own. Never raises.
        """
        with self._looking:
            for slot in self._slots.values():
                _keep(slot)

    def look(self) -> None:
        """Look at all files, and judge what has changed; at once done when another thread is at it. May take as long
        as the files' drive and their rules do.
        """
        if not self._looking.acquire(blocking=False):
            return
        try:
            for slot in self._slots.values():
                self._look_again(slot)
        finally:
            self._looking.release()

    def mapping_for(self, practice: str) -> Mapping:
        """The newest good mapping of a practice, at once. Raises KeyError when the practice is not on the shelf."""
        return self._slots[practice].stands.mapping

    def earlier(self, practice: str, version: str) -> Mapping | None:
        """A version that is in force or was once, by its hash; None when it is not known any more. Raises KeyError."""
        slot = self._slots[practice]
        mapping = slot.stands.mapping
        return mapping if mapping.version_hash == version else earlier_version(slot.kept, version)

    def in_force(self) -> tuple[InForce, ...]:
        """How each practice stands: its file, the version in force, since when, and what the last look has found wrong
        with the file. At once.
        """
        now = [(slot, slot.stands) for slot in self._slots.values()]
        return tuple(
            InForce(slot.practice, slot.file, stands.mapping.version_hash, stands.since, stands.problems)
            for slot, stands in now
        )

    def warnings(self) -> tuple[tuple[str, tuple[Problem, ...]], ...]:
        """Practices whose file has problems now, with them: a broken edit, or examples and words to look at."""
        return tuple((each.practice, each.problems) for each in self.in_force() if each.problems)

    def _first(self, practice: str, file: Path, content: _Content, result: CheckResult, kept: Path | None) -> _Slot:
        """The file as it is, or the kept version when it is broken, cut short or fails its own examples.
        Raises InputProblemsError when it is broken and none was kept.
        """
        cut_short = None
        if content.raw is not None and result.mapping is not None and result.is_good:
            raw, mapping = content.raw, result.mapping
            known = _other_than(raw, kept)
            if known and _is_cut_short(raw, known[0]):
                cut_short = _CutShort(result, self._clock() + _CUT_SHORT_SECONDS)
                raw, mapping = known
        elif known := kept_version(kept):
            raw, mapping = known
        else:
            raise InputProblemsError(result.problems)
        version, since = last_good(kept) or ("", datetime.now(UTC))
        since = since if version == mapping.version_hash else datetime.now(UTC)
        stands = _Standing(mapping, raw, since, _told(file, result, cut_short))
        return _Slot(practice, file, kept, stands, content, content, self._clock(), cut_short)

    def _look_again(self, slot: _Slot) -> None:
        now = self._clock()
        if now - slot.looked_at < _CLOSEST_LOOKS_SECONDS:
            return
        slot.looked_at = now
        before, slot.seen = slot.seen, _look(slot.file)
        if slot.seen != before:
            slot.cut_short = None
        elif slot.seen != slot.judged or _has_stood(slot, now):
            _judge_anew(slot, now)


def _at_start(
    files: ReadOnlyMapping[str, Path], kept: ReadOnlyMapping[str, Path], wait: Callable[[float], None]
) -> dict[str, _Content]:
    """Each file when two looks show the same, if it is not as the version that was in force last; that one, while
    somebody writes and writes. Without such a one there is nothing to be careful for.
    """
    seen = {practice: _look(file) for practice, file in files.items()}
    others = {practice: _other_than(seen[practice].raw, kept.get(practice)) for practice in files}
    known = {practice: other[0] for practice, other in others.items() if other}
    unsure = set(known)
    for _ in range(_LOOKS_AT_START):
        if not unsure:
            break
        wait(_LOOK_EVERY_SECONDS)
        before = dict(seen)
        seen |= {practice: _look(files[practice]) for practice in unsure}
        unsure = {practice for practice in unsure if seen[practice] != before[practice]}
    return seen | {practice: _Content(known[practice]) for practice in unsure}


def _other_than(raw: bytes | None, kept: Path | None) -> tuple[bytes, Mapping] | None:
    """The good version kept there when the file holds another one. Without a file, there is nothing to compare."""
    if raw is None or kept is None or holds(kept, raw):
        return None
    return kept_version(kept)


def _has_stood(slot: _Slot, now: float) -> bool:
    return slot.cut_short is not None and now >= slot.cut_short.due_at


def _judge_anew(slot: _Slot, now: float) -> None:
    """Take what the file holds, unless it is broken, its own examples say that it does something else, or its end is
    missing since less than a minute.
    """
    known, raw = slot.cut_short, slot.seen.raw
    result = known.result if known else _judge(slot.seen, slot.file)
    slot.judged, slot.cut_short = slot.seen, None
    if raw is None or result.mapping is None or not result.is_good:
        slot.stands = replace(slot.stands, problems=result.problems)
    elif known is None and _is_cut_short(raw, slot.stands.raw):
        slot.cut_short = _CutShort(result, now + _CUT_SHORT_SECONDS)
        slot.stands = replace(slot.stands, problems=_told(slot.file, result, slot.cut_short))
    else:
        _take(slot, raw, result.mapping, result.problems)


def _told(file: Path, result: CheckResult, cut_short: _CutShort | None) -> tuple[Problem, ...]:
    missing = (Problem(file, _END_IS_MISSING, warning=True),) if cut_short else ()
    return (*missing, *result.problems)


def _is_cut_short(raw: bytes, whole: bytes) -> bool:
    """Whether a version ends where another one goes on, though it may begin otherwise: an edit was saved by half.
    Spaces and empty lines are no end.
    """
    begun, full = raw.rstrip(), whole.rstrip()
    if len(begun) >= len(full):
        return False
    last = begun[-_LAST_BYTES:]
    return full.startswith(begun) or (last in full and not full.endswith(last))


def _take(slot: _Slot, raw: bytes, mapping: Mapping, problems: tuple[Problem, ...]) -> None:
    version, before = mapping.version_hash, slot.stands.mapping.version_hash
    since = slot.stands.since if version == before else datetime.now(UTC)
    slot.stands = _Standing(mapping, raw, since, problems)
    if version != before:
        _log.info("event=mapping-taken practice=%s version=%s before=%s", slot.practice, version, before)
    _keep(slot)


def _look(file: Path) -> _Content:
    try:
        return _Content(read_bytes(file))
    except InputProblemsError as error:
        return _Content(None, error.problems)


def _judge(content: _Content, file: Path, judged: _Judged | None = None) -> CheckResult:
    """What there is to say of a file. What was `judged` without a word counts for equal files of other practices."""
    if content.raw is None:
        return CheckResult(content.problems, None)
    if judged and (known := judged.get(content.raw)):
        return CheckResult((), replace(known, file=file))
    result = check_bytes(content.raw, file)
    if judged is not None and result.mapping is not None and not result.problems:
        judged[content.raw] = result.mapping
    return result


def _keep(slot: _Slot) -> None:
    if slot.kept is None:
        return
    try:
        keep_version(slot.stands.raw, slot.kept)
    except OSError as error:
        _log.warning("event=mapping-not-kept practice=%s error=%s", slot.practice, type(error).__name__)
