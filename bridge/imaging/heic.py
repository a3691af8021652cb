"""The coded parts of a HEIC file proved whole in structure: its decoder paints over what is damaged, and says nothing.

Of ISO/IEC 14496-12, 8.11 (items and where they lie), 23008-12 (pictures) and 14496-15, 8.3 (how HEVC lies in them).
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.imaging.boxes import boxes
from bridge.imaging.errors import damaged

_HEVC = {b"hvc1", b"hev1"}
_MOST_ITEMS = 10_000
_MOST_SPANS = 100_000
_MOST_UNITS = 100_000
_LENGTH_SIZE_AT = 21
_NEVER_INSIDE = re.compile(rb"\0\0[\0-\2]")
"""A coded unit is written so that these never occur in it (ITU-T H.265, 7.4.2.1)."""

Span = tuple[int, int]


def prove_coded_whole(data: bytes) -> None:
    """Raise PictureError, DAMAGED_PICTURE, when a coded part of the picture is missing or overwritten."""
    items = _Items(data)
    spans = [items.extents[item] for item in items.of_the_picture() if item in items.extents]
    if any(end > len(data) for item in spans for _, end in item):
        raise damaged("it is cut short")
    if sum(end - start for item in spans for start, end in item) > len(data):
        raise damaged("its parts do not fit together")
    if not all(_is_whole(b"".join(data[start:end] for start, end in item), items.length_bytes) for item in spans):
        raise damaged("a part of it cannot be read")


def _is_whole(coded: bytes, length_bytes: int) -> bool:
    """Whether units, each with its length in front, fill the item to the last byte, and none holds what cannot be."""
    at = 0
    for _ in range(_MOST_UNITS):
        start = at + length_bytes
        end = start + int.from_bytes(coded[at:start], "big")
        if not start < end <= len(coded) or coded[start] & 0x80 or _NEVER_INSIDE.search(coded, start, end):
            return False
        if end == len(coded):
            return True
        at = end
    return False


@dataclass
class _Items:
    """What the `meta` box tells of a file's items; all of it may be missing or make no sense."""

    data: bytes
    main: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    extents: dict[int, list[Span]] = field(default_factory=dict)
    parts: dict[int, set[int]] = field(default_factory=dict)
    length_bytes: int = 4

    def __post_init__(self) -> None:
        for _, start, end in self._named((0, len(self.data)), b"meta"):
            for name, first, last in self._boxes((start + 4, end)):
                self._take(name, first, last)

    def of_the_picture(self) -> list[int]:
        """The coded items that the main picture is made of, and those laid over it."""
        found, waiting = set[int](), [self.main]
        while waiting:
            item = waiting.pop()
            if item not in found:
                found.add(item)
                waiting += self.parts.get(item, ())
        return [item for item in sorted(found) if self.kinds.get(item) in _HEVC]

    def _take(self, name: bytes, start: int, end: int) -> None:
        body = _Reader(self.data[start:end])
        if name == b"pitm":
            self.main = body.number(2 if body.version() == 0 else 4)
        elif name == b"iinf":
            self._take_kinds(start, end)
        elif name == b"iloc":
            self.extents = dict(_locations(body))
        elif name == b"iref":
            self._take_parts(start, end)
        elif name == b"iprp":
            self._take_length_size((start, end))

    def _take_kinds(self, start: int, end: int) -> None:
        first = start + (6 if self.data[start : start + 1] == b"\0" else 8)
        for _, *entry_span in self._named((first, end), b"infe"):
            entry = _Reader(self.data[slice(*entry_span)])
            item = entry.number(2 if entry.version() < 3 else 4)
            entry.number(2)
            self.kinds[item] = entry.take(4)

    def _take_parts(self, start: int, end: int) -> None:
        width = 2 if self.data[start : start + 1] == b"\0" else 4
        for name, first, last in self._boxes((start + 4, end)):
            entry = _Reader(self.data[first:last])
            item = entry.number(width)
            others = [entry.number(width) for _ in range(min(entry.number(2), (last - first) // width))]
            if name == b"dimg":
                self.parts.setdefault(item, set()).update(others)
            elif name == b"auxl":
                for other in others:
                    self.parts.setdefault(other, set()).add(item)

    def _take_length_size(self, span: Span) -> None:
        for _, first, last in self._named(span, b"ipco"):
            for _, start, _ in self._named((first, last - _LENGTH_SIZE_AT), b"hvcC"):
                self.length_bytes = (self.data[start + _LENGTH_SIZE_AT] & 3) + 1

    def _named(self, span: Span, name: bytes) -> Iterator[tuple[bytes, int, int]]:
        return (box for box in self._boxes(span) if box[0] == name)

    def _boxes(self, span: Span) -> list[tuple[bytes, int, int]]:
        return [(name, start, min(end, span[1])) for name, start, end in boxes(io.BytesIO(self.data), *span)]


def _locations(body: "_Reader") -> Iterator[tuple[int, list[Span]]]:
    """Of each item that lies in the file itself, the spans of its bytes, in order (14496-12, 8.11.3)."""
    version = body.version()
    sizes = body.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    left = _MOST_SPANS
    for _ in range(min(body.number(2 if version < 2 else 4), _MOST_ITEMS)):
        item = body.number(2 if version < 2 else 4)
        is_in_file = version == 0 or body.number(2) & 15 == 0
        body.number(2)
        begin = body.number(base)
        count = min(body.number(2), left)
        left -= count
        spans = [_span(body, begin, (index if version else 0, offset, length)) for _ in range(count)]
        if is_in_file:
            yield item, spans


def _span(body: "_Reader", begin: int, widths: tuple[int, int, int]) -> Span:
    _, offset, length = (body.number(width) for width in widths)
    return begin + offset, begin + offset + length


class _Reader:
    """Numbers from bytes; zeros behind their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def version(self) -> int:
        """Of a box that begins with a version and three bytes of flags."""
        return self.number(4) >> 24

    def number(self, width: int) -> int:
        """The next whole number of so many bytes."""
        return int.from_bytes(self.take(width), "big")

    def take(self, width: int) -> bytes:
        """The next bytes."""
        self._at += width
        return self._data[self._at - width : self._at].ljust(width, b"\0")
