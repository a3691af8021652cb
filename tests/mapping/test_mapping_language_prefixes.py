"""Prefixes that are misspelt, decorated, or written as one word: bridge/mapping/patients.py."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import Problem
from bridge.mapping import Mapping, Resolution, load_mapping, resolve
from bridge.tags import parse_name

Refuse = Callable[[str | bytes], tuple[Problem, ...]]
Write = Callable[[str | bytes], Path]
RULES = """\
version: 1
patient:
  id: {form: id}
  old: {form: oldid, prefix: [exp, viejo, num viejo, a b c]}
types: {Headshot: {aliases: [cara]}}
"""


@pytest.fixture
def mapping(write: Write) -> Mapping:
    return load_mapping(write(RULES))


def resolved(typed: str, mapping: Mapping) -> Resolution:
    return resolve(parse_name(f"{typed}-21-Nov-2026-10-11-12.jpg"), mapping)


@pytest.mark.parametrize(
    "word",
    ["exp:", "viejo:", "(viejo)", '"viejo"', "viejo_", "viejo…", "viejo\u200b", "d_viejo", "VIÉJO;", "num_viejo:"],
)
@pytest.mark.parametrize("name", ["#{}-1-cara", "#1-cara-{}", "#cara-{} : 1"])
def test_a_prefix_with_signs_round_its_letters_is_never_a_stranger(name: str, word: str, mapping: Mapping) -> None:
    hold = resolved(name.format(word), mapping).hold
    assert hold is not None
    assert hold.reason == "ambiguous-patient"
    assert word in hold.sentence
    assert "beside" in hold.sentence


@pytest.mark.parametrize(
    "word", ["viejos", "expe", "expediente", "viej", "iejo", "vjejo", "veijo", "vieja", "numviejos", "ex", "(viejos):"]
)
@pytest.mark.parametrize("name", ["#{}-1-cara", "#cara-{}-1.", "#cara-{} : 1"])
def test_a_misspelt_prefix_before_a_number_is_never_a_stranger(name: str, word: str, mapping: Mapping) -> None:
    hold = resolved(name.format(word), mapping).hold
    assert hold is not None
    assert hold.reason == "ambiguous-patient"
    assert f"{word}` beside" in hold.sentence


@pytest.mark.parametrize("name", ["#1-cara-viejos", "#viejos-cara-1", "#ana-1-cara", "#d-1-cara"])
def test_a_word_that_is_no_prefix_nor_before_the_number_as_if_it_were_one_holds_nothing(
    name: str, mapping: Mapping
) -> None:
    found = resolved(name, mapping).reference
    assert found is not None
    assert str(found.patient) == "id 1"


@pytest.mark.parametrize(
    "words",
    [
        "num-viejo-1001",
        "numviejo1001",
        "numviejo-7",
        "num-viejo1",
        "NumViejo 1001",
        "a-b-c-1001",
        "ab-c1001",
        "a-bc-1001",
        "abc1",
    ],
)
def test_a_prefix_of_several_words_may_be_written_as_one(words: str, mapping: Mapping) -> None:
    found = resolved(f"#{words}-cara", mapping).reference
    assert found is not None
    assert str(found.patient) == f"oldid {re.sub('[^0-9]', '', words)}"


def test_a_joined_prefix_away_from_its_number_is_held(mapping: Mapping) -> None:
    hold = resolved("#1001-cara-numviejo", mapping).hold
    assert hold is not None
    assert "`numviejo` beside `#1001`" in hold.sentence


def test_an_alias_that_is_a_joined_prefix_is_refused(problems_of: Refuse) -> None:
    (problem,) = problems_of(RULES + "ignore: [numviejo]\n")
    assert problem.line == 6
    assert "could be taken for a patient by rule `old` on line 4" in problem.message


def test_prefixes_are_looked_for_quickly(mapping: Mapping) -> None:
    names = [parse_name(f"#cosa{number}x-viejos-{number}-cara.jpg") for number in range(1, 1001)]
    begun = time.thread_time()
    assert all(resolve(name, mapping).hold for name in names)
    assert time.thread_time() - begun < 2


@pytest.mark.parametrize("words", ["n-h", "N/H", "n h", "#n-#h", "e-x-p", "ex-p", "vie-jo", "t-j"])
@pytest.mark.parametrize("name", ["#{}-1-cara", "#cara-{}-:-1"])
def test_letters_that_spell_a_prefix_are_never_strangers(name: str, words: str, write: Write) -> None:
    rules = RULES.replace("exp,", "exp, nh,").replace("types", "  tag: {form: oldid, pattern: 'TJ([0-9]{4})'}\ntypes")
    hold = resolved(name.format(words), load_mapping(write(rules))).hold
    assert hold is not None
    assert hold.reason == "ambiguous-patient"
    assert "beside" in hold.sentence


@pytest.mark.parametrize("between", ["número", "del", "del-número", "número-:", "de-la"])
def test_a_misspelt_prefix_is_no_stranger_when_words_without_a_meaning_stand_between(
    between: str, write: Write
) -> None:
    found = resolved(f"#viejos-{between}-1-cara", load_mapping(write(RULES + "ignore: [número]\n")))
    assert found.hold is not None
    assert "`#viejos` beside `1`" in found.hold.sentence


@pytest.mark.parametrize("word", ["nhs", "hn", "nhh"])
def test_two_letters_changed_round_or_with_one_more_are_a_misspelt_prefix(word: str, write: Write) -> None:
    hold = resolved(f"#{word}-1-cara", load_mapping(write(RULES.replace("exp", "nh")))).hold
    assert hold is not None
    assert f"`#{word}` beside" in hold.sentence


@pytest.mark.parametrize("word", ["h", "ni", "no", "foto", "n-i", "n-cara-h"])
def test_other_short_words_before_a_number_hold_nothing(word: str, write: Write) -> None:
    found = resolved(f"#{word}-1-cara", load_mapping(write(RULES.replace("exp", "nh")))).reference
    assert found is not None
    assert str(found.patient) == "id 1"


@pytest.mark.parametrize(
    "code", ["expedienteanterior", "expedienteviejo12", "GALM150314MBCRPR05", "ExpedienteAnterior"]
)
def test_what_stands_where_a_practices_code_does_may_be_whose_the_number_is(code: str, write: Write) -> None:
    rules = RULES.replace("exp,", "expediente anterior, expediente viejo,").replace("types", "  c: {form: curp}\ntypes")
    mapping = load_mapping(write(rules))
    hold = resolved(f"#{code}-1001-cara", mapping).hold
    assert hold is not None
    assert hold.reason == "ambiguous-patient"
    assert f"`#{code}` stands where" in hold.sentence


def test_a_real_code_that_a_pattern_would_read_holds_nothing(write: Write) -> None:
    rules = RULES.replace("types", "  any: {form: oldid, pattern: '[a-z]+([0-9]+)'}\ntypes")
    assert resolved("#SonrisasDelValle26-#1001-cara", load_mapping(write(rules))).reference
