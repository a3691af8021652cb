"""`/mappings/`: the mapping files in force, what is wrong with them, and names tried on them."""

import html
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from page_site import CLINIC_A, CLINIC_B, CLINIC_C, ZONE, Browser, Site, mapping_file, site

from bridge.admission import Admission, Purpose
from bridge.sandbox import SandboxServer
from bridge_runner import REPOSITORY, make_config, running_bridge

YESTERDAY = datetime.now(ZONE) - timedelta(days=1)
NAME = f"#123-#x-ray-{YESTERDAY:%d-%b-%Y}-10-11-12.jpg"
PAGE = "/mappings/?practice=clinic-a"
LONGEST_SECONDS = 15.0


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory, chart: SandboxServer) -> Iterator[Site]:
    """A bridge of two practices on one chart, whose stations the mapping names."""
    folder = tmp_path_factory.mktemp("mappings")
    shipped = (REPOSITORY / "mappings" / "thousand-smiles.yaml").read_text("utf-8")
    for practice in ("clinic-a", "clinic-b"):
        mapping_file(folder, practice).write_text(shipped, "utf-8")
    with site(folder, CLINIC_A, CLINIC_B, chart_url=chart.url) as running:
        yield running


@pytest.fixture(scope="module")
def member(bridge: Site) -> Browser:
    return bridge.member()


@pytest.fixture(scope="module")
def admin(bridge: Site) -> Browser:
    return bridge.admin()


def text_of(body: bytes) -> str:
    """What a page says, without its tags."""
    content = re.sub(r"</?(?:code|span|strong)[^>]*>", "", body.decode().partition("<main")[2])
    content = re.sub(r"<[^>]*>", " ", content)
    return " ".join(html.unescape(content).split())


def tried(browser: Browser, name: str, **fields: str) -> str:
    """What the page says about a name."""
    answer = browser.press(PAGE, name=name, **fields)
    assert answer.status == 200
    return text_of(answer.body)


