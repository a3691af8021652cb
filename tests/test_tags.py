"""The file-name grammar: bridge/tags.py."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.tags import COMPONENT_LIMIT_BYTES, CUT_MARK, NAME_LIMIT, fold, parse_name, safe_component, split_words

GUID = "uPSE4UWHmJ8XqFUqvf"
TAIL = "21-Nov-2026-10-11-12"
TAKEN = datetime(2026, 11, 21, 10, 11, 12)


def texts(name: str | bytes) -> list[str]:
    return [word.text for word in parse_name(name).words]


@pytest.mark.parametrize("guid", ["", f"#{GUID}-"], ids=["without guid", "with guid"])
@pytest.mark.parametrize(
    "typed", ["#123-headshot", "##123-#headshot", "123-headshot", "#123 headshot", "###123-headshot"]
)
def test_the_ways_an_app_sends_a_typed_text_all_mean_the_same(guid: str, typed: str) -> None:
    tags = parse_name(f"{guid}{typed}-{TAIL}.jpg")
    assert [word.text for word in tags.words] == ["123", "headshot"]
    assert tags.guid == (GUID if guid else None)
    assert tags.captured_at == TAKEN
    assert tags.extension == "jpg"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"#{GUID}-#NHID1234-#arm-wound.jpg", ["#NHID1234", "#arm", "wound"]),
        (f"#{GUID}-one-#tag-two-#tag2-three.jpg", ["one", "#tag", "two", "#tag2", "three"]),
        (f"#{GUID}-##moles-John123-{TAIL}.jpg", ["#moles", "John123"]),
        (f"#{GUID}-#-x.jpg", ["x"]),
        (f"#{GUID}--a--b.jpg", ["a", "b"]),
        (f"#{GUID}-#--two--spaces--{TAIL}.jpg", ["two", "spaces"]),
        (f"#{GUID}-my photo of arm.jpg", ["my", "photo", "of", "arm"]),
        (f"#{GUID}-#Māori-tōtara.jpg", ["#Māori", "tōtara"]),
        (f"#{GUID}-#t.jpg-y.jpg", ["#t.jpg", "y"]),
        (f"#{GUID}-#{GUID}-x.jpg", ["x"]),
        (f"#{GUID}.jpg", []),
        ("../../etc/passwd", ["..", "..", "etc", "passwd"]),
        ("a_b.jpg", ["a_b"]),
        ("12—3–4.jpg", ["12", "3", "4"]),
        ("", []),
    ],
)
def test_words_keep_their_order_and_their_tags(name: str, words: list[str]) -> None:
    parsed = parse_name(name).words
    assert [str(word) for word in parsed] == words
    assert [word.position for word in parsed] == list(range(len(words)))


@pytest.mark.parametrize("name", ["12/3.jpg", "12-3.jpg", "12 3.jpg", "#12#3.jpg", "12\u00a03.jpg", "#12-#3.jpg"])
def test_two_numbers_are_never_joined_to_another_patients_number(name: str) -> None:
    assert texts(name) == ["12", "3"]


@pytest.mark.parametrize("name", ["12\x003.jpg", b"12\xff3.jpg", "12\u200e3.jpg", "12\ud8003.jpg", "12.3"])
def test_a_number_with_something_odd_inside_stays_one_odd_word(name: str | bytes) -> None:
    assert len(texts(name)) == 1
    assert not texts(name)[0].isdigit()


@pytest.mark.parametrize(
    ("name", "guid"),
    [
        (f"#{GUID}-x.jpg", GUID),
        (f"##{GUID}-x.jpg", GUID),
        (f"wound-#{GUID}.jpg", GUID),
        (f"/#{GUID}-x.jpg", GUID),
        (f"C:\\fakepath\\#{GUID}-x.jpg", GUID),
        (f"#-#{GUID}-x.jpg", GUID),
        ("#" + "a" * 16 + "-x.jpg", "a" * 16),
        ("#" + "a" * 20 + "-x.jpg", "a" * 20),
        ("#" + "a" * 15 + "-x.jpg", None),
        ("#" + "a" * 21 + "-x.jpg", None),
        (f"#arm-#{GUID}-x.jpg", None),
        (f"{GUID}-x.jpg", None),
        (f"%23{GUID}-x.jpg", None),
        ("#uPSE_UWHmJ.XqFUqvf-x.jpg", None),
        ("#" + "é" * 18 + "-x.jpg", None),
        ("#" + "１" * 18 + "-x.jpg", None),
    ],
)
def test_the_first_tag_is_the_guid_when_it_is_16_to_20_ascii_letters_or_digits(name: str, guid: str | None) -> None:
    assert parse_name(name).guid == guid


@pytest.mark.parametrize(
    ("stem", "captured"),
    [
        (f"#123-{TAIL}", TAKEN),
        (f"#123-{TAIL.upper()}", TAKEN),
        (f"#123-{TAIL.lower()}", TAKEN),
        (f"{TAIL}", TAKEN),
        (f"#{TAIL}", TAKEN),
        ("#123-29-Feb-2028-00-00-00", datetime(2028, 2, 29)),
        ("#123-1-Dec-2026-9-8-7", datetime(2026, 12, 1, 9, 8, 7)),
        ("#123-29-Feb-2026-00-00-00", None),
        ("#123-21-Xyz-2026-10-11-12", None),
        ("#123-21-Nov-2026-24-11-12", None),
        ("#123-21-Nov-0000-10-11-12", None),
    ],
)
def test_the_tail_is_the_capture_time_and_never_words(stem: str, captured: datetime | None) -> None:
    tags = parse_name(f"{stem}.jpg")
    assert tags.captured_at == captured
    assert [word.text for word in tags.words] == (["123"] if "123" in stem else [])


@pytest.mark.parametrize("stem", [f"{TAIL}-123", "21-Nov-2026", "123-2026-11-21-10-11-12", f"1{TAIL}", f"{TAIL}-99"])
def test_only_the_tail_is_a_date(stem: str) -> None:
    tags = parse_name(f"{stem}.jpg")
    assert tags.captured_at is None
    assert len(tags.words) == stem.count("-") + 1


@pytest.mark.parametrize(
    ("name", "extension", "words"),
    [
        ("123.jpg", "jpg", ["123"]),
        ("123.JPEG", "jpeg", ["123"]),
        ("123.JPG.jpg", "jpg", ["123"]),
        ("123.jpg.pdf", "pdf", ["123"]),
        ("123.mp4", "mp4", ["123"]),
        ("123", "", ["123"]),
        ("123.", "", ["123."]),
        ("123.45", "", ["123.45"]),
        ("123.j pg", "", ["123.j", "pg"]),
        ("123.extension", "", ["123.extension"]),
        (".jpg", "jpg", []),
        (f"123-{TAIL}.png.jpg", "jpg", ["123"]),
    ],
)
def test_the_extension_is_what_follows_the_last_dot_and_no_part_of_a_number(
    name: str, extension: str, words: list[str]
) -> None:
    assert parse_name(name).extension == extension
    assert texts(name) == words


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("C:\\fakepath\\a.jpg", "a.jpg"),
        ("a%22b.jpg", 'a"b.jpg'),
        ('a\\"b.jpg', 'a"b.jpg'),
        ("e\u0301.jpg", "é.jpg"),
        ("é.jpg".encode(), "é.jpg"),
        (b"\xe9.jpg", "\ufffd.jpg"),
        ("a\x00\n\x7f\ud800.jpg", "a\ufffd\ufffd\ufffd\ufffd.jpg"),
        ("a\u202egpj.exe", "a\ufffdgpj.exe"),
        ("#A/B 1.jpg", "#A/B 1.jpg"),
    ],
)
def test_the_stored_name_is_clean_and_says_what_was_sent(raw: str | bytes, name: str) -> None:
    assert parse_name(raw).name == name


def test_a_long_name_keeps_its_beginning_and_its_capture_time_and_shows_the_cut() -> None:
    tags = parse_name(f"#{GUID}-#{'9' * 300}-{TAIL}.jpg")
    assert len(tags.name) == NAME_LIMIT
    assert (tags.guid, tags.captured_at) == (GUID, TAKEN)
    assert [CUT_MARK in word.text for word in tags.words] == [True]


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Radiografía", "radiografia"), ("RAYOS X", "rayos x"), ("NIÑO", "nino"), ("Straße", "strasse"), ("", "")],
)
def test_folding_drops_case_and_accents(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_text_is_parted_like_a_name() -> None:
    assert split_words("#x-#Ray, sala 1") == ["x", "Ray,", "sala", "1"]


@pytest.mark.parametrize(
    ("text", "component"),
    [
        ("123.jpg", "123.jpg"),
        ("..", "_"),
        ("", "_"),
        ("a/../b\\c", "a_._b_c"),
        ("nul", "_nul"),
        ("COM1.txt", "_COM1.txt"),
        ("COM¹", "_COM¹"),
        ("con .jpg", "_con .jpg"),
        ("console", "console"),
        ("a.jpg. . ", "a.jpg"),
        ('a<b>:"|?*', "a_b______"),
        ("a\x00b\nc", "a_b_c"),
    ],
)
def test_a_component_is_a_name_that_windows_takes_too(text: str, component: str) -> None:
    assert safe_component(text) == component


def test_a_component_is_cut_between_letters() -> None:
    assert safe_component("é" * 99) == "é" * (COMPONENT_LIMIT_BYTES // 2)


_PIECES = ["#", "##", "-", "/", "..", "\\", ".", " ", "_", "123", "é", "NUL", "\x00", f"#{GUID}-", f"-{TAIL}", ".jpg"]
_APP_NAMES = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join)
_ANY_TEXT = st.text(st.characters(), max_size=30)


@settings(max_examples=10_000, deadline=None, database=None)
@given(st.one_of(_APP_NAMES, _ANY_TEXT, st.binary(max_size=40)))
def test_any_name_parses_to_something_safe(raw: str | bytes) -> None:
    tags = parse_name(raw)
    tags.name.encode("utf-8")
    assert "\x00" not in tags.name
    assert len(tags.name) <= NAME_LIMIT
    assert parse_name(tags.name) == tags
    assert all(word.text and "#" not in word.text and "/" not in word.text for word in tags.words)
    for text in (tags.name, *(word.text for word in tags.words)):
        component = safe_component(text)
        assert component.strip(". ")
        assert not set('/\\:*?"<>|\x00') & set(component)
        assert ".." not in component
        assert 0 < len(component.encode()) <= COMPONENT_LIMIT_BYTES
        assert not component.endswith((".", " "))


@settings(max_examples=300, deadline=None, database=None)
@given(st.text(st.characters(), max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(st.characters(), min_size=200, max_size=400).map(lambda text: text * 3))
def test_long_names_parse_the_same_when_read_again(text: str) -> None:
    tags = parse_name(text)
    assert len(tags.name) <= NAME_LIMIT
    assert parse_name(tags.name) == tags


def test_a_megabyte_of_accents_is_read_at_once() -> None:
    assert CUT_MARK in parse_name("a" + "\u0301\u0316" * 500_000).name
