"""Held photos in a real browser: thirty repaired by keys alone, several at once, with every look."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from held_site import HOLD, HeldSite
from looking import LAPTOP, PHONE, SIZES, TABLET, Look, Size, Window, looks
from page_site import Browser
from page_visitors import House, house_of
from playwright.sync_api import Route

from bridge.holds import Hold, HoldReason
from bridge.photos import PhotoState
from crowded_chart import crowded_chart
from phone import wait_until

WindowOf = Callable[[Browser, Look], Window]
PHOTOS = 30
MOST_SECONDS = 120
LEAST_LEFT_SECONDS = 60
"""Of the two minutes, what must be left for people to look and think."""

DAMAGED = Hold(HoldReason.DAMAGED_PICTURE, "The lower half of the picture is missing; look at it.")
NO_TYPE = Hold(HoldReason.NO_TYPE, "The name says no type; assign the photo by hand.")
NO_PATIENT = Hold(HoldReason.NO_PATIENT, "The name says no patient; assign the photo by hand.")
TYPES = ("Headshot", "Xray", "Surgery", "Audiogram")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A bridge whose chart has two hundred more patients; half of them are registered today."""
    folder: Path = tmp_path_factory.mktemp("bridge")
    named = crowded_chart(lambda number: {"first": f"Ana{number % 9}", "paternal_last": "Rivas"})
    with named as chart, house_of(chart, folder) as started:
        yield started


@pytest.fixture
def site(running: House) -> Iterator[HeldSite]:
    """Nothing is held at its beginning."""
    made = HeldSite(running.service, running.chart)
    yield made
    made.empty()


@dataclass(frozen=True)
class Case:
    """A photo, and what a person who looks at it knows."""

    photo_id: int
    patient: int
    type: str


def typed_by_mistake(number: int, patient: int) -> str:
    """A patient's number with a slip: two digits swapped, one wrong, one missing, or no number at all."""
    digits = str(patient)
    slips = (digits[0] + digits[2] + digits[1] + digits[3], digits[0] + "9" + digits[2:], digits[0] + digits[2:], "")
    return slips[number % len(slips)]


def held_cases(site: HeldSite, count: int) -> dict[int, Case]:
    """Photos with mistaken names, by their numbers."""
    cases = {}
    for number in range(count):
        patient, kind = 1020 + 2 * number + 100 * (number % 2), TYPES[number % 4]
        mistake = typed_by_mistake(number, patient)
        words = f"#{mistake}-#{kind}-#{number}x" if mistake else f"#hello-#{number}x"
        photo = site.held(words, hold=HOLD if mistake else NO_PATIENT)
        cases[photo.id] = Case(photo.id, patient, kind)
    return cases


def shown(window: Window) -> int:
    """The photo that is shown, once its picture is there."""
    window.page.wait_for_function("() => document.querySelector('.held-picture img')?.naturalWidth > 0")
    return int(window.page.locator(".held").get_attribute("data-photo") or 0)


def repair(window: Window, case: Case) -> None:
    """What a person does with the keys that stand on the page."""
    patient = window.page.locator(f'input[name="patient"][value="{case.patient}"][data-key]')
    if patient.count():
        window.key(patient.get_attribute("data-key") or "")
    else:
        window.key("/")
        window.page.keyboard.type(str(case.patient))
        window.key("Enter")
        window.page.wait_for_selector(f'input[name="patient"][value="{case.patient}"]:checked')
    window.key(window.page.locator(f'input[name="type"][value="{case.type}"]').get_attribute("data-key") or "")
    window.key("Enter")
    window.page.wait_for_function(f"() => document.querySelector('.held')?.dataset.photo !== '{case.photo_id}'")


def test_thirty_photos_are_repaired_by_keys_alone_in_two_minutes(
    running: House, site: HeldSite, window_of: WindowOf, record_property: Callable[[str, object], None]
) -> None:
    cases = held_cases(site, PHOTOS)
    window = window_of(running.staff(), Look())
    window.go("/held/")
    begun, done = time.monotonic(), set()
    while len(done) < PHOTOS:
        photo_id = shown(window)
        repair(window, cases[photo_id])
        done.add(photo_id)
    taken = time.monotonic() - begun
    record_property("seconds for thirty photos", round(taken, 1))
    assert taken < MOST_SECONDS - LEAST_LEFT_SECONDS
    assert done == set(cases)
    assert "Nothing to review" in window.text()
    pending = running.service.store.pending_acts(list(cases))
    said = {number: (each.target.patient, each.target.type.value) for number, each in pending.items() if each.target}
    assert said == {each.photo_id: (each.patient, each.type) for each in cases.values()}
    assert_undone_by_a_key(window, running)
    assert_in_the_chart(running, cases)


