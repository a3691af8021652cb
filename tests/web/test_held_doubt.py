"""What is in doubt of a held photo is nobody's to guess, and what somebody says of a photo lasts."""

import re
from collections.abc import Iterator

import pytest
from held_site import HeldSite, held_site, text_of
from page_site import Browser

from bridge.holds import Hold, HoldReason
from bridge.photos import Act, Photo, PhotoState
from bridge.web.held_said import name_says
from bridge_runner import GUID
from phone import picture, wait_until

TWO_TYPES = Hold(HoldReason.AMBIGUOUS_TYPE, "The name says two types; assign the photo by hand.")
TWO_STATIONS = Hold(HoldReason.AMBIGUOUS_STATION, "The name says two stations; assign the photo by hand.")
TWO_CLINICS = Hold(HoldReason.AMBIGUOUS_CLINIC, "The name says two clinics; assign the photo by hand.")
NO_TYPE = Hold(HoldReason.NO_TYPE, "The name says no type; assign the photo by hand.")
DAMAGED = Hold(HoldReason.DAMAGED_PICTURE, "The lower half of the picture is missing; look at it.")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldSite]:
    with held_site(tmp_path_factory.mktemp("held")) as running:
        yield running


@pytest.fixture(scope="module")
def nurse(site: HeldSite) -> Browser:
    return site.nurse()


def checked(nurse: Browser, photo: Photo, name: str) -> list[str]:
    """What is chosen beforehand."""
    body = nurse.get(f"/held/{photo.id}/").body.decode()
    return [each for each in re.findall(rf'name="{name}" value="([^"]*)"[^>]*>', body) if is_checked(body, name, each)]


def is_checked(body: str, name: str, value: str) -> bool:
    return bool(re.search(rf'name="{name}" value="{re.escape(value)}"[^>]* checked', body))


def meaning(*means: tuple[str, str]) -> list[dict[str, object]]:
    return [{"means": {"kind": kind, "value": value}} for kind, value in means]


def test_a_name_says_what_it_says_once_or_twice_the_same() -> None:
    says = name_says([*meaning(("id", "5"), ("type", "Xray"), ("type", "Xray")), {"means": None}])
    assert (says.patient, says.one("type"), says.one("station")) == (("id", "5"), "Xray", "")
    twice = name_says(meaning(("id", "5"), ("oldid", "7"), ("type", "Xray"), ("type", "Headshot")))
    assert (twice.patient, twice.one("type"), twice.is_in_doubt("type")) == (None, "", True)
    assert name_says(meaning(("id", "5"), ("id", "6"), ("curp", "X"))).patient is None


def test_of_two_types_none_is_chosen_beforehand(site: HeldSite, nurse: Browser) -> None:
    photo = site.held("#123-#headshot-#x-ray", hold=TWO_TYPES)
    assert (checked(nurse, photo, "patient"), checked(nurse, photo, "type")) == (["123"], [])
    answer = nurse.press(f"/held/{photo.id}/", act="assign", patient="123", station="by-type", clinic="today")
    assert (answer.status, "Choose the type" in text_of(answer)) == (400, True)
    unresolved = site.held("#123-#headshot-#x-ray", hold=NO_TYPE)
    assert checked(nurse, unresolved, "type") == []


def test_of_two_stations_or_clinics_none_is_chosen_beforehand(site: HeldSite, nurse: Browser) -> None:
    assert checked(nurse, site.held("#123-#rx", hold=TWO_STATIONS), "station") == []
    assert checked(nurse, site.held("#123-#rx", hold=NO_TYPE), "station") == ["by-type"]
    photo = site.held("#123-#rx", hold=TWO_CLINICS)
    body = nurse.get(f"/held/{photo.id}/").body.decode()
    assert '<select name="clinic" required>' in body
    assert not re.search(r'<option value="today"[^>]* selected', body)


def test_a_damaged_photo_is_filed_as_it_is_by_the_main_button(site: HeldSite, nurse: Browser) -> None:
    cut = picture(4711, (320, 240))
    photo = site.held("#123-#rx", hold=DAMAGED, content=cut[: len(cut) * 2 // 3])
    body = nurse.get(f"/held/{photo.id}/").body.decode()
    assert re.search(r'name="act" value="assign-as-is" id="file-it"', body)
    assert nurse.press(f"/held/{photo.id}/", act="assign-as-is", patient="6", type="Xray").status == 303
    pending = site.bridge.store.pending_acts([photo.id])[photo.id]
    assert (pending.act, pending.target and pending.target.patient) == (Act.SEND_AS_IS, 6)
    assert f"Photo {photo.id} goes to patient 6 as X-ray, as it is" in text_of(nurse.get("/held/"))
    site.bridge.store.do_act(pending)
    wait_until(lambda: site.bridge.store.photo(photo.id).state is PhotoState.DELIVERED)
    receipt = site.bridge.store.receipt(photo.id)
    assert receipt is not None
    assert receipt.target.patient == 6


def test_a_sound_photo_is_not_filed_as_it_is(site: HeldSite, nurse: Browser) -> None:
    assert "as-is" not in nurse.get(f"/held/{site.held().id}/").body.decode()


def test_the_name_is_shown_as_it_was_typed(site: HeldSite, nurse: Browser) -> None:
    photo = site.held(f"#{GUID}-#132-#rx-21-Nov-2026-10-11-12")
    text = text_of(nurse.get(f"/held/{photo.id}/"))
    assert GUID not in text
    assert "#132-#rx Taken 2026-11-21 10:11" in text
    assert "The whole name #132-#rx-21-Nov-2026-10-11-12" in text
    row = nurse.get("/held/list/").body.decode()
    assert "<code>#132-#rx</code>" in row
    assert GUID not in row


def test_what_the_name_said_is_said_in_spanish(site: HeldSite) -> None:
    photo = site.held("#132-#rx")
    assert "#rx tipo Radiografía" in text_of(site.nurse("es").get(f"/held/{photo.id}/"))


def test_a_photo_that_is_gone_leads_to_the_next_one(site: HeldSite, nurse: Browser) -> None:
    older, gone = site.held(), site.held()
    site.bridge.store.discard(gone.id, "somebody", "it was blurred")
    answer = nurse.get(f"/held/{gone.id}/")
    assert (answer.status, f"Photo {gone.id} is not held any more" in text_of(answer)) == (409, True)
    assert f'<a class="button" href="/held/{older.id}/">Next held photo</a>' in answer.body.decode()
    late = nurse.post("/held/undo/", {"csrf": nurse.csrf("/held/"), "photo": str(gone.id)})
    assert (late.status, f'href="/held/{older.id}/"' in late.body.decode()) == (409, True)
