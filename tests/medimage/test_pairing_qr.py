"""QR codes, read back module by module by a small reader that knows nothing of the library that drew them."""

import io
import re
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from bridge.medimage.qr import QrTooLongError, png_bytes, svg_text, terminal_text

ADDRESSES = [
    "http://10.0.0.2/write/uPSE4UWHmJ8XqFUqvf",
    "http://192.168.1.20:5566/write/uPSE4UWHmJ8XqFUqvf",
    "https://photos.clinic.example.org:5566/write/aB3dE5fG7hI9jK1lM3",
]
QUIET = 4
Modules = list[list[bool]]

MASKS = [
    lambda r, c: (r + c) % 2,
    lambda r, _c: r % 2,
    lambda _r, c: c % 3,
    lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2,
    lambda r, c: r * c % 2 + r * c % 3,
    lambda r, c: (r * c % 2 + r * c % 3) % 2,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
]
CORRECTION_WORDS = {
    (3, "L"): (1, 15), (3, "M"): (1, 26), (4, "L"): (1, 20), (4, "M"): (2, 18), (5, "L"): (1, 26), (5, "M"): (2, 24),
}  # fmt: skip
"""Blocks, and error correction words in each, by version and level (ISO/IEC 18004, table 9)."""


def from_png(png: bytes, scale: int) -> Modules:
    with Image.open(io.BytesIO(png)) as picture:
        grey = picture.convert("L")
        middles = range(scale // 2, grey.width, scale)
        return [[grey.getpixel((x, y)) == 0 for x in middles] for y in middles]


def from_terminal(text: str, side: int) -> Modules:
    dark = {"█": (False, False), "▀": (False, True), "▄": (True, False), " ": (True, True)}
    lines = text.removesuffix("\n").split("\n")
    rows = [[dark[sign][half] for sign in line] for line in lines for half in (0, 1)]
    return rows[:side]


def from_svg(svg: str) -> Modules:
    root = ET.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    modules = [[False] * side for _ in range(side)]
    path = next(each.attrib["d"] for each in root if "stroke" in each.attrib)
    x, y = 0, 0.0
    for kind, numbers in re.findall(r"([Mmh])([^Mmh]*)", path):
        values = [float(number) for number in re.findall(r"-?[0-9.]+", numbers)]
        if kind == "h":
            modules[int(y)][x : x + int(values[0])] = [True] * int(values[0])
            x += int(values[0])
        else:
            x, y = (int(values[0]), values[1]) if kind == "M" else (x + int(values[0]), y + values[1])
    return modules


def core(modules: Modules) -> Modules:
    """The modules within the quiet zone, which must be light."""
    side = len(modules)
    inner = range(QUIET, side - QUIET)
    assert not any(modules[r][c] for r in range(side) for c in range(side) if r not in inner or c not in inner)
    return [[modules[r][c] for c in inner] for r in inner]


def read(modules: Modules) -> str:
    """The text of a QR code of version 3 to 5 in byte mode, taken as undamaged."""
    side = len(modules)
    version = (side - 17) // 4
    form = [modules[8][c] for c in range(5)]
    code = sum(bit << (4 - at) for at, bit in enumerate(form)) ^ 0b10101
    level, mask = {0b01: "L", 0b00: "M"}[code >> 3], MASKS[code & 7]
    blocks, correction = CORRECTION_WORDS[version, level]
    bits = [modules[r][c] ^ (mask(r, c) == 0) for r, c in data_cells(side)]
    words = [sum(bit << (7 - at) for at, bit in enumerate(bits[i : i + 8])) for i in range(0, len(bits) // 8 * 8, 8)]
    data_words = len(words) - blocks * correction
    data = [word for block in range(blocks) for word in words[block:data_words:blocks]]
    number = int.from_bytes(bytes(data), "big")
    total = len(data) * 8
    assert number >> (total - 4) == 0b0100
    length = number >> (total - 12) & 255
    return (number >> (total - 12 - 8 * length) & ((1 << 8 * length) - 1)).to_bytes(length, "big").decode()


def data_cells(side: int) -> list[tuple[int, int]]:
    """The cells that carry data, in the order of reading: columns in pairs from the right, up and down."""
    cells, upwards = [], True
    for right in [*range(side - 1, 6, -2), 5, 3, 1]:
        rows = range(side - 1, -1, -1) if upwards else range(side)
        cells += [(r, c) for r in rows for c in (right, right - 1) if not is_pattern(r, c, side)]
        upwards = not upwards
    return cells


def is_pattern(r: int, c: int, side: int) -> bool:
    finder = (r < 9 and c < 9) or (r < 9 and c >= side - 8) or (r >= side - 8 and c < 9)
    alignment = abs(r - (side - 7)) <= 2 and abs(c - (side - 7)) <= 2
    return finder or alignment or r == 6 or c == 6


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("scale", [1, 5, 8])
def test_a_png_holds_the_address(address: str, scale: int) -> None:
    assert read(core(from_png(png_bytes(address, scale), scale))) == address


@pytest.mark.parametrize("address", ADDRESSES)
def test_svg_and_terminal_show_the_same_code(address: str) -> None:
    modules = from_png(png_bytes(address), 8)
    assert from_svg(svg_text(address)) == modules
    assert from_terminal(terminal_text(address), len(modules)) == modules


def test_an_svg_stands_by_itself_and_runs_nothing() -> None:
    svg = svg_text(ADDRESSES[0])
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {each.tag.rpartition("}")[2] for each in root} == {"path"}
    assert 'fill="#fff"' in svg


def test_an_address_that_no_qr_code_can_hold_is_refused() -> None:
    with pytest.raises(QrTooLongError, match="use a shorter server address"):
        png_bytes("http://" + "x" * 3000)
