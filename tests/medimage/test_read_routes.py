"""`/read/GUID`, its `?check=`, and `/load/`: what MedImage PC servers ask of the bridge."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.medimage import Checks
from bridge.photos import Photo, PhotoState, Store
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from phone import ask, picture, post_photo, wait_until


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Service]:
    with SandboxServer() as chart:
        config = make_config(tmp_path, chart.url, more="proxy: {serve_downloads: true}")
        with running_bridge(config) as service:
            yield service


def send(bridge: Service, words: str, content: bytes, guid: str = GUID) -> None:
    assert post_photo(bridge.web.port, f"#{guid}-{words}.jpg", content).status == 200


def test_head_and_the_next_get_give_the_same_whole_file(bridge: Service) -> None:
    send(bridge, "#NHID1234-#arm-wound", picture(1))
    head = ask(bridge.web.port, "HEAD", f"/read/{GUID}")
    send(bridge, "#A-earlier-in-the-alphabet", picture(2))
    got = ask(bridge.web.port, "GET", f"/read/{GUID}")
    assert head.headers["file-name"] == got.headers["file-name"] == f"/{GUID}/NHID1234/arm/wound.jpg"
    assert (got.status, got.headers["content-type"], got.body) == (200, "image/jpeg", picture(1))
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(picture(1)))


def test_a_file_once_sent_is_offered_no_more_but_kept_here(bridge: Service) -> None:
    for number in (1, 2):
        send(bridge, f"#headshot-{'ab'[number - 1]}", picture(number))
    bodies = [ask(bridge.web.port, "GET", f"/read/{GUID}").body for _ in range(3)]
    assert bodies == [picture(1), picture(2), b"none"]
    wait_until(lambda: bridge.store.counts()[PhotoState.HELD] == 2)
    assert [bridge.store.bytes_of(photo) for photo in bridge.store.photos()] == [picture(2), picture(1)]


def test_head_does_not_end_the_offer_and_a_reader_that_hangs_up_loses_nothing(bridge: Service) -> None:
    content = picture(3, (4000, 3000))
    padded = content + bytes(8_000_000)
    send(bridge, "#headshot-x", padded)
    with socket.create_connection(("127.0.0.1", bridge.web.port)) as line:
        line.sendall(f"GET /read/{GUID} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        line.recv(1000)
    assert ask(bridge.web.port, "HEAD", f"/read/{GUID}").headers["file-name"]
    assert ask(bridge.web.port, "GET", f"/read/{GUID}").body == padded


def test_two_photos_of_one_name_have_two_file_names_and_names_are_ascii(bridge: Service) -> None:
    send(bridge, "#Māori-tōtara", picture(1))
    send(bridge, "#Māori-tōtara", picture(2))
    names = [ask(bridge.web.port, "GET", f"/read/{GUID}").headers["file-name"] for _ in range(2)]
    assert all(re.fullmatch(rf"/{GUID}/Mori/ttara-[0-9a-f]{{8}}\.jpg", name) for name in names)
    assert names[1] != names[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("#李-#headshot", "#王-#headshot"),
        ("#Muñoz-x", "#Muoz-x"),
        ("#A1-x", "#A 1-x"),
        ("#A 1-x", "#A1-x"),
        ("#A1-x", "#a1-X"),
        ("#A-x-#B", "#A-#B-x"),
        ("#A-x.png", "#A-x.png.jpg"),
        ("#A-x", "#A-x"),
    ],
)
def test_no_photo_overwrites_another_where_capitals_are_one(bridge: Service, first: str, second: str) -> None:
    for number, words in enumerate((first, second)):
        assert post_photo(bridge.web.port, f"#{GUID}-{words}.jpg", picture(number + 1)).status == 200
    names = []
    for _ in range(2):
        head = ask(bridge.web.port, "HEAD", f"/read/{GUID}").headers["file-name"]
        assert ask(bridge.web.port, "GET", f"/read/{GUID}").headers["file-name"] == head
        assert ask(bridge.web.port, "GET", f"/read/{GUID}?check={head}").body == b"true"
        names.append(head.casefold())
    assert names[0] != names[1]


def test_a_plain_path_is_looked_up_and_not_searched_for_in_all_that_waits(bridge: Service) -> None:
    send(bridge, "#NHID1234-#arm-wound", picture(1))
    checks = Checks(Unsearched(bridge.store), None)
    assert checks.is_waiting(GUID, "NHID1234/arm/wound.jpg")
    with pytest.raises(AssertionError, match="500"):
        checks.is_waiting(GUID, "NHID1234/arm/other.jpg")


class Unsearched:
    """A store in which nobody goes through the photos."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def photos(self, **wanted: Any) -> list[Photo]:
        """Says how many were wanted."""
        raise AssertionError(wanted["limit"])


