"""What a file is, told from its first bytes. Its name is never asked."""

import codecs
from enum import StrEnum

HEAD_BYTES = 1024
"""How many bytes from a file's start `recognise` wants; fewer will do for a shorter file."""


class Format(StrEnum):
    """The kinds of file that phones and X-ray stations send."""

    JPEG = "JPEG"
    PNG = "PNG"
    HEIC = "HEIC"
    WEBP = "WebP"
    GIF = "GIF"
    TIFF = "TIFF"
    BMP = "BMP"
    PDF = "PDF"
    DICOM = "DICOM"
    MP4 = "MP4"
    MP3 = "MP3"
    JSON = "JSON"
    TEXT = "text"

    @property
    def media_type(self) -> str:
        """The registered media type, as in `image/jpeg`."""
        return _MEDIA_TYPES[self]

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture and nothing else, whose header tells its size (see `pixel_size`)."""
        return self in _PICTURES

    @property
    def can_be_shown(self) -> bool:
        """Whether `prepare` can make a picture for the chart of it: of pictures, PDF documents and DICOM files."""
        return self in _PICTURES or self in _DOCUMENTS


_MEDIA_TYPES = {
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.HEIC: "image/heic",
    Format.WEBP: "image/webp",
    Format.GIF: "image/gif",
    Format.TIFF: "image/tiff",
    Format.BMP: "image/bmp",
    Format.PDF: "application/pdf",
    Format.DICOM: "application/dicom",
    Format.MP4: "video/mp4",
    Format.MP3: "audio/mpeg",
    Format.JSON: "application/json",
    Format.TEXT: "text/plain",
}
_PICTURES = {Format.JPEG, Format.PNG, Format.HEIC, Format.WEBP, Format.GIF, Format.TIFF, Format.BMP}
_DOCUMENTS = {Format.PDF, Format.DICOM}
_PREFIXES = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
    (b"\x02\0\0\0UL\x04\0", Format.DICOM),
    (b"%PDF-", Format.PDF),
    (b"ID3", Format.MP3),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_BMP_HEADER_BYTES = {12, 40, 52, 56, 64, 108, 124}
_TEXT_CONTROLS = frozenset(b"\t\n\r\f")


def recognise(head: bytes) -> Format | None:
    """What a file is, from its first HEAD_BYTES bytes; None for an empty file and for anything not listed in Format.

    CSV has no mark of its own: it is TEXT, as is all UTF-8 without control characters.
    """
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
        return Format.BMP
    if head[128:132] == b"DICM":
        return Format.DICOM
    if _is_mp3_frame(head):
        return Format.MP3
    return _by_text(head)


def is_avif(head: bytes) -> bool:
    """Whether it is a picture of a kind much like HEIC that cannot be decoded here."""
    return head[4:8] == b"ftyp" and bool(_brands(head) & _AVIF_BRANDS)


def _by_brand(head: bytes) -> Format | None:
    """An ISO media file, by the brands of its `ftyp` box (ISO/IEC 14496-12, 4.3). AVIF cannot be decoded here."""
    if is_avif(head):
        return None
    return Format.HEIC if _brands(head) & _HEIF_BRANDS else Format.MP4


def _brands(head: bytes) -> set[bytes]:
    box_bytes = int.from_bytes(head[:4], "big")
    return {head[8:12]} | {head[at : at + 4] for at in range(16, min(box_bytes, len(head)), 4)}


def _is_mp3_frame(head: bytes) -> bool:
    """A bare MPEG audio frame, layer III: 11 bits of sync, then layer, bit rate and sample rate in range."""
    if len(head) < 3 or head[0] != 0xFF:
        return False
    return head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


def _by_text(head: bytes) -> Format | None:
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return None
    if not text or any(ord(letter) < 32 and ord(letter) not in _TEXT_CONTROLS for letter in text):
        return None
    return Format.JSON if text.lstrip()[:1] == "{" else Format.TEXT
