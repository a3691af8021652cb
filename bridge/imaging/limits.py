"""What a picture for the chart may be, and one that is ready for it."""

from dataclasses import dataclass
from typing import Literal

from bridge.imaging.formats import Format


@dataclass(frozen=True)
class Limits:
    """What a picture for the chart may be.

    `max_image_bytes`: its bytes before base64 (see `image_bytes_for_body`). `max_pixels`: the most pixels a file may
    have to be decoded at all (16 to 40 million at the most for any kind but JPEG, and fewer where its kind and bytes
    take more memory). `longest_edge`: width and height in pixels, at most; None for 16 000. `quality_floor`: the lowest
    JPEG quality, 1 to 95. `pdf_pages`: the first page of a PDF document, or all of them under each other.
    """

    max_image_bytes: int
    max_pixels: int = 220_000_000
    longest_edge: int | None = None
    quality_floor: int = 60
    pdf_pages: Literal["first", "all"] = "first"


@dataclass(frozen=True)
class Prepared:
    """A picture ready for the chart: JPEG or PNG, upright, sRGB or grey, without metadata.

    At most 16 million pixels. `passed_through`: its pixels are the original's, never encoded again. `encodings`: how
    many times the whole picture was encoded, 0 to 3; samples of it, 0.2 million pixels at the most, apart.
    """

    data: bytes
    format: Literal[Format.JPEG, Format.PNG]
    width: int
    height: int
    passed_through: bool
    encodings: int


def image_bytes_for_body(body_limit_bytes: int, overhead_bytes: int = 128) -> int:
    """The largest image whose base64 (4 characters for 3 bytes) and `overhead_bytes` of JSON fit a request body.

    contract/tscharts.md: bodies of 1 048 576 bytes behind the shipped nginx, 2 621 440 direct.
    """
    return max(0, (body_limit_bytes - overhead_bytes) // 4 * 3)