def assert_undone_by_a_key(window: Window, running: House) -> None:
    """The last one comes back, and is said again."""
    before = len(running.service.store.pending_acts(range(1, 10_000)))
    window.key("u")
    window.page.wait_for_selector(".held[data-photo]")
    photo_id = shown(window)
    assert len(running.service.store.pending_acts(range(1, 10_000))) == before - 1
    assert running.service.store.pending_acts([photo_id]) == {}
    window.key("d", "Enter")
    window.page.wait_for_selector(".empty")
    assert running.service.store.pending_acts([photo_id])[photo_id].reason == "Taken by mistake"
    window.page.context.close()


def assert_in_the_chart(running: House, cases: dict[int, Case]) -> None:
    """When the minute is over it is done, though the window is closed."""
    store = running.service.store
    for act in store.pending_acts(list(cases)).values():
        store.do_act(act)
    wait_until(lambda: all(store.photo(each).state.is_done for each in cases), 60)
    delivered = [each for each in cases if store.photo(each).state is PhotoState.DELIVERED]
    assert len(delivered) == PHOTOS - 1
    for photo_id in delivered:
        receipt = store.receipt(photo_id)
        assert receipt is not None
        assert (receipt.target.patient, receipt.target.type) == (cases[photo_id].patient, cases[photo_id].type)


def test_a_search_goes_on_as_people_type_and_arrows_choose(running: House, site: HeldSite, window_of: WindowOf) -> None:
    site.held("#hello", hold=NO_PATIENT)
    window = window_of(running.staff(), Look())
    window.go("/held/")
    window.key("/")
    window.page.keyboard.type("ana3 rivas")
    window.page.wait_for_selector("#patients .found")
    window.key("ArrowDown", "ArrowDown")
    chosen = window.page.locator('input[name="patient"]:checked')
    assert chosen.count() == 1
    assert window.page.locator("label.person:has(:checked)").inner_text().startswith("Ana3")
    window.key("/")
    window.page.keyboard.type("zzzz")
    window.page.wait_for_function("() => document.querySelector('#found').textContent.includes('Nobody')")
    window.key("Escape", "x", "Enter")
    window.page.wait_for_selector(".undo")
    assert "as X-ray" in window.text()


def test_nobody_is_chosen_by_the_answer_to_an_earlier_search(
    running: House, site: HeldSite, window_of: WindowOf
) -> None:
    site.held("#hello", hold=NO_PATIENT)
    window = window_of(running.staff(), Look())

    def late(route: Route) -> None:
        time.sleep(0.6)
        route.continue_()

    window.go("/held/")
    window.key("/")
    window.page.keyboard.type("ana3 rivas")
    window.page.wait_for_selector("#patients .found")
    window.page.route("**/*q=ana5*", late)
    window.page.fill("#q", "ana5 rivas")
    window.key("Enter")
    window.page.keyboard.type("zz")
    window.page.wait_for_function("() => document.querySelector('#found').textContent.includes('CURP')")
    window.page.wait_for_timeout(800)
    assert window.page.locator('input[name="patient"]:checked').count() == 0
    assert window.page.locator("#q").input_value() == "ana5 rivaszz"


def test_keys_can_be_switched_off(running: House, site: HeldSite, window_of: WindowOf) -> None:
    photo = site.held("#123", hold=NO_TYPE)
    window = window_of(running.staff(), Look())
    window.go("/held/")
    window.press("Keyboard shortcuts")
    window.key("x", "r")
    window.go("/held/")
    window.key("r")
    assert window.page.locator("#keys").get_attribute("aria-pressed") == "false"
    assert running.service.store.pending_acts([photo.id]) == {}
    window.press("Keyboard shortcuts")
    window.key("r")
    window.page.wait_for_selector(".undo")


