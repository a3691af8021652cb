"""HTTPS over real sockets: clients that never finish, that speak something else, and certificates that are renewed."""

import contextlib
import hashlib
import http.client
import io
import logging
import os
import shutil
import socket
import ssl
import time
from pathlib import Path

import pytest
from tls_server import (
    client_context,
    complaints,
    encrypted,
    mismatched,
    missing,
    no_certificate,
    plain,
    renew,
    serving,
    shown,
)

from bridge.tls import TlsSettings, fingerprint

STALLED = 50
RECORDED = Path(__file__).parent.parent / "tscharts" / "tls"
"""Certificates for tests of the chart's client; one ran out long ago."""


def test_a_client_that_trusts_the_certificate_is_served_over_https(pair: TlsSettings) -> None:
    with serving(pair) as served:
        assert served.get().text == "https"


def test_large_bodies_and_many_requests_on_one_connection_arrive_whole(pair: TlsSettings) -> None:
    body = os.urandom(3_000_000)
    with serving(pair) as served:
        connection = http.client.HTTPSConnection("127.0.0.1", served.port, timeout=10, context=client_context())
        for size in (3_000_000, 16_384, 1, 0):
            connection.request("POST", "/", body[:size])
            assert connection.getresponse().read().decode() == hashlib.sha256(body[:size]).hexdigest()
        connection.close()


def test_a_request_that_came_with_the_one_before_it_is_answered(pair: TlsSettings) -> None:
    """One record holds two requests; the first one alone fills what the server reads at a time."""
    start = b"GET / HTTP/1.1\r\nHost: x\r\nX-Padding: "
    first = start + b"x" * (io.DEFAULT_BUFFER_SIZE - len(start) - 4) + b"\r\n\r\n"
    second = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with serving(pair, timeout_seconds=30) as served, client_context().wrap_socket(served.connect()) as client:
        client.settimeout(3)
        client.sendall(first + second)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_tls_1_1_is_refused(pair: TlsSettings) -> None:
    old = client_context()
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with serving(pair) as served, served.connect() as bare, pytest.raises(ssl.SSLError):
        old.wrap_socket(bare)


def test_stalled_handshakes_hold_up_neither_the_server_nor_a_good_client(pair: TlsSettings) -> None:
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(serving(pair))
        for number in range(STALLED):
            stalled = stack.enter_context(served.connect())
            if number % 2:
                stalled.sendall(b"\x16\x03\x01\x02\x00\x01")
        started = time.monotonic()
        assert [served.get().text for _ in range(5)] == ["https"] * 5
        assert time.monotonic() - started < 5


def test_a_stalled_handshake_is_closed_after_the_time_limit_and_not_logged(pair: TlsSettings) -> None:
    with serving(pair, timeout_seconds=1) as served, served.connect() as stalled:
        stalled.sendall(b"\x16\x03\x01\x02\x00\x01")
        started = time.monotonic()
        assert stalled.recv(100) == b""
        assert 0.5 < time.monotonic() - started < 8
    assert complaints == []


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x00\x05hello", b"\x00" * 100, b"SSH-2.0-x\r\n"], ids=["record", "zeros", "ssh"]
)
def test_a_client_that_speaks_something_else_is_closed_and_not_logged(pair: TlsSettings, nonsense: bytes) -> None:
    with serving(pair) as served:
        with served.connect() as client, contextlib.suppress(ConnectionResetError):
            client.sendall(nonsense)
            while client.recv(1000):
                pass
        assert served.get().text == "https"
    assert complaints == []


def test_a_client_that_does_not_trust_the_certificate_is_not_logged(pair: TlsSettings) -> None:
    with serving(pair) as served:
        with served.connect() as bare, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(bare, server_hostname="localhost")
        assert served.get().text == "https"
    assert complaints == []


def test_a_client_that_is_gone_before_its_handshake_does_no_harm(pair: TlsSettings) -> None:
    with serving(pair) as served:
        for _ in range(20):
            client = served.connect()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            client.close()
        assert served.get().text == "https"


@pytest.mark.parametrize("body", [b"", b"x" * 3_000_000], ids=["no-body", "photo"])
def test_a_client_without_tls_is_told_to_write_https(pair: TlsSettings, body: bytes) -> None:
    with serving(pair) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
        connection.request("POST", "/api/photo", body)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (
            400,
            b"This server speaks HTTPS; write https:// at the beginning of its address.\n",
        )
        connection.close()


def test_a_renewed_pair_is_shown_to_new_connections_while_old_ones_go_on(pair: TlsSettings) -> None:
    with serving(pair) as served:
        old_mark = shown(served.port)
        old = http.client.HTTPSConnection("127.0.0.1", served.port, timeout=5, context=client_context())
        old.request("GET", "/")
        assert old.getresponse().read() == b"https"
        new_mark = renew(pair)
        assert served.adapter.reload_if_changed()
        assert not served.adapter.reload_if_changed()
        assert shown(served.port) == plain(new_mark) != old_mark
        old.request("GET", "/")
        assert old.getresponse().read() == b"https"
        assert served.get().text == "https"
        old.close()


def test_a_new_connection_looks_at_the_files_by_itself(pair: TlsSettings) -> None:
    with serving(pair, look_seconds=0) as served:
        old_mark = shown(served.port)
        new_mark = renew(pair)
        assert shown(served.port) == plain(new_mark) != old_mark


@pytest.mark.parametrize("spoil", [missing, mismatched, no_certificate, encrypted])
def test_a_broken_renewal_keeps_the_old_pair_and_is_logged_once(
    pair: TlsSettings, spoil, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bridge.tls")
    with serving(pair, look_seconds=0) as served:
        old_mark = shown(served.port)
        spoil(pair)
        assert {shown(served.port) for _ in range(4)} == {old_mark}
        (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("bridge.")]
        assert line.startswith("event=certificate-not-taken-up reason=")
        new_mark = renew(pair)
        assert shown(served.port) == plain(new_mark)
    assert caplog.records[-1].getMessage().startswith("event=certificate-taken-up until=20")


def test_a_renewal_that_has_run_out_is_not_taken_up(pair: TlsSettings, caplog: pytest.LogCaptureFixture) -> None:
    with serving(pair) as served:
        old_mark = shown(served.port)
        shutil.copy(RECORDED / "expired.pem", pair.certificate_file)
        shutil.copy(RECORDED / "key.pem", pair.key_file)
        assert not served.adapter.reload_if_changed()
        assert shown(served.port) == old_mark
    assert "ran out on" in caplog.text


def test_at_the_start_a_certificate_that_ran_out_is_used_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    settings = TlsSettings(RECORDED / "expired.pem", RECORDED / "key.pem")
    with serving(settings) as served:
        assert shown(served.port) == plain(fingerprint(settings.certificate_file))
    assert "event=certificate-out-of-time" in caplog.text
