"""Patients in a real browser: search while typing, pictures that load when they are near, zoom, and acts."""

import re
import time
from collections.abc import Callable

import pytest
from looking import LAPTOP, PHONE, SIZES, Look, Size, Window
from page_site import Browser
from page_visitors import House
from patient_site import put
from playwright.sync_api import Route, expect

from bridge.sandbox import Fault, FaultKind

WindowOf = Callable[[Browser, Look], Window]
MANY = 400
SMALL = "/small"
MATRIX = "each => { const m = new DOMMatrix(getComputedStyle(each).transform); return [m.a, m.e, m.f]; }"


@pytest.fixture(scope="module")
def nurse(running: House) -> Browser:
    return running.staff()


@pytest.fixture(scope="module")
def three(running: House) -> list[int]:
    """Pictures of patient 3, the newest first: an X-ray, one of a surgery, a headshot."""
    kinds = [("Headshot", (480, 640)), ("Surgery", (640, 480)), ("Xray", (1600, 1200))]
    seeds = [0x5A3C_F00F_96A5_0FF1 * 3**power for power in (300, 301, 302)]
    made = zip(seeds, kinds, strict=True)
    return [put(running.chart, seed, 3, kind, size=size, clinic=2) for seed, (kind, size) in made][::-1]


@pytest.fixture(scope="module")
def many(running: House) -> list[int]:
    """400 pictures of patient 7, the newest first."""
    return [put(running.chart, each, 7) for each in range(MANY)][::-1]


def typed(window: Window, text: str) -> None:
    """Somebody types it into the field, which has the focus from the beginning."""
    expect(window.page.locator("#q")).to_be_focused()
    window.page.keyboard.type(text, delay=15)


def names(window: Window) -> list[str]:
    return window.page.locator("#found .name").all_inner_texts()


def zoom_of(window: Window, which: int = 0) -> tuple[float, float, float]:
    """How far a picture is enlarged, and moved to the right and down."""
    scale, x, y = window.page.locator(".stage img").nth(which).evaluate(MATRIX)
    return scale, x, y


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_the_pages_are_good(running: House, window_of: WindowOf, nurse: Browser, three: list[int], size: Size) -> None:
    pages = {
        "patients found": "/patients/?q=e",
        "patients": "/patients/?q=bravo",
        "patient pictures": "/patients/3/",
        "patient without pictures": "/patients/10/",
        "patient picture": f"/patients/3/pictures/{three[0]}/",
        "patient compare": f"/patients/3/compare?left={three[1]}&right={three[0]}",
        "patient compare choosing": f"/patients/3/compare?left={three[1]}",
        "patient delete": f"/patients/3/pictures/{three[0]}/delete",
        "patient move": f"/patients/3/pictures/{three[0]}/move/?q=renata",
        "patient move to": f"/patients/3/pictures/{three[0]}/move/5/",
        "patient not there": "/patients/99999/",
    }
    for look in (Look(size, "en", "light"), Look(size, "es", "dark")):
        window = window_of(nurse, look)
        for name, path in pages.items():
            window.go(path)
            window.assert_good(name)


def test_search_shows_whom_one_means_while_one_types(window_of: WindowOf, nurse: Browser) -> None:
    window = window_of(nurse, Look())
    window.go("/patients/")
    typed(window, "zuniga")
    expect(window.page.locator("#said")).to_have_text("1 patient")
    assert names(window) == ["Ángela Zúñiga Peña"]
    assert window.page.url.endswith("/patients/")
    window.key(*["Backspace"] * 6)
    expect(window.page.locator("#found li")).to_have_count(0)
    window.assert_good("patients typed away")


