"""From a proxy's `file-name` to a photo's name, and from an address in the config to a source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from medimage_proxy import GUID

from bridge.layout import medimage_path
from bridge.medimage.proxy_judgement import read_file_name
from bridge.medimage.proxy_source import ProxyAddressError, ReadSource
from bridge.tags import NAME_LIMIT

OLDER = "aB3dE5fG7hI9jK1lM3"
SOURCE = ReadSource("clinic-a", GUID, f"https://photos.example.org/read/{OLDER}")


def as_header(path: str) -> str:
    """A path as `http.client` gives it: the bytes of the header as Latin-1."""
    return path.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/{GUID}/NHID1234/arm/wound.jpg", "#NHID1234-#arm-wound.jpg"),
        (f"/{OLDER}/NHID1234/arm/wound.jpg", "#NHID1234-#arm-wound.jpg"),
        (f"/{GUID}/test.pdf", "test.pdf"),
        (f"{GUID}/NHI1/a.jpg", "#NHI1-a.jpg"),
        ("NHI1/a.jpg", "#NHI1-a.jpg"),
        (f"/{GUID}/#moles/John123-21-Nov-2026-07-27-06.jpg", "##moles-John123-21-Nov-2026-07-27-06.jpg"),
        (f"/{GUID}/Māori/tōtara.jpg", "#Māori-tōtara.jpg"),
        (f"/{GUID}/NHI 1/a b.jpg", "#NHI 1-a b.jpg"),
        (f"/{GUID}/NHI1\\a.jpg", "#NHI1-a.jpg"),
        (f"/{GUID}/../../evil.jpg", "evil.jpg"),
        ("/../../../evil.jpg", "evil.jpg"),
        (f"/{GUID}/./. /a.jpg", "a.jpg"),
    ],
)
def test_a_path_becomes_the_name_that_a_phone_sends(path: str, name: str) -> None:
    found = read_file_name(as_header(path), SOURCE)
    assert found.tags.name == f"#{GUID}-{name}"
    assert found.tags.guid == GUID
    assert not found.is_foreign


@pytest.mark.parametrize("path", [f"/{GUID}/", "/", "..", "//"])
def test_a_path_without_a_file_is_a_name_without_words(path: str) -> None:
    found = read_file_name(path, SOURCE).tags
    assert (found.name, found.words) == (f"#{GUID}", ())


def test_a_header_in_latin_1_is_read_as_such() -> None:
    assert read_file_name(f"/{GUID}/José/a.jpg", SOURCE).tags.name == f"#{GUID}-#José-a.jpg"


def test_a_capture_time_is_found_in_the_last_part_of_a_path() -> None:
    tags = read_file_name(f"/{GUID}/NHI1/arm-21-Nov-2026-07-27-06.jpg", SOURCE).tags
    assert str(tags.captured_at) == "2026-11-21 07:27:06"


def test_another_practices_guid_in_front_is_foreign_and_never_the_photos_guid() -> None:
    found = read_file_name("/ABCDEFGHIJKLMNOPQR/NHI1/a.jpg", SOURCE)
    assert found.is_foreign
    assert found.tags.guid == GUID


def test_a_patients_number_as_long_as_a_guid_is_no_guid_behind_the_practices_own() -> None:
    found = read_file_name(f"/{GUID}/GARC850101HDFRRL09/a.jpg", SOURCE)
    assert not found.is_foreign
    assert [word.text for word in found.tags.words] == ["GARC850101HDFRRL09", "a"]


def test_a_name_of_300_letters_is_cut_to_what_can_be_kept() -> None:
    tags = read_file_name(f"/{GUID}/NHI1/{'n' * 300}.jpg", SOURCE).tags
    assert len(tags.name) == NAME_LIMIT
    assert tags.words[0].text == "NHI1"
    assert tags.extension == "jpg"


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=400))
def test_any_header_gives_a_name_that_is_safe_to_store_and_to_show(header: str) -> None:
    name = read_file_name(header, SOURCE).tags.name
    assert len(name) <= NAME_LIMIT
    assert name.encode()
    assert not any(letter < " " or letter in "\\/\x7f" for letter in name)
    assert ".." not in medimage_path(name, "jpg", GUID).split("/")


WORDS = st.text(st.sampled_from("abcXYZ019_"), min_size=1, max_size=9)


@given(st.lists(WORDS, max_size=3), WORDS)
def test_a_name_that_went_through_a_proxy_is_the_name_that_was_sent(tags: list[str], word: str) -> None:
    sent = "-".join([f"#{each}" for each in (GUID, *tags)] + [f"{word}.jpg"])
    path = f"/{GUID}/{medimage_path(sent, 'jpg', GUID)}"
    assert read_file_name(path, SOURCE).tags.name == sent


@pytest.mark.parametrize(
    "url",
    [
        "",
        "photos.example.org/read/" + GUID,
        "ftp://photos.example.org/read/" + GUID,
        "https://photos.example.org/write/" + GUID,
        "https://photos.example.org/read/",
        "https://photos.example.org/read/short",
        f"https://photos.example.org/read/{GUID}/sub",
        f"https://photos.example.org/read/{GUID}?check=a",
        f"https://user:pass@photos.example.org/read/{GUID}",
        f"https://photos.example.org:0/read/{GUID}",
        f"https://photos.example.org:99999/read/{GUID}",
        f"https://photos .example.org/read/{GUID}",
        f"https:///read/{GUID}",
        f"https://photos.example.org/é/read/{GUID}",
    ],
)
def test_what_is_no_address_to_read_from_is_refused_with_the_way_to_write_one(url: str) -> None:
    with pytest.raises(ProxyAddressError, match="https://host/read/GUID"):
        ReadSource("clinic-a", GUID, url)


def test_a_web_proxy_that_is_no_http_address_is_refused() -> None:
    with pytest.raises(ProxyAddressError, match="http://host:port"):
        ReadSource("clinic-a", GUID, f"https://photos.example.org/read/{GUID}", web_proxy="https://proxy.example.org")


def test_a_source_tells_its_host_but_not_its_guid() -> None:
    source = ReadSource("clinic-a", GUID, f"https://photos.example.org:8443/medimage/read/{OLDER}/")
    assert (source.host, source.bucket) == ("photos.example.org", OLDER)
    assert OLDER not in source.host + source.key
