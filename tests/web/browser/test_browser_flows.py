"""What people do on the first pages, in a real browser: sign in, connect phones, try names, choose how it looks."""

from collections.abc import Callable

import pytest
from looking import LAPTOP, PHONE, SIZES, Look, Size, Window, two_looks
from page_site import Browser
from page_visitors import House

WindowOf = Callable[[Browser, Look], Window]
ES_PHONE = Look(PHONE, "es")


def typed(window: Window, **fields: str) -> None:
    """Fill in fields by their ids."""
    for name, text in fields.items():
        window.page.fill(f"#{name.replace('_', '-')}", text)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_the_sign_in_page_is_good_before_and_after_a_wrong_password(
    running: House, window_of: WindowOf, size: Size
) -> None:
    for look in two_looks(size):
        window = window_of(running.stranger(), look)
        window.go("/sign-in/")
        window.assert_good("sign in")
        typed(window, username="nurse", account_password="wrong")
        window.key("Enter")
        window.page.wait_for_selector('[role="alert"]')
        sentence = "does not know this username" if look.language == "en" else "no conoce este usuario"
        assert sentence in window.text()
        window.assert_good("sign in wrong")


def test_a_nurse_signs_in_and_out_by_keyboard_alone(running: House, window_of: WindowOf) -> None:
    window = window_of(running.stranger(), Look())
    window.go("/sign-in/")
    window.key("Tab")
    assert window.page.evaluate("document.activeElement.className") == "skip"
    window.key("Enter", "Tab")
    window.page.keyboard.type("nurse")
    window.key("Tab")
    window.page.keyboard.type("nurse-pass")
    window.key("Enter")
    window.page.wait_for_selector("nav")
    assert "nurse" in window.page.locator("header").inner_text()
    window.page.get_by_role("button", name="Sign out").focus()
    window.key("Enter")
    window.page.wait_for_url("**/sign-in/")
    assert window.page.locator("nav").count() == 0


def test_the_admins_ticket_opens_the_pages_and_an_old_one_says_so(running: House, window_of: WindowOf) -> None:
    window = window_of(running.stranger(), Look())
    ticket = running.ticket()
    window.go(ticket)
    assert "Admin" in window.page.locator("header").inner_text()
    again = window_of(running.stranger(), Look())
    again.go(ticket)
    assert "was used already" in again.text()
    again.press("Español")
    again.page.wait_for_selector('html[lang="es"]')
    assert "ticket" not in again.page.url


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_a_code_for_phones_is_large_and_its_qr_code_is_shown(running: House, window_of: WindowOf, size: Size) -> None:
    member = running.member()
    for look in two_looks(size):
        window = window_of(member, look)
        window.go("/phones/")
        window.press("Obtener un código" if look.language == "es" else "Get a code")
        window.page.wait_for_selector(".code")
        assert len(window.page.locator(".code").inner_text()) == 4
        assert window.page.locator(".code").evaluate("each => parseFloat(getComputedStyle(each).fontSize)") >= 56
        assert window.page.locator(".qr").evaluate("each => each.complete && each.naturalWidth > 0")
        window.assert_good("phones code")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_a_name_is_explained_where_it_was_typed(running: House, window_of: WindowOf, size: Size) -> None:
    member = running.member()
    for look in two_looks(size):
        window = window_of(member, look)
        window.go("/mappings/")
        typed(window, name="#3-#headshot.jpg")
        window.key("Enter")
        window.page.wait_for_selector("#outcome")
        assert "patient id 3" in window.text()
        window.assert_good("mappings explained")
        typed(window, name="<img src=x onerror=alert(1)>-#x.jpg")
        window.key("Enter")
        window.page.wait_for_selector("#outcome + .name + .trouble")
        window.assert_good("mappings held")


def test_the_language_is_switched_in_place_and_kept(running: House, window_of: WindowOf) -> None:
    window = window_of(running.member(), Look())
    window.go("/mappings/?practice=clinic-a")
    window.press("Español")
    window.page.wait_for_selector('html[lang="es"]')
    assert window.page.url.endswith("/mappings/?practice=clinic-a")
    window.go("/phones/")
    assert "Conectar teléfonos" in window.text()
    window.press("English")
    window.page.wait_for_selector('html[lang="en"]')


@pytest.mark.parametrize("prefers", ["light", "dark"])
def test_light_and_dark_are_as_the_device_prefers_until_somebody_chooses(
    running: House, window_of: WindowOf, prefers: str
) -> None:
    window = window_of(running.member(), Look(theme=prefers))
    window.go("/phones/")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark, light = "rgb(18, 24, 28)", "rgb(243, 245, 242)"
    assert window.page.evaluate(ground) == (dark if prefers == "dark" else light)
    for words, colour in (("dark", dark), ("light", light)):
        window.press(words)
        window.page.wait_for_selector(f'html[data-theme="{words}"]')
        assert window.page.evaluate(ground) == colour
        window.assert_good(f"chosen {words}")


def test_a_page_that_is_not_for_somebody_offers_the_other_way_in(running: House, window_of: WindowOf) -> None:
    window = window_of(running.member(), ES_PHONE)
    window.go("/phones/?practice=clinic-b")
    assert "no hay nada para usted" in window.text()
    window.assert_good("refused")
    window.page.get_by_role("link", name="Volver al inicio").click()
    window.page.wait_for_selector("h1")
    assert window.page.url.startswith(running.url)


def test_pages_are_read_and_forms_sent_without_scripts(running: House, window_of: WindowOf) -> None:
    window = window_of(running.member(), Look(LAPTOP))
    window.page.route("**/*.js", lambda route: route.abort())
    window.go("/phones/")
    window.press("Get a code")
    window.page.wait_for_selector(".code")
    window.press("Español")
    window.page.wait_for_selector('html[lang="es"]')


def test_text_at_twice_its_size_stays_on_the_screen(running: House, window_of: WindowOf) -> None:
    window = window_of(running.member(), Look(PHONE))
    for path in ("/phones/", "/mappings/"):
        window.go(path)
        window.page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        wide = window.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
