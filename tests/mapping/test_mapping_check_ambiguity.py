"""Whenever two orders of a file's rules could give a name different targets, the check says so.

The bridge itself reads names so that no order matters. So the orders are tried by a reader of the test's own, which
knows no more than "the longest words first, numbers with a prefix or pattern before bare ones, then the first rule that
fits": where its results depend on the order, an admin can have meant either.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.mapping import resolve
from bridge.mapping.check import check_bytes
from bridge.mapping.reading import read_words
from bridge.tags import parse_name

FILE = Path("clinic.yaml")
WORDS = ("x", "y", "Z", "ý", "w", "xy", "b")
NUMBERS = ("1", "2", "12")
PREFIXES = ("a", "b", "a b")
SEEDS = st.integers(0, 2**32)
Matters = Callable[[dict[str, Any], list[str]], bool]

phrase = st.lists(st.sampled_from((*WORDS, *NUMBERS)), min_size=1, max_size=3).map(" ".join)
aliases = st.lists(phrase.filter(lambda words: not re.fullmatch(r"[0-9 ]+", words)), max_size=2)
pattern = st.builds(
    "{}{}({}){}".format,
    st.sampled_from(("", "a", "[ab]", r"[\x61-\x62]", "(?:a|c)", "1")),
    st.sampled_from(("", "-", "-?")),
    st.sampled_from(("[0-9]+", "[0-9]{2}", "[12]", r"\d{1,3}")),
    st.sampled_from(("", "", "-b", "-?a", "-[0-9]")),
)
patient_rule = st.one_of(
    st.builds(lambda form: {"form": form}, st.sampled_from(("id", "oldid"))),
    st.builds(
        lambda form, prefix: {"form": form, "prefix": [prefix]},
        st.sampled_from(("id", "oldid")),
        st.sampled_from(PREFIXES),
    ),
    st.builds(lambda form, text: {"form": form, "pattern": text}, st.sampled_from(("id", "oldid")), pattern),
)
files = st.builds(
    lambda rules, first, second, station, tags, ignore: {
        "version": 1,
        "patient": {f"rule{number}": rule for number, rule in enumerate(rules)},
        "types": {"Xray": {"aliases": first}, "Surgery": {"aliases": second}},
        "stations": {"ENT": {"aliases": station}},
        "clinic": {"tags": dict.fromkeys(tags, 2)},
        "ignore": ignore,
    },
    st.lists(patient_rule, min_size=1, max_size=3),
    aliases,
    aliases,
    aliases,
    aliases,
    aliases,
)
names = st.lists(
    st.lists(
        st.sampled_from(("x", "y", "z", "w", "1", "2", "12", "a", "b", "a1", "b12", "xy", "11", "112")),
        min_size=1,
        max_size=6,
    ),
    min_size=20,
    max_size=40,
)


@dataclass(frozen=True)
class Rule:
    """What the test's reader knows of a rule: how strong it is, and what it reads of words from their beginning."""

    strength: int
    read: Callable[[list[str]], list[tuple[str, str, int]]]


def alias_rule(kind: str, value: str, alias: str) -> list[Rule]:
    """The alias as it stands, and its words run together."""
    words = [word.lower().replace("ý", "y") for word in alias.split()]
    rules = []
    for key in {tuple(words), ("".join(words),)}:
        rules.append(
            Rule(
                100 + len(key),
                lambda text, key=key: [(kind, value, len(key))] if tuple(text[: len(key)]) == key else [],
            )
        )
    return rules


def number_rule(given: dict[str, Any]) -> Rule:
    """A number alone, after a prefix, or in a pattern."""
    form, number = given["form"], "0*[1-9][0-9]{0,8}"
    if "prefix" in given:
        text = re.compile(rf"{given['prefix'][0].replace(' ', '-')}-?({number})")
    else:
        text = re.compile(given.get("pattern", f"({number})"))

    def read(words: list[str]) -> list[tuple[str, str, int]]:
        for count in range(len(words), 0, -1):
            match = text.fullmatch("-".join(words[:count]))
            if match and int(match[1]):
                return [("patient", f"{form} {int(match[1])}", count)]
        return []

    return Rule(1 if len(given) == 1 else 2, read)


def rules_of(data: dict[str, Any]) -> list[Rule]:
    """All rules of a file."""
    rules = [number_rule(given) for given in data["patient"].values()]
    for name, settings_of in data["types"].items():
        for alias in (name.lower(), *settings_of["aliases"]):
            rules += alias_rule("type", name, alias)
    for alias in data["stations"]["ENT"]["aliases"]:
        rules += alias_rule("station", "ENT", alias)
    for alias in data["clinic"]["tags"]:
        rules += alias_rule("clinic", "2", alias)
    for alias in data["ignore"]:
        rules += alias_rule("ignored", "", alias)
    return rules


