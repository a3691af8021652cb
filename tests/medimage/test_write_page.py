"""`GET /write/GUID`: what people see whose camera app opened the QR code in a browser."""

import re

import pytest

from bridge.service import Service
from bridge_runner import GUID
from phone import ask

STRANGER = "ZY6hytadcr9pRnhqyB"


def test_the_address_of_a_qr_code_opens_a_page_that_says_where_it_belongs(bridge: Service) -> None:
    answer = ask(bridge.web.port, "GET", f"/write/{GUID}")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.body.decode()
    assert "your clinic's address" in page
    assert "More Details" in page
    assert not re.search(r"<script|<form|<a |https?:|src=", page)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers


def test_the_page_is_the_same_for_a_guid_that_nobody_has(bridge: Service) -> None:
    known, unknown, slash = (ask(bridge.web.port, "GET", f"/write/{tail}") for tail in (GUID, STRANGER, f"{STRANGER}/"))
    assert known.body == unknown.body == slash.body
    assert {**known.headers, "date": ""} == {**unknown.headers, "date": ""}


@pytest.mark.parametrize("tail", ["", "short", "x" * 21, f"{GUID}/x", "..%2F..%2Fetc", f"{GUID[:-1]}-", "é" * 16])
def test_what_is_no_guid_is_not_there(bridge: Service, tail: str) -> None:
    target = f"/write/{tail}".replace("é", "%C3%A9")
    assert ask(bridge.web.port, "GET", target).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_sent_to_it(bridge: Service, method: str) -> None:
    assert ask(bridge.web.port, method, f"/write/{GUID}").status == 405