def test_what_is_pressed_twice_is_said_once(running: House, site: HeldSite, window_of: WindowOf) -> None:
    first, second = site.held("#123", hold=NO_TYPE), site.held("#123", hold=NO_TYPE)
    window = window_of(running.staff(), Look())
    window.go("/held/")
    window.page.locator('[data-key="r"]').dblclick()
    window.page.wait_for_selector(".undo")
    assert set(running.service.store.pending_acts([first.id, second.id])) == {second.id}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_held_photos_are_good_in_every_look(running: House, site: HeldSite, window_of: WindowOf, size: Size) -> None:
    site.held("#1204-#rx")
    site.held("#123-#rx", hold=DAMAGED)
    gone = site.held('"><b>#132-#rx')
    running.service.store.pending_acts([gone.id])
    client = running.staff()
    client.press(f"/held/{gone.id}/", act="retry")
    for look in looks(size):
        window = window_of(client, look)
        for path, name in (("/held/", "held"), ("/held/list/", "held list"), ("/held/?reason=no-type", "held none")):
            window.go(path)
            window.assert_good(name)
        window.go("/held/")
        window.page.locator("#discard summary").click()
        window.assert_good("held discard")


def test_several_are_ticked_with_one_click(running: House, site: HeldSite, window_of: WindowOf) -> None:
    ids = [site.held("#132-#rx").id for number in range(4)]
    window = window_of(running.staff(), Look(PHONE))
    window.go("/held/list/")
    window.page.get_by_label("All of this reason: 4").check()
    assert window.page.locator('input[name="photo"]:checked').count() == 4
    window.page.locator('input[name="photo"]').first.uncheck()
    window.press("Try these again")
    window.page.wait_for_selector('[role="status"]')
    assert "This will be done with 3 photos in a minute." in window.text()
    assert len(running.service.store.pending_acts(ids)) == 3
    window.press("Undo all")
    window.page.wait_for_selector(".held-rows")
    assert running.service.store.pending_acts(ids) == {}


def test_without_a_script_a_photo_is_filed_by_plain_forms(running: House, site: HeldSite, window_of: WindowOf) -> None:
    photo = site.held("#hello", hold=NO_PATIENT)
    window = window_of(running.staff(), Look(LAPTOP))
    window.page.route("**/*.js", lambda route: route.abort())
    window.go("/held/")
    window.page.fill("#q", "1024")
    window.page.locator(".held-search button").click()
    window.page.wait_for_selector('input[name="patient"][value="1024"]')
    window.page.locator('input[name="patient"][value="1024"]').check()
    window.page.locator('label.pick:has(input[value="Surgery"])').first.click()
    window.page.locator("#file-it").click()
    window.page.wait_for_selector(".undo")
    target = running.service.store.pending_acts([photo.id])[photo.id].target
    assert target is not None
    assert (target.patient, target.type.value) == (1024, "Surgery")


def test_a_station_is_chosen_by_its_key_where_the_usual_one_is_folded(
    running: House, site: HeldSite, window_of: WindowOf
) -> None:
    photo = site.held("#123", hold=NO_TYPE)
    window = window_of(running.staff(), Look())
    window.go("/held/")
    station = window.page.locator('input[name="station"][value="ENT"]')
    assert not station.is_visible()
    window.key(station.get_attribute("data-key") or "")
    assert (station.is_visible(), station.is_checked()) == (True, True)
    window.key("x", "Enter")
    window.page.wait_for_selector(".undo")
    target = running.service.store.pending_acts([photo.id])[photo.id].target
    assert target is not None
    assert target.station == 2


def test_keys_stand_only_where_they_can_be_pressed(running: House, site: HeldSite, window_of: WindowOf) -> None:
    site.held("#123", hold=NO_TYPE)
    client = running.staff()
    for size, are_shown in ((LAPTOP, True), (TABLET, False), (PHONE, False)):
        window = window_of(client, Look(size))
        window.go("/held/")
        assert window.page.locator("kbd").first.is_visible() is are_shown, size
        assert window.page.locator("#keys").is_visible() is are_shown, size
    plain = window_of(client, Look(LAPTOP))
    plain.page.route("**/*.js", lambda route: route.abort())
    plain.go("/held/")
    assert not plain.page.locator("kbd").first.is_visible()


def test_on_a_tablet_the_picture_stays_beside_the_faces(running: House, site: HeldSite, window_of: WindowOf) -> None:
    site.held("#1204-#rx")
    window = window_of(running.staff(), Look(TABLET))
    window.go("/held/")
    shown(window)
    search = window.page.locator("#q").bounding_box()
    assert search is not None
    assert search["y"] < TABLET.height / 2
    window.page.locator("#file-it").scroll_into_view_if_needed()
    picture, button = (window.page.locator(each).bounding_box() for each in (".held-picture img", "#file-it"))
    assert picture is not None
    assert button is not None
    assert picture["y"] >= 0
    assert button["y"] + button["height"] <= TABLET.height