def test_search_and_opening_a_patient_by_keyboard_alone(window_of: WindowOf, nurse: Browser) -> None:
    window = window_of(nurse, Look())
    window.go("/patients/")
    typed(window, "bravo")
    window.key("Enter")
    expect(window.page.locator("a.found")).to_have_count(2)
    first, second = window.page.locator("a.found").all()
    expect(first).to_be_focused()
    window.key("ArrowDown")
    expect(second).to_be_focused()
    window.key("ArrowUp", "ArrowUp")
    expect(window.page.locator("#q")).to_be_focused()
    window.key("Control+a")
    window.page.keyboard.type("5")
    window.key("Enter")
    window.page.wait_for_url("**/patients/5/")


def test_who_comes_back_finds_the_search_and_the_browsers_history_holds_no_name(
    window_of: WindowOf, nurse: Browser
) -> None:
    window = window_of(nurse, Look())
    seen: list[str] = []
    window.page.on("framenavigated", lambda frame: seen.append(frame.url))
    window.go("/patients/")
    typed(window, "zuniga")
    window.page.locator("a.found").click()
    window.page.wait_for_url("**/patients/*/")
    expect(window.page).to_have_title(re.compile("^Number [0-9]+ "))
    window.page.go_back()
    expect(window.page.locator("#q")).to_have_value("zuniga")
    expect(window.page.locator("#found .name")).to_have_text(["Ángela Zúñiga Peña"])
    assert not any("uniga" in address for address in seen)
    window.page.locator("#q").fill("bravo")
    window.page.locator("form.search button").click()
    expect(window.page.locator("#found li")).to_have_count(2)
    assert not any("bravo" in address for address in seen)
    window.go("/patients/?q=zuniga")
    assert window.page.url.endswith("/patients/")
    window.page.reload()
    expect(window.page.locator("#found .name")).to_have_text(["Ángela Zúñiga Peña"])


def test_what_somebody_searched_for_is_not_shown_to_who_signs_in_after_them(
    window_of: WindowOf, nurse: Browser, running: House
) -> None:
    window = window_of(nurse, Look())
    window.go("/patients/")
    typed(window, "zuniga")
    window.page.locator("a.found").click()
    window.page.wait_for_url("**/patients/*/")
    later = running.staff()
    url = window.page.url.rpartition("/patients/")[0]
    window.page.context.clear_cookies()
    window.page.context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in later.cookies.items()]
    )
    window.page.go_back()
    window.page.reload()
    expect(window.page.locator("#q")).to_have_value("")
    window.page.wait_for_timeout(500)
    assert names(window) == []


@pytest.mark.parametrize("press", ["Enter", "button"])
def test_nobody_is_opened_by_the_answer_to_an_earlier_search(window_of: WindowOf, nurse: Browser, press: str) -> None:
    window = window_of(nurse, Look())

    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    window.go("/patients/")
    typed(window, "zuniga")
    expect(window.page.locator("#found .name")).to_have_text(["Ángela Zúñiga Peña"])
    window.page.route("**/patients/?q=*", late)
    window.page.locator("#q").fill("bravo")
    for _ in range(2):
        if press == "Enter":
            window.page.locator("#q").press("Enter")
        else:
            window.page.locator("form.search button").click()
    expect(window.page.locator("#found li")).to_have_count(2)
    assert window.page.url.endswith("/patients/")


def test_who_searches_again_after_no_answer_came_is_answered(window_of: WindowOf, nurse: Browser) -> None:
    window = window_of(nurse, Look())
    window.go("/patients/")
    typed(window, "zuniga")
    expect(window.page.locator("#found .name")).to_have_text(["Ángela Zúñiga Peña"])
    window.page.route("**/patients/?q=zunigaa", lambda route: route.abort())
    window.page.keyboard.type("a")
    expect(window.page.locator("#said")).to_contain_text("The bridge does not answer")
    window.key("Backspace")
    expect(window.page.locator("#found .name")).to_have_text(["Ángela Zúñiga Peña"])