def until_it_says(browser: Browser, target: str, words: str) -> str:
    """The page's text as soon as it holds the words."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while words not in (said := text_of(browser.get(target).body)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return said


def test_the_admin_sees_the_version_of_every_practice_and_its_whole_path(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, CLINIC_C) as bridge:
        said = text_of(bridge.admin().get("/mappings/").body)
    for practice in ("clinic-a", "clinic-c"):
        assert str(mapping_file(tmp_path, practice)) in said
    assert (
        len(re.findall(r"In force version [0-9a-f]{12} Since \d{4}-\d\d-\d\d \d\d:\d\d, the clinic's time", said)) == 2
    )
    assert len(re.findall(r"The file is good, and all \d+ of its examples come out as they say\.", said)) == 2
    assert said.count("Try a name") == 2


def test_a_practices_people_see_their_own_file_by_its_name_alone(member: Browser) -> None:
    said = text_of(member.get("/mappings/").body)
    assert "File clinic-a.yaml" in said
    assert "clinic-b" not in said
    assert "Try a name" in said


def test_a_broken_edit_is_told_with_lines_and_the_version_that_stays(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as bridge:
        admin = bridge.admin()
        before = re.findall(r"[0-9a-f]{12}", text_of(admin.get(PAGE).body))[0]
        file = mapping_file(tmp_path, "clinic-a")
        file.write_text(file.read_text("utf-8").replace("Xray:", "Xrayy:") + "clinc: today\n", "utf-8")
        said = until_it_says(admin, PAGE, "stays in force")
        line = len(file.read_text("utf-8").splitlines())
    assert "The file as it is now cannot be used; the last good version of " in said
    assert f"To mend, line {line}: clinc is not a setting; did you mean clinic?" in said
    assert before in said
    assert "is good" not in said


def test_the_file_of_many_mistakes_does_not_fill_the_page(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as bridge:
        admin = bridge.admin()
        wrong = "".join(f"word-{number}: today\n" for number in range(30))
        with mapping_file(tmp_path, "clinic-a").open("a", encoding="utf-8") as opened:
            opened.write(wrong)
        said = until_it_says(admin, PAGE, "stays in force")
    assert said.count("To mend") == 20
    assert "10 more; tscharts-bridge mappings check tells all." in said


def test_a_name_is_explained_word_by_word_with_what_was_passed_over(member: Browser) -> None:
    said = tried(member, NAME)
    assert "patient id 123, type Xray, station X-Ray, clinic today" in said
    assert "#123 read as patient id by rule chart-number" in said
    assert "it is a number that stands alone" in said
    assert re.search(r"rule old-number \(patient oldid\), line \d+: it reads a number only after old", said)
    assert f"Counted as taken on {YESTERDAY:%Y-%m-%d} at 10:11, the clinic's time." in said


def test_a_time_can_be_given(member: Browser) -> None:
    assert "Counted as taken on 2026-02-07 at 08:30" in tried(member, "123-xray", at="2026-02-07T08:30")


def test_a_held_name_says_why_and_how_to_mend_it(member: Browser) -> None:
    said = tried(member, "#123-wound.jpg")
    assert "Held (no-type)." in said
    assert "To mend it: Type a kind of picture" in said
    assert "add wound to the aliases: of its type" in said


def test_the_chart_is_asked_but_who_a_patient_is_stays_there(admin: Browser) -> None:
    said = tried(admin, "123-xray", chart="yes", at="2026-02-07T08:30")
    assert "patient 123: in the chart" in said
    assert "station X-Ray (3)" in said
    assert "clinic Ensenada 02/07/2026 to 02/08/2026 (1)" in said
    assert not re.search("Abril|Camacho|Rivas|2015", said)


def test_a_hold_that_only_the_chart_knows_of_is_told(admin: Browser) -> None:
    assert "The chart would have it held (unknown-patient)." in tried(admin, "99999-xray", chart="yes")


def test_without_the_tick_the_chart_is_not_asked(admin: Browser, chart: SandboxServer) -> None:
    before = len(chart.requests)
    assert "in the chart" not in tried(admin, "123-xray").partition("Word by word")[0]
    assert len(chart.requests) == before


def test_the_shared_password_is_not_enough_to_learn_whom_the_chart_knows(member: Browser, chart: SandboxServer) -> None:
    before = len(chart.requests)
    assert tried(member, "123-xray", chart="yes") == tried(member, "123-xray")
    assert len(chart.requests) == before
    assert 'name="chart"' not in member.get(PAGE).body.decode()


def test_a_chart_that_is_away_leaves_the_explanation(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as bridge:
        said = tried(bridge.admin(), NAME, chart="yes")
    assert "The chart did not answer. Nothing takes a connection at" in said
    assert "#123 read as patient id" in said


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>-#123.jpg",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }}-{% raw %}",
        "`#123`-`<b>`",
        "\u202egpj.123#\x00\x1b[31m",
        "a" * 5000,
    ],
    ids=["script", "attribute", "template", "backticks", "controls", "long"],
)
def test_a_hostile_name_is_text(member: Browser, name: str) -> None:
    answer = member.press(PAGE, name=name)
    body = answer.body.decode()
    assert answer.status == 200
    assert not re.search(r"<script>|<img|<b>|\x00|\x1b|\u202e", body)
    assert "49-" not in body


@pytest.mark.parametrize("fields", [{"name": " "}, {"name": NAME, "at": "soon"}, {}])
def test_what_cannot_be_tried_is_a_sentence(member: Browser, fields: dict[str, str]) -> None:
    answer = member.press(PAGE, **fields)
    assert answer.status == 400
    assert 'role="alert"' in answer.body.decode()


def test_a_name_is_tried_by_our_own_form_alone_and_stays_out_of_addresses(member: Browser) -> None:
    assert member.post(PAGE, {"name": NAME}).status == 400
    assert member.get(f"{PAGE}&name=123-xray").body == member.get(PAGE).body
    assert 'method="post"' in member.get(PAGE).body.decode()


def test_a_name_is_not_tried_by_another_practices_file(member: Browser) -> None:
    token = member.csrf(PAGE)
    assert member.post("/mappings/?practice=clinic-b", {"csrf": token, "name": NAME}).status == 404


def test_of_several_practices_one_must_be_chosen_to_try_a_name(bridge: Site) -> None:
    admin = bridge.admin()
    assert admin.post("/mappings/", {"csrf": admin.csrf(PAGE), "name": NAME}).status == 400


def test_the_names_that_are_tried_are_in_no_log(bridge: Site, admin: Browser) -> None:
    tried(admin, "VALR190127MBCLBN03-xray", chart="yes")
    assert not [line for line in bridge.lines.last(200) if "VALR190127MBCLBN03" in line]


def test_a_whole_bridge_has_the_page_and_asks_its_chart(tmp_path: Path, chart: SandboxServer) -> None:
    config = make_config(tmp_path, chart.url)
    with running_bridge(config):
        admin = Browser(config.server.port)
        ticket = Admission.in_folder(config.data_folder).ticket(Purpose.PAGES)
        assert admin.get(f"/sign-in/?ticket={quote(ticket.reveal())}").status == 303
        assert text_of(admin.get("/mappings/").body).count("thousand-smiles.yaml") == 2
        assert "patient 123: in the chart" in tried(admin, "123-xray", chart="yes")