def test_pulling_says_nothing_of_the_chart(bridge: Service) -> None:
    send(bridge, "#headshot-nobody", picture(1))
    ask(bridge.web.port, "GET", f"/read/{GUID}")
    assert ask(bridge.web.port, "GET", f"/check=%23{GUID}-%23headshot-nobody.jpg").body == b"true"


def test_one_practice_is_never_offered_anothers_photos(bridge: Service) -> None:
    send(bridge, "#headshot-x", picture(1))
    for guid in (OTHER_GUID, "strangerstranger12", "."):
        answer = ask(bridge.web.port, "GET", f"/read/{guid}")
        assert (answer.status, answer.body) == (200, b"none")
        assert "file-name" not in answer.headers


@pytest.mark.parametrize(
    "path", ["NHID1234/arm/wound.jpg", f"/{GUID}/NHID1234/arm/wound.jpg", "%23NHID1234-%23arm-wound.jpg"]
)
def test_read_check_says_true_while_a_photo_is_here_and_hands_nothing_over(bridge: Service, path: str) -> None:
    assert ask(bridge.web.port, "GET", f"/read/{GUID}?check={path}").body == b"none"
    send(bridge, "#NHID1234-#arm-wound", picture(1))
    wait_until(lambda: bridge.store.counts()[PhotoState.HELD] == 1)
    for _ in range(2):
        assert ask(bridge.web.port, "GET", f"/read/{GUID}?check={path}").body == b"true"
    assert ask(bridge.web.port, "GET", f"/read/{OTHER_GUID}?check={path}").body == b"none"
    bridge.store.discard(bridge.store.photos()[0].id, "a nurse", "not a patient")
    assert ask(bridge.web.port, "GET", f"/read/{GUID}?check={path}").body == b"none"


def test_check_knows_a_name_with_and_without_its_extension(bridge: Service) -> None:
    send(bridge, "#headshot-x", picture(1))
    for name in (f"%23{GUID}-%23headshot-x.jpg", f"%23{GUID}-%23headshot-x", f"%23%23{GUID}-%23headshot-x.jpeg"):
        assert ask(bridge.web.port, "GET", f"/check={name}").body == b"true"
    for name in ("%23headshot-x.jpg", f"%23{OTHER_GUID}-%23headshot-x.jpg", f"%23{GUID}-%23Headshot-x.jpg"):
        assert ask(bridge.web.port, "GET", f"/check={name}").status == 404


def test_check_without_a_guid_means_the_unpaired_practice(tmp_path: Path) -> None:
    uploads = "allow_unpaired: true, unpaired_practice: clinic-a"
    with SandboxServer() as chart, running_bridge(make_config(tmp_path, chart.url, uploads=uploads)) as bridge:
        send(bridge, "#headshot-x", picture(1))
        send(bridge, "#headshot-y", picture(1), OTHER_GUID)
        assert post_photo(bridge.web.port, "#headshot-z.jpg", picture(1)).status == 200
        assert ask(bridge.web.port, "GET", "/check=%23headshot-x.jpg").body == b"true"
        assert ask(bridge.web.port, "GET", f"/check=%23{GUID}-%23headshot-z.jpg").body == b"true"
        assert ask(bridge.web.port, "GET", "/check=%23headshot-y.jpg").status == 404


def test_check_without_a_guid_tells_strangers_nothing(tmp_path: Path) -> None:
    uploads = "allow_unpaired: true, unpaired_practice: clinic-a"
    with SandboxServer() as chart, running_bridge(make_config(tmp_path, chart.url, uploads=uploads)) as bridge:
        send(bridge, "#headshot-x", picture(1))
        for address, status in (("8.8.8.8", 404), ("192.168.1.7", 200)):
            headers = {"X-Forwarded-For": address}
            assert ask(bridge.web.port, "GET", "/check=%23headshot-x.jpg", headers=headers).status == status
            assert ask(bridge.web.port, "GET", f"/check=%23{GUID}-%23headshot-x.jpg", headers=headers).status == 200


def test_load_is_three_numbers_and_open_to_browsers(bridge: Service) -> None:
    answer = ask(bridge.web.port, "GET", "/load/")
    assert len(json.loads(answer.body)) == 3
    assert answer.headers["access-control-allow-origin"] == "*"
