"""Looking for patients at the JSON door: what a person types finds whom they mean."""

import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import requests
from charting_site import relay_to
from hypothesis import given, settings
from hypothesis import strategies as st
from json_site import PROBLEM, JsonSite, picture, posted, running_json_door

from bridge.charting import Chart, ChartReader, FixedLimit, PatientFinder
from bridge.charting.name_search import closeness, folded, matches, parts_to_ask, words_of
from bridge.charting.patient_finder import MOST_CANDIDATES
from bridge.sandbox import SandboxServer, default_seed


class NothingMaker:
    """Makes no pictures."""

    def preview(self, file: bytes, edge: int, /) -> bytes:
        raise AssertionError(f"{len(file)} bytes at {edge}")


PEOPLE = [
    (101, "María", "", "García", "López"),
    (102, "MARIA", "", "GARCIA", "NUÑEZ"),
    (103, "Ana María", "de los Ángeles", "García-Peña", ""),
    (104, "Óscar", "", "Núñez", "De la Cruz"),
    (105, "ÓSCAR", "", "ÑAÑEZ", "ÁVILA"),
    (106, "Mario", "", "Garza", "Güemes"),
    (107, "Ma. Guadalupe", "", "O'Brien", "Ruiz"),
    (108, "Guadalupe", "", "D’Ángelo", "OBrien"),
]


@pytest.fixture(scope="module", params=[False, True], ids=["sqlite", "mysql"])
def chart(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    seed = default_seed()
    like = seed.rows["patients"][0]
    people = [
        {**like, "id": number, "first": first, "middle": middle, "paternal_last": last, "maternal_last": second,
         "dob": "03/04/2012", "curp": f"GALM120304MBCRPR{number % 100:02}", "oldid": 2000 + number}
        for number, first, middle, last, second in PEOPLE
    ]  # fmt: skip
    more = replace(seed, rows={**seed.rows, "patients": (*seed.rows["patients"], *people)})
    with SandboxServer(more, mysql_family=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def site(chart: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsonSite]:
    folder: Path = tmp_path_factory.mktemp("store")
    with running_json_door({"clinic": chart}, folder, NothingMaker()) as running:
        yield running


def _find(site: JsonSite, chart: SandboxServer, text: str, **more: object) -> requests.Response:
    return site.ask("GET", "patients", chart.token("bridge"), params={"q": text, **more})


def _found(site: JsonSite, chart: SandboxServer, text: str) -> list[int]:
    answer = _find(site, chart, text)
    assert answer.status_code == 200
    assert answer.json()["is_complete"]
    return [each["id"] for each in answer.json()["patients"]]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Garcia Maria", {101, 102, 103}),
        ("maria garcia lopez", {101}),
        ("GARCÍA MARÍA LÓPEZ", {101}),
        ("garcia nunez", {102}),
        ("nuñez garcia", {102}),
        ("nunez oscar", {104}),
        ("nanez avila", {105}),
        ("ñañez", {105}),
        ("angeles pena", {103}),
        ("garcia-pena", {103}),
        ("cruz la de", {104}),
        ("guemes", {106}),
        ("Gar Mar", {101, 102, 103, 106}),
        ("ngele", {103}),
        ("zuniga", {5}),
        (unicodedata.normalize("NFD", "Zúñiga Peña Ángela"), {5}),
        ("Maria Nobody", set()),
        ("' OR 999=999 --", set()),
        ("garcia, maria", {101, 102, 103}),
        ("(Garza) Mario;", {106}),
        ("maria\tgarcia\nlopez", {101}),
        ("obrien", {107, 108}),
        ("O'Brien", {107, 108}),
        ("o’brien", {107, 108}),
        ("O´Brien ruiz", {107}),
        ("obr", {107, 108}),
        ("d'angelo", {11, 108}),
        ("dangelo", {11, 108}),
        ("dan obri", {108}),
        ("ma guadalupe", {107}),
        ("#104", {104}),
        ("104.", {104}),
        ("+104", {104}),
        ("0104", {104}),
        ("patient 104", {104}),
        ("Paciente #104", {104}),
        ("No. 2104", {104}),
        ("oscar 104", {104}),
        ("2104 nunez", {104}),
        ("oscar 2105", {105}),
        ("oscar 101", set()),
        ("104 2104", {104}),
        ("104 105", set()),
        ("GALM", {number for number, *_ in PEOPLE}),
        ("GALM 120304", {number for number, *_ in PEOPLE}),
        ("galm-120304-mbcrpr04", {104}),
        ("galm 12", {number for number, *_ in PEOPLE}),
    ],
)
def test_words_in_any_order_case_and_spelling_find_a_person(
    site: JsonSite, chart: SandboxServer, text: str, who: set[int]
) -> None:
    assert set(_found(site, chart, text)) == who


def test_whole_names_come_before_parts_of_names(site: JsonSite, chart: SandboxServer) -> None:
    assert _found(site, chart, "mario")[0] == 106
    assert _found(site, chart, "ana")[0] == 103


def test_a_person_comes_with_what_one_needs_to_be_sure(site: JsonSite, chart: SandboxServer) -> None:
    posted(chart, picture(), 101, type="Xray")
    headshot = posted(chart, picture(), 101)
    expected = {
        "id": 101,
        "name": "María García López",
        "first": "María",
        "middle": "",
        "paternal_last": "García",
        "maternal_last": "López",
        "birth_date": "2012-03-04",
        "sex": "Female",
        "curp": "GALM120304MBCRPR01",
        "old_id": 2101,
        "headshot": headshot,
    }
    one = site.ask("GET", "patients/101", chart.token("bridge"))
    assert one.json() == expected
    assert _find(site, chart, "lopez maria").json() == {"patients": [expected], "is_complete": True, "hint": None}
    assert date.fromisoformat(expected["birth_date"]) == date(2012, 3, 4)