def test_an_answer_that_comes_late_does_not_overtake_a_newer_one(window_of: WindowOf, nurse: Browser) -> None:
    window = window_of(nurse, Look())

    def late(route: Route) -> None:
        time.sleep(1.0 if route.request.url.endswith("q=renata") else 0)
        route.continue_()

    window.go("/patients/")
    window.page.route("**/patients/?q=*", late)
    typed(window, "renata")
    window.page.wait_for_timeout(300)
    window.key("Control+a")
    window.page.keyboard.type("diego")
    expect(window.page.locator("#found .name")).to_have_text(["Diego Raul Montes Arce"], timeout=10_000)
    window.page.wait_for_timeout(1500)
    assert names(window) == ["Diego Raul Montes Arce"]


def test_search_that_gets_no_answer_says_so(window_of: WindowOf, nurse: Browser) -> None:
    window = window_of(nurse, Look())
    window.go("/patients/")
    window.page.route("**/patients/?q=*", lambda route: route.abort())
    typed(window, "renata")
    expect(window.page.locator("#said")).to_contain_text("The bridge does not answer")


def test_four_hundred_pictures_are_not_all_loaded_and_come_when_they_are_near(
    window_of: WindowOf, nurse: Browser, many: list[int]
) -> None:
    window = window_of(nurse, Look())
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url) if request.url.endswith(SMALL) else None)
    window.go("/patients/7/")
    window.page.wait_for_timeout(500)
    tiles = window.page.locator(".grid-of-pictures a")
    assert tiles.count() < MANY / 4
    assert len(asked) < MANY / 4
    before = tiles.count()
    window.page.locator("#older").scroll_into_view_if_needed()
    expect(tiles.nth(before)).to_be_attached(timeout=15_000)
    for _ in range(40):
        if not window.page.locator("#older").count():
            break
        window.page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
        window.page.wait_for_timeout(250)
    ids = [int(each.removeprefix("picture-")) for each in tiles.evaluate_all("all => all.map(each => each.id)")]
    assert ids == many
    assert window.wrongs == []


def test_who_is_signed_out_meanwhile_comes_to_the_sign_in_page(window_of: WindowOf, running: House) -> None:
    window = window_of(running.staff(), Look())
    window.go("/patients/")
    window.page.context.clear_cookies()
    typed(window, "renata")
    window.page.wait_for_url("**/sign-in/")


def test_older_pictures_that_do_not_come_can_be_asked_for_again(
    window_of: WindowOf, nurse: Browser, many: list[int]
) -> None:
    window = window_of(nurse, Look(PHONE))
    window.go("/patients/7/")
    tiles = window.page.locator(".grid-of-pictures a")
    before = tiles.count()
    window.page.route("**/patients/7/?after=*", lambda route: route.abort())
    older = window.page.locator("#older")
    older.scroll_into_view_if_needed()
    older.click()
    expect(older).to_have_text("Older pictures")
    window.page.unroute("**/patients/7/?after=*")
    older.click()
    expect(tiles.nth(before)).to_be_attached(timeout=15_000)


def test_nothing_moves_while_pictures_come(window_of: WindowOf, nurse: Browser, three: list[int]) -> None:
    window = window_of(nurse, Look(PHONE))
    window.page.add_init_script(
        "window.shifts = 0; new PerformanceObserver(list => { for (const each of list.getEntries())"
        " { window.shifts += each.value; } }).observe({type: 'layout-shift', buffered: true});"
    )
    window.go("/patients/3/")
    expect(window.page.locator(".grid-of-pictures img").first).to_have_js_property("complete", True)
    window.page.wait_for_timeout(500)
    assert window.page.evaluate("window.shifts") < 0.01


def test_a_large_picture_by_keyboard(window_of: WindowOf, nurse: Browser, three: list[int]) -> None:
    window = window_of(nurse, Look())
    window.go(f"/patients/3/pictures/{three[1]}/")
    expect(window.page.locator("#stage")).to_be_focused()
    window.key("+", "+", "+")
    scale, x, _ = zoom_of(window)
    assert scale > 2
    assert x == 0
    window.key("ArrowRight")
    assert zoom_of(window)[1] < 0
    window.key("0")
    assert zoom_of(window) == (1, 0, 0)
    window.key("+", "Escape")
    assert zoom_of(window) == (1, 0, 0)
    window.key("ArrowRight")
    window.page.wait_for_url(f"**/pictures/{three[2]}/")
    expect(window.page.locator("#stage")).to_be_focused()
    window.key("ArrowLeft")
    window.page.wait_for_url(f"**/pictures/{three[1]}/")
    expect(window.page.locator("#stage")).to_be_focused()
    window.key("Escape")
    window.page.wait_for_url("**/patients/3/#picture-*")


