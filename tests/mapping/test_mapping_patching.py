"""Adding words to a mapping file's text (bridge/mapping/patching.py)."""

import re
from pathlib import Path

import pytest

from bridge.mapping.patching import Addition, unified_diff, with_addition
from bridge.yamlfile import parse_yaml

FILE = Path("mapping.yaml")
FACE = Addition(("types", "Headshot"), "aliases", "cara")
LAYOUTS = [
    (
        "a list in brackets",
        "types:\n  Headshot: {aliases: [face, head shot]}  # faces\n",
        "types:\n  Headshot: {aliases: [face, head shot, cara]}  # faces\n",
    ),
    (
        "a list in brackets over several lines",
        "types:\n  Headshot:\n    aliases: [face,   # one\n      portrait\n    ]\n",
        "types:\n  Headshot:\n    aliases: [face,   # one\n      portrait, cara\n    ]\n",
    ),
    (
        "quotes",
        "types:\n  Headshot: {aliases: [\"face\", 'head shot']}\n",
        "types:\n  Headshot: {aliases: [\"face\", 'head shot', cara]}\n",
    ),
    (
        "quotes with an escape",
        'types:\n  Headshot: {aliases: [face, "retrat\\u00f3"]}\n',
        'types:\n  Headshot: {aliases: [cara, face, "retrat\\u00f3"]}\n',
    ),
    (
        "lines",
        "types:\n  Headshot:\n    aliases:\n      - face  # one\n      # none\n    station: ENT\n",
        "types:\n  Headshot:\n    aliases:\n      - face  # one\n      - cara\n      # none\n    station: ENT\n",
    ),
    (
        "lines that are not indented",
        "types:\n  Headshot:\n    aliases:\n    - face\n    station: ENT\n",
        "types:\n  Headshot:\n    aliases:\n    - face\n    - cara\n    station: ENT\n",
    ),
    (
        "the last line without an end",
        "types:\n  Headshot:\n    aliases:\n      - face",
        "types:\n  Headshot:\n    aliases:\n      - face\n      - cara",
    ),
    (
        "lines as Windows ends them",
        "types:\r\n  Headshot:\r\n    aliases:\r\n      - face\r\n",
        "types:\r\n  Headshot:\r\n    aliases:\r\n      - face\r\n      - cara\r\n",
    ),
    (
        "lines as old Macs ended them",
        "types:\r  Headshot:\r    aliases:\r      - face\r",
        "types:\r  Headshot:\r    aliases:\r      - face\r      - cara\r",
    ),
    (
        "lines ended in several ways",
        "# mine\rtypes:\r\n  Headshot:\n    station: ENT\r",
        "# mine\rtypes:\r\n  Headshot:\n    aliases: [cara]\n    station: ENT\r",
    ),
    (
        "nothing yet",
        "types:\n  Headshot: # faces\n  Xray:\n",
        "types:\n  Headshot: {aliases: [cara]} # faces\n  Xray:\n",
    ),
    (
        "nothing at the end of the text",
        "types:\n  Headshot:",
        "types:\n  Headshot: {aliases: [cara]}",
    ),
    (
        "a written nothing",
        "types:\n  Headshot: null\n",
        "types:\n  Headshot: {aliases: [cara]}\n",
    ),
    (
        "empty braces",
        "types:\n  Headshot: { }\n",
        "types:\n  Headshot: {aliases: [cara]}\n",
    ),
    (
        "empty brackets",
        "types:\n  Headshot: {aliases: [], station: ENT}\n",
        "types:\n  Headshot: {aliases: [cara], station: ENT}\n",
    ),
    (
        "other settings in braces",
        "types:\n  Headshot: {station: ENT}\n",
        "types:\n  Headshot: {aliases: [cara], station: ENT}\n",
    ),
    (
        "other settings in lines",
        "types:\n  Headshot:\n    # where\n    station: ENT\n",
        "types:\n  Headshot:\n    # where\n    aliases: [cara]\n    station: ENT\n",
    ),
    (
        "a type in quotes",
        "types:\n  'Headshot':\n",
        "types:\n  'Headshot': {aliases: [cara]}\n",
    ),
    (
        "another type only",
        "types:\n  Xray: {aliases: [rx]}\n",
        "types:\n  Headshot: {aliases: [cara]}\n  Xray: {aliases: [rx]}\n",
    ),
    (
        "types in braces",
        "types: {Xray: {aliases: [rx]}}\n",
        "types: {Headshot: {aliases: [cara]}, Xray: {aliases: [rx]}}\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in LAYOUTS], ids=[row[0] for row in LAYOUTS])
def test_a_word_is_added_and_the_layout_stays(before: str, after: str) -> None:
    assert with_addition(before, FACE, FILE) == after
    words = parse_yaml(after, FILE).data["types"]["Headshot"]["aliases"]
    kept = (parse_yaml(before, FILE).data["types"].get("Headshot") or {}).get("aliases") or []
    assert sorted(words) == sorted([*kept, "cara"])


def test_what_has_no_place_yet_is_left_to_the_person() -> None:
    assert with_addition("types: {Xray: }\n", Addition(("stations", "ENT"), "aliases", "oído"), FILE) is None


def test_a_new_rule_says_its_other_settings_before_the_list() -> None:
    new = Addition(("patient", "pac-number"), "prefix", "pac", before_list="form: id")
    before = "patient:\n  number: {form: id}\n"
    assert with_addition(before, new, FILE) == (
        "patient:\n  pac-number: {form: id, prefix: [pac]}\n  number: {form: id}\n"
    )


@pytest.mark.parametrize("word", ["null", "foto: cara", "a, b", "[x", "# x", "ñandú", "x ray", "trailing "])
def test_any_word_is_read_back_as_it_was(word: str) -> None:
    after = with_addition("types:\n  Headshot: {aliases: [face]}\n", Addition(FACE.owner, "aliases", word), FILE)
    assert after is not None
    assert parse_yaml(after, FILE).data["types"]["Headshot"]["aliases"] == ["face", word]


def patched(before: str, patch: str) -> str:
    """What `patch` makes of a text: hunks of lines that stay, go and come."""
    old, new, at = re.findall(r"[^\n]*\n|[^\n]+", before), [], 0
    patch = re.sub(r"\n\\ No newline at end of file(?=\n)", "\0", patch)
    for each in re.findall(r"[^\n]*\n", patch)[2:]:
        line = each.replace("\0\n", "")
        if line.startswith("@@"):
            start = int(re.findall(r"-([0-9]+)", line)[0]) - 1
            new, at = new + old[at:start], start
        elif line.startswith("+"):
            new.append(line[1:])
        else:
            assert old[at] == line[1:]
            new += [line[1:]] if line.startswith(" ") else []
            at += 1
    return "".join(new + old[at:])


def test_the_patch_makes_the_text_after_from_the_text_before() -> None:
    before = "".join(f"line {number}\n" for number in range(30))
    after = before.replace("line 3\n", "line 3\nand more\n").replace("line 20\n", "line twenty\n")
    patch = unified_diff(before, after, "mapping.yaml")
    assert patch.startswith("--- mapping.yaml\n+++ mapping.yaml\n@@ ")
    assert patched(before, patch) == after


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in LAYOUTS], ids=[row[0] for row in LAYOUTS])
def test_the_patch_of_each_layout_is_whole(before: str, after: str) -> None:
    assert patched(before, unified_diff(before, after, "mapping.yaml")) == after


def test_no_change_is_no_patch() -> None:
    assert unified_diff("a\n", "a\n", "mapping.yaml") == ""
