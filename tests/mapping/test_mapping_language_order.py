"""The order of rules in a mapping file changes nothing: files and names by chance, and the rules of each shuffled."""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bridge.errors import InputProblemsError
from bridge.mapping import Mapping, Occasion, Resolution, load_mapping, resolve
from bridge.tags import parse_name

Write = Callable[[str | bytes], Path]
Block = tuple[str, list[str]]
"""A heading of a file and the lines under it, which can stand in any order."""

PLAIN = ["{form: id}", "{form: oldid}", "{form: curp}", "{form: curp, check_digit: true}"]
STRONG = [
    "{form: id, prefix: [no]}",
    "{form: oldid, prefix: [old, no viejo]}",
    "{form: oldid, prefix: [viejo]}",
    '{form: oldid, pattern: "TJ-?([0-9]{2,6})"}',
    '{form: id, pattern: "[a-z]{2}-?([0-9]{2,6})"}',
    '{form: oldid, pattern: "([0-9]{2})-?[0-9]?"}',
    '{form: id, pattern: "(?:[0-9]-)?([0-9]{2,4})"}',
    '{form: curp, pattern: "c-?([a-z0-9]{18})"}',
]
WORDS = ["cara", "x-ray", "rayos x", "x", "la paz", "paz", "dental 1", "dental", "nota", "no va", "tj", "rx", "ve"]
NAME = [
    *("12", "1", "1234", "012", "TJ", "TJ12", "tj1234", "old", "no", "viejo", "old12", "BOXW310820HNERXN09"),
    *("BOXW310820HNERXN08", "c", "headshot", "ent", *(part for word in WORDS for part in word.split())),
]
TIMES = ["{from: '0:00', until: '6:00', station: A}", "{from: '6:00', until: '12:00', station: B}"]
DATES = ["2026-11-21: 2", "2026-11-22..2026-11-30: 3", "2026-12-01: today"]


def some(chance: random.Random, items: list[str], most: int) -> list[str]:
    return chance.sample(items, chance.randint(0, most))


def aliases(chance: random.Random) -> str:
    return f"{{aliases: [{', '.join(some(chance, WORDS, 1))}]}}"


def blocks(chance: random.Random) -> list[Block]:
    rules = [*chance.sample(PLAIN, chance.choice((0, 1, 1, 1, 2))), *chance.sample(STRONG, chance.randint(1, 5))]
    chance.shuffle(rules)
    return [
        ("patient:", [f"  rule{number}: {rule}" for number, rule in enumerate(rules)]),
        ("types:", [f"  {name}: {aliases(chance)}" for name in ("Headshot", "Xray", "Surgery")]),
        ("stations:", [f"  {name}: {aliases(chance)}" for name in ("A", "B", "ENT")]),
        ("clinic:\n  tags:", [f"    {word}: {number}" for number, word in enumerate(some(chance, WORDS, 1), 5)]),
        ("  dates:", [f"    {dates}" for dates in some(chance, DATES, 3)]),
        ("defaults:\n  station_by_time:", [f"  - {hours}" for hours in some(chance, TIMES, 2)]),
        ("ignore:", [f"- {word}" for word in some(chance, WORDS, 1)]),
    ]


def text_of(file: list[Block]) -> str:
    filled = [f"{heading}\n" + "\n".join(lines) if lines else f"{heading} {EMPTY[heading]}" for heading, lines in file]
    return "version: 1\n" + "\n".join(filled) + "\n"


EMPTY = {
    "clinic:\n  tags:": "{}",
    "  dates:": "{}",
    "defaults:\n  station_by_time:": "[]",
    "ignore:": "[]",
}


def shuffled(file: list[Block], chance: random.Random) -> list[Block]:
    return [(heading, chance.sample(lines, len(lines))) for heading, lines in file]


def loaded(file: list[Block], write: Write) -> Mapping | None:
    try:
        return load_mapping(write(text_of(file)))
    except InputProblemsError:
        return None


def names(chance: random.Random) -> list[tuple[str, Occasion]]:
    made = []
    for _ in range(40):
        typed = "-".join(f"{chance.choice(['', '#'])}{word}" for word in chance.choices(NAME, k=chance.randint(1, 5)))
        made.append(
            (f"{typed}.jpg", Occasion(taken_at=datetime(2026, 11, chance.randint(19, 30), chance.randint(0, 23))))
        )
    return made


def meaning(found: Resolution) -> tuple[object, ...]:
    return found.reference, found.hold and found.hold.reason


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_order_of_rules_a_name_comes_out_the_same(seed: int, write: Write) -> None:
    chance = random.Random(seed)
    filed, held, refused = 0, 0, 0
    for _ in range(60):
        file = blocks(chance)
        mapping, other = loaded(file, write), loaded(shuffled(file, chance), write)
        assert (mapping is None) == (other is None)
        if mapping is None or other is None:
            refused += 1
            continue
        for name, occasion in names(chance):
            one, two = (resolve(parse_name(name), each, occasion) for each in (mapping, other))
            assert meaning(one) == meaning(two), name
            filed += one.reference is not None
            held += one.hold is not None
    assert min(filed, held, refused) > 0


def rules_by(order: list[str], write: Write) -> Mapping:
    return load_mapping(write("version: 1\npatient:\n" + "".join(order) + "types: {Xray: }\n"))


@pytest.mark.parametrize(
    ("rules", "typed", "said"),
    [
        (
            ["a: {form: id, prefix: [viejo]}", "b: {form: oldid, prefix: [no viejo]}"],
            "no viejo 55",
            "`#no-viejo-55` is oldid 55 and `viejo-55` is id 55",
        ),
        (
            ["a: {form: id, pattern: 'A([0-9]+)'}", "b: {form: oldid, pattern: '[a-z]([0-9]+)'}"],
            "a55",
            "`#a55` is id 55 and `#a55` is oldid 55",
        ),
        (
            ["a: {form: id, pattern: 'A-([0-9]+)'}", "b: {form: oldid, pattern: '([0-9]+)-b'}"],
            "a 55 b",
            "`#a-55` is id 55 and `55-b` is oldid 55",
        ),
        (
            ["a: {form: id, prefix: [a]}", "b: {form: id, pattern: '(?:a-)?[0-9]([0-9]+)'}"],
            "a 155",
            "`#a-155` is id 155 and `#a-155` is id 55",
        ),
    ],
    ids=["prefixes", "patterns", "overlapping", "prefix and pattern"],
)
def test_words_that_two_rules_read_as_different_patients_are_held_in_either_order(
    rules: list[str], typed: str, said: str, write: Write
) -> None:
    lines = [f"  {rule}\n" for rule in rules]
    for order in (lines, lines[::-1]):
        hold = resolve(parse_name(f"#{typed.replace(' ', '-')}-xray.jpg"), rules_by(order, write)).hold
        assert hold is not None
        assert hold.reason == "ambiguous-patient"
        assert said in hold.sentence


@pytest.mark.parametrize("typed", ["a55", "a-55", "xray-A-55"])
def test_words_that_two_rules_read_as_one_patient_are_that_patient(typed: str, write: Write) -> None:
    lines = ["  a: {form: id, pattern: 'A-?([0-9]+)'}\n", "  b: {form: id, pattern: '[a-z]-?([0-9]+)'}\n"]
    for order in (lines, lines[::-1]):
        found = resolve(parse_name(f"#{typed}-xray.jpg"), rules_by(order, write)).reference
        assert found is not None
        assert str(found.patient) == "id 55"
