"""Copies in folders: each photo's original also kept in MedImage's layout, on other disks and drives.

`CopyKeeper` writes what the store says is due; a folder that is away is tried again, and never delays the chart.
"""

from bridge.copies.folder import FolderAwayError, write_copy
from bridge.copies.keeper import CopyKeeper

__all__ = ["CopyKeeper", "FolderAwayError", "write_copy"]