def target(words: list[str], rules: list[Rule]) -> frozenset[tuple[str, str]]:
    """What the first rules that fit make of a name."""
    free, found = set(range(len(words))), set()
    for rule in sorted(rules, key=lambda rule: -rule.strength):
        for start in range(len(words)):
            for kind, value, count in rule.read(words[start:]):
                taken = set(range(start, start + count))
                if taken <= free:
                    free -= taken
                    found.add((kind, value))
    return frozenset(each for each in found if each[0] != "ignored")


def shuffled(data: dict[str, Any], shuffle: random.Random) -> dict[str, Any]:
    """The same file with its rules in another order."""
    mixed = {
        key: dict(mix(value.items(), shuffle)) if isinstance(value, dict) else value for key, value in data.items()
    }
    return mixed | {"ignore": mix(data["ignore"], shuffle)}


def mix(items: Any, shuffle: random.Random) -> list[Any]:
    """The items in another order."""
    mixed = list(items)
    shuffle.shuffle(mixed)
    return mixed


def depends(data: dict[str, Any], words: list[str]) -> bool:
    """Whether two orders of a file's rules give a name different targets."""
    rules = rules_of(data)
    shuffle = random.Random(0)
    orders = [rules, rules[::-1], *(mix(rules, shuffle) for _ in range(3))]
    return len({target(words, order) for order in orders}) > 1


def smaller(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The file without one of its rules, for each."""
    if len(data["patient"]) > 1:
        for name in data["patient"]:
            yield data | {"patient": {key: rule for key, rule in data["patient"].items() if key != name}}
    for group in ("types", "stations"):
        for name in data[group]:
            for left in without_one(data[group][name]["aliases"]):
                yield data | {group: data[group] | {name: {"aliases": left}}}
    for left in without_one(list(data["clinic"]["tags"])):
        yield data | {"clinic": {"tags": dict.fromkeys(left, 2)}}
    for left in without_one(data["ignore"]):
        yield data | {"ignore": left}


def without_one(items: list[str]) -> Iterator[list[str]]:
    """The items without one of them, for each."""
    yield from (items[:index] + items[index + 1 :] for index in range(len(items)))


def is_disputed(data: dict[str, Any], words: list[str]) -> bool:
    """Whether a word and a patient's rule both want a part of a name, so that the bridge holds the photo."""
    mapping = check_bytes(json.dumps(data).encode(), FILE).mapping
    return mapping is not None and bool(read_words(parse_name("-".join(words)).words, mapping).disputes)


def heart(data: dict[str, Any], words: list[str], matters: Matters = depends) -> dict[str, Any]:
    """As few rules as still make a name depend on their order, so that nothing else is there to complain of."""
    less = next((each for each in smaller(data) if matters(each, words)), None)
    return heart(less, words, matters) if less else data


@settings(max_examples=150, deadline=None)
@given(data=files, texts=names)
def test_where_the_order_of_rules_could_matter_the_check_says_so(data: dict[str, Any], texts: list[list[str]]) -> None:
    for words in texts:
        if depends(data, words):
            least = heart(data, words)
            assert check_bytes(json.dumps(data).encode(), FILE).problems
            assert check_bytes(json.dumps(least).encode(), FILE).problems, f"`{'-'.join(words)}` by {json.dumps(least)}"
            return


@settings(max_examples=100, deadline=None)
@given(data=files, texts=names)
def test_where_a_word_and_a_patients_rule_want_the_same_the_check_says_so(
    data: dict[str, Any], texts: list[list[str]]
) -> None:
    words = next((words for words in texts if is_disputed(data, words)), None)
    if words:
        least = heart(data, words, is_disputed)
        assert check_bytes(json.dumps(least).encode(), FILE).problems, f"`{'-'.join(words)}` by {json.dumps(least)}"


@settings(max_examples=100, deadline=None)
@given(data=files, texts=names, seed=SEEDS)
def test_the_bridge_reads_a_name_alike_whatever_the_order(
    data: dict[str, Any], texts: list[list[str]], seed: int
) -> None:
    first = check_bytes(json.dumps(data).encode(), FILE).mapping
    other = check_bytes(json.dumps(shuffled(data, random.Random(seed))).encode(), FILE).mapping
    assert (first is None) == (other is None)
    if first and other:
        for words in texts:
            one, two = (resolve(parse_name("-".join(words)), mapping) for mapping in (first, other))
            assert one.reference == two.reference
            assert (one.hold and one.hold.reason) == (two.hold and two.hold.reason)
