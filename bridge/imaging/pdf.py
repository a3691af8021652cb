"""The pages of a PDF document drawn as one picture. PDFium does the drawing; it runs no scripts."""

import importlib
import threading
from itertools import islice
from typing import Any

from PIL import Image, ImageChops

from bridge.imaging.errors import damaged, not_a_picture

_POINTS_PER_INCH = 72
_DOTS_PER_INCH = 200
_MOST_DOTS_PER_INCH = 400
_MOST_PICTURES = 1000
_PICTURE = 3
"""FPDF_PAGEOBJ_IMAGE."""

_MOST_PIXELS = 12_000_000
_MOST_EDGE = 16_000
_MOST_PAGES = 40
_GAP = 8
_LOCKED = b"/Encrypt"
_END = b"%%EOF"
_TAIL_BYTES = 2048
_GREY = 128
_AS_PHOTO = "send its pages as photos instead, then discard this one"

_one_at_a_time = threading.Lock()
"""PDFium is not made for threads."""


def is_cut_short(document: bytes) -> bool:
    """Whether a PDF document's end is missing. PDFium would draw what is left of it."""
    return _END not in document[-_TAIL_BYTES:]


def read_pages(document: bytes, *, all_pages: bool) -> Image.Image:
    """The first page, or all pages under each other, in L when nothing on them has a colour, else RGB.

    As many dots per inch as the largest picture on the page has, 200 to 400, or fewer when that makes 12 megapixels.

    Raises PictureError: DAMAGED_PICTURE when the document cannot be read, NOT_A_PICTURE when it is locked with a
    password, or when all of more than 40 pages are wanted.
    """
    with _one_at_a_time:
        pdfium: Any = importlib.import_module("pypdfium2")
        pages = _opened(pdfium, document)
        try:
            pages.init_forms()
            return _drawn(pages, all_pages)
        except pdfium.PdfiumError as error:
            raise damaged("a page of it cannot be drawn") from error
        finally:
            pages.close()


def _opened(pdfium: Any, document: bytes) -> Any:
    try:
        return pdfium.PdfDocument(document)
    except pdfium.PdfiumError as error:
        if _LOCKED in document:
            raise not_a_picture(
                "is a PDF document locked with a password", "save it without one and send that, then discard this one"
            ) from error
        raise damaged("it is a PDF document that cannot be read") from error


def _drawn(document: Any, all_pages: bool) -> Image.Image:
    wanted = len(document) if all_pages else min(1, len(document))
    if not wanted:
        raise damaged("it is a PDF document without pages")
    if wanted > _MOST_PAGES:
        raise not_a_picture(f"is a PDF document of {wanted} pages, more than the {_MOST_PAGES} allowed", _AS_PHOTO)
    pictures = [_page(document[at], _MOST_PIXELS // wanted, _MOST_EDGE // wanted) for at in range(wanted)]
    return pictures[0] if wanted == 1 else _stacked(pictures)


def _page(page: Any, most_pixels: int, most_edge: int) -> Image.Image:
    """One page in L or RGB, within bounds whatever size it declares. Closed at once: pages hold much memory."""
    try:
        width, height = page.get_size()
        if not (0 < width < float("inf") and 0 < height < float("inf")):
            raise damaged("a page of it has no size")
        scale = min(
            _dots_per_inch(page) / _POINTS_PER_INCH,
            (most_pixels / (width * height)) ** 0.5,
            most_edge / max(width, height),
        )
        bitmap = page.render(scale=scale, may_draw_forms=True)
        try:
            picture = _grey_where_grey(bitmap.to_pil().convert("RGB"))
        finally:
            bitmap.close()
        return picture
    finally:
        page.close()


def _dots_per_inch(page: Any) -> float:
    """What shows every pixel of the picture that covers most of the page."""
    largest, dots = 0.0, float(_DOTS_PER_INCH)
    for picture in islice(page.get_objects(filter=[_PICTURE]), _MOST_PICTURES):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) > largest:
            largest = (right - left) * (top - bottom)
            pixels = max(picture.get_px_size()) * _POINTS_PER_INCH
            dots = min(max(pixels / max(right - left, top - bottom), _DOTS_PER_INCH), _MOST_DOTS_PER_INCH)
    return dots


def _grey_where_grey(picture: Image.Image) -> Image.Image:
    """In L when all three colours are equal everywhere."""
    red, green, blue = picture.split()
    if ImageChops.difference(red, green).getbbox() or ImageChops.difference(red, blue).getbbox():
        return picture
    return red


def _stacked(pictures: list[Image.Image]) -> Image.Image:
    """All pictures under each other, from the left, with a thin grey line between."""
    height = sum(picture.height + _GAP for picture in pictures) - _GAP
    mode = "L" if all(picture.mode == "L" for picture in pictures) else "RGB"
    sheet = Image.new(mode, (max(picture.width for picture in pictures), height), "white")
    top = 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        line = (0, top + picture.height, sheet.width, top + picture.height + _GAP)
        sheet.paste(_GREY if mode == "L" else (_GREY,) * 3, line)
        top += picture.height + _GAP
    return sheet
