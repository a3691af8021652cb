"""The forms that photo apps, browsers, scripts and broken clients send: which are understood, and how."""

import base64
import re

import pytest
from uploads import END, half_written, is_stored, kept, named, part, photo_part, sentence

from bridge.service import Service
from bridge.tags import parse_name
from bridge_runner import GUID
from phone import BOUNDARY, Answer, Line, ask, form, picture, post_photo, request

FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
NAME = named("form")


def post(bridge: Service, body: bytes, content_type: str = FORM["Content-Type"]) -> Answer:
    return ask(bridge.web.port, "POST", "/api/photo", body, {"Content-Type": content_type})


@pytest.mark.parametrize(
    "content_type",
    [
        f'multipart/form-data; boundary="{BOUNDARY}"',
        f"MULTIPART/FORM-DATA; BOUNDARY={BOUNDARY}",
        f"multipart/form-data;boundary={BOUNDARY}",
        f"multipart/form-data; charset=utf-8; boundary={BOUNDARY}; x=1",
    ],
)
def test_a_content_type_may_be_written_in_several_ways(bridge: Service, content_type: str) -> None:
    name = named(f"type-{content_type.index('=')}-{len(content_type)}")
    assert is_stored(post(bridge, form(name, picture()), content_type))
    assert kept(bridge, name) == [picture()]


def test_a_boundary_may_have_every_sign_that_the_standard_allows(bridge: Service) -> None:
    boundary = "0-Z'()+_,./:=?z"
    name = named("boundary-signs")
    for content_type in (f"multipart/form-data; boundary={boundary}", f'multipart/form-data; boundary="{boundary}"'):
        assert is_stored(post(bridge, form(name, picture(), boundary=boundary), content_type))
    assert kept(bridge, name) == [picture()]


@pytest.mark.parametrize(
    "disposition",
    [
        f'name="file1"; filename="{NAME}"',
        f'filename="{NAME}"; name="file1"',
        f"name=file1; filename={NAME}",
        f'name="file1"; filename="{NAME}"; filename*=utf-8\'\'other.jpg',
    ],
)
def test_a_part_may_name_itself_in_several_ways(bridge: Service, disposition: str) -> None:
    content = picture(len(disposition))
    assert is_stored(post(bridge, part(disposition, content) + END))
    assert kept(bridge, NAME)[-1] == content


@pytest.mark.parametrize(
    "around",
    [
        (b"A preamble.\r\n", b""),
        (b"", b"An epilogue.\r\n"),
        (part('name="title"', b"Arm") + part('name="note"; filename=""', b""), b""),
        (photo_part(named("file2"), picture(9), field="file2"), b""),
        (b"", part('name="note"', b"x")),
        (part('name="title"', b"x" * 3_000_000), b""),
        (part('name="f"', b"x") * 1001, b""),
    ],
)
def test_what_stands_around_the_photo_does_not_matter(bridge: Service, around: tuple[bytes, bytes]) -> None:
    before, after = around
    closing = after + END if after.startswith(b"--") else END + after
    content = picture(len(before) % 199 + len(after))
    assert is_stored(post(bridge, before + photo_part(named("around"), content) + closing))
    assert content in kept(bridge, named("around"))
    assert kept(bridge, named("file2")) == []


def test_a_photo_in_base64_is_decoded(bridge: Service) -> None:
    text = base64.encodebytes(picture(7) * 300)
    body = photo_part(named("base64"), text, "Content-Transfer-Encoding: BASE64") + END
    assert is_stored(post(bridge, body))
    assert kept(bridge, named("base64")) == [picture(7) * 300]


@pytest.mark.parametrize("text", [b"/9j/4AA", b"/9j/4A==/9j/", b"/9j/ \xff\xff\xff", b"=" * 8])
def test_base64_that_is_cut_or_damaged_is_refused(bridge: Service, text: bytes) -> None:
    body = photo_part(named("bad64"), text, "Content-Transfer-Encoding: base64") + END
    assert "not in the form that a photo app sends" in sentence(post(bridge, body))
    assert kept(bridge, named("bad64")) == []
    assert half_written(bridge) == []


NAMES = [
    "#{}-#Māori-tōtara.jpg".encode(),
    "#{}-#😀-日本.jpg".encode(),
    b"#{}-invalid-\xff\xfe-utf8.jpg",
    b"#{}-a%22b.jpg",
    b'#{}-a\\"b.jpg',
    b"#{}-a; b; filename=c.jpg",
    b"C:\\fakepath\\#{}-windows.jpg",
    b"../../#{}-up.jpg",
    b"#{}-#../../etc-x.jpg",
    b"#{}-nul\0-x.jpg",
    b"#{}-tab\t-bell\x07-x.jpg",
    b"#{}-" + b"n" * 5000 + b".jpg",
    b"#{}-" + b"x-" * 300 + b".jpg",
    b"#{}-CON-NUL.jpg",
    b"#{}-%2e%2e%2f-%41.jpg",
    b"#{}-$(id)`id`|b;c&d'e.jpg",
    b"#{}-&#1234;.jpg",
    b"#{}-no-extension",
    b"#{}",
]


@pytest.mark.parametrize("pattern", NAMES, ids=range(len(NAMES)))
def test_a_photo_is_kept_and_found_again_whatever_its_name(bridge: Service, pattern: bytes) -> None:
    name = pattern.replace(b"{}", GUID.encode())
    content = picture(NAMES.index(pattern))
    assert is_stored(post_photo(bridge.web.port, name, content))
    target = "/check=" + "".join(f"%{byte:02X}" for byte in name.replace(b'\\"', b'"'))
    assert ask(bridge.web.port, "GET", target).body == b"true"
    assert content in kept(bridge, parse_name(name).name)


