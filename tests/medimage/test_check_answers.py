"""`GET /check=`: may the phone forget its copy? Asked over real sockets, answered from the state of the photos."""

from pathlib import Path
from urllib.parse import quote

import pytest
from uploads import CORS, is_stored, named

from bridge.photos import PhotoState
from bridge.service import Service
from bridge_runner import GUID, make_config, running_bridge
from phone import Answer, Line, ask, check, picture, post_photo, request, wait_until

WHEN = "21-Nov-2026-10-11-12"


def said(answer: Answer) -> str:
    """The body of an answer that a phone may believe. Raises AssertionError for any other."""
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.items() >= CORS.items()
    return answer.body.decode()


def assert_unknown(answer: Answer) -> None:
    assert answer.status == 404
    assert answer.body != b"false"
    assert answer.headers.items() >= CORS.items()


def hold_one(bridge: Service, name: str, seed: int = 0) -> int:
    """Send a photo that no rule fits; its number when it is held."""
    assert is_stored(post_photo(bridge.web.port, name.replace('"', "%22"), picture(seed)))
    newest = max(photo.id for photo in bridge.store.photos_named(name))
    wait_until(lambda: bridge.store.photo(newest).state is PhotoState.HELD)
    return newest


def test_a_photo_is_here_until_it_is_in_the_chart(bridge: Service) -> None:
    name = named(f"#1-#Headshot-{WHEN}")
    assert is_stored(post_photo(bridge.web.port, name, picture()))
    wait_until(lambda: bridge.store.photos_named(name)[0].state is PhotoState.DELIVERED)
    assert said(check(bridge.web.port, name)) == "false"


def test_a_held_photo_is_here_until_a_person_discards_it(bridge: Service) -> None:
    number = hold_one(bridge, named("held-here"))
    assert said(check(bridge.web.port, named("held-here"))) == "true"
    bridge.store.discard(number, "test", "not a photo")
    assert said(check(bridge.web.port, named("held-here"))) == "false"


def test_a_photo_that_waits_for_the_chart_is_here(tmp_path: Path) -> None:
    name = named(f"#1-#Headshot-{WHEN}")
    with running_bridge(make_config(tmp_path, "http://127.0.0.1:9")) as bridge:
        assert is_stored(post_photo(bridge.web.port, name, picture()))
        assert said(check(bridge.web.port, name)) == "true"


def test_of_two_photos_with_one_name_both_must_be_done(bridge: Service) -> None:
    name = named("two-of-a-name")
    first, second = hold_one(bridge, name, 1), hold_one(bridge, name, 2)
    bridge.store.discard(second, "test", "")
    assert said(check(bridge.web.port, name)) == "true"
    bridge.store.discard(first, "test", "")
    assert said(check(bridge.web.port, name)) == "false"


@pytest.mark.parametrize("name", [named("never-sent"), "x.jpg", GUID, "..", "../../bridge.db", "/", "é", "\n", "a\0b"])
def test_a_name_that_was_never_sent_is_unknown_and_never_false(bridge: Service, name: str) -> None:
    assert_unknown(check(bridge.web.port, name))


@pytest.mark.parametrize(
    "target", ["/check=", "/check=%E0%A4%A", "/check=%", "/check=a%2", "/check=%zz", "/check=?x=1"]
)
def test_a_name_that_cannot_be_read_is_unknown(bridge: Service, target: str) -> None:
    assert_unknown(ask(bridge.web.port, "GET", target))


def test_a_malformed_escape_does_not_find_a_name_that_has_its_signs(bridge: Service) -> None:
    hold_one(bridge, named("50%-off"))
    assert said(check(bridge.web.port, named("50%-off"))) == "true"
    assert_unknown(ask(bridge.web.port, "GET", f"/check=%23{GUID}-50%-off.jpg"))


@pytest.mark.parametrize(
    "words",
    ["a b", "a+b", "a/b", "a//b", "/a", "a%20b", "a&b=c", "a?b", 'a"b', "a;b", "Māori-tōtara", "日本", "a'(b)!*~"],
)
def test_a_name_is_found_as_the_app_encodes_it(bridge: Service, words: str) -> None:
    hold_one(bridge, named(words))
    encoded = quote(named(words), safe="!'()*~")
    assert said(ask(bridge.web.port, "GET", f"/check={encoded}")) == "true"
    assert said(ask(bridge.web.port, "GET", f"/check={encoded}", headers={"Origin": "http://app"})) == "true"
    lower = "".join(f"%{byte:02x}" for byte in named(words).encode())
    assert said(ask(bridge.web.port, "GET", f"/check={lower}?x=1")) == "true"


def test_a_name_with_a_slash_before_it_is_found(bridge: Service) -> None:
    hold_one(bridge, f"/#{GUID}-slash.jpg")
    assert said(check(bridge.web.port, f"/#{GUID}-slash.jpg")) == "true"


def test_a_plus_is_no_space(bridge: Service) -> None:
    hold_one(bridge, named("plus+sign"))
    assert said(ask(bridge.web.port, "GET", f"/check=%23{GUID}-plus+sign.jpg")) == "true"
    assert_unknown(check(bridge.web.port, named("plus sign")))


@pytest.mark.parametrize("words", ["##moles-John123", "#Māori", "#a/b", "#a//b"])
def test_a_name_is_found_also_when_it_is_asked_for_without_any_encoding(bridge: Service, words: str) -> None:
    hold_one(bridge, named(words))
    with Line(bridge.web.port) as line:
        line.send(request("GET", f"/check={named(words)}"))
        assert said(line.answer()) == "true"
        line.send(request("GET", f"http://bridge.example/check={named(words)}?callback=x"))
        assert said(line.answer()) == "true"


def test_head_says_as_much_without_a_body(bridge: Service) -> None:
    hold_one(bridge, named("head"))
    with Line(bridge.web.port) as line:
        line.send(request("HEAD", f"/check=%23{GUID}-head.jpg") + request("GET", f"/check=%23{GUID}-head.jpg"))
        assert line.answer(has_body=False).headers["content-length"] == "4"
        assert said(line.answer()) == "true"
