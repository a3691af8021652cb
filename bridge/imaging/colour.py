"""Colours made plain: 8-bit grey or RGB, opaque, in sRGB."""

import io

from PIL import Image, ImageCms

from bridge.imaging.errors import not_a_picture

_LARGEST_PROFILE_BYTES = 4 * 1024 * 1024
_SMALLEST_PROFILE_BYTES = 128
_PROFILE_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK"}
_SAME_TO_THE_EYE = 3
_FEWEST_SHADES = 64


def eight_bit(image: Image.Image) -> Image.Image:
    """The picture in 8 bits, opaque: grey (L) where it was grey, CMYK where it was CMYK, else RGB (or RGBX, as is).

    16-bit grey is scaled by the bits it uses, so that a 12-bit X-ray keeps its brightness; what would be left with less
    than a quarter of the shades, and wider numbers, by their range. Transparent parts become white. Raises PictureError
    for L*a*b* colours.
    """
    if image.mode.startswith("I;16"):
        return _from_16_bit(image)
    if image.mode in ("I", "F"):
        return _from_range(image)
    if image.has_transparency_data:
        return _on_white(image)
    if image.mode == "LAB":
        raise not_a_picture("has L*a*b* colours, which cannot be shown", "export it as a JPEG")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in (*_PROFILE_SPACES, "RGBX") else image.convert("RGB")


def _from_16_bit(image: Image.Image) -> Image.Image:
    wide = image if image.mode == "I;16" else image.convert("I")
    smallest, largest = _extrema(wide)
    scale = 2.0 ** -max(int(largest).bit_length() - 8, 0)
    if 0 < (largest - smallest) * scale < _FEWEST_SHADES:
        return _from_range(wide)
    return _narrow(wide, scale, 0.0)


def _from_range(image: Image.Image) -> Image.Image:
    smallest, largest = _extrema(image)
    scale = 255.0 / (largest - smallest) if largest > smallest else 0.0
    return _narrow(image, scale, -smallest * scale)


def _extrema(image: Image.Image) -> tuple[float, float]:
    """The smallest and largest number in a picture of one band."""
    smallest, largest = image.getextrema()
    if isinstance(smallest, tuple) or isinstance(largest, tuple):
        raise TypeError("a picture of one band was wanted")
    return smallest, largest


def _narrow(image: Image.Image, scale: float, offset: float) -> Image.Image:
    return image.point(lambda value: value * scale + offset).convert("L")


def _on_white(image: Image.Image) -> Image.Image:
    is_grey = image.mode in ("L", "LA", "La")
    see_through = image if image.mode in ("LA", "RGBA") else image.convert("LA" if is_grey else "RGBA")
    white = Image.new("L" if is_grey else "RGB", image.size, "white")
    white.paste(see_through.convert(white.mode), mask=see_through.getchannel("A"))
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
