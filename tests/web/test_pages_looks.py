"""The stylesheet: readable in light and dark (WCAG 2.2 AA), and large enough for fingers."""

import re
from pathlib import Path

import pytest

import bridge.web

SHEET = (Path(bridge.web.__file__).parent / "static" / "bridge.css").read_text("utf-8")
LIGHT, DARK, DARK_BY_ITSELF = re.findall(r":root(?:\[data-theme=\"\w+\"\])? \{(.*?)\}", SHEET, re.DOTALL)
TEXT_PAIRS = [
    ("ink", "ground"),
    ("ink", "sheet"),
    ("soft", "ground"),
    ("soft", "sheet"),
    ("accent", "ground"),
    ("accent", "sheet"),
    ("accent-strong", "sheet"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("accent-strong", "raised"),
    ("accent-strong", "accent-ground"),
    ("ink", "raised"),
    ("ink", "accent-ground"),
    ("soft", "raised"),
    ("good", "good-ground"),
    ("warn", "warn-ground"),
    ("alarm", "alarm-ground"),
    ("alarm", "sheet"),
    ("on-alarm", "alarm"),
]
EDGE_PAIRS = [("edge", "ground"), ("edge", "sheet"), ("accent", "ground"), ("accent", "raised"), ("alarm", "ground")]


def colours(theme: str) -> dict[str, str]:
    """The palette of a theme."""
    return dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", theme))


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, as WCAG defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_both_themes_have_the_same_colours() -> None:
    assert set(colours(LIGHT)) == set(colours(DARK))
    assert colours(DARK) == colours(DARK_BY_ITSELF)
    assert contrast("000000", "ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("one", "other"), TEXT_PAIRS)
def test_text_is_readable(theme: str, one: str, other: str) -> None:
    palette = colours(theme)
    assert contrast(palette[one], palette[other]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("one", "other"), EDGE_PAIRS)
def test_edges_and_focus_are_seen(theme: str, one: str, other: str) -> None:
    palette = colours(theme)
    assert contrast(palette[one], palette[other]) >= 3


@pytest.mark.parametrize(
    "rule",
    [
        r"\.pages a",
        r"\.segments button",
        r"\.small",
        r"select,\ntextarea",
        r"button,\n\.button",
        r"\.links a",
        r"\.choices a",
        r"\.tick",
        "summary",
    ],
)
def test_what_is_touched_is_44_pixels_high(rule: str) -> None:
    found = re.search(rf"\n{rule} \{{(.*?)\}}", SHEET, re.DOTALL)
    assert found
    height = re.search(r"min-height: (\d+px|var\(--touch\))", found[1])
    assert height
    assert height[1] == "var(--touch)" or int(height[1].removesuffix("px")) >= 44
    assert "--touch: 44px" in LIGHT


def test_the_last_card_of_a_row_fills_it_at_every_width() -> None:
    row, card = (re.search(rf"\n{rule} \{{(.*?)\}}", SHEET, re.DOTALL) for rule in (r"\.cards", r"\.cards > \.card"))
    assert row
    assert card
    assert {"display: flex", "flex-wrap: wrap"} <= {each.strip() for each in row[1].split(";")}
    assert re.search(r"flex: 1 1 ", card[1])


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert not re.search(r"url\(|@import|https?:", SHEET)
