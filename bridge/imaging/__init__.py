"""The imaging room: recognises a file by its content, proves a picture whole, and makes it fit for the chart.

What leaves here is a JPEG or PNG that every client of tscharts shows (contract/tscharts-clients.md): upright in its
pixels, sRGB or grey, without metadata, within a number of bytes. Whatever the bytes, the only exception is
PictureError, which carries a hold. `Workshop` does the same in worker processes, which hostile files cannot harm.
"""

from bridge.imaging.errors import PictureError
from bridge.imaging.formats import HEAD_BYTES, Format, recognise
from bridge.imaging.limits import Limits, Prepared, image_bytes_for_body
from bridge.imaging.prepare import prepare, preview, prove
from bridge.imaging.sizes import pixel_size, stream_size
from bridge.imaging.workshop import Workshop
from bridge.imaging.workshop_worker import WorkshopError

__all__ = [
    "HEAD_BYTES",
    "Format",
    "Limits",
    "PictureError",
    "Prepared",
    "Workshop",
    "WorkshopError",
    "image_bytes_for_body",
    "pixel_size",
    "prepare",
    "preview",
    "prove",
    "recognise",
    "stream_size",
]
