"""What decoding a picture costs in memory, told before it is decoded: 400 MB is the most that any may cost."""

from bridge.imaging.errors import too_much_memory
from bridge.imaging.formats import Format

_MOST_BYTES = 285_000_000
"""With what Python, the libraries and the parts in work take it is 400 million."""

_MOST_KEPT_BYTES = 64_000_000
"""The smaller picture that is made of a larger one, 16 million pixels, stands beside it for a moment."""

_BYTES_OF_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "LA": 4}
_BYTES_OF_COLOUR = 4
_BYTES_OF_PIXEL_IN_WEBP = 16
_COPIES_OF_FILE = {Format.PNG: 2, Format.DICOM: 2}
_BYTES_OF_PIXEL_IN_DICOM = {"L": 6, "RGB": 9}


def require_memory(kind: Format, file_bytes: int, size: tuple[int, int], mode: str) -> None:
    """Raise PictureError, TOO_LARGE, for a picture that would not fit a worker's memory while it is decoded.

    `mode` is Pillow's name for how its pixels are held. What is reckoned was measured at the largest that passes.
    """
    pixels = size[0] * size[1]
    decoded = pixels * _BYTES_OF_PIXEL.get(mode, _BYTES_OF_COLOUR)
    needed = decoded + min(decoded, _MOST_KEPT_BYTES)
    if kind is Format.DICOM:
        needed = pixels * _BYTES_OF_PIXEL_IN_DICOM[mode]
    elif kind is Format.WEBP:
        needed = pixels * _BYTES_OF_PIXEL_IN_WEBP
    if file_bytes * _COPIES_OF_FILE.get(kind, 1) + needed > _MOST_BYTES:
        raise too_much_memory()
