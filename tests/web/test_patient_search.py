"""`/patients/`: staff look for patients."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from page_site import Browser
from patient_site import HOSTILE, TWINS, PatientSite, images, links, patient_site, text_of

from phone import Answer


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PatientSite]:
    with patient_site(tmp_path_factory.mktemp("search")) as running:
        yield running


@pytest.fixture(scope="module")
def nurse(site: PatientSite) -> Browser:
    return site.nurse()


def searched(browser: Browser, text: str) -> Answer:
    answer = browser.get(f"/patients/?q={quote(text)}")
    assert answer.status == 200
    return answer


def found(browser: Browser, text: str) -> list[str]:
    return links(searched(browser, text), r"/patients/\d+/")


@pytest.mark.parametrize(
    "text", ["5", "#5", "paciente 5", "2005", "zuniga", "Peña angela", "ZUPA161211MBCXXN05", "zupa16"]
)
def test_a_patient_is_found_by_number_name_and_curp(nurse: Browser, text: str) -> None:
    assert found(nurse, text) == ["/patients/5/"]


def test_each_one_found_is_shown_with_what_makes_them_sure(nurse: Browser) -> None:
    said = text_of(searched(nurse, "angela"))
    facts = (
        "1 patient",
        "Ángela Zúñiga Peña",
        "Number 5",
        "Born 11 December 2016",
        "Female",
        "CURP ZUPA161211MBCXXN05",
    )
    assert [each for each in facts if each not in said] == []


def test_the_newest_headshot_stands_beside_the_name_and_keeps_its_place(site: PatientSite, nurse: Browser) -> None:
    headshot = site.put(1, 4, "Headshot")
    (face,) = images(searched(nurse, "emilio"))
    assert (face["src"], face["width"], face["height"]) == (f"/pictures/{headshot}/small", "64", "64")
    assert face["loading"] == "lazy"


def test_at_most_fifteen_are_shown_and_it_says_that_there_are_more(nurse: Browser) -> None:
    answer = searched(nurse, "sarmiento")
    assert len(links(answer, r"/patients/\d+/")) == 15 < TWINS
    assert "There are more; give more of the name, or a number." in text_of(answer)


def test_before_anything_is_typed_nothing_is_looked_for(site: PatientSite, nurse: Browser) -> None:
    before = len(site.chart.requests)
    answer = nurse.get("/patients/")
    assert links(answer, r"/patients/\d+/") == []
    assert not [each for each in site.chart.requests[before:] if "patient" in each.path]


def test_the_first_letter_finds_nobody_and_says_what_to_give(nurse: Browser) -> None:
    answer = searched(nurse, "z")
    assert "Give at least two letters of a name" in text_of(answer)
    assert links(answer, r"/patients/\d+/") == []


def test_where_nobody_is_found_it_says_what_to_try(nurse: Browser) -> None:
    assert "Nobody was found. Check the number" in text_of(searched(nurse, "xyzzyx"))


def test_a_hostile_name_is_text(nurse: Browser) -> None:
    answer = searched(nurse, "hostil")
    assert f"{HOSTILE} " in text_of(answer)
    assert images(answer) == []


def test_what_was_typed_stands_in_the_field_as_text(nurse: Browser) -> None:
    body = searched(nurse, '"><script>1</script> zz').body.decode()
    assert 'value="&#34;&gt;&lt;script&gt;1&lt;/script&gt; zz"' in body


def test_the_page_speaks_spanish(site: PatientSite) -> None:
    said = text_of(searched(site.nurse("es"), "angela"))
    facts = ("Buscar un paciente", "1 paciente", "Nacimiento: 11 de diciembre de 2016", "Femenino")
    assert [each for each in facts if each not in said] == []


def test_what_the_charting_doors_refuse_is_said_in_spanish_too(site: PatientSite) -> None:
    answer = site.nurse("es").get("/patients/99999/")
    assert "El sistema de expedientes no tiene ningún paciente con este número" in text_of(answer)


@pytest.mark.parametrize("path", ["/patients/", "/patients/5/", "/pictures/1/file", "/pictures/1/small", "/moves/1/"])
def test_strangers_are_led_to_the_sign_in_page(site: PatientSite, path: str) -> None:
    answer = Browser(site.bridge.web.port).get(path)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in/")


def test_nobody_keeps_what_the_pages_say(nurse: Browser) -> None:
    assert searched(nurse, "angela").headers["cache-control"] == "no-store"
