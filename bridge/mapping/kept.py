"""The last good version of a mapping file, kept where no edit reaches it, for a start that finds the file broken."""

import os
import secrets
from pathlib import Path

from bridge.errors import InputProblemsError
from bridge.mapping.loader import load_mapping, version_of
from bridge.mapping.model import Mapping


def keep_version(file: Path, kept: Path, version: str) -> None:
    """Copy a mapping file to `kept`, whole or not at all, while it is still that version. Raises OSError."""
    if version_of(kept) == version:
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as copy:
            copy.write(file.read_bytes())
            copy.flush()
            os.fsync(copy.fileno())
        if version_of(part) == version:
            part.replace(kept)
    finally:
        part.unlink(missing_ok=True)


def kept_version(kept: Path | None) -> Mapping | None:
    """The version kept there, or None when there is none that this bridge can use."""
    try:
        return load_mapping(kept) if kept is not None else None
    except InputProblemsError:
        return None
