"""Held photos while others are at work, too, and while the chart is away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from held_site import HeldSite, text_of
from page_site import Browser
from page_visitors import house

from bridge.photos import PhotoState
from bridge.sandbox.faults import Fault, FaultKind
from bridge_runner import GUID
from noted import noted
from phone import picture, post_photo, wait_until

STAFF = "staff: {allow: [nurse, bridge]}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[HeldSite]:
    with house(tmp_path, STAFF) as started:
        yield HeldSite(started.service, started.chart)


def signed_in(site: HeldSite, username: str) -> Browser:
    """Somebody with an account of the chart."""
    browser = site.browser()
    fields = {"with": "account", "username": username, "password": f"{username}-pass"}
    assert browser.press("/sign-in/", **fields).status == 303
    return browser


def act(browser: Browser, photo_id: int, **fields: str) -> tuple[int, str]:
    """The status and the text of the answer."""
    answer = browser.post(f"/held/{photo_id}/", {"csrf": browser.csrf("/held/list/"), **fields})
    return answer.status, text_of(answer)


def test_nobody_takes_back_what_somebody_else_has_said_meanwhile(site: HeldSite) -> None:
    photo, nurse, other = site.held(), signed_in(site, "nurse"), signed_in(site, "bridge")
    assert act(nurse, photo.id, act="retry")[0] == 303
    site.bridge.store.take_back(photo.id)
    assert act(other, photo.id, act="discard", why="blurred")[0] == 303
    answer = nurse.post("/held/undo/", {"csrf": nurse.csrf("/held/list/"), "photo": str(photo.id)})
    assert (answer.status, "bridge has said something else" in text_of(answer)) == (409, True)
    assert site.bridge.store.pending_acts([photo.id])[photo.id].act == "discard"


def test_each_is_offered_to_take_back_what_they_said_themselves(site: HeldSite) -> None:
    photo, nurse, other = site.held(), signed_in(site, "nurse"), signed_in(site, "bridge")
    site.held()
    assert act(nurse, photo.id, act="retry")[0] == 303
    undo = f'name="photo" value="{photo.id}"'
    assert undo in nurse.get("/held/list/").body.decode()
    assert undo not in other.get("/held/list/").body.decode()


def test_while_the_chart_is_away_the_form_stays_as_it_was_filled_in(site: HeldSite) -> None:
    photo, nurse = site.held(), signed_in(site, "nurse")
    nurse.get(f"/held/{photo.id}/")
    site.chart.stop()
    status, text = act(nurse, photo.id, act="assign", patient="5", type="Surgery")
    assert (status, "cannot be reached" in text) == (502, True)
    assert site.bridge.store.pending_acts([photo.id]) == {}


def test_several_at_once_wait_once_for_a_chart_that_does_not_answer(site: HeldSite) -> None:
    photos, nurse = [site.held(f"#{number}-#rx") for number in range(1, 6)], signed_in(site, "nurse")
    nurse.get("/held/list/")
    site.chart.faults.add(Fault(FaultKind.STATUS, resource="patient", status=502))
    before = len([each for each in site.chart.requests if "/patient/" in each.path])
    fields = [("csrf", nurse.csrf("/held/list/")), ("act", "assign"), ("type", "Xray"), ("all", "1")]
    form = urlencode([*fields, *(("shown", photo.id) for photo in photos)])
    answer = nurse.ask("POST", "/held/list/", form, Content_Type="application/x-www-form-urlencoded")
    assert "nothing was said of these" in text_of(answer)
    assert len([each for each in site.chart.requests if "/patient/" in each.path]) == before + 1


@pytest.mark.parametrize("clinic", ["9" * 4301, "9" * 16, "-1", "x"])
def test_a_clinic_that_is_none_is_refused(site: HeldSite, clinic: str) -> None:
    photo, nurse = site.held(), signed_in(site, "nurse")
    assert act(nurse, photo.id, act="assign", patient="5", type="Xray", clinic=clinic)[0] == 400


def test_when_a_photo_was_taken_is_said_where_its_name_says_it(site: HeldSite) -> None:
    nurse = signed_in(site, "nurse")
    assert "Taken 2" not in text_of(nurse.get(f"/held/{site.held().id}/"))
    name = f"#{GUID}-#99999-#rx-21-Nov-2026-10-11-12.jpg"
    assert post_photo(site.bridge.web.port, name, picture(77)).status == 200
    wait_until(lambda: site.bridge.store.counts()[PhotoState.HELD] == 2)
    assert "Taken 2026-11-21 10:11" in text_of(nurse.get("/held/2/"))


def test_of_two_who_say_something_at_the_same_moment_one_is_noted(site: HeldSite) -> None:
    nurse, other = signed_in(site, "nurse"), signed_in(site, "bridge")
    people = [(browser, browser.csrf("/held/list/")) for browser in (nurse, other)]

    def retry(person: tuple[Browser, str], path: str) -> int:
        browser, token = person
        return browser.post(path, {"csrf": token, "act": "retry"}).status

    for _ in range(5):
        photo = site.held()
        with ThreadPoolExecutor(2) as together:
            assert sorted(together.map(retry, people, [f"/held/{photo.id}/"] * 2)) == [303, 409]
        said = site.bridge.store.pending_acts([photo.id])[photo.id].actor
        notes = [each for each in noted(site.bridge.store, photo_id=photo.id) if each.action == "retried"]
        assert [each.who for each in notes] == [said]


def test_several_at_once_go_to_the_patients_of_their_names_whatever_is_sent_along(site: HeldSite) -> None:
    photos, nurse = [site.held(f"#{number}-#rx") for number in (2, 3)], signed_in(site, "nurse")
    fields = [("csrf", nurse.csrf("/held/list/")), ("act", "assign"), ("type", "Xray"), ("patient", "5")]
    form = urlencode([*fields, *(("photo", photo.id) for photo in photos)])
    nurse.ask("POST", "/held/list/", form, Content_Type="application/x-www-form-urlencoded")
    acts = site.bridge.store.pending_acts([photo.id for photo in photos])
    assert [acts[photo.id].target.patient for photo in photos if acts[photo.id].target] == [2, 3]


def test_pictures_are_boxed_in(site: HeldSite) -> None:
    photo, nurse = site.held(), signed_in(site, "nurse")
    answer = nurse.get(f"/held/{photo.id}/preview")
    assert (answer.status, answer.headers["content-security-policy"].startswith("sandbox; ")) == (200, True)


def test_todays_held_photos_lead_to_where_they_are_helped(site: HeldSite) -> None:
    site.held()
    link = '<a href="/held/">Held photos</a>'
    assert link in signed_in(site, "nurse").get("/today/?practice=clinic-a").body.decode()
