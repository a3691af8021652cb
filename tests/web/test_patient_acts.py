"""Deleting a picture, and moving one to another patient: each asks first, and shows whose it is."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_site import Browser
from patient_site import PatientSite, images, links, patient_site, text_of

from bridge.sandbox import Fault, FaultKind
from phone import Answer, wait_until


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PatientSite]:
    with patient_site(tmp_path_factory.mktemp("acts")) as running:
        yield running


@pytest.fixture(scope="module")
def nurse(site: PatientSite) -> Browser:
    return site.nurse()


def of(site: PatientSite, patient: int) -> list[int]:
    """The patient's images in the chart."""
    return [each.id for each in site.chart.images(patient)]


def moved(nurse: Browser, number: int, patient: int, to: int) -> Answer:
    """The page of a move, when it is over."""
    sent = nurse.press(f"/patients/{patient}/pictures/{number}/move/{to}/", reason="his brother's")
    assert sent.status == 303
    target = sent.headers["location"]
    wait_until(lambda: "Done:" in text_of(nurse.get(target)))
    return nurse.get(target)


def test_the_page_that_asks_shows_the_picture_and_whose_it_is(site: PatientSite, nurse: Browser) -> None:
    number = site.put(1, 2)
    answer = nurse.get(f"/patients/2/pictures/{number}/delete")
    said = text_of(answer)
    assert [each for each in ("Delete this picture for ever?", "Mateo Salgado Nuñez", "Why?") if each not in said] == []
    assert f"/pictures/{number}/file" in [each["src"] for each in images(answer)]
    assert number in of(site, 2)


def test_a_picture_is_deleted_with_a_reason_and_both_are_noted(site: PatientSite, nurse: Browser) -> None:
    number = site.put(2, 2)
    sent = nurse.press(f"/patients/2/pictures/{number}/delete", reason="a finger on the lens")
    assert (sent.status, sent.headers["location"]) == (303, "/patients/2/?done=deleted")
    assert number not in of(site, 2)
    assert ("nurse", number, "a finger on the lens") in site.noted("deleted")
    assert "The picture was deleted." in text_of(nurse.get(sent.headers["location"]))


def test_without_a_reason_nothing_is_deleted(site: PatientSite, nurse: Browser) -> None:
    number = site.put(3, 2)
    sent = nurse.press(f"/patients/2/pictures/{number}/delete", reason="  ")
    assert sent.status == 400
    assert "Say why, in a few words" in text_of(sent)
    assert number in of(site, 2)


def test_a_reason_that_does_not_fit_comes_back_to_be_mended(site: PatientSite, nurse: Browser) -> None:
    number = site.put(4, 2)
    sent = nurse.press(f"/patients/2/pictures/{number}/delete", reason="x" * 501)
    assert sent.status == 400
    assert f'value="{"x" * 501}"' in sent.body.decode()
    assert number in of(site, 2)


@pytest.mark.parametrize("act", ["delete", "move/5/"])
def test_a_form_of_another_site_does_nothing(site: PatientSite, nurse: Browser, act: str) -> None:
    number = site.put(5, 2)
    sent = nurse.post(f"/patients/2/pictures/{number}/{act}", {"reason": "forged", "csrf": "guessed"})
    assert sent.status == 400
    assert number in of(site, 2)


@pytest.mark.parametrize("act", ["delete", "move/5/"])
def test_a_picture_of_somebody_else_is_left_alone(site: PatientSite, nurse: Browser, act: str) -> None:
    number = site.put(6, 2)
    fields = {"csrf": nurse.csrf("/patients/"), "reason": "wrong address"}
    assert nurse.post(f"/patients/4/pictures/{number}/{act}", fields).status == 404
    assert number in of(site, 2)


def test_a_picture_that_is_gone_meanwhile_is_told(site: PatientSite, nurse: Browser) -> None:
    number = site.put(7, 2)
    nurse.press(f"/patients/2/pictures/{number}/delete", reason="blurred")
    assert nurse.get(f"/patients/2/pictures/{number}/delete").status == 404


def test_the_other_patient_is_looked_for_and_the_own_one_not_offered(site: PatientSite, nurse: Browser) -> None:
    number = site.put(8, 8)
    answer = nurse.get(f"/patients/8/pictures/{number}/move/?q=bravo")
    assert links(answer, r".*/move/\d+/") == [f"/patients/8/pictures/{number}/move/9/"]


def test_before_a_move_both_patients_stand_side_by_side(site: PatientSite, nurse: Browser) -> None:
    faces = [site.put(9, 6, "Headshot"), site.put(10, 7, "Headshot")]
    number = site.put(11, 6)
    answer = nurse.get(f"/patients/6/pictures/{number}/move/7/")
    said = text_of(answer)
    facts = ("Diego Raul Montes Arce", "Born 5 March 2020", "Ximena Quintero Solis", "Born 19 October 2007")
    assert [each for each in facts if each not in said] == []
    sources = [each["src"] for each in images(answer)]
    assert sources == [f"/pictures/{each}/small" for each in (faces[0], number, faces[1])]
    assert number in of(site, 6)


def test_a_moved_picture_is_with_the_other_patient_alone(site: PatientSite, nurse: Browser) -> None:
    number = site.put(12, 8, "Xray", clinic=2, station=3)
    answer = moved(nurse, number, 8, 9)
    (new,) = of(site, 9)
    assert number not in of(site, 8)
    assert f"/patients/9/pictures/{new}/" in links(answer, r"/patients/9/pictures/\d+/")
    assert nurse.get(f"/patients/9/pictures/{new}/").status == 200
    assert [each[0] for each in site.noted("moved") if each[2] == "his brother's"][-1:] == ["nurse"]


