"""A patient's pictures by day and type, one of them large, two side by side."""

import io
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from page_site import Browser
from patient_site import PatientSite, images, links, patient_site, text_of
from PIL import Image

from bridge.photos import PhotoState
from bridge_runner import GUID
from phone import picture, post_photo, wait_until

MANY = 30
"""More than one page of pictures."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PatientSite]:
    with patient_site(tmp_path_factory.mktemp("pictures")) as running:
        yield running


@pytest.fixture(scope="module")
def nurse(site: PatientSite) -> Browser:
    return site.nurse()


@pytest.fixture(scope="module")
def many(site: PatientSite) -> list[int]:
    """Pictures of patient 7, the newest first: every third one is an X-ray."""
    return [site.put(each, 7, "Surgery" if each % 3 else "Xray") for each in range(MANY)][::-1]


@pytest.fixture(scope="module")
def few(site: PatientSite) -> list[int]:
    """Three pictures of patient 3, the newest first, of which the newest is a large X-ray."""
    kinds = [("Headshot", (64, 48)), ("Surgery", (48, 64)), ("Xray", (640, 400))]
    return [site.put(each, 3, kind, size=size, clinic=2, station=3) for each, (kind, size) in enumerate(kinds)][::-1]


def shown(browser: Browser, target: str) -> list[int]:
    """The pictures of a page, in their order."""
    answer = browser.get(target)
    assert answer.status == 200
    return [int(each.partition("?")[0].split("/")[4]) for each in links(answer, r"/patients/\d+/pictures/\d+/.*")]


def send(site: PatientSite, content: bytes, name: str) -> None:
    """Send a photo, and wait until the bridge has its receipt."""
    store = site.bridge.store
    before = store.counts("clinic-a")[PhotoState.DELIVERED]
    assert post_photo(site.bridge.web.port, name, content).status == 200
    wait_until(lambda: store.counts("clinic-a")[PhotoState.DELIVERED] > before)


def test_pictures_stand_under_their_day_and_type(site: PatientSite, nurse: Browser, few: list[int]) -> None:
    said = text_of(nurse.get("/patients/3/"))
    assert "Renata Sol Valdez Ibarra Number 3" in said
    assert "Ensenada" in said
    assert said.index("Headshot", said.index("Ensenada")) < said.index("X-ray", said.index("Ensenada"))
    assert sorted(shown(nurse, "/patients/3/")) == sorted(few)


def test_a_photo_of_a_phone_stands_under_the_day_when_it_was_taken(site: PatientSite, nurse: Browser) -> None:
    taken = datetime.now(ZoneInfo("America/Los_Angeles"))
    send(site, picture(77), f"#{GUID}-#8-#Xray-{taken:%d-%b-%Y-%H-%M-%S}.jpg")
    said = text_of(nurse.get("/patients/8/"))
    assert f"{taken.day} {taken:%B %Y} X-ray {taken:%H:%M}" in said


def test_small_pictures_come_lazily_with_the_size_that_they_take(nurse: Browser, few: list[int]) -> None:
    by_source = {each["src"]: each for each in images(nurse.get("/patients/3/"))}
    xray = by_source[f"/pictures/{few[0]}/small"]
    assert (xray["width"], xray["height"], xray["loading"]) == ("256", "160", "lazy")
    assert xray["alt"].startswith("X-ray, ")
    headshot = by_source[f"/pictures/{few[2]}/small"]
    assert (headshot["width"], headshot["height"]) == ("64", "48")


def test_a_page_shows_a_part_and_leads_to_the_older_ones_until_all_were_seen(nurse: Browser, many: list[int]) -> None:
    first = shown(nurse, "/patients/7/")
    (older,) = links(nurse.get("/patients/7/"), r"/patients/7/\?after=\d+")
    second = shown(nurse, older)
    assert sorted(first, reverse=True) == many[:24]
    assert sorted(second, reverse=True) == many[24:]
    assert links(nurse.get(older), r"/patients/7/\?after=\d+") == []
    assert "To the newest pictures" in text_of(nurse.get(older))


def test_one_type_alone_can_be_looked_at(nurse: Browser, many: list[int]) -> None:
    xrays = shown(nurse, "/patients/7/?type=Xray")
    assert len(xrays) == MANY // 3
    assert "10 pictures" in text_of(nurse.get("/patients/7/?type=Xray"))


def test_a_patient_without_pictures_is_said_to_have_none(nurse: Browser) -> None:
    assert "No pictures of this patient are in the chart yet." in text_of(nurse.get("/patients/10/"))


@pytest.mark.parametrize("path", ["/patients/99999/", "/patients/0/", "/patients/7/pictures/99999/", "/moves/99999/"])
def test_what_is_not_there_is_told_in_a_sentence(nurse: Browser, path: str) -> None:
    answer = nurse.get(path)
    assert answer.status == 404
    assert "This is not possible" in text_of(answer)


def test_a_large_picture_leads_to_the_newer_and_the_older_one(nurse: Browser, few: list[int]) -> None:
    answer = nurse.get(f"/patients/3/pictures/{few[1]}/")
    beside = [f"/patients/3/pictures/{each}/" for each in (few[0], few[2])]
    assert links(answer, r"/patients/3/pictures/\d+/") == beside
    assert "2 of 3" in text_of(answer)


def test_among_pictures_of_one_type_the_others_are_passed_over(nurse: Browser, many: list[int]) -> None:
    answer = nurse.get(f"/patients/7/pictures/{many[2]}/?type=Xray")
    beside = [f"/patients/7/pictures/{many[5]}/?type=Xray"]
    assert links(answer, r"/patients/7/pictures/\d+/\?type=Xray") == beside
    assert "1 of 10" in text_of(answer)


def test_from_a_large_picture_far_down_one_comes_back_to_its_place(nurse: Browser, many: list[int]) -> None:
    (back,) = links(nurse.get(f"/patients/7/pictures/{many[26]}/"), r"/patients/7/\?after=.*")
    assert back == f"/patients/7/?after={many[25]}#picture-{many[26]}"
    assert many[26] in shown(nurse, back.partition("#")[0])


def test_a_large_picture_says_what_is_known_of_it(nurse: Browser, few: list[int]) -> None:
    said = text_of(nurse.get(f"/patients/3/pictures/{few[0]}/"))
    assert [each for each in ("X-ray", "X-Ray", "Ensenada", "640 × 400", str(few[0])) if each not in said] == []


def test_a_picture_is_not_shown_as_somebody_elses(nurse: Browser, few: list[int]) -> None:
    assert nurse.get(f"/patients/5/pictures/{few[0]}/").status == 404
    assert nurse.get(f"/patients/5/compare?left={few[0]}").status == 404


def test_the_file_comes_as_it_is_in_the_chart_and_not_again(nurse: Browser, few: list[int]) -> None:
    first = nurse.get(f"/pictures/{few[2]}/file")
    assert (first.status, first.body, first.headers["content-type"]) == (200, picture(0), "image/jpeg")
    assert first.headers["cache-control"].startswith("private")
    again = nurse.get(f"/pictures/{few[2]}/file", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    part = nurse.get(f"/pictures/{few[2]}/file", Range="bytes=0-3")
    assert (part.status, part.body) == (206, picture(0)[:4])


def test_a_small_picture_is_small(nurse: Browser, few: list[int]) -> None:
    answer = nurse.get(f"/pictures/{few[0]}/small")
    assert answer.headers["cache-control"].startswith("private")
    with Image.open(io.BytesIO(answer.body)) as small:
        assert (small.format, small.size) == ("JPEG", (256, 160))
    assert nurse.get(f"/pictures/{few[0]}/small", If_None_Match=answer.headers["etag"]).status == 304


def test_a_look_at_a_picture_is_noted_with_the_name(site: PatientSite, nurse: Browser, few: list[int]) -> None:
    before = len(site.noted("seen"))
    nurse.get(f"/pictures/{few[1]}/file")
    assert site.noted("seen")[before:] == [("nurse", few[1], "")]


def test_what_no_browser_shows_is_for_downloading(site: PatientSite, nurse: Browser) -> None:
    number = site.put(0, 9, data="QUJD")
    answer = nurse.get(f"/patients/9/pictures/{number}/")
    assert "A web browser cannot show this file large" in text_of(answer)
    assert links(answer, r"/pictures/.*") == [f"/pictures/{number}/file"]
    assert "No picture that can be shown" in text_of(nurse.get("/patients/9/"))


def test_a_picture_that_the_chart_lost_is_said_to_be_lost(site: PatientSite, nurse: Browser) -> None:
    number = site.put(5, 11)
    site.chart.lose_file(number)
    assert "The chart has lost this picture" in text_of(nurse.get("/patients/11/"))
    answer = nurse.get(f"/patients/11/pictures/{number}/")
    assert "The chart has lost the file of this picture" in text_of(answer)
    assert links(answer, r"/pictures/.*") == []


def test_two_pictures_are_chosen_one_after_the_other_and_stand_side_by_side(nurse: Browser, few: list[int]) -> None:
    first = nurse.get("/patients/3/compare")
    left = f"/patients/3/compare?left={few[2]}"
    assert left in links(first, r"/patients/3/compare\?left=\d+")
    both = f"/patients/3/compare?left={few[2]}&right={few[1]}"
    assert both in links(nurse.get(left), r"/patients/3/compare\?left=\d+&right=\d+")
    answer = nurse.get(both)
    assert [each["src"] for each in images(answer)] == [f"/pictures/{each}/file" for each in (few[2], few[1])]
    assert f"/patients/3/compare?left={few[1]}&right={few[2]}" in links(answer, r".*compare.*")


def test_the_one_chosen_first_is_not_offered_again(nurse: Browser, few: list[int]) -> None:
    answer = nurse.get(f"/patients/3/compare?left={few[2]}")
    same = f"/patients/3/compare?left={few[2]}&right={few[2]}"
    assert same not in links(answer, r".*compare.*")
    assert answer.body.count(b"<h3>") == 2


def test_the_other_picture_is_chosen_from_those_of_the_same_type_first(nurse: Browser, many: list[int]) -> None:
    """Every third one is an X-ray; people may ask for all of them."""
    xrays = [each for number, each in enumerate(many[::-1]) if number % 3 == 0][::-1]
    target = f"/patients/7/compare?left={xrays[0]}"
    beside = rf"/patients/7/compare\?left={xrays[0]}&right=\d+"
    assert [int(each.rpartition("=")[2]) for each in links(nurse.get(target), beside)] == xrays[1:]
    everything = f"/patients/7/compare?type=&left={xrays[0]}"
    assert everything in links(nurse.get(target), r".*type=&left.*")
    assert len(links(nurse.get(everything), beside)) > len(xrays)
    (older,) = links(nurse.get(everything), r".*after=\d+.*")
    assert len(links(nurse.get(older), beside)) + len(links(nurse.get(everything), beside)) == MANY - 1


def test_where_there_is_no_other_of_the_type_all_are_to_choose_from(nurse: Browser, few: list[int]) -> None:
    found = links(nurse.get(f"/patients/3/compare?left={few[0]}"), r".*&right=\d+")
    assert sorted(int(each.rpartition("=")[2]) for each in found) == sorted(few[1:])


def test_pictures_to_choose_from_have_their_times(site: PatientSite, nurse: Browser) -> None:
    taken = datetime.now(ZoneInfo("America/Los_Angeles"))
    for number in (81, 82):
        send(site, picture(number), f"#{GUID}-#12-#Xray-{taken:%d-%b-%Y-%H-%M}-{number - 60}.jpg")
    first = site.chart.images(12)[0].id
    assert f"X-ray {taken:%H:%M}" in text_of(nurse.get(f"/patients/12/compare?left={first}"))
