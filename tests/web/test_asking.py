"""For whom a web server in front asks, and which addresses are one network."""

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from bridge.asking import asker_of, asking_address, is_address, network_of


@pytest.mark.parametrize(
    ("remote", "forwarded_for", "asker"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.5", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 10.0.0.5", "1.1.1.1"),
        ("127.0.0.1", "evil, 10.0.0.5", "10.0.0.5"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("10.0.0.5", "2001:db8::1", "2001:db8::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_a_web_server_of_ours_is_believed_for_whom_it_asks(remote: str, forwarded_for: str, asker: str) -> None:
    assert asking_address(remote, forwarded_for, frozenset({"127.0.0.1", "::1", "10.0.0.5"})) == asker


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-For": "198.51.100.1"}])
def test_a_request_tells_both_the_connection_and_the_header(headers: dict[str, str]) -> None:
    request = Request(
        EnvironBuilder(headers=list(headers.items()), environ_base={"REMOTE_ADDR": "10.0.0.5"}).get_environ()
    )
    assert asker_of(request, frozenset({"10.0.0.5"})) == (headers.get("X-Forwarded-For") or "10.0.0.5")
    assert asker_of(request, frozenset()) == "10.0.0.5"


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "1.2.3.4:80", "unknown", "::1]"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert not is_address(text)
    assert network_of(text) == "unknown"
