"""Uploads as HTTP requests: connections that go on or end, requests that hide others, refusals while a phone still
sends, targets, methods, and bytes that are no HTTP at all.
"""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uploads import CORS, half_written, is_stored, kept, named, sentence

from bridge.service import Service
from bridge_runner import GUID
from phone import Line, check, form, picture, post_photo, request, upload_request

STRANGER = "#ZZZZZZZZZZZZZZZZZZ-x.jpg"
HIDDEN = request("GET", "/") + request("POST", "/api/photo", "Content-Length: 0")


def test_after_a_stored_photo_the_connection_takes_the_next_one(bridge: Service) -> None:
    with Line(bridge.web.port) as line:
        for number in range(3):
            line.send(upload_request(form(named(f"keep-alive-{number}"), picture(number))))
            assert is_stored(line.answer())
        line.send(request("GET", f"/check=%23{GUID}-keep-alive-0.jpg") + request("GET", "/"))
        assert line.answer().body == b"true"
        assert line.answer().status == 200


@pytest.mark.parametrize("ending", ["Connection: close", "Connection: Close", "connection: x, close"])
def test_a_client_that_wants_to_end_the_connection_gets_its_answer_and_the_end(bridge: Service, ending: str) -> None:
    with Line(bridge.web.port) as line:
        line.send(upload_request(form(named("last"), picture()), ending))
        answer = line.answer()
        assert is_stored(answer)
        assert answer.headers["connection"] == "close"
        assert line.is_closed()


def test_an_old_client_is_answered_and_its_connection_is_closed(bridge: Service) -> None:
    with Line(bridge.web.port) as line:
        line.send(b"GET / HTTP/1.0\r\n\r\n")
        assert line.answer().status == 200
        assert line.is_closed()


def test_after_a_refusal_nothing_more_is_read_as_a_request(bridge: Service) -> None:
    with Line(bridge.web.port) as line:
        line.send(upload_request(form(STRANGER, picture() + HIDDEN)) + HIDDEN)
        answer = line.answer()
        assert answer.status == 400
        assert answer.headers["connection"] == "close"
        assert line.is_closed()


def test_what_follows_a_body_that_is_longer_than_it_says_is_no_request(bridge: Service) -> None:
    body = form(named("longer-than-said"), picture())
    with Line(bridge.web.port) as line:
        line.send(upload_request(body[:-60]) + body[-60:] + HIDDEN)
        assert line.answer().status == 206
        assert line.is_closed()
    assert kept(bridge, named("longer-than-said")) == []


def test_a_request_to_another_address_may_have_a_body_and_hides_nothing_in_it(bridge: Service) -> None:
    with Line(bridge.web.port) as line:
        line.send(request("GET", "/", f"Content-Length: {len(HIDDEN)}") + HIDDEN)
        assert line.answer().status == 200
        assert line.is_closed()


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 5", "Content-Length: 5"],
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: identity"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding : chunked"],
        ["Content-Length: -1"],
        ["Content-Length: +5"],
        ["Content-Length: 5, 5"],
        ["Content-Length: 0x10"],
        ["Content-Length: 5_0"],
        ["Content-Length: 99999999999999999999"],
        ["Content-Length:"],
        ["Content-Type: a/b", "Content-Type: multipart/form-data; boundary=x"],
        [" folded: line"],
        ["X-Folded: a", " b"],
        ["no colon"],
        [": no name"],
        ["X-Nul: a\0b"],
        ["X-Line-Feed: a\nb: c"],
    ],
)
def test_a_request_whose_end_or_headers_are_doubtful_is_refused_and_the_connection_ends(
    bridge: Service, lines: list[str]
) -> None:
    with Line(bridge.web.port) as line:
        line.send(request("POST", "/api/photo", *lines) + HIDDEN)
        answer = line.answer()
        assert answer.status == 400
        assert answer.body.startswith(b"This request is not in the form")
        assert line.is_closed()


def test_a_header_that_only_looks_like_another_counts_for_nothing(bridge: Service) -> None:
    with Line(bridge.web.port) as line:
        line.send(upload_request(form(named("underscore"), picture()), "Content_Length: 999999999"))
        assert is_stored(line.answer())


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request("GET", "/" + "x" * 70_000), 414),
        (request("GET", "/", f"X-Long: {'y' * 70_000}"), 413),
        (request("GET", "/", *(f"X-{number}: y" for number in range(10_000))), 413),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"get / HTTP/1.1\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET api/photo HTTP/1.1\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT bridge:80 HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
    ],
)
def test_what_is_no_request_is_answered_with_a_sentence(bridge: Service, head: bytes, status: int) -> None:
    with Line(bridge.web.port) as line:
        line.send(head)
        line.stop_sending()
        answer = line.answer()
        assert answer.status == status
        assert answer.body.endswith(b".\n")
        assert line.is_closed()


