"""Why a picture is deleted, in a real browser: one tap, and nothing is lost while the chart is away."""

from collections.abc import Callable

from looking import PHONE, Look, Window
from page_site import Browser
from page_visitors import House
from patient_site import put
from playwright.sync_api import expect

from bridge.sandbox import Fault, FaultKind

WindowOf = Callable[[Browser, Look], Window]


def test_a_reason_is_tapped_and_kept_while_the_chart_is_away(running: House, window_of: WindowOf) -> None:
    number = put(running.chart, 902, 2)
    window = window_of(running.staff(), Look(PHONE, "es"))
    window.go(f"/patients/2/pictures/{number}/delete")
    window.page.get_by_label("La misma imagen dos veces").check()
    running.chart.faults.add(Fault(FaultKind.CUT_BEFORE_STORING))
    window.press("Borrar para siempre")
    expect(window.page.locator(".trouble")).to_be_visible()
    assert window.page.locator("[name=why]:checked").get_attribute("value") == "La misma imagen dos veces"
    window.assert_good("patient again")
    running.chart.faults.clear()
    window.press("Intentar de nuevo")
    expect(window.page.locator(".notice")).to_have_text("La imagen se borró.")
