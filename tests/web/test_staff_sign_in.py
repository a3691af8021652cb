"""Staff sign in to the pages with their account of the chart: what is said to whom, and what the cookie keeps."""

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_site import Browser
from page_visitors import House, house, house_of, sign_in

from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.secret import Secret
from bridge.web.staff import Seal, SignedIn

ACCOUNT = SignedIn("nurse", "http://chart/", Secret("0123456789abcdef"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("staff")) as started:
        yield started


def is_signed_in(browser: Browser) -> bool:
    """Whether the pages know somebody."""
    return browser.get("/phones/").status != 303


def cookie_of(browser: Browser) -> str:
    """What a session's cookie holds, as far as everyone can read it."""
    ((_, value),) = browser.cookies.items()
    is_packed, payload = value.startswith("."), value.strip(".").split(".")[0]
    content = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return (zlib.decompress(content) if is_packed else content).decode()


def test_named_staff_see_the_pages_of_their_charts_clinics(running: House) -> None:
    nurse = running.staff()
    page = nurse.get("/phones/?practice=clinic-b").body.decode()
    assert "clinic-b" in page
    assert "nurse" in page
    assert nurse.get("/phones/?practice=nowhere").status == 404


def test_a_wrong_password_is_told_so_and_what_was_typed_stays(running: House) -> None:
    answer = sign_in(running.stranger(), "nurse", "wrong")
    assert answer.status == 401
    assert b"does not know this username with this password" in answer.body
    assert b'value="nurse"' in answer.body
    assert b"wrong" not in answer.body


def test_an_account_that_may_not_come_in_is_told_so(running: House) -> None:
    answer = sign_in(running.stranger(), "nopin", "nopin-pass")
    assert answer.status == 403
    assert b"this account may not come in here" in answer.body


def test_without_a_name_or_a_password_people_are_told_what_is_missing(running: House) -> None:
    for username, password in (("", "x"), ("nurse", "")):
        answer = sign_in(running.stranger(), username, password)
        assert answer.status == 400
        assert b"Type your username and your password" in answer.body


def test_a_chart_that_is_away_is_told_apart_from_a_wrong_password(tmp_path: Path) -> None:
    with house(tmp_path) as started:
        browser = started.stranger()
        browser.get("/sign-in/")
        started.chart.stop()
        answer = sign_in(browser, "nurse", "nurse-pass")
        assert answer.status == 502
        assert b"The chart server is away" in answer.body
        assert not is_signed_in(browser)


def test_nobody_reads_the_token_in_the_cookie(running: House) -> None:
    nurse = running.staff()
    token = running.chart.token("nurse")
    assert "account" in json.loads(cookie_of(nurse))
    assert token not in cookie_of(nurse)
    assert "nurse" not in cookie_of(nurse)


def test_a_restart_of_the_bridge_keeps_staff_signed_in(tmp_path: Path) -> None:
    with SandboxServer() as chart:
        with house_of(chart, tmp_path) as before:
            cookies = before.staff().cookies
        with house_of(chart, tmp_path) as after:
            assert is_signed_in(Browser(after.port, cookies=cookies))


def test_what_one_bridge_sealed_another_with_its_key_opens() -> None:
    text = Seal(b"k" * 32, 60, lambda: 1000.0).sealed(ACCOUNT)
    assert Seal(b"k" * 32, 60, lambda: 1059.0).opened(text) == ACCOUNT


@pytest.mark.parametrize(("key", "seconds"), [(b"o" * 32, 1000.0), (b"k" * 32, 1061.0)])
def test_what_is_sealed_by_another_key_or_too_old_is_nobody(key: bytes, seconds: float) -> None:
    text = Seal(b"k" * 32, 60, lambda: 1000.0).sealed(ACCOUNT)
    assert Seal(key, 60, lambda: seconds).opened(text) is None
    assert Seal(key, 60, lambda: seconds).opened("nonsense") is None


def test_signing_out_ends_the_account_also_in_a_copy_of_the_cookie(running: House) -> None:
    nurse = running.staff()
    copy = Browser(running.port, cookies=dict(nurse.cookies))
    assert nurse.post("/sign-out/", {"csrf": nurse.csrf("/phones/?practice=clinic-a")}).status == 303
    assert not is_signed_in(nurse)
    assert not is_signed_in(copy)


def test_the_admin_may_sign_in_as_staff_beside_the_ticket(running: House) -> None:
    both = running.admin()
    assert both.post("/sign-in/", {"csrf": both.csrf("/phones/"), "with": "account", **_typed("nurse")}).status == 303
    page = both.get("/logs/").body.decode()
    assert "nurse" in page
    assert 'href="/logs/"' in page


def test_a_user_of_the_chart_whom_the_config_does_not_name_sees_no_clinic(tmp_path: Path) -> None:
    with house(tmp_path, staff="staff: {admins: [bridge]}") as started:
        nurse = started.staff()
        for path in ("/phones/", "/mappings/", "/logs/", "/phones/qr.png?practice=clinic-a"):
            answer = nurse.get(path)
            assert answer.status == 403, path
            assert b"not named in the bridge" in answer.body
            assert b"clinic-a" not in answer.body
        admin = started.staff("bridge")
        assert admin.get("/phones/?practice=clinic-a").status == 200


def test_a_named_user_reads_only_the_lines_of_their_clinics(running: House) -> None:
    running.stranger().sign_in("clinic-a", "wrong")
    sign_in(running.stranger(), "nurse", "wrong")
    nurse, admin = (running.staff(name).get("/logs/").body.decode() for name in ("nurse", "bridge"))
    assert "event=password-wrong practice=clinic-a" in nurse
    assert "event=chart-password-wrong" not in nurse
    assert "event=chart-password-wrong" in admin


def test_guesses_at_an_account_are_counted(tmp_path: Path) -> None:
    with house(tmp_path) as started:
        guesser = started.stranger()
        statuses = {sign_in(guesser, "nurse", f"guess {number}").status for number in range(40)}
        assert statuses == {401, 429}
        answer = sign_in(guesser, "nurse", "nurse-pass")
        assert answer.status == 429
        assert int(answer.headers["retry-after"]) > 0


def test_an_answer_that_is_no_charts_is_told_as_a_chart_that_is_away(tmp_path: Path) -> None:
    with house(tmp_path) as started:
        browser = started.stranger()
        started.chart.faults.add(Fault(FaultKind.PORTAL_PAGE, resource="login"))
        assert sign_in(browser, "nurse", "nurse-pass").status in (502, 504)


def _typed(username: str) -> dict[str, str]:
    return {"username": username, "password": f"{username}-pass"}
