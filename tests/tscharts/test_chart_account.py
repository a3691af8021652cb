"""The chart account's address, credentials and secrets."""

import pytest

from bridge.secret import Secret
from bridge.tscharts import ChartAccount

TOKEN = Secret("0123456789abcdef")


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("https://chart.example.org", "https://chart.example.org/tscharts/v1/"),
        (" https://chart.example.org/ ", "https://chart.example.org/tscharts/v1/"),
        ("http://192.168.1.10:8000", "http://192.168.1.10:8000/tscharts/v1/"),
        ("http://[::1]:8000/", "http://[::1]:8000/tscharts/v1/"),
        ("https://example.org/clinic/", "https://example.org/clinic/tscharts/v1/"),
        ("https://example.org/clinic/tscharts/v1/", "https://example.org/clinic/tscharts/v1/"),
    ],
)
def test_the_address_is_taken_with_or_without_its_ending(written: str, base: str) -> None:
    assert ChartAccount(written, token=TOKEN).base == base


@pytest.mark.parametrize(
    "address",
    [
        "",
        "chart.example.org",
        "ftp://example.org",
        "http://",
        "http://a b",
        "http://h:99999",
        "http://h:0",
        "http://h\\x",
    ],
)
def test_an_address_that_is_none_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(ValueError, match="must look like https://"):
        ChartAccount(address, token=TOKEN)


@pytest.mark.parametrize("address", ["https://me:pw@example.org", "https://example.org/?a=1", "https://example.org/#x"])
def test_an_address_with_a_password_or_a_query_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(ValueError, match="chart's address") as caught:
        ChartAccount(address, token=TOKEN)
    assert "pw" not in str(caught.value)


def test_an_account_needs_one_way_to_sign_in() -> None:
    password = Secret("pass")
    for wrong in (
        {},
        {"username": "bridge"},
        {"password": password},
        {"username": "", "password": password},
        {"username": "bridge", "password": password, "token": TOKEN},
    ):
        with pytest.raises(ValueError, match="either a token, or a username and a password"):
            ChartAccount("https://example.org", **wrong)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ñ", "x" * 300])
def test_a_token_that_cannot_stand_in_a_header_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(ValueError, match="one word of plain letters") as caught:
        ChartAccount("https://example.org", token=Secret(token))
    assert not token or token not in str(caught.value)


def test_a_proxy_is_plain_http_and_timeouts_are_above_zero() -> None:
    with pytest.raises(ValueError, match="web proxy"):
        ChartAccount("https://example.org", token=TOKEN, web_proxy="socks5://localhost:1080")
    with pytest.raises(ValueError, match="timeouts"):
        ChartAccount("https://example.org", token=TOKEN, read_timeout_seconds=0)


def test_a_secret_shows_itself_nowhere_but_when_asked() -> None:
    account = ChartAccount("https://example.org", username="bridge", password=Secret("hunter2"))
    shown = f"{account} {account!r} {account.password} {account.password!r} {[account.password]}"
    assert "hunter2" not in shown
    assert "<secret>" in shown
    assert account.password is not None
    assert account.password.reveal() == "hunter2"


def test_secrets_are_equal_by_their_text() -> None:
    assert Secret("añ") == Secret("añ")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
