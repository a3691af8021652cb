"""The pages of a PDF document drawn as one picture. PDFium does the drawing; it runs no scripts."""

import importlib
import threading
from typing import Any

from PIL import Image

from bridge.imaging.errors import damaged, not_a_picture

_POINTS_PER_INCH = 72
_DOTS_PER_INCH = 200
_MOST_PIXELS = 12_000_000
_MOST_EDGE = 16_000
_MOST_PAGES = 40
_GAP = 8
_LOCKED = b"/Encrypt"
_END = b"%%EOF"
_TAIL_BYTES = 2048
_GREY = (128, 128, 128)
_AS_PHOTO = "send its pages as photos instead, then discard this one"

_one_at_a_time = threading.Lock()
"""PDFium is not made for threads."""


def is_cut_short(document: bytes) -> bool:
    """Whether a PDF document's end is missing. PDFium would draw what is left of it."""
    return _END not in document[-_TAIL_BYTES:]


def read_pages(document: bytes, *, all_pages: bool) -> Image.Image:
    """The first page, or all pages under each other, in RGB: 200 dots per inch, or fewer when that makes 12 megapixels.

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
    """One page in RGB, within bounds whatever size it declares. Closed at once: pages hold much memory."""
    try:
        width, height = page.get_size()
        if not (0 < width < float("inf") and 0 < height < float("inf")):
            raise damaged("a page of it has no size")
        scale = min(
            _DOTS_PER_INCH / _POINTS_PER_INCH,
            (most_pixels / (width * height)) ** 0.5,
            most_edge / max(width, height),
        )
        bitmap = page.render(scale=scale, may_draw_forms=True)
        try:
            picture: Image.Image = bitmap.to_pil().convert("RGB")
        finally:
            bitmap.close()
        return picture
    finally:
        page.close()


def _stacked(pictures: list[Image.Image]) -> Image.Image:
    """All pictures under each other, from the left, with a thin grey line between."""
    height = sum(picture.height + _GAP for picture in pictures) - _GAP
    sheet = Image.new("RGB", (max(picture.width for picture in pictures), height), "white")
    top = 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        sheet.paste(_GREY, (0, top + picture.height, sheet.width, top + picture.height + _GAP))
        top += picture.height + _GAP
    return sheet
