"""What holds on every route of the pages, whichever they are, of a whole bridge."""

import re
from collections.abc import Iterator

import pytest
from page_site import Browser
from page_visitors import House, house
from werkzeug.routing import Rule

from bridge.web.frame import HEADERS
from phone import Answer

OPEN = {"pages.sign_in", "pages.static", "pages.preferences"}
VALUES = {"filename": "bridge.css"}
"""What stands in the converters of a path; a number elsewhere."""

POLICY = "content-security-policy"
OWN_SCRIPT = re.compile(r'<script type="module" src="/static/js/[a-z_]+\.js"></script>')


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("routes")) as started:
        yield started


@pytest.fixture(scope="module")
def rules(running: House) -> list[Rule]:
    """The pages' routes."""
    return [rule for rule in running.service.app.url_map.iter_rules() if rule.endpoint.startswith("pages.")]


def path_of(rule: Rule) -> str:
    """An address of a route; nothing need be there."""
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda match: VALUES.get(match[1], "1"), rule.rule)


def asked(browser: Browser, rule: Rule, method: str) -> Answer:
    """One request, of a browser that is not changed by it."""
    copy = Browser(browser.port, browser.source, dict(browser.cookies))
    accept = "text/event-stream" if is_stream(rule) else "text/html"
    return copy.ask(method, path_of(rule), Accept=accept)


def is_stream(rule: Rule) -> bool:
    """Whether a route never ends by itself."""
    return rule.endpoint.endswith("_live")


def assert_safe(answer: Answer, where: str) -> None:
    """All headers of the pages; nothing for other sites; of its own scripts and styles, nothing within a page."""
    expected = {name.lower(): value for name, value in HEADERS.items() if name.lower() != POLICY}
    assert expected.items() <= answer.headers.items(), where
    assert answer.headers[POLICY].removeprefix("sandbox; ") == HEADERS["Content-Security-Policy"], where
    assert not [name for name in answer.headers if name.startswith("access-control-")], where
    if answer.headers.get("content-type", "").startswith("text/html"):
        page = OWN_SCRIPT.sub("", answer.body.decode())
        assert not re.search(r"<script|<style|\sstyle=|<[^>]*\son[a-z]+=|javascript:", page), where
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.DOTALL):
            assert 'name="csrf"' in form, where


def test_every_answer_of_every_route_is_safe_whoever_asks(running: House, rules: list[Rule]) -> None:
    assert len(rules) >= 9
    for who, browser in running.everybody().items():
        for rule in rules:
            for method in sorted((rule.methods or set()) - ({"GET"} if is_stream(rule) else set())):
                answer = asked(browser, rule, method)
                assert answer.status < 500 or answer.status in (502, 503, 504), (who, method, rule.rule)
                assert_safe(answer, f"{who}: {method} {rule.rule}")


def test_strangers_come_to_the_sign_in_page_from_every_route(running: House, rules: list[Rule]) -> None:
    for rule in rules:
        if rule.endpoint in OPEN:
            continue
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = asked(running.stranger(), rule, method)
            assert (answer.status, answer.headers.get("location")) == (303, "/sign-in/"), (method, rule.rule)


def test_scripts_of_strangers_are_told_so_in_json(running: House, rules: list[Rule]) -> None:
    for rule in rules:
        if rule.endpoint in OPEN | {"pages.sign_out"} or "GET" not in (rule.methods or set()):
            continue
        answer = running.stranger().get(path_of(rule), Accept="application/json")
        assert (answer.status, answer.headers["content-type"]) == (401, "application/json"), rule.rule


@pytest.mark.parametrize("token", [None, "x"], ids=["no token", "a wrong token"])
def test_every_post_without_our_own_token_is_refused(running: House, rules: list[Rule], token: str | None) -> None:
    fields = {} if token is None else {"csrf": token}
    headers = {} if token is None else {"X_CSRF": token}
    for who, browser in running.everybody().items():
        for rule in rules:
            if "POST" not in (rule.methods or set()):
                continue
            copy = Browser(browser.port, browser.source, dict(browser.cookies))
            answer = copy.post(path_of(rule), fields, **headers)
            led_away = who == "stranger" and answer.headers.get("location") == "/sign-in/"
            assert answer.status in (400, 403) or led_away, (who, rule.rule, answer.status)


def test_pages_of_others_are_refused_with_a_way_to_sign_in(running: House) -> None:
    member = running.member()
    answer = member.get("/sign-in/?with=account")
    assert answer.status == 200
    assert b'name="username"' in answer.body
