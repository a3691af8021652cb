"""The people of one practice learn nothing of another, whatever they ask."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_site import CLINIC_A, CLINIC_B, CLINIC_C, GUID, OTHER_GUID, Browser, Site, site

OTHERS = [b"clinic-b", b"clinic-c", OTHER_GUID.encode()]
PATHS = ["/phones/", "/phones", "/phones/qr.png", "/phones/qr.svg", "/mappings/", "/logs/", "/sign-in/"]
PARAMETERS = ["practice", "Practice", "name", "guid", "wish", "who", "visitor"]


def test_another_practice_is_refused_as_one_that_is_not_there(bridge: Site) -> None:
    member = bridge.member()
    for path in ("/phones/", "/phones/qr.png", "/phones/qr.svg", "/mappings/"):
        other, unknown = member.get(f"{path}?practice=clinic-b"), member.get(f"{path}?practice=nowhere")
        assert other.status == unknown.status == 404
        assert other.body == unknown.body


@pytest.mark.parametrize("wish", ["code", "address"])
def test_no_button_is_pressed_for_another_practice(tmp_path: Path, wish: str) -> None:
    with site(tmp_path, CLINIC_A, CLINIC_B, CLINIC_C) as bridge:
        member = bridge.member()
        csrf = member.csrf("/phones/")
        for other in ("clinic-b", "clinic-c"):
            answer = member.post(f"/phones/?practice={other}", {"csrf": csrf, "wish": wish})
            assert answer.status == 404
            assert not any(name in answer.body for name in OTHERS)
        own = member.post("/phones/", {"csrf": csrf, "wish": wish, "practice": "clinic-c", "guid": OTHER_GUID})
        assert own.status in (200, 303)
        assert not any(name in own.body for name in OTHERS)
        assert bridge.store.guid_of("clinic-c") is None
        assert bridge.store.guid_of("clinic-a") == GUID


WORDS = st.sampled_from(["clinic-b", "clinic-c", "CLINIC-B", "", "*", OTHER_GUID, "None", "admin"]) | st.text(
    max_size=8
)


@pytest.fixture(scope="module")
def member(bridge: Site) -> Browser:
    """The people of one practice."""
    return bridge.member()


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(PATHS),
    query=st.lists(st.tuples(st.sampled_from(PARAMETERS), WORDS), max_size=3),
    method=st.sampled_from(["GET", "POST", "HEAD"]),
)
def test_no_answer_to_one_practice_holds_anothers_name_or_id(
    member: Browser, path: str, query: list[tuple[str, str]], method: str
) -> None:
    target = path + "?" + "&".join(f"{name}={quote(value)}" for name, value in query)
    answer = member.ask(method, target)
    told = answer.body.replace(quote(target).encode(), b"")
    assert not any(name in told for name in OTHERS)
    assert answer.status in (200, 303, 400, 404, 405)
