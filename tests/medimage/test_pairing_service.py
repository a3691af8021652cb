"""Asking a pairing service: what goes over the wire, and what of its answer is believed."""

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.medimage.pairing import (
    DEFAULT_SERVICE,
    PairingCode,
    PairingError,
    PairingInputError,
    PairingService,
    ask_for_code,
    read_address,
    server_address,
    write_address,
)

GUID = "ZY6hytadcr9pRnhqyB"
BRIDGE = "http://127.0.0.1:15566"
TLS_FOLDER = Path(__file__).parent.parent / "tscharts" / "tls"
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

Script = Callable[[socket.socket], None]


@dataclass
class StandIn:
    """A pairing service on a real port: reads each request and answers by a script."""

    script: Script
    reads: bool = True
    requests: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.port: int = self._listener.getsockname()[1]

    @property
    def service(self) -> PairingService:
        """This service, as the bridge's settings name it."""
        address = f"http://127.0.0.1:{self.port}/med-genid.php"
        return PairingService(address, connect_timeout_seconds=0.4, read_timeout_seconds=0.4)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError), self._listener.accept()[0] as sock:
                sock.settimeout(5)
                if self.reads:
                    self.requests.append(_read_request(sock))
                self.script(sock)


def _read_request(sock: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += sock.recv(4096)
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: ([0-9]+)", head, re.IGNORECASE)
    while length and len(body) < int(length[1]):
        body += sock.recv(4096)
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def stand_in(script: Script, *, reads: bool = True) -> Iterator[StandIn]:
    """A running service; one that does not read has its script do that."""
    server = StandIn(script, reads)
    try:
        yield server
    finally:
        server.close()


def saying(body: str | bytes, status: str = "200 OK", *headers: str) -> Script:
    """Answers with a body and its length."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}", "Connection: close", *headers, "", ""]
    return lambda sock: sock.sendall("\r\n".join(lines).encode() + raw)


def asked(script: Script, guid: str | None = None, public_url: str = BRIDGE) -> PairingCode:
    with stand_in(script) as server:
        return ask_for_code(server.service, guid, public_url, now=lambda: NOW)


def refused(script: Script, guid: str | None = None) -> str:
    """The one sentence of an answer that is not believed."""
    with pytest.raises(PairingError) as caught:
        asked(script, guid)
    sentence = str(caught.value)
    assert sentence.endswith(("by QR code or by hand.",))
    assert sentence.startswith("The pairing service at 127.0.0.1 ")
    assert "\n" not in sentence
    assert sentence.count(". ") == 0
    return sentence


@pytest.mark.parametrize("guid", [None, GUID])
def test_the_request_is_the_recorded_one(guid: str | None) -> None:
    with stand_in(saying(f"VqR2 {GUID} {BRIDGE} NZ")) as server:
        ask_for_code(server.service, guid, BRIDGE)
    recorded = (
        f"guid={guid or ''}&proxyServer=http%3A%2F%2F127.0.0.1%3A15566"
        f"&customPairing=http%3A%2F%2F127.0.0.1%3A{server.port}%2Fmed-genid.php"
    )
    (request,) = server.requests
    head, _, body = request.decode().partition("\r\n\r\n")
    headers = head.lower().split("\r\n")
    assert head.startswith(f"POST /med-genid.php?{recorded} HTTP/1.1\r\n")
    assert body == recorded
    assert {"accept: */*", "content-type: application/x-www-form-urlencoded", f"content-length: {len(body)}"} <= set(
        headers
    )


def test_a_code_comes_with_its_guid_addresses_country_and_hour() -> None:
    code = asked(saying(f"VqR2 {GUID} {BRIDGE} New%20Zealand"))
    assert (code.code, code.guid, code.address, code.country) == ("VqR2", GUID, BRIDGE, "New Zealand")
    assert code.write_address == f"{BRIDGE}/write/{GUID}"
    assert code.read_address == f"{BRIDGE}/read/{GUID}"
    assert code.expires_at == NOW + timedelta(hours=1)


def test_a_code_and_a_guid_are_not_shown_where_values_are_logged() -> None:
    shown = repr(asked(saying(f"VqR2 {GUID} {BRIDGE} NZ")))
    assert "VqR2" not in shown
    assert GUID not in shown


@pytest.mark.parametrize(
    ("said", "bridge"),
    [
        (f"VqR2 {GUID} {BRIDGE} NZ\n", BRIDGE),
        (f"VqR2 {GUID} {BRIDGE}/ %5BUnknown%20-%20private%5D", BRIDGE),
        (f"VqR2 {GUID} HTTPS://Photos.Example.org:5566 NZ", "https://photos.example.org:5566/"),
    ],
)
def test_answers_of_slightly_other_form_are_understood(said: str, bridge: str) -> None:
    assert asked(saying(said), public_url=bridge).address == bridge.rstrip("/")


def test_an_answer_in_chunks_is_understood() -> None:
    body = f"VqR2 {GUID} {BRIDGE} NZ".encode()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert asked(lambda sock: sock.sendall(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))).code == "VqR2"


PORTAL = "<!DOCTYPE html><html><title>Welcome to Hotel Wi-Fi</title><a href='http://evil.example'>sign in</a></html>"


@pytest.mark.parametrize("body", [PORTAL, f"\ufeff\r\n {PORTAL}", "<b>nomatch</b>"])
def test_a_sign_in_page_is_called_a_web_page(body: str) -> None:
    assert "a web page (sign in to the network" in refused(saying(body))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nomatch",
        "VqR2",
        f"VqR2 {GUID} {BRIDGE}",
        f"VqR2 {GUID} {BRIDGE} NZ more",
        f"VqR2  {GUID} {BRIDGE} NZ",
        f"VqR2 {GUID} {BRIDGE} N\x00Z",
        f"VqR2\t{GUID}\t{BRIDGE}\tNZ",
        f"VqR2 {GUID} {BRIDGE} NZ\nVqR3 {GUID} {BRIDGE} NZ",
        f"VqR² {GUID} {BRIDGE} NZ",
        b"\x1f\x8b\x08\x00\xff\xfe\x00\x01",
    ],
)
def test_what_is_no_code_is_not_taken_for_one(body: str | bytes) -> None:
    assert "something that is no code" in refused(saying(body))


@pytest.mark.parametrize(
    ("code", "guid"),
    [
        ("VqR", GUID),
        ("VqR2VqR2V", GUID),
        ("<b>2", GUID),
        ("VqR2", "short"),
        ("VqR2", GUID + "xyz"),
        ("VqR2", "../../../etc/passwd"),
        ("VqR2", "ZY6hytadcr9pRnhq/B"),
        ("VqR2", ""),
    ],
)
def test_a_code_or_guid_of_another_form_is_refused(code: str, guid: str) -> None:
    refused(saying(f"{code} {guid} {BRIDGE} NZ"))


def test_the_guid_of_another_clinic_is_refused() -> None:
    assert "another clinic" in refused(saying(f"VqR2 {GUID} {BRIDGE} NZ"), guid="uPSE4UWHmJ8XqFUqvf")


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example:15566",
        "https://127.0.0.1:15566",
        "http://127.0.0.1:15567",
        "http://127.0.0.1",
        "http://127.0.0.1:15566/elsewhere",
        "http://127.0.0.1:15566@evil.example",
        "http://evil.example#http://127.0.0.1:15566",
        "javascript:alert(1)",
        "127.0.0.1:15566",
    ],
)
def test_the_address_of_another_server_is_refused(address: str) -> None:
    assert "another server" in refused(saying(f"VqR2 {GUID} {address} NZ"))


def test_a_country_is_only_for_reading() -> None:
    country = asked(saying(f"VqR2 {GUID} {BRIDGE} %0A%1B%5B31m{'x' * 500}")).country
    assert country.isprintable()
    assert len(country) == 60


@pytest.mark.parametrize("body", ["x" * 5000, f"VqR2 {GUID} {BRIDGE} {'x' * 2048}"])
def test_a_long_answer_is_refused(body: str) -> None:
    assert "far more than a code" in refused(saying(body))


def test_an_endless_answer_is_read_no_further_than_a_code_is_long() -> None:
    sent = 0

    def pour(sock: socket.socket) -> None:
        nonlocal sent
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(10_000):
            sent += sock.send(b"x" * 65536)

    assert "far more than a code" in refused(pour)
    assert sent < 64 * 1024 * 1024


def test_a_redirect_is_not_followed() -> None:
    with stand_in(saying(f"VqR2 {GUID} {BRIDGE} NZ")) as elsewhere:
        there = saying("", "302 Found", f"Location: http://127.0.0.1:{elsewhere.port}/med-genid.php")
        assert "sending the bridge to another address" in refused(there)
    assert elsewhere.requests == []


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "206 Partial Content"])
def test_only_200_is_an_answer(status: str) -> None:
    assert f"the error {status[:3]}" in refused(saying(f"VqR2 {GUID} {BRIDGE} NZ", status))


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nVqR2", b"not http at all\r\n\r\n"]
)
def test_a_broken_answer_is_no_answer(answer: bytes) -> None:
    assert "cannot be reached" in refused(lambda sock: sock.sendall(answer))


def test_an_answer_that_never_comes_is_waited_for_no_longer_than_set() -> None:
    assert "did not answer in time" in refused(lambda sock: time.sleep(1.5))


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_is_cut_off(head: bytes) -> None:
    def drip(sock: socket.socket) -> None:
        sock.sendall(head)
        for _ in range(100):
            time.sleep(0.1)
            sock.sendall(b"x")

    started = time.monotonic()
    assert "did not answer in time" in refused(drip)
    assert time.monotonic() - started < 8


def test_nothing_is_sent_to_a_name_that_is_no_service() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for address in (f"http://127.0.0.1:{port}/", "http://no-such-host.invalid/", "not an address", "http://[::1/"):
        with pytest.raises(PairingError, match="cannot be reached"):
            ask_for_code(PairingService(address, connect_timeout_seconds=1), None, BRIDGE)


def test_a_web_proxy_is_used_when_there_is_one() -> None:
    with stand_in(saying(f"VqR2 {GUID} {BRIDGE} NZ")) as proxy:
        service = PairingService("http://pairing.example/med-genid.php", f"http://127.0.0.1:{proxy.port}")
        assert ask_for_code(service, None, BRIDGE).guid == GUID
    assert proxy.requests[0].startswith(b"POST http://pairing.example/med-genid.php?guid=&proxyServer=")


def test_a_web_proxy_that_is_away_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    service = PairingService("http://pairing.example/", f"http://127.0.0.1:{port}", connect_timeout_seconds=1)
    with pytest.raises(PairingError, match="through the web proxy"):
        ask_for_code(service, None, BRIDGE)


def over_tls(script: Script) -> Script:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS_FOLDER / "good.pem", TLS_FOLDER / "key.pem")

    def wrapped(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as secure:
            _read_request(secure)
            script(secure)

    return wrapped


@pytest.mark.parametrize("trusted", [True, False])
def test_a_service_must_prove_that_it_is_the_one(trusted: bool) -> None:
    with stand_in(over_tls(saying(f"VqR2 {GUID} {BRIDGE} NZ")), reads=False) as server:
        verify = str(TLS_FOLDER / "good.pem") if trusted else True
        service = PairingService(f"https://127.0.0.1:{server.port}/", verify_tls=verify, connect_timeout_seconds=2)
        if trusted:
            assert ask_for_code(service, None, BRIDGE).guid == GUID
        else:
            with pytest.raises(PairingError, match="certificate was refused"):
                ask_for_code(service, None, BRIDGE)


def test_the_stock_service_is_the_default_one() -> None:
    assert PairingService().address == DEFAULT_SERVICE == "https://medimage-pair.atomjump.com/med-genid.php"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://192.168.1.20:5566", "http://192.168.1.20:5566"),
        (" https://Photos.Example.ORG/ ", "https://photos.example.org"),
        ("http://[fd00::20]:5566/", "http://[fd00::20]:5566"),
        ("http://clinic-pc:5566", "http://clinic-pc:5566"),
    ],
)
def test_an_address_of_a_server_is_put_in_one_form(text: str, address: str) -> None:
    assert server_address(text) == address
    assert write_address(f"{address}/", GUID) == f"{address}/write/{GUID}"
    assert read_address(address, GUID) == f"{address}/read/{GUID}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.168.1.20:5566",
        "ftp://server",
        "http://",
        "http://a b",
        "http://server/path",
        "http://server?x=1",
        "http://server?",
        "http://server#x",
        "http://user:pw@server",
        "http://server:0",
        "http://server:99999",
        "http://server:",
        "http://ser\nver",
        "http://ser\tver",
        "http://[::1",
        "http://sérver",
        f"http://{'x' * 300}",
    ],
)
def test_what_phones_cannot_send_to_is_refused(text: str) -> None:
    with pytest.raises(PairingInputError, match="Phones cannot use"):
        server_address(text)
    with pytest.raises(PairingInputError):
        ask_for_code(PairingService("http://127.0.0.1:9/"), None, text)