def test_the_wheel_enlarges_what_is_under_the_pointer_and_dragging_moves_it(
    window_of: WindowOf, nurse: Browser, three: list[int]
) -> None:
    window = window_of(nurse, Look())
    window.go(f"/patients/3/pictures/{three[0]}/")
    window.page.wait_for_function("() => document.querySelector('.stage img').complete")
    box = window.page.locator("#stage").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    window.page.mouse.move(middle[0] + 60, middle[1] + 40)
    window.page.mouse.wheel(0, -800)
    window.page.wait_for_function("() => document.querySelector('.stage').matches('.is-enlarged')")
    scale, _, y = zoom_of(window)
    assert scale > 2
    assert y == pytest.approx(40 * (1 - scale), abs=3)
    window.page.mouse.down()
    window.page.mouse.move(middle[0] + 60, middle[1] + 100, steps=4)
    window.page.mouse.up()
    assert zoom_of(window)[2] == pytest.approx(y + 60, abs=1)


def fingers(window: Window, *moments: list[tuple[float, float]]) -> None:
    """Fingers on the stage: where they are in each moment, from its middle; then they are lifted."""
    box = window.page.locator("#stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    line = window.page.context.new_cdp_session(window.page)
    for number, points in enumerate([*moments, []]):
        kind = "touchStart" if number == 0 else "touchMove" if points else "touchEnd"
        touches = [{"x": x + dx, "y": y + dy, "id": finger} for finger, (dx, dy) in enumerate(points)]
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_a_large_picture_by_touch(window_of: WindowOf, nurse: Browser, three: list[int]) -> None:
    window = window_of(nurse, Look(PHONE))
    window.go(f"/patients/3/pictures/{three[1]}/")
    window.page.wait_for_function("() => document.querySelector('.stage img').complete")
    fingers(window, [(-30, 0), (30, 0)], [(-60, 0), (60, 0)], [(-90, 0), (90, 0)])
    assert zoom_of(window)[0] == pytest.approx(3, rel=0.1)
    fingers(window, [(0, 0)], [(-60, 0)], [(-120, 0)])
    assert zoom_of(window)[1] < -100
    assert f"/pictures/{three[1]}/" in window.page.url
    window.page.locator("[data-zoom=all]").click()
    fingers(window, [(80, 0)], [(20, 2)], [(-80, 4)])
    window.page.wait_for_url(f"**/pictures/{three[2]}/")


def test_two_side_by_side_are_enlarged_and_moved_together_until_they_are_parted(
    window_of: WindowOf, nurse: Browser, three: list[int]
) -> None:
    window = window_of(nurse, Look())
    window.go(f"/patients/3/compare?left={three[1]}&right={three[0]}")
    window.page.wait_for_function("() => [...document.querySelectorAll('.stage img')].every(each => each.complete)")
    window.key("+", "+", "+", "+", "ArrowDown")
    assert zoom_of(window, 0)[0] == zoom_of(window, 1)[0] > 2
    assert zoom_of(window, 0)[2] == zoom_of(window, 1)[2] < 0
    window.press("Move both together")
    window.page.locator(".stage").nth(1).focus()
    before = zoom_of(window, 0)
    window.key("+", "ArrowUp")
    assert zoom_of(window, 0) == before
    assert zoom_of(window, 1)[0] > before[0]
    window.assert_good("patient compare parted")


def test_a_picture_is_downloaded_under_a_name_that_tells_nobodys(
    window_of: WindowOf, nurse: Browser, three: list[int]
) -> None:
    window = window_of(nurse, Look())
    window.go(f"/patients/3/pictures/{three[0]}/")
    with window.page.expect_download() as waiting:
        window.page.get_by_role("link", name="Download").click()
    assert re.fullmatch(rf"(picture|image)-{three[0]}\.jpg", waiting.value.suggested_filename)


def test_a_picture_is_deleted_with_a_second_look(running: House, window_of: WindowOf, nurse: Browser) -> None:
    number = put(running.chart, 900, 2)
    window = window_of(nurse, Look(PHONE))
    window.go(f"/patients/2/pictures/{number}/")
    window.page.get_by_role("link", name="Delete").click()
    window.page.wait_for_url("**/delete")
    window.press("Delete for ever")
    assert window.page.url.endswith("/delete")
    window.page.fill("#reason", "blurred")
    window.press("Delete for ever")
    expect(window.page.locator(".notice")).to_have_text("The picture was deleted.")
    assert running.chart.images(2) == ()
    window.assert_good("patient picture deleted")


@pytest.mark.parametrize("look", [Look(LAPTOP), Look(PHONE, "es", "dark")], ids=str)
def test_a_picture_is_moved_to_whom_it_belongs(running: House, window_of: WindowOf, nurse: Browser, look: Look) -> None:
    number = put(running.chart, 901 + look.size.width, 8)
    words = {"en": ("Move to another patient", "Move it to", "Done:"), "es": ("Mover a otro", "Moverla a", "Listo:")}
    act, ask, done = words[look.language]
    window = window_of(nurse, look)
    window.go(f"/patients/8/pictures/{number}/")
    window.page.get_by_role("link", name=act).click()
    typed(window, "bravo")
    window.page.locator("a.found").click()
    window.page.wait_for_url("**/move/9/")
    assert "Julian Bravo Tapia" in window.text()
    window.page.fill("#reason", "his brother's")
    window.page.get_by_role("button", name=ask).click()
    expect(window.page.locator("#move .notice")).to_contain_text(done, timeout=20_000)
    window.assert_good("patient moved")
    assert number not in [each.id for each in running.chart.images(8)]


def test_progress_of_a_slow_move_is_shown_until_it_is_done(running: House, window_of: WindowOf, nurse: Browser) -> None:
    number = put(running.chart, 990, 12)
    window = window_of(nurse, Look())
    window.go(f"/patients/12/pictures/{number}/move/11/")
    for method in ("POST", "DELETE"):
        running.chart.faults.add(Fault(FaultKind.SLOW_ANSWER, method, "image", times=1, delay_seconds=3.5))
    window.page.fill("#reason", "mistyped")
    window.page.locator("form.narrow button").click()
    window.page.wait_for_url("**/moves/*/")
    assert window.page.locator("#move").get_attribute("data-state") in ("sending", "copied")
    assert "It goes on by itself" in window.text()
    window.assert_good("patient moving")
    expect(window.page.locator("#move")).to_have_attribute("data-state", "moved", timeout=20_000)
    expect(window.page.locator("#said")).to_contain_text("Done")
    expect(window.page.locator("h1")).to_have_text("Picture moved")
    expect(window.page).to_have_title(re.compile("^Picture moved"))
    assert window.wrongs == []


def test_without_scripts_everything_is_there_all_the_same(
    running: House, window_of: WindowOf, nurse: Browser, many: list[int]
) -> None:
    window = window_of(nurse, Look())
    window.page.route("**/*.js", lambda route: route.abort())
    window.go("/patients/")
    window.page.fill("#q", "ximena")
    window.key("Enter")
    window.page.locator("a.found").click()
    window.page.locator("#older").click()
    window.page.wait_for_url("**/patients/7/?after=*")
    window.page.locator(".grid-of-pictures a").first.click()
    window.page.locator("#newer").click()
    window.page.wait_for_url(f"**/pictures/{many[23]}/")
    window.page.locator("#back").click()
    window.page.wait_for_url("**/patients/7/**")
