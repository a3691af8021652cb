"""However many photos are held, the pages say how many, and lead to each of them (bridge/web/held.py)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from held_site import HOLD, HeldSite, held_site, text_of
from page_site import Browser

from bridge.holds import Hold, HoldReason
from bridge.web.held import MOST_SHOWN, SOME_SHOWN

NO_TYPE = Hold(HoldReason.NO_TYPE, "The name says no type; assign the photo by hand.")
MANY = MOST_SHOWN + 5


@dataclass(frozen=True)
class Crowd:
    """A nurse, and the numbers of many held photos of one reason, after the one photo of another."""

    site: HeldSite
    nurse: Browser
    other: int
    ids: list[int]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with held_site(tmp_path_factory.mktemp("held")) as site:
        other = site.held("#123", hold=NO_TYPE, content=b"other").id
        ids = [site.held(f"#132-#{number}", content=b"photo %d" % number).id for number in range(MANY)]
        yield Crowd(site, site.nurse(), other, ids)


def shown(body: bytes) -> list[int]:
    """The photos of a list."""
    return [int(each) for each in re.findall(rb'name="shown" value="(\d+)"', body)]


def links(body: bytes, words: str) -> list[str]:
    """Where links of these words lead."""
    found = re.findall(r'<a class="button quiet"[^>]* href="([^"]*)">([^<]*)', body.decode())
    return [href.replace("&amp;", "&") for href, said in found if said.strip() == words]


def test_a_list_of_all_says_how_many_there_are_of_each_reason(crowd: Crowd) -> None:
    answer = crowd.nurse.get("/held/list/")
    text = text_of(answer)
    assert f"Patient not in the chart {MANY}" in text
    assert f"Shown here: 1 to {SOME_SHOWN} of {MANY}" in text
    assert f"All that are shown here: {SOME_SHOWN}" in text
    assert "No type in the name 1" in text
    assert "All of this reason: 1" in text
    assert shown(answer.body) == [*crowd.ids[::-1][:SOME_SHOWN], crowd.other]


def test_a_list_of_one_reason_leads_to_all_of_them(crowd: Crowd) -> None:
    (first,) = links(crowd.nurse.get("/held/list/").body, "All of this reason")
    page = crowd.nurse.get(first)
    assert shown(page.body) == crowd.ids[::-1][:MOST_SHOWN]
    assert f"Shown here: 1 to {MOST_SHOWN} of {MANY}" in text_of(page)
    (more,) = links(page.body, "More of these")
    rest = crowd.nurse.get(more)
    assert shown(rest.body) == crowd.ids[::-1][MOST_SHOWN:]
    assert f"Shown here: {MOST_SHOWN + 1} to {MANY} of {MANY}" in text_of(rest)
    assert (links(rest.body, "More of these"), links(rest.body, "Newest photos")) == ([], [first])


def test_from_each_photo_the_next_ones_are_reached(crowd: Crowd) -> None:
    newest, oldest, hundredth = crowd.ids[-1], crowd.other, crowd.ids[-MOST_SHOWN]
    at_hundred = crowd.nurse.get(f"/held/{hundredth}/")
    assert f"Held photo {MOST_SHOWN} of {MANY + 1}" in text_of(at_hundred)
    assert links(at_hundred.body, "Next") == [f"/held/{hundredth - 1}/"]
    assert links(at_hundred.body, "Previous") == [f"/held/{hundredth + 1}/"]
    at_end = crowd.nurse.get(f"/held/{oldest}/")
    assert f"Held photo {MANY + 1} of {MANY + 1}" in text_of(at_end)
    assert links(at_end.body, "Next") == []
    assert f'data-photo="{newest}"' in crowd.nurse.get(f"/held/?after={oldest}").body.decode()
    of_reason = crowd.nurse.get(f"/held/{crowd.ids[0]}/?reason={HOLD.reason.value}")
    assert f"Held photo {MANY} of {MANY}" in text_of(of_reason)
    assert links(of_reason.body, "Next") == []


def test_more_than_a_page_that_was_said_in_a_minute_is_undone_at_once(crowd: Crowd) -> None:
    form = "application/x-www-form-urlencoded"
    for some in (crowd.ids[:60], crowd.ids[60:]):
        fields = [("csrf", crowd.nurse.csrf("/held/list/")), ("act", "retry"), *(("photo", str(each)) for each in some)]
        done = crowd.nurse.ask("POST", "/held/list/", urlencode(fields), Content_Type=form)
        assert f"This will be done with {len(some)} photos in a minute." in text_of(done)
    page = crowd.nurse.get("/held/")
    assert f"{MANY} photos in all" in text_of(page)
    said = set(re.findall(r'<input type="hidden" name="photo" value="(\d+)">', page.body.decode()))
    every = [("csrf", crowd.nurse.csrf("/held/")), *(("photo", each) for each in said)]
    assert crowd.nurse.ask("POST", "/held/undo/", urlencode(every), Content_Type=form).status == 303
    assert crowd.site.bridge.store.pending_acts(crowd.ids) == {}
