"""Certificates, TLS that breaks, and web proxies, over real sockets."""

import socket
from pathlib import Path

import pytest
from chart_wire import STATIONS, TLS_FOLDER, Talk, answering, response, serving

from bridge.secret import Secret
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import (
    ChartAccount,
    ChartClient,
    ChartLostError,
    ChartTLSError,
    ChartUnreachableError,
    prepare_post,
)

POST = prepare_post(ChartTarget(1, ImageType.HEADSHOT), b"picture")
GOOD = str(TLS_FOLDER / "good.pem")


def client_of(url: str, verify: bool | str = True, proxy: str | None = None) -> ChartClient:
    return ChartClient(
        ChartAccount(
            url,
            token=Secret("abc"),
            verify_tls=verify,
            connect_timeout_seconds=3,
            read_timeout_seconds=3,
            web_proxy=proxy,
        )
    )


def tls_error(certificate: str, verify: bool | str, host: str = "127.0.0.1") -> ChartTLSError:
    """The error of a POST to a server with this certificate."""
    with serving(lambda talk: talk.read() and None, certificate=certificate) as server:
        client = client_of(server.url.replace("127.0.0.1", host), verify)
        with pytest.raises(ChartTLSError) as caught:
            client.create_image(POST)
        client.close()
    assert not server.requests
    assert not caught.value.outcome_unknown
    return caught.value


def test_a_certificate_from_the_given_file_is_trusted() -> None:
    with serving(answering(STATIONS), certificate="good.pem") as server:
        client = client_of(server.url, GOOD)
        assert client.stations()[0].name == "X-Ray"
        client.close()


def test_an_unknown_certificate_is_refused_before_anything_is_sent() -> None:
    assert "is not signed by anyone this computer trusts" in str(tls_error("good.pem", True))


def test_an_expired_certificate_is_called_expired() -> None:
    assert "has expired" in str(tls_error("expired.pem", str(TLS_FOLDER / "expired.pem")))


def test_a_certificate_for_another_name_is_refused() -> None:
    error = tls_error("other-name.pem", str(TLS_FOLDER / "other-name.pem"), host="localhost")
    assert "is for another name" in str(error)


def test_checking_can_be_switched_off_without_a_warning() -> None:
    with serving(answering(STATIONS), certificate="good.pem") as server:
        client = client_of(server.url, verify=False)
        assert len(client.stations()) == 1
        client.close()


def test_a_file_of_certificates_that_is_not_there_is_named_as_the_cause(tmp_path: Path) -> None:
    with pytest.raises(ChartTLSError, match="cannot be read"):
        client_of("https://127.0.0.1:9", str(tmp_path / "none.pem")).stations()


def test_a_file_without_certificates_is_named_as_the_cause(tmp_path: Path) -> None:
    file = tmp_path / "empty.pem"
    file.write_text("nothing here")
    assert "holds no certificate" in str(tls_error("good.pem", str(file)))


def test_a_server_without_tls_is_recognised() -> None:
    def script(talk: Talk) -> None:
        talk.sock.recv(2000)
        talk.send(response(b"<html>400</html>", status="400 Bad Request", kind="text/html"))

    with serving(script) as server:
        client = client_of(server.url.replace("http:", "https:"))
        with pytest.raises(ChartTLSError, match="does not speak TLS"):
            client.stations()
        client.close()


def test_tls_cut_off_after_the_request_leaves_the_outcome_unknown() -> None:
    def script(talk: Talk) -> None:
        talk.read()
        socket.socket.shutdown(talk.sock, socket.SHUT_RDWR)

    with serving(script, certificate="good.pem") as server:
        client = client_of(server.url, GOOD)
        with pytest.raises(ChartLostError) as caught:
            client.create_image(POST)
        client.close()
    assert caught.value.outcome_unknown


def test_a_proxy_named_by_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(answering(STATIONS)) as server:
        client = client_of(server.url)
        assert len(client.stations()) == 1
        client.close()


def test_a_given_web_proxy_is_used() -> None:
    with serving(answering(STATIONS)) as proxy:
        client = client_of("http://chart.example.org", proxy=proxy.url)
        assert len(client.stations()) == 1
        client.close()
    assert proxy.requests[0].line == "GET http://chart.example.org/tscharts/v1/station/ HTTP/1.1"


def test_a_proxy_that_refuses_the_tunnel_means_nothing_was_sent() -> None:
    with serving(answering(response(b"", status="403 Forbidden"))) as proxy:
        client = client_of("https://chart.example.org", proxy=proxy.url)
        with pytest.raises(ChartUnreachableError, match="proxy") as caught:
            client.create_image(POST)
        client.close()
    assert not caught.value.outcome_unknown
    assert proxy.requests[0].line.startswith("CONNECT chart.example.org:443")
