"""Finds drives that were made for copies: those with a folder `MedImage/photos` (contract/medimage.md's servers look
for the same at their start).
"""

import os
import string
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_MARK = Path("MedImage") / "photos"
_LINUX_ROOTS = ("/media/*", "/media/*/*", "/run/media/*/*", "/mnt/*", "/mnt")
_MAC_ROOTS = ("/Volumes/*",)


def drives() -> Iterator[Path]:
    """Where drives appear on this system."""
    if os.name == "nt":
        yield from (Path(f"{letter}:\\") for letter in string.ascii_uppercase)
        return
    for pattern in _MAC_ROOTS if sys.platform == "darwin" else _LINUX_ROOTS:
        yield from Path("/").glob(pattern.lstrip("/"))


def copy_folders(found: Iterable[Path]) -> list[Path]:
    """The folders for copies on these drives. A drive that cannot be read is passed over."""
    return [drive / _MARK for drive in found if _is_folder(drive / _MARK)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
