"""The file-name grammar: what a name that arrives says (design section 5, contract/medimage.md).

`parse_name` takes any text or bytes and never raises. Nothing here touches a disk; `safe_component` makes a file name
from a text when a copy of a photo is put in a folder.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

NAME_LIMIT = 255
"""Characters kept of a name; phones and file systems have no longer ones."""

CUT_MARK = "[…]"
"""Stands where the middle of a longer name was cut out. It sticks to the words it cut, so that no part of a number
can pass for the number."""

COMPONENT_LIMIT_BYTES = 100

_HEAD = 150
_TAIL = NAME_LIMIT - _HEAD - len(CUT_MARK)
_ROOM_BEFORE_NFC = 4096
"""Normalising long runs of accents takes quadratic time, so a giant name is cut before it."""

_UNSHOWABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Controls, lone surrogates, line ends, and marks that turn the writing round: a page would show another name."""

_JPEG_END = re.compile(r"\.[A-Za-z0-9]{1,8}\Z", re.ASCII)
GUID_PATTERN = re.compile(r"[A-Za-z0-9]{16,20}", re.ASCII)
"""A practice's guid: MedImage's 16 to 20 letters or digits (contract/medimage.md)."""
_SEPARATORS = r"\-/\s‐-―−"
_WORD = re.compile(rf"(#*)([^#{_SEPARATORS}]+)")
_EXTENSION = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,7})\Z")
_EXTENSIONS_BEFORE = re.compile(r"(?:\.(?:jpe?g|png|heic|heif|gif|webp|tiff?|bmp|pdf))+\Z", re.IGNORECASE)
_CAPTURE_TAIL = re.compile(r"(?<![^\W_])([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})\Z")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_FORBIDDEN_ON_DISK = re.compile(r'[<>:"/\\|?*]')
_RESERVED_ON_WINDOWS = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9])\s*(?:\.|\Z)", re.IGNORECASE)


@dataclass(frozen=True)
class Word:
    """One word of a name, as typed, without its `#`s. `position` counts the name's words from 0."""

    text: str
    tagged: bool
    position: int

    def __str__(self) -> str:
        return f"#{self.text}" if self.tagged else self.text


@dataclass(frozen=True)
class Tags:
    """What a file name says.

    `name` is the name to store and show: NFC, encodable as UTF-8, without control characters, at most NAME_LIMIT
    characters. `guid` is the practice's, when the first tag is one. `words` are all the others, in order.
    `captured_at` is the phone's own local time, without a zone. `extension` is lower-case, without its dot, or "".
    """

    name: str
    guid: str | None
    words: tuple[Word, ...]
    captured_at: datetime | None
    extension: str


def parse_name(raw: str | bytes) -> Tags:
    """Read a file name of any kind; never raises.

    Hyphens, slashes and spaces part words, and so does a `#` inside one: joining what they part would make patient
    123 of `12/3`. Underscores stay inside words. The first tag, wherever it stands, is the guid when it is 16 to 20
    ASCII letters or digits. Only `DD-Mon-YYYY-HH-MM-SS` at the very end is the capture time; an impossible date
    there is no time, and no words either.
    """
    name = _canonical(raw)
    stem, extension = _without_extension(name)
    tail = _CAPTURE_TAIL.search(stem)
    words = _WORD.findall(stem[: tail.start()] if tail else stem)
    guid = next((text for hashes, text in words if hashes), "")
    if GUID_PATTERN.fullmatch(guid):
        words = [(hashes, text) for hashes, text in words if not (hashes and text == guid)]
    return Tags(
        name=name,
        guid=guid if GUID_PATTERN.fullmatch(guid) else None,
        words=tuple(Word(text, bool(hashes), position) for position, (hashes, text) in enumerate(words)),
        captured_at=_moment(tail) if tail else None,
        extension=extension,
    )


def check_key(name: str) -> str:
    """What `/check=` compares: a canonical name without the practice's guid and without its extension."""
    stem = _JPEG_END.sub("", name)
    guid = parse_name(name).guid
    return _bare(stem, guid) if guid else stem


def _bare(stem: str, guid: str) -> str:
    return re.sub(rf"#+{guid}(-|\Z)", "", stem, count=1)


def split_words(text: str) -> list[str]:
    """The words of a text, parted as `parse_name` parts a name, without `#`s: `x-ray` is `x` and `ray`."""
    return [word for _, word in _WORD.findall(text)]


def fold(text: str) -> str:
    """A text for comparing: without case and accents, `Radiografía` as `radiografia`."""
    if text.isascii():
        return text.lower()
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return plain.casefold()


def safe_component(text: str) -> str:
    """A text as one file or folder name that every system takes, Windows too.

    No separators, `..`, control characters, reserved device names, or dots and spaces at the end; never empty;
    at most COMPONENT_LIMIT_BYTES bytes of UTF-8. Different texts can give the same name.
    """
    clean = _FORBIDDEN_ON_DISK.sub("_", _UNSHOWABLE.sub("_", unicodedata.normalize("NFC", text[:_ROOM_BEFORE_NFC])))
    clean = re.sub(r"\.{2,}", ".", clean).strip(" ")
    if _RESERVED_ON_WINDOWS.match(unicodedata.normalize("NFKC", clean)):
        clean = f"_{clean}"
    short = clean.encode()[:COMPONENT_LIMIT_BYTES].decode(errors="ignore")
    return short.rstrip(". ") or "_"


def _canonical(raw: str | bytes) -> str:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = text.replace('\\"', '"').rpartition("\\")[2].replace("%22", '"')
    text = unicodedata.normalize("NFC", _cut(text, _ROOM_BEFORE_NFC))
    return _cut(_UNSHOWABLE.sub("\ufffd", text), NAME_LIMIT)


def _cut(text: str, limit: int) -> str:
    """The beginning and the end are kept: guid and patient stand there, and the capture time."""
    return text if len(text) <= limit else text[:_HEAD] + CUT_MARK + text[-_TAIL:]


def _without_extension(name: str) -> tuple[str, str]:
    """The stem and the last extension. MedImage servers add one to a name that has one: `x.JPG.jpg`."""
    match = _EXTENSION.search(name)
    if match is None:
        return name.rstrip(), ""
    return _EXTENSIONS_BEFORE.sub("", name[: match.start()]).rstrip(), match[1].lower()


def _moment(tail: re.Match[str]) -> datetime | None:
    month = tail[2].lower()
    day, year, hour, minute, second = (int(tail[group]) for group in (1, 3, 4, 5, 6))
    try:
        return datetime(year, _MONTHS.index(month) + 1, day, hour, minute, second)
    except ValueError:
        return None
