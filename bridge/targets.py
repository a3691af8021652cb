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


@dataclass(frozen=True)
class PictureLimits:
    """How far pictures of one type may be made smaller to fit: `longest_edge` is their width and height in pixels at
    most (None: any), `lowest_quality` the lowest JPEG quality, 1 to 95, before their size is reduced instead.
    """

    longest_edge: int | None = None
    lowest_quality: int = 60


USUAL_LIMITS = {kind: PictureLimits() for kind in ImageType} | {
    ImageType.XRAY: PictureLimits(lowest_quality=80),
    ImageType.AUDIOGRAM: PictureLimits(lowest_quality=75),
}
"""What holds where a mapping file says nothing: X-rays and audiograms keep their fine lines, smaller if need be."""
