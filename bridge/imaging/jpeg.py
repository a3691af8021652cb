"""JPEG files taken apart (ITU T.81, annex B): proved whole in structure, and put together again without metadata."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from bridge.imaging.errors import PictureError, damaged, not_a_picture
from bridge.imaging.tiff import orientation_of

_SOI, _EOI, _SOS, _DRI = 0xD8, 0xD9, 0xDA, 0xDD
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_SHOWN_EVERYWHERE = {0xC0, 0xC1, 0xC2}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DQT = 0xDB
_TABLES = {0xC4, 0xCC, _DQT, _DRI}
_TABLE_SUM_AT_50 = 3688
_SAVING_OF_RGB = 0.4
_SAVINGS = {3.0: 0.75, 2.0: 0.9}
"""Of JPEGs with so many numbers for each pixel, measured on photos."""

_STANDALONE = {0x01, *range(0xD0, 0xD8)}

_MARKER = re.compile(rb"\xff[^\x00\xff]")
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")

_MOST_SEGMENTS = 10_000
_MOST_SCANS = 100
_MOST_SCANNED_PIXELS = 2_000_000_000

_JFIF, _EXIF, _ICC, _ADOBE = b"JFIF\0", b"Exif\0\0", b"ICC_PROFILE\0", b"Adobe"


@dataclass(frozen=True)
class Frame:
    """The frame header: the process (a marker byte), bits per sample, size in pixels, and each component's sampling.

    `sampling` maps component ids to (horizontal, vertical) factors.
    """

    process: int
    precision: int
    width: int
    height: int
    sampling: dict[int, tuple[int, int]]

    def units(self, components: bytes) -> int:
        """How many minimum coded units a scan of these components has (T.81, A.2)."""
        wide = max(across for across, _ in self.sampling.values())
        high = max(down for _, down in self.sampling.values())
        if len(components) > 1:
            return _ceil(self.width, 8 * wide) * _ceil(self.height, 8 * high)
        across, down = self.sampling[components[0]]
        return _ceil(_ceil(self.width * across, wide), 8) * _ceil(_ceil(self.height * down, high), 8)

    def numbers_per_pixel(self) -> float:
        """About how many numbers all components have together for each pixel: 3.0 for 4:4:4, 1.5 for 4:2:0."""
        wide = max(across for across, _ in self.sampling.values())
        high = max(down for _, down in self.sampling.values())
        return sum(across * down for across, down in self.sampling.values()) / (wide * high)


@dataclass(frozen=True)
class JpegFile:
    """What a JPEG file holds. `clean` is the same picture, to the pixel, with nothing else in the file.

    `orientation` is EXIF's, 1 to 8. `icc` is the colour profile or None. `shown_everywhere` is False for kinds that
    not every decoder takes: arithmetic, lossless, CMYK. `coarseness` tells the quality: 100.0 for 50, 20.0 for 90, 0.0
    when it cannot be told. `saving`: what its bytes become, as a share of 1.0, when its colours are encoded as photos'
    are. `held_bytes`: what a decoder must hold of the whole picture at once, besides its pixels.
    """

    clean: bytes
    orientation: int
    icc: bytes | None
    shown_everywhere: bool
    width: int
    height: int
    is_grey: bool
    coarseness: float
    saving: float
    held_bytes: int


def read_jpeg(data: bytes) -> JpegFile:
    """Take a JPEG apart. Raises PictureError when it is cut short, its parts do not fit, or it has not 8 bits.

    What follows the end-of-image marker (a motion photo's film, further pictures) is left out.
    """
    parts = _Parts(data)
    for marker, start, end in islice(_segments(data), _MOST_SEGMENTS):
        parts.take(marker, start, end)
    return parts.whole()


def read_head(data: bytes) -> tuple[int, bytes | None]:
    """The orientation (1 to 8) and colour profile that stand before the pixels of a JPEG, damaged or not."""
    parts = _Parts(data)
    with contextlib.suppress(PictureError):
        for marker, start, end in islice(_segments(data), _MOST_SEGMENTS):
            if marker == _SOS:
                break
            parts.take(marker, start, end)
    return orientation_of(parts.exif), parts.icc()


def scans_within_reason(data: bytes, pixels: int) -> bool:
    """Whether decoding a damaged JPEG of so many pixels, scan by scan, comes to an end soon."""
    return data.count(b"\xff\xda") <= _most_scans(pixels)


def _most_scans(pixels: int) -> int:
    return min(_MOST_SCANS, _MOST_SCANNED_PIXELS // pixels)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment's payload, up to the end-of-image marker and with it."""
    position = 2
    while found := _MARKER.search(data, position):
        marker, position = data[found.end() - 1], found.end()
        if marker in _STANDALONE:
            continue
        if marker == _EOI:
            yield marker, position, position
            return
        end = position + int.from_bytes(data[position : position + 2], "big")
        if not position + 2 <= end <= len(data):
            raise damaged("it is cut short")
        yield marker, position + 2, end
        position = _scan_end(data, end) if marker == _SOS else end


def _scan_end(data: bytes, start: int) -> int:
    found = _SCAN_END.search(data, start)
    if not found:
        raise damaged("it is cut short")
    return found.start()


@dataclass
class _Parts:
    """Collects a JPEG's segments, and judges them."""

    data: bytes
    kept: list[bytes | memoryview] = field(default_factory=lambda: [b"\xff\xd8"])
    frame: Frame | None = None
    exif: bytes | None = None
    profile: dict[int, bytes] = field(default_factory=dict)
    restart_interval: int = 0
    coarseness: float = 0.0
    is_rgb: bool = False
    scanned: set[int] = field(default_factory=set)
    scans: int = 0
    ended: bool = False

    def take(self, marker: int, start: int, end: int) -> None:
        payload = self.data[start:end]
        if marker == _EOI:
            self.ended = True
        elif marker in _FRAMES:
            self._take_frame(marker, payload)
        elif marker == _SOS:
            self._take_scan(payload, end)
        elif marker in _TABLES:
            self._take_table(marker, payload)
        elif marker >= _APP0:
            self._take_extra(marker, payload)
        else:
            raise damaged("its parts do not fit together")

    def _take_frame(self, marker: int, payload: bytes) -> None:
        if self.frame or len(payload) < 9 or len(payload) != 6 + 3 * payload[5]:
            raise damaged("its parts do not fit together")
        sampling = {payload[at]: (payload[at + 1] >> 4, payload[at + 1] & 15) for at in range(6, len(payload), 3)}
        height, width = _u16(payload[1:3]), _u16(payload[3:5])
        if not (height and width) or any(factor not in range(1, 5) for pair in sampling.values() for factor in pair):
            raise damaged("its header makes no sense")
        self.frame = Frame(marker, payload[0], width, height, sampling)
        self._keep(marker, payload)

    def _take_scan(self, payload: bytes, start: int) -> None:
        components = payload[1:-3:2]
        if not self.frame or not components or not set(components) <= set(self.frame.sampling):
            raise damaged("its parts do not fit together")
        self.scans += 1
        if self.scans > _most_scans(self.frame.width * self.frame.height):
            raise damaged("it is built to keep computers busy")
        self.scanned |= set(components)
        coded = memoryview(self.data)[start : _scan_end(self.data, start)]
        if not _restarts_in_order(coded, self.restart_interval, self.frame.units(components)):
            raise damaged("a part of it is missing")
        self._keep(_SOS, payload)
        self.kept.append(coded)

    def _take_table(self, marker: int, payload: bytes) -> None:
        if marker == _DRI:
            self.restart_interval = _u16(payload[:2])
        elif marker == _DQT and not self.coarseness:
            self.coarseness = _coarseness(payload)
        self._keep(marker, payload)

    def _take_extra(self, marker: int, payload: bytes) -> None:
        """Keep what changes how the picture's numbers are read; note orientation and profile; drop all else."""
        if marker == _APP0 and payload.startswith(_JFIF) and len(payload) >= 14:
            self._keep(marker, payload[:12] + b"\0\0")
        elif marker == _APP14 and payload.startswith(_ADOBE) and len(payload) >= 12:
            self._keep(marker, payload[:12])
            self.is_rgb = payload[11] == 0
        elif marker == _APP1 and payload.startswith(_EXIF):
            self.exif = self.exif or payload
        elif marker == _APP2 and payload.startswith(_ICC) and len(payload) > 14:
            self.profile.setdefault(payload[12], payload[14:])

    def _keep(self, marker: int, payload: bytes) -> None:
        self.kept += (bytes((0xFF, marker)), (len(payload) + 2).to_bytes(2, "big"), payload)

    def icc(self) -> bytes | None:
        """The colour profile, put together from its pieces."""
        return b"".join(part for _, part in sorted(self.profile.items())) or None

    def whole(self) -> JpegFile:
        """The file, once every segment is taken."""
        frame = self.frame
        if not self.ended or not frame or not self.scans:
            raise damaged("it is cut short")
        if self.scanned != set(frame.sampling):
            raise damaged("a part of it is missing")
        if frame.precision != 8:
            raise not_a_picture(
                f"is a JPEG with {frame.precision} bits, which cannot be shown", "export it with 8 bits"
            )
        return JpegFile(
            clean=b"".join((*self.kept, b"\xff\xd9")),
            orientation=orientation_of(self.exif),
            icc=self.icc(),
            shown_everywhere=frame.process in _SHOWN_EVERYWHERE and len(frame.sampling) in (1, 3),
            width=frame.width,
            height=frame.height,
            is_grey=len(frame.sampling) == 1,
            coarseness=self.coarseness,
            saving=self._saving(frame),
            held_bytes=int(frame.width * frame.height * frame.numbers_per_pixel()) * 2 if self.scans > 1 else 0,
        )

    def _saving(self, frame: Frame) -> float:
        """Photos have one number of each colour difference for four pixels."""
        if len(frame.sampling) == 3 and (self.is_rgb or bytes(frame.sampling) == b"RGB"):
            return _SAVING_OF_RGB
        return _SAVINGS.get(round(frame.numbers_per_pixel(), 1), 1.0)


def _restarts_in_order(coded: memoryview, interval: int, units: int) -> bool:
    """Whether a scan's restart markers are all there, numbered 0 to 7 and round again (T.81, E.1.4)."""
    found = [marker[1] & 7 for marker in _RESTART.findall(coded)]
    wanted = _ceil(units, interval) - 1 if interval else 0
    return len(found) in (wanted, wanted + 1) and all(number == at % 8 for at, number in enumerate(found))


def _coarseness(payload: bytes) -> float:
    """How coarse the first quantisation table is, in hundredths of the one in T.81, K.1."""
    wide = payload[:1] >= b"\x10"
    total = sum(payload[1:129:2]) * 256 + sum(payload[2:129:2]) if wide else sum(payload[1:65])
    return 100 * total / _TABLE_SUM_AT_50


def _ceil(number: int, divisor: int) -> int:
    return -(-number // divisor)


def _u16(value: bytes) -> int:
    return int.from_bytes(value, "big")