def test_no_name_becomes_a_path(bridge: Service) -> None:
    folder = bridge.config.data_folder
    for name in (f"#{GUID}-../../../escaped.jpg", f"/tmp/#{GUID}-escaped.jpg", f"#{GUID}-a/b/escaped.jpg"):
        assert is_stored(post_photo(bridge.web.port, name, picture(77)))
    files = [path.name for path in (folder / "photos").rglob("*") if path.is_file()]
    assert [name for name in files if not re.fullmatch("[0-9a-f]{32}", name)] == []
    assert not list(folder.parent.rglob("*escaped*"))


@pytest.mark.parametrize(
    "body",
    [
        part('name="f"', b"x") * 1200 + form(NAME, picture()),
        photo_part(NAME, picture(), *(f"X-{number}: y" for number in range(40))) + END,
        photo_part(NAME, picture(), f"X-Long: {'y' * 40_000}") + END,
        photo_part("x" * 40_000, picture()) + END,
        photo_part(NAME, picture(), "no colon here") + END,
        photo_part(NAME, picture(), "Content-Length: 5") + END,
        photo_part(NAME, picture(), "Content-Length: 999999") + END,
        f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n".encode() + picture() + b"\r\n" + END,
        f"--{BOUNDARY}\r\n\r\n".encode() + picture() + b"\r\n" + END,
        f"--{BOUNDARY}\n".encode() + END,
        b"x" + form(NAME, picture()),
    ],
)
def test_a_form_that_is_broken_or_a_bomb_is_refused_in_a_sentence(bridge: Service, body: bytes) -> None:
    before = kept(bridge, NAME)
    assert "not in the form that a photo app sends" in sentence(post(bridge, body))
    assert kept(bridge, NAME) == before
    assert half_written(bridge) == []


def test_a_form_that_holds_far_more_than_a_photo_is_refused(open_bridge: Service) -> None:
    more = part('name="f"', b"x" * 5_000_000)
    assert "larger than 195.3 KB" in sentence(post(open_bridge, photo_part(NAME, picture()) + more + END))
    with Line(open_bridge.web.port) as line:
        head = request("POST", "/api/photo", f"Content-Type: {FORM['Content-Type']}", "Transfer-Encoding: chunked")
        line.send(head + chunked(photo_part(NAME, picture()) + more + END))
        assert "more than one photo can be" in sentence(line.answer())
        assert line.is_closed()


def chunked(body: bytes, size: int = 100_000, trailers: bytes = b"") -> bytes:
    """A body in chunks, with extensions, which nobody needs but the standard allows."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%X;a=b\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailers + b"\r\n"


CHUNKED = request("POST", "/api/photo", f"Content-Type: {FORM['Content-Type']}", "Transfer-Encoding: chunked")


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_a_photo_in_chunks_is_stored_and_the_connection_goes_on(bridge: Service, size: int) -> None:
    name = named(f"chunks-of-{size}")
    with Line(bridge.web.port) as line:
        line.send(CHUNKED + chunked(form(name, picture(5)), size, b"X-Checksum: 1\r\n"))
        assert is_stored(line.answer())
        line.send(request("GET", f"/check={name.replace('#', '%23')}"))
        assert line.answer().body == b"true"
    assert kept(bridge, name) == [picture(5)]


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"-5\r\nabcde\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcXX0\r\n\r\n",
        b"3\nabc\n0\n\n",
        b"FFFFFFFFFFF\r\nabc",
        b"FFFFFFFFFFFFFFFFFFFF\r\nabc",
        b"5" * 10_000,
        b"",
        b"3\r\nabc\r\n",
        b"3\r\nabc\r\n0\r\n",
        b"3\r\nabc\r\n0\r\nGET / HTTP/1.1\r\n\r\n",
        b"3\r\nabc\r\n0\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    ],
)
def test_chunks_that_are_cut_or_wrong_store_nothing_and_end_the_connection(bridge: Service, chunks: bytes) -> None:
    with Line(bridge.web.port) as line:
        line.send(CHUNKED + b"%X\r\n%b\r\n" % (len(form(NAME, b"")) - 40, form(NAME, b"")[:-40]) + chunks)
        line.stop_sending()
        assert "still on the phone" in sentence(line.answer(), 206)
        assert line.is_closed()
    assert half_written(bridge) == []


def test_chunks_that_end_early_store_nothing_though_the_form_in_them_is_whole(bridge: Service) -> None:
    body = form(named("early-chunk"), picture())
    with Line(bridge.web.port) as line:
        line.send(CHUNKED + b"%X\r\n%b" % (len(body) + 10, body))
        line.stop_sending()
        assert "still on the phone" in sentence(line.answer(), 206)
    assert kept(bridge, named("early-chunk")) == []


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(bridge: Service) -> None:
    body = form(named("expect"), picture())
    lines = (f"Content-Type: {FORM['Content-Type']}", f"Content-Length: {len(body)}", "Expect: 100-Continue")
    with Line(bridge.web.port) as line:
        line.send(request("POST", "/api/photo", *lines))
        assert line.answer().status == 100
        line.send(body)
        assert is_stored(line.answer())