def test_numbers_old_numbers_and_curps_find_a_person(site: JsonSite, chart: SandboxServer) -> None:
    assert _found(site, chart, "104") == [104]
    assert _found(site, chart, "2104") == [104]
    assert _found(site, chart, "GALM120304MBCRPR04") == [104]
    assert _found(site, chart, "galm120304mbcrpr04") == [104]
    assert set(_found(site, chart, "galm120304")) == {number for number, *_ in PEOPLE}
    for nobody in ("0", "999999", "9" * 15, "1" * 30, "ZZZZ990101"):
        assert _found(site, chart, nobody) == []


@pytest.mark.parametrize("text", ["", " ", "a", "é", "a b", "-", "%%", "%_", "'", "x" * 101, "ma\x00ria"])
def test_a_text_that_means_nobody_or_everyone_is_400(site: JsonSite, chart: SandboxServer, text: str) -> None:
    answer = _find(site, chart, text)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, PROBLEM)


@pytest.mark.parametrize(
    "text", ["xx/../..?x=1&y", "mariax#", "\U00020000\U00020000", "ffi ﬃ", "mar;iax", "İstanbul", "ß" * 50, "9" * 40]
)
def test_odd_texts_find_nobody_and_break_nothing(site: JsonSite, chart: SandboxServer, text: str) -> None:
    assert _found(site, chart, text) == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Maria Nobody", "fewer of them"),
        ("999999", "look for the name"),
        ("oscar 101", "one of them alone"),
        ("1O01", "O for 0"),
        ("GALM120304MBCRPR0l", "O for 0"),
    ],
)
def test_who_finds_nobody_hears_what_to_try(site: JsonSite, chart: SandboxServer, text: str, hint: str) -> None:
    answer = _find(site, chart, text).json()
    assert (answer["patients"], answer["is_complete"]) == ([], True)
    assert hint in answer["hint"]


def test_a_limit_says_that_there_are_more(site: JsonSite, chart: SandboxServer) -> None:
    answer = _find(site, chart, "maria", limit=1).json()
    assert (len(answer["patients"]), answer["is_complete"]) == (1, False)


def test_a_search_is_remembered_for_a_moment(site: JsonSite, chart: SandboxServer) -> None:
    _find(site, chart, "garcia lopez")
    before = len(chart.requests)
    _find(site, chart, "lopez garcia")
    assert len(chart.requests) == before


def test_a_search_asks_the_chart_a_few_dozen_times_at_most(site: JsonSite, chart: SandboxServer) -> None:
    before = len(chart.requests)
    _find(site, chart, "anunciación inunuana")
    assert len(chart.requests) - before <= 60


def test_a_patient_who_is_not_there_is_404(site: JsonSite, chart: SandboxServer) -> None:
    answer = site.ask("GET", "patients/987654", chart.token("bridge"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)


NAMES = st.text("aeiounáéíóúüñmrzgÁÑÓ", min_size=2, max_size=8)


@settings(max_examples=200, deadline=None)
@given(NAMES, st.data())
def test_a_name_holds_one_spelling_of_every_part_that_is_asked_for(name: str, data: st.DataObject) -> None:
    """As long as no three of its letters have two accents, which Spanish does not write."""
    marked = [each in "áéíóúüÁÓ" for each in name]
    if any(sum(marked[start : start + 3]) > 1 for start in range(len(name))):
        name = folded(name)
    start = data.draw(st.integers(0, len(name) - 1))
    word = folded(name[start : data.draw(st.integers(start + 1, len(name)))])
    for spellings in parts_to_ask(word):
        assert any(each in name or each.upper() in name.upper() for each in spellings)


def test_words_and_their_closeness() -> None:
    assert words_of(" Peña-García  ÁNGELA ") == ("pena", "garcia", "angela")
    assert matches(("pena", "ang"), ("Ángela", "Peña"))
    assert not matches(("pena", "x"), ("Ángela", "Peña"))
    assert closeness(("pena",), ("Peña",)) < closeness(("pen",), ("Peña",)) < closeness(("ena",), ("Peña",))


@pytest.fixture(scope="module")
def crowd() -> Iterator[ChartReader]:
    """A chart where very many have one name."""
    seed = default_seed()
    like = seed.rows["patients"][0]
    many = [
        {**like, "id": 1000 + each, "first": "Juan", "paternal_last": "Perez"} for each in range(MOST_CANDIDATES + 30)
    ]
    with SandboxServer(replace(seed, rows={**seed.rows, "patients": (*seed.rows["patients"], *many)})) as chart:
        relay = relay_to(chart.url)
        yield ChartReader(Chart(frozenset({"clinic"}), relay, FixedLimit(1)), f"Token {chart.token('bridge')}")
        relay.close()


def test_of_too_many_the_newest_are_looked_at(crowd: ChartReader) -> None:
    found = PatientFinder().find(crowd, "juan perez", 100)
    assert not found.is_complete
    assert {each.id for each in found.patients} <= set(range(1030, 1030 + MOST_CANDIDATES))
    assert PatientFinder().find(crowd, "juan perez nobody", 100).is_complete


def test_a_search_ends_after_a_while_and_says_that_there_are_others(crowd: ChartReader) -> None:
    """A chart that takes seconds for each answer: at each look at the clock one has gone by."""
    seconds = itertools.count()
    found = PatientFinder(lambda: float(next(seconds))).find(crowd, "juan perez", 100)
    assert 0 < len(found.patients) < 20
    assert not found.is_complete