def test_a_form_that_is_sent_twice_makes_one_move(site: PatientSite, nurse: Browser) -> None:
    number = site.put(13, 12)
    target = f"/patients/12/pictures/{number}/move/10/"
    fields = {"csrf": nurse.csrf("/patients/"), "reason": "mistyped"}
    sent = [nurse.post(target, fields) for _ in range(2)]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    wait_until(lambda: number not in of(site, 12))
    assert len(of(site, 10)) == 1


def test_a_move_that_is_stuck_says_why_and_goes_on_when_it_is_asked_for_again(
    site: PatientSite, nurse: Browser
) -> None:
    number = site.put(17, 5)
    site.chart.faults.add(Fault(FaultKind.STATUS, "DELETE", "image", status=405))
    sent = nurse.press(f"/patients/5/pictures/{number}/move/1/", reason="mistyped")
    target = sent.headers["location"]
    wait_until(lambda: "It cannot go on by itself." in text_of(nurse.get(target)))
    assert "Ask for it again" in text_of(nurse.get(target))
    site.chart.faults.clear()
    page = nurse.get(target).body.decode()
    again = re.search(r'<form id="again" method="post" action="([^"]*)"', page)
    assert again is not None
    assert 'name="reason" value="mistyped"' in page
    assert nurse.post(again[1], {"csrf": nurse.csrf(target), "reason": "mistyped"}).headers["location"] == target
    wait_until(lambda: "Done:" in text_of(nurse.get(target)))
    assert of(site, 5) == []
    assert len(of(site, 1)) == 1


def test_a_picture_is_not_moved_to_whom_it_is_with(site: PatientSite, nurse: Browser) -> None:
    number = site.put(14, 4)
    sent = nurse.press(f"/patients/4/pictures/{number}/move/4/", reason="same")
    assert sent.status == 400
    assert f"Image {number} is patient 4's already" in text_of(sent)
    assert of(site, 4) == [number]


def test_there_is_no_page_for_a_move_to_nobody(site: PatientSite, nurse: Browser) -> None:
    number = site.put(15, 2)
    assert nurse.get(f"/patients/2/pictures/{number}/move/99999/").status == 404


def test_staff_whom_the_config_does_not_name_look_but_do_not_move(tmp_path: Path) -> None:
    with patient_site(tmp_path, staff="") as site:
        number = site.put(16, 2)
        nurse = site.nurse()
        answer = nurse.get(f"/patients/2/pictures/{number}/")
        assert answer.status == 200
        assert "Move to another patient" not in text_of(answer)
        assert nurse.get(f"/patients/2/pictures/{number}/move/").status == 403
        assert nurse.get(f"/patients/2/pictures/{number}/move/5/").status == 403


@pytest.mark.parametrize(
    ("act", "chosen"), [("delete", "The same picture twice"), ("move/5/", "Taken of the wrong patient")]
)
def test_a_reason_is_chosen_by_a_button(site: PatientSite, nurse: Browser, act: str, chosen: str) -> None:
    number = site.put(20 + len(act), 2)
    target = f"/patients/2/pictures/{number}/{act}"
    page = nurse.get(target).body.decode()
    buttons = re.findall(r'<input type="radio" name="why" value="([^"]*)"( checked)?', page)
    assert (chosen, "") in buttons
    assert [each for each in buttons if each[1]] == []
    assert nurse.press(target, why=chosen, reason=" ").status == 303
    wait_until(lambda: number not in of(site, 2))
    action = "deleted" if act == "delete" else "moved"
    wait_until(lambda: ("nurse", chosen) in [(who, why) for who, _image, why in site.noted(action)])


def test_what_was_typed_counts_more_than_the_button(site: PatientSite, nurse: Browser) -> None:
    number = site.put(22, 2)
    sent = nurse.press(f"/patients/2/pictures/{number}/delete", why="The same picture twice", reason="a thumb")
    assert sent.status == 303
    assert ("nurse", number, "a thumb") in site.noted("deleted")


@pytest.mark.parametrize(
    ("act", "given"),
    [
        ("delete", {"reason": 'his "brother\'s"'}),
        ("delete", {"why": "The same picture twice"}),
        ("move/4/", {"reason": "his brother's"}),
    ],
)
def test_a_reason_is_kept_while_the_chart_is_away(
    site: PatientSite, nurse: Browser, act: str, given: dict[str, str]
) -> None:
    number = site.put(30 + len(act) + len(given.get("reason", "")), 2)
    target = f"/patients/2/pictures/{number}/{act}"
    fields = {"csrf": nurse.csrf(target), **given}
    site.chart.faults.add(Fault(FaultKind.CUT_BEFORE_STORING))
    try:
        sent = nurse.post(target, fields)
    finally:
        site.chart.faults.clear()
    page = html.unescape(sent.body.decode())
    assert sent.status in (502, 504)
    assert f"Picture {number}" in text_of(sent)
    assert f'action="{target}"' in page
    (kept,) = given.values()
    assert f'value="{kept}" maxlength' in page if "reason" in given else f'value="{kept}" checked' in page
    assert number in of(site, 2)
    assert nurse.post(target, fields).status == 303
    wait_until(lambda: number not in of(site, 2))


def test_a_page_of_a_move_says_in_its_heading_that_it_is_over(site: PatientSite, nurse: Browser) -> None:
    number = site.put(40, 11)
    said = moved(nurse, number, 11, 10)
    assert '<h1 id="heading">Picture moved</h1>' in said.body.decode()
    assert "Moving a picture" not in text_of(said)
