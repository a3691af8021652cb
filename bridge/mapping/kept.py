"""Good versions of mapping files, kept where no edit reaches them.

The last good one of each practice is for a start that finds the file broken. Those before it, each under its own hash,
say what a photo was held by, so that it is let go when a later version files it otherwise.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from bridge.errors import InputProblemsError
from bridge.mapping.loader import parse_mapping, version_of
from bridge.mapping.model import Mapping
from bridge.whole_files import write_whole
from bridge.yamlfile import read_bytes

_VERSION = re.compile(r"[0-9a-f]{12}\Z")
_MOST_VERSIONS = 200
"""So many earlier versions are kept; of those a photo may be held by, an older one counts as not known."""


def keep_version(raw: bytes, kept: Path) -> None:
    """Keep the bytes of a good version at `kept`, and among the earlier ones beside it. Raises OSError."""
    versions = _versions(kept)
    file = versions / f"{version_of(raw)}.yaml"
    _write(raw, file)
    file.touch()
    _write(raw, kept)
    by_age = sorted(versions.glob("*.yaml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for old in by_age[_MOST_VERSIONS:]:
        old.unlink(missing_ok=True)


def kept_version(kept: Path | None) -> tuple[bytes, Mapping] | None:
    """The version kept there and its bytes, or None when there is none that this bridge can use."""
    if kept is None:
        return None
    try:
        raw = read_bytes(kept)
        return raw, parse_mapping(raw, kept)
    except InputProblemsError:
        return None


def holds(kept: Path, raw: bytes) -> bool:
    """Whether these are the bytes kept there. To parse them takes far longer."""
    try:
        return kept.read_bytes() == raw
    except OSError:
        return False


def last_good(kept: Path | None) -> tuple[str, datetime] | None:
    """The hash of the version kept there, which was in force last, and since when (UTC); None when there is none."""
    if kept is None:
        return None
    try:
        return version_of(kept.read_bytes()), datetime.fromtimestamp(kept.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None


def earlier_version(kept: Path | None, version: str) -> Mapping | None:
    """A version that was in force once, or None when it was not kept or this bridge cannot read it any more."""
    if kept is None or not _VERSION.match(version):
        return None
    file = _versions(kept) / f"{version}.yaml"
    try:
        raw = read_bytes(file)
        return parse_mapping(raw, file) if version_of(raw) == version else None
    except InputProblemsError:
        return None


def _versions(kept: Path) -> Path:
    return kept.parent / "versions"


def _write(raw: bytes, file: Path) -> None:
    """Write a file; one that has these bytes already is left as it is."""
    if file.is_file() and file.read_bytes() == raw:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, raw)
