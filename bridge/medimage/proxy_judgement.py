"""What a file read from a MedImage proxy is: its name as the phone sent it, and whether it may go on to the chart.

The proxy keeps no copy, so nothing that it called a file is thrown away: what is cut, damaged or strange is held.
"""

import re
from dataclasses import dataclass

from bridge.holds import Hold, HoldReason
from bridge.imaging import HEAD_BYTES, Format, Limits, PictureError, recognise
from bridge.medimage.proxy_source import ReadSettings, ReadSource
from bridge.medimage.proxy_spool import Spooled
from bridge.tags import GUID_PATTERN, Tags, parse_name

_UNKNOWN_TYPE = "application/octet-stream"
_PROOF_BYTES = 1_000_000
_PROOF_EDGE = 64
_PDF_END = b"%%EOF"
_PDF_TAIL_BYTES = 2048
_TEXT_EXTENSIONS = ("csv", "json", "txt")


@dataclass(frozen=True)
class FileName:
    """A proxy's `file-name` as a name that a phone would have sent. `is_foreign`: its path begins with the guid of
    another practice.
    """

    tags: Tags
    is_foreign: bool


@dataclass(frozen=True)
class Judgement:
    """A file's media type by its content, and why it must be held, or None when it may go to the chart."""

    media_type: str
    hold: Hold | None


def read_file_name(header: str, source: ReadSource) -> FileName:
    """The name in a `file-name` header: `/GUID/NHID1234/arm/wound.jpg` is `#GUID-#NHID1234-#arm-wound.jpg`.

    The guid is the source's, whatever the path says. Folders become tags; `.` and `..` vanish. Headers are bytes, which
    `http.client` gives as Latin-1: they are UTF-8 again here when they can be.
    """
    parts = [part for part in re.split(r"[/\\]", _text(header)) if part.strip(". ")]
    is_own = bool(parts) and parts[0] in (source.guid, source.bucket)
    is_foreign = not is_own and bool(parts) and GUID_PATTERN.fullmatch(parts[0]) is not None
    rest = parts[1:] if is_own else parts
    words = [f"#{folder}" for folder in (source.guid, *rest[:-1])] + rest[-1:]
    return FileName(parse_name("-".join(words)), is_foreign)


def judge(file: Spooled, name: FileName, settings: ReadSettings) -> Judgement | None:
    """What to do with a file; None when it is no photo and the proxy did not say that it was one.

    A picture counts as whole when all of it can be decoded, however its transfer ended.
    """
    head = next(file.pieces(), b"")[:HEAD_BYTES]
    kind = recognise(head)
    if not file.label.is_certain and not (kind and kind.is_picture):
        return None
    return Judgement(kind.media_type if kind else _UNKNOWN_TYPE, _hold(file, name, kind, settings))


def _text(header: str) -> str:
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _hold(file: Spooled, name: FileName, kind: Format | None, settings: ReadSettings) -> Hold | None:
    uploads = settings.uploads
    if not file.label.is_certain:
        return _NAMELESS
    if name.is_foreign:
        return _FOREIGN
    if file.size_bytes > uploads.max_upload_bytes:
        return _CUT_BY_US if file.size_bytes >= settings.kept_bytes else _TOO_LARGE
    if kind is None:
        return _cut("is damaged or of a kind that is not known here" if file.size_bytes else "is empty")
    if kind in (Format.TEXT, Format.JSON) and name.tags.extension not in _TEXT_EXTENSIONS:
        return _cut("is a text, which its name does not say,")
    if kind.is_picture:
        hold = _picture_hold(b"".join(file.pieces()), settings)
    else:
        hold = None if _is_whole_document(file, kind) else _cut("is cut short")
    return hold or _type_hold(kind, uploads.allowed_types)


def _picture_hold(content: bytes, settings: ReadSettings) -> Hold | None:
    """Decodes the picture, small, which is enough to prove it whole."""
    try:
        settings.prepare(content, Limits(_PROOF_BYTES, settings.uploads.max_pixels, _PROOF_EDGE))
    except PictureError as error:
        return _cut("is cut short or damaged") if error.hold.reason is HoldReason.DAMAGED_PICTURE else error.hold
    return None


def _is_whole_document(file: Spooled, kind: Format) -> bool:
    """Of the kinds that are no pictures, only a PDF says itself where it ends."""
    if kind is not Format.PDF:
        return file.ended_whole
    return file.ended_whole and _PDF_END in b"".join(file.pieces())[-_PDF_TAIL_BYTES:]


def _type_hold(kind: Format, allowed: frozenset[str]) -> Hold | None:
    if kind.value.lower() in allowed:
        return None
    return Hold(
        HoldReason.NOT_A_PICTURE,
        f"This is a {kind} file, which this bridge does not take (`uploads.allowed_types` in the config); "
        "look at it, then retry it or discard it.",
    )


def _cut(what: str) -> Hold:
    return Hold(
        HoldReason.CUT_TRANSFER,
        f"This file {what}, as the MedImage proxy sent it, and the proxy has no copy any more; "
        "send the photo again or take a new one, then discard this one.",
    )


_CUT_BY_US = _cut("is far too large, so only its beginning was kept")
_NAMELESS = Hold(
    HoldReason.CUT_TRANSFER,
    "The MedImage proxy sent this picture without its name, so it may be another patient's than the name says; "
    "look at it, then assign it by hand or discard it.",
)
_FOREIGN = Hold(
    HoldReason.NO_PRACTICE,
    "The MedImage proxy gave this photo as another clinic's (its path begins with another guid); "
    "check the proxy's address in the config, then assign the photo by hand or discard it.",
)
_TOO_LARGE = Hold(
    HoldReason.TOO_LARGE,
    "This file is larger than the bridge takes from phones (`uploads.max_upload_bytes` in the config); "
    "look at it, then retry it or discard it.",
)