@pytest.mark.parametrize("host", ["", "bridge.example:5566", "[::1]:5566", "..", "ä" * 80, "a b", "//", "\x7f"])
def test_a_strange_host_gets_an_answer(bridge: Service, host: str) -> None:
    with Line(bridge.web.port) as line:
        line.send(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = line.answer()
        assert answer.headers["content-type"] == "text/plain"
        assert answer.status in (200, 400)
        assert line.is_closed()


@pytest.mark.parametrize("name", [STRANGER, named("refused-large")])
def test_a_phone_reads_its_refusal_though_it_sends_a_large_file_to_the_end(bridge: Service, name: str) -> None:
    content = picture() + bytes(34 * 1024 * 1024)
    answer = post_photo(bridge.web.port, name, content, {"Origin": "http://app"})
    assert sentence(answer).startswith(("Please reconnect", "This photo is larger than 32 MB"))
    assert half_written(bridge) == []


def test_a_phone_can_read_its_refusal_while_it_is_still_sending(bridge: Service) -> None:
    content = bytes(30 * 1024 * 1024)
    with Line(bridge.web.port) as line:
        data = upload_request(form(STRANGER, content))
        sender = threading.Thread(target=line.send, args=(data,))
        sender.start()
        assert line.answer().status == 400
        sender.join()
        assert line.is_closed()


def test_a_body_that_ends_early_is_answered_when_the_client_waits_for_the_answer(bridge: Service) -> None:
    data = upload_request(form(named("early-end"), picture() + bytes(100_000)))
    with Line(bridge.web.port) as line:
        line.send(data[:-1000])
        line.stop_sending()
        assert "still on the phone" in sentence(line.answer(), 206)
        assert line.is_closed()
    with Line(bridge.web.port) as line:
        line.send(data[:-1000].replace(b"Host:", b"Origin: http://app\r\nHost:"))
        line.stop_sending()
        assert "still on the phone" in sentence(line.answer(), 500)
    assert kept(bridge, named("early-end")) == []


def test_a_client_that_drops_its_upload_leaves_nothing_and_can_send_it_again(bridge: Service) -> None:
    content = picture() + bytes(1_000_000)
    data = upload_request(form(named("dropped"), content))
    for end in (0, 100, 300, 1000, 500_000, len(data) - 1):
        with Line(bridge.web.port) as line:
            line.send(data[:end])
    assert is_stored(post_photo(bridge.web.port, named("dropped"), content))
    assert kept(bridge, named("dropped")) == [content]


@pytest.mark.parametrize(
    "target", ["/api/photo?x=1", "http://127.0.0.1:5566/api/photo", "HTTPS://bridge.example/api/photo", "//api/photo"]
)
def test_a_photo_is_stored_also_under_other_ways_to_write_its_address(bridge: Service, target: str) -> None:
    name = named(f"target-{len(target)}")
    with Line(bridge.web.port) as line:
        line.send(upload_request(form(name, picture()), target=target))
        assert is_stored(line.answer())
    assert kept(bridge, name) == [picture()]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("POST", "/api/photo/", 404),
        ("POST", "/api//photo", 404),
        ("POST", "/API/PHOTO", 404),
        ("POST", "/api%2Fphoto", 404),
        ("POST", "/api/photo#x", 404),
        ("GET", "/missing", 404),
        ("GET", "/../config.yaml", 404),
        ("GET", "/%2e%2e/config.yaml", 404),
        ("POST", "/", 405),
        ("DELETE", "/", 405),
        ("GET", "/api/photo", 405),
        ("HEAD", "/api/photo", 405),
        ("PUT", "/api/photo", 405),
        ("DELETE", "/api/photo", 405),
        ("POST", "/check=x.jpg", 405),
    ],
)
def test_every_other_address_and_method_gets_an_answer(bridge: Service, method: str, target: str, status: int) -> None:
    body = b"" if method in ("GET", "HEAD") else form(named("nowhere"), picture())
    with Line(bridge.web.port) as line:
        line.send(request(method, target, f"Content-Length: {len(body)}") + body)
        answer = line.answer(has_body=method != "HEAD")
        assert answer.status == status
        assert answer.headers["content-type"] == "text/plain"
        assert status != 405 or "OPTIONS" in answer.headers["allow"]
    assert kept(bridge, named("nowhere")) == []


def test_head_of_the_start_page_is_its_headers_alone(bridge: Service) -> None:
    with Line(bridge.web.port) as line:
        line.send(request("HEAD", "/") + request("GET", "/"))
        head = line.answer(has_body=False)
        assert head.status == 200
        assert head.headers.items() >= CORS.items()
        assert line.answer().body.startswith(b"This is a photo server")


FORM_LINES = (
    b"Content-Type: multipart/form-data; boundary=b\r\n",
    b'--b\r\nContent-Disposition: form-data; name="file1"; filename="x.jpg"\r\n\r\n',
    b"--b\r\n",
    b"--b--",
)
HTTP_WORDS = (
    *(b"GET ", b"POST ", b"/api/photo", b"/check=", b"%", b"#", b"?", b" HTTP/1.1", b"\r\n", b"\n", b"\r\n\r\n"),
    *(b"Content-Length", b"Transfer-Encoding", b": ", b"chunked", b"Expect: 100-continue", b"Host: ", b"5"),
    *(b"0\r\n\r\n", b"\0", b"\xff\xfe", b"A" * 9000),
)
WORDS = st.sampled_from(HTTP_WORDS + FORM_LINES)
HEADS = st.sampled_from([b"", request("GET", "/"), request("POST", "/api/photo", "Transfer-Encoding: chunked")])
NOISE = st.one_of(st.binary(max_size=300), st.lists(WORDS, max_size=30).map(b"".join))


@given(head=HEADS, noise=NOISE)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_stop_the_server(bridge: Service, head: bytes, noise: bytes) -> None:
    with Line(bridge.web.port, timeout=10) as line:
        line.send(head + noise)
        line.stop_sending()
        answers = line.rest()
    assert not answers or answers.startswith(b"HTTP/1.1 ")
    assert check(bridge.web.port, "never-sent.jpg").status == 404
