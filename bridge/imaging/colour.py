"""Colours made plain: 8-bit grey or RGB, opaque, in sRGB."""

import io

from PIL import Image, ImageCms

from bridge.imaging.bands import in_bands
from bridge.imaging.errors import not_a_picture
from bridge.imaging.shades import eight_bit_grey

_LARGEST_PROFILE_BYTES = 4 * 1024 * 1024
_SMALLEST_PROFILE_BYTES = 128
_PROFILE_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK"}
_SAME_TO_THE_EYE = 3


def eight_bit(image: Image.Image) -> Image.Image:
    """The picture in 8 bits, opaque: grey (L) where it was grey, CMYK where it was CMYK, else RGB (or RGBX, as is).

    Deeper greys: see `eight_bit_grey`. Transparent parts become white. Raises PictureError for L*a*b* colours, and for
    greys that are no numbers.
    """
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return eight_bit_grey(image)
    if image.has_transparency_data:
        return _on_white(image)
    if image.mode == "LAB":
        raise not_a_picture("has L*a*b* colours, which cannot be shown", "export it as a JPEG")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in (*_PROFILE_SPACES, "RGBX") else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    mode = "L" if image.mode in ("L", "LA", "La") else "RGB"
    return in_bands(image, mode, lambda band: _band_on_white(band, mode))


def _band_on_white(band: Image.Image, mode: str) -> Image.Image:
    see_through = band if band.mode in ("LA", "RGBA") else band.convert("LA" if mode == "L" else "RGBA")
    white = Image.new(mode, band.size, "white")
    white.paste(see_through.convert(mode), mask=see_through.getchannel("A"))
    return white


def is_srgb(icc: bytes | None, mode: str) -> bool:
    """Whether pictures of this mode (L, RGB) look the same with the profile as without it: it can be dropped."""
    transform = _transform_to_srgb(icc, mode)
    if transform is None:
        return True
    chart = _chart(mode)
    plain = chart.convert("RGB")
    shown = transform.apply(chart)
    return all(
        abs(one - other) <= _SAME_TO_THE_EYE for one, other in zip(plain.tobytes(), shown.tobytes(), strict=True)
    )


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """An L, RGB, RGBX or CMYK picture as L, RGB or RGBX in sRGB. A profile that cannot be used is as none."""
    mode = image.mode.removesuffix("X")
    transform = _transform_to_srgb(icc, mode)
    if transform is None or (mode != "CMYK" and is_srgb(icc, mode)):
        return image.convert("RGB") if mode == "CMYK" else image
    plain = image if image.mode == mode else image.convert(mode)
    return transform.apply(plain).convert("L" if mode == "L" else "RGB")


def _transform_to_srgb(icc: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """What turns pictures of this mode into sRGB, None when the profile is absent, broken or for another mode."""
    if not icc or not _SMALLEST_PROFILE_BYTES < len(icc) < _LARGEST_PROFILE_BYTES:
        return None
    if icc[16:20] != _PROFILE_SPACES.get(mode):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        return ImageCms.ImageCmsTransform(profile, srgb, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _chart(mode: str) -> Image.Image:
    """Every fourth grey, or a cube of 9 steps each way, as one row of pixels."""
    if mode == "L":
        return Image.frombytes("L", (64, 1), bytes(range(0, 256, 4)))
    steps = [min(step * 32, 255) for step in range(9)]
    cube = bytes(part for red in steps for green in steps for blue in steps for part in (red, green, blue))
    return Image.frombytes("RGB", (729, 1), cube)
