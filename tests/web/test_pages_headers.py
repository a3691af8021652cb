"""What every route of the pages has, whoever asks and how."""

import re
from collections.abc import Iterator

import pytest
from page_site import BRIDGE, CLINIC_A, NO_CHART, Browser, Site, page_mappings, page_operations, page_sources

from bridge.admission import Admission
from bridge.app import create_app
from bridge.charting import StaffSettings
from bridge.logs import RecentLines
from bridge.medimage import MemoryCodeBook, PairingDesk
from bridge.photos import SqliteStore
from bridge.web import PageSettings, pages_blueprint

EXPECTED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
OF_ITS_OWN = re.compile(
    r"<script(?! type=\"module\" src=\"/static/js/)|<style|\sstyle=|\son[a-z]+=|javascript:|https?://(?!192\.168\.1\.20)"
)
CONVERTER = re.compile("<[^>]*>")
OPEN = {"pages.sign_in", "pages.preferences", "pages.static"}


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, set[str]]]]:
    """Every route of the blueprint: endpoint to an address and its methods."""
    folder = tmp_path_factory.mktemp("routes")
    store = SqliteStore(folder)
    desk = PairingDesk(store, MemoryCodeBook().open, BRIDGE)
    settings, admission = PageSettings((CLINIC_A,)), Admission.in_folder(folder)
    with (
        page_mappings(folder, (CLINIC_A,), NO_CHART) as mappings,
        page_operations(folder, store, (CLINIC_A,), NO_CHART, StaffSettings()) as operations,
        page_sources(desk, RecentLines(), mappings, operations, store, (CLINIC_A,)) as sources,
    ):
        app = create_app([pages_blueprint(settings, admission, sources)])
        yield {
            rule.endpoint: (
                CONVERTER.sub("1", rule.rule.replace("<path:filename>", "bridge.css")),
                set(rule.methods or ()),
            )
            for rule in app.url_map.iter_rules()
        }
    store.close()


def _path(rule: str) -> str:
    """An address of a route."""
    return CONVERTER.sub("1", rule.replace("<path:filename>", "bridge.css"))


def assert_headers(browser: Browser, method: str, path: str) -> None:
    """Whether an answer has all that every page has."""
    answer = browser.ask(method, path)
    assert EXPECTED.items() <= answer.headers.items(), (method, path)
    assert set(answer.headers["content-security-policy"].split("; ")) == POLICY
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    if not path.startswith("/static/"):
        assert answer.headers["cache-control"] == "no-store"


def test_every_route_has_the_headers_for_strangers_and_for_the_admin(
    bridge: Site, routes: dict[str, tuple[str, set[str]]]
) -> None:
    assert len(routes) >= 8
    for browser in (bridge.browser(), bridge.admin()):
        for path, methods in routes.values():
            for method in methods:
                assert_headers(browser, method, path)
    member = bridge.member()
    for endpoint in ("pages.phones", "pages.phones_png", "pages.phones_svg", "pages.mappings", "pages.logs"):
        assert_headers(member, "GET", f"{routes[endpoint][0]}?practice=clinic-a")
        assert_headers(member, "GET", f"{routes[endpoint][0]}?practice=clinic-b")


def test_every_route_but_the_sign_in_page_and_its_looks_is_closed_to_strangers(
    bridge: Site, routes: dict[str, tuple[str, set[str]]]
) -> None:
    for endpoint in set(routes) - OPEN:
        path, methods = routes[endpoint]
        for method in methods - {"OPTIONS"}:
            answer = bridge.browser().ask(method, path)
            assert (answer.status, answer.headers["location"]) == (303, "/sign-in/"), (method, path)


def test_every_form_carries_the_token_and_no_page_holds_scripts_or_styles_of_its_own(bridge: Site) -> None:
    admin = bridge.admin()
    targets = ["/phones/", "/phones/?practice=clinic-a", "/phones/?practice=clinic-c", "/logs/", "/phones/?practice=x"]
    targets += ["/mappings/", "/mappings/?practice=clinic-a"]
    pages = [admin.get(target).body.decode() for target in targets] + [bridge.browser().get("/sign-in/").body.decode()]
    for page in pages:
        forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
        assert forms
        assert all('name="csrf"' in form for form in forms)
        assert not OF_ITS_OWN.search(page)


def test_head_has_no_body_and_the_headers_of_get(bridge: Site) -> None:
    admin = bridge.admin()
    for path in ("/phones/?practice=clinic-a", "/phones/qr.png?practice=clinic-a", "/mappings/", "/logs/", "/sign-in/"):
        got, head = admin.get(path), admin.ask("HEAD", path)
        assert head.body == b""
        assert (head.status, head.headers.get("content-type")) == (got.status, got.headers.get("content-type"))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(bridge: Site, method: str) -> None:
    admin = bridge.admin()
    for path in ("/sign-in/", "/sign-out/", "/phones/", "/phones/qr.png", "/mappings/", "/logs/", "/static/bridge.css"):
        answer = admin.ask(method, path)
        assert answer.status == 405
        assert "allow" in answer.headers
        assert b"photo" not in answer.body
        assert_headers(admin, method, path)


@pytest.mark.parametrize(
    "name",
    ["../settings.py", "..%2Fsettings.py", "%2e%2e/settings.py", "..%5Csettings.py", "", "x.css", "//etc/passwd"],
)
def test_nothing_but_its_own_files_comes_from_the_folder_of_looks(bridge: Site, name: str) -> None:
    answer = bridge.browser().get(f"/static/{name}")
    assert answer.status == 404
    assert b"dataclass" not in answer.body


def test_the_looks_are_here_and_small(bridge: Site) -> None:
    admin = bridge.admin()
    looks = admin.get("/static/bridge.css")
    page = admin.get("/phones/?practice=clinic-a")
    picture = admin.get("/phones/qr.svg?practice=clinic-a")
    assert looks.headers["content-type"].startswith("text/css")
    assert len(looks.body) + len(page.body) + len(picture.body) < 100_000


def test_pages_answer_without_a_slash_at_the_end_too(bridge: Site) -> None:
    admin = bridge.admin()
    assert admin.get("/phones").body == admin.get("/phones/").body
    assert admin.get("/mappings").status == admin.get("/logs").status == 200


def test_the_session_costs_uploading_phones_nothing(bridge: Site) -> None:
    answer = bridge.browser().get("/nowhere")
    assert answer.status == 404
    assert "set-cookie" not in answer.headers
    assert "vary" not in answer.headers
