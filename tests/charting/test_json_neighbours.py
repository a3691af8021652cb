"""The JSON door tells which images stand beside one."""

import pytest
from json_site import JsonSite, got, picture, posted

from bridge.sandbox import SandboxServer


@pytest.fixture(scope="module")
def ids(roomy_site: JsonSite, roomy_chart: SandboxServer) -> list[int]:
    """Images of one patient, the newest first: a headshot, an X-ray, a headshot."""
    kinds = ("Headshot", "Xray", "Headshot")
    return [posted(roomy_chart, picture(), 6, type=kind) for kind in kinds][::-1]


def around(site: JsonSite, chart: SandboxServer, image_id: int, query: str) -> dict[str, object]:
    answer = got(site, chart, f"images/{image_id}/neighbours?{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_an_image_in_the_middle_has_a_newer_and_an_older_one(
    roomy_site: JsonSite, roomy_chart: SandboxServer, ids: list[int]
) -> None:
    found = around(roomy_site, roomy_chart, ids[1], "patient=6")
    assert found == {"newer": ids[0], "older": ids[2], "place": 2, "total": 3}


def test_at_the_ends_of_the_list_there_is_nothing_further(
    roomy_site: JsonSite, roomy_chart: SandboxServer, ids: list[int]
) -> None:
    newest, oldest = (around(roomy_site, roomy_chart, each, "patient=6") for each in (ids[0], ids[-1]))
    assert (newest["newer"], newest["older"], newest["place"]) == (None, ids[1], 1)
    assert (oldest["newer"], oldest["older"], oldest["place"]) == (ids[1], None, 3)


def test_among_images_of_one_type_others_are_passed_over(
    roomy_site: JsonSite, roomy_chart: SandboxServer, ids: list[int]
) -> None:
    found = around(roomy_site, roomy_chart, ids[0], "patient=6&type=Headshot")
    assert found == {"newer": None, "older": ids[2], "place": 1, "total": 2}


@pytest.mark.parametrize("query", ["patient=5", "patient=6&type=Surgery", "patient=987654"])
def test_an_image_that_is_none_of_those_is_not_found(
    roomy_site: JsonSite, roomy_chart: SandboxServer, ids: list[int], query: str
) -> None:
    assert got(roomy_site, roomy_chart, f"images/{ids[0]}/neighbours?{query}").status_code == 404
