"""The chart target: which patient, clinic, station and image type a photo belongs to in tscharts."""

from dataclasses import dataclass
from enum import StrEnum


class ImageType(StrEnum):
    """The four types tscharts knows, spelt exactly as it wants them (contract/tscharts.md, "Image")."""

    HEADSHOT = "Headshot"
    XRAY = "Xray"
    SURGERY = "Surgery"
    AUDIOGRAM = "Audiogram"


@dataclass(frozen=True)
class ChartTarget:
    """Where a photo goes in the chart, in tscharts ids. `clinic` and `station` may be None: then they are not sent."""

    patient: int
    type: ImageType
    clinic: int | None = None
    station: int | None = None
