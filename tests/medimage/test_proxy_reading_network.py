"""The way to a proxy: certificates, web proxies, redirects; back-off while it is away, and what the log says."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from medimage_proxy import GUID, TLS_FOLDER, Fault, MedImageProxy, chunk, head, scripted
from proxy_readers import open_store, quick_settings, reader_of

from bridge.medimage.proxy_reading import ProxyReader
from bridge.medimage.proxy_source import ReadSource
from bridge.photos import SqliteStore
from phone import picture
from ports import free_port

FILE_NAME = f"file-name: /{GUID}/NHID1234/arm/wound.jpg"


class OneFile:
    """A script that offers one picture until it is asked for; `asked` holds the requests' first lines."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._waits = True

    def __call__(self, sock: socket.socket, request: str) -> None:
        self.asked.append(request.split("\r\n")[0])
        fields = [FILE_NAME] if self._waits else []
        body = b"" if request.startswith("HEAD") else picture(1)
        self._waits = self._waits and not body
        sock.sendall(head(200, *fields, f"content-length: {len(body)}", chunked=False) + body)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with open_store(tmp_path) as opened:
        yield opened


def polled(store: SqliteStore, folder: Path, source: ReadSource) -> ProxyReader:
    reader = ProxyReader(source, store, lambda: None, quick_settings(folder))
    reader.poll()
    return reader


def test_a_proxy_with_a_trusted_certificate_is_read(store: SqliteStore, tmp_path: Path) -> None:
    with scripted(OneFile(), certificate="good.pem") as server:
        url = f"https://127.0.0.1:{server.port}/read/{GUID}"
        reader = polled(store, tmp_path, ReadSource("clinic-a", GUID, url, ca_file=TLS_FOLDER / "good.pem"))
    assert reader.trouble is None
    assert len(store.photos()) == 1


@pytest.mark.parametrize("certificate", ["good.pem", "expired.pem"])
def test_a_proxy_without_a_trusted_certificate_is_asked_nothing(
    certificate: str, store: SqliteStore, tmp_path: Path
) -> None:
    script = OneFile()
    ca_file = TLS_FOLDER / "expired.pem" if certificate == "expired.pem" else None
    with scripted(script, certificate=certificate) as server:
        url = f"https://127.0.0.1:{server.port}/read/{GUID}"
        reader = polled(store, tmp_path, ReadSource("clinic-a", GUID, url, ca_file=ca_file))
    assert "cannot be trusted" in (reader.trouble or "")
    assert script.asked == []


def test_a_redirect_is_not_followed(store: SqliteStore, tmp_path: Path) -> None:
    with MedImageProxy() as elsewhere:
        elsewhere.put("a.jpg", picture(1))
        moved = head(302, f"location: {elsewhere.url}")
        with scripted(lambda sock, _request: sock.sendall(moved)) as server:
            url = f"http://127.0.0.1:{server.port}/read/{GUID}"
            reader = polled(store, tmp_path, ReadSource("clinic-a", GUID, url))
        assert elsewhere.requests == []
    assert "write the new address in the config" in (reader.trouble or "")


def test_plain_http_goes_through_a_web_proxy_by_its_whole_address(store: SqliteStore, tmp_path: Path) -> None:
    script = OneFile()
    url = f"http://photos.example.org/read/{GUID}"
    with scripted(script) as web_proxy:
        way = f"http://127.0.0.1:{web_proxy.port}"
        polled(store, tmp_path, ReadSource("clinic-a", GUID, url, web_proxy=way))
    assert script.asked[:2] == [f"HEAD {url} HTTP/1.1", f"GET {url} HTTP/1.1"]
    assert len(store.photos()) == 1


def relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes on until there are no more."""
    with contextlib.suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)


def test_https_goes_through_a_web_proxys_tunnel_and_is_checked_at_its_end(store: SqliteStore, tmp_path: Path) -> None:
    asked: list[str] = []

    def tunnel(sock: socket.socket, request: str) -> None:
        asked.append(request.split("\r\n")[0])
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as end:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=relay, args=(end, sock))
            back.start()
            relay(sock, end)
            back.join()

    with scripted(OneFile(), certificate="good.pem") as server, scripted(tunnel) as web_proxy:
        way = f"http://127.0.0.1:{web_proxy.port}"
        url = f"https://127.0.0.1:{server.port}/read/{GUID}"
        polled(store, tmp_path, ReadSource("clinic-a", GUID, url, way, TLS_FOLDER / "good.pem"))
    assert set(asked) == {f"CONNECT 127.0.0.1:{server.port} HTTP/1.0"}
    assert len(store.photos()) == 1


def test_a_web_proxy_that_refuses_the_tunnel_is_trouble(store: SqliteStore, tmp_path: Path) -> None:
    asked: list[str] = []

    def refuse(sock: socket.socket, request: str) -> None:
        asked.append(request.split("\r\n")[0])
        sock.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    with scripted(refuse) as web_proxy:
        way = f"http://127.0.0.1:{web_proxy.port}"
        url = f"https://photos.example.org/read/{GUID}"
        reader = polled(store, tmp_path, ReadSource("clinic-a", GUID, url, web_proxy=way))
    assert [line.rpartition(" ")[0] for line in asked] == ["CONNECT photos.example.org:443"]
    assert reader.trouble is not None


def test_web_proxies_of_the_environment_are_not_used(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with MedImageProxy() as proxy:
        assert polled(store, tmp_path, ReadSource("clinic-a", GUID, proxy.url)).trouble is None


def test_a_page_in_place_of_the_proxy_and_what_speaks_no_http_are_no_photos(store: SqliteStore, tmp_path: Path) -> None:
    page = head(200, "content-type: text/html") + chunk(b"<html>Sign in</html>")
    with scripted(lambda sock, _request: sock.sendall(page)) as server:
        reader = polled(store, tmp_path, ReadSource("clinic-a", GUID, f"http://127.0.0.1:{server.port}/read/{GUID}"))
    assert reader.trouble is None
    with scripted(lambda sock, _request: sock.sendall(b"220 mail ready\r\n")) as server:
        reader = polled(store, tmp_path, ReadSource("clinic-a", GUID, f"http://127.0.0.1:{server.port}/read/{GUID}"))
    assert "does not answer as one" in (reader.trouble or "")
    assert store.photos() == []


class Hands:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_proxy_that_is_away_is_asked_ever_more_rarely(store: SqliteStore, tmp_path: Path) -> None:
    clock, waits = Hands(), []
    settings = quick_settings(tmp_path, retry_first_seconds=5, retry_longest_seconds=300)
    with MedImageProxy(head_faults=[Fault.DROP] * 10) as proxy:
        reader = ProxyReader(ReadSource("clinic-a", GUID, proxy.url), store, lambda: None, settings, clock)
        for asked in range(1, 11):
            failed_at = clock.seconds
            while len(proxy.requests) < asked:
                clock.seconds += 0.25
                reader.poll()
            waits.append(clock.seconds - failed_at)
    wanted = [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]
    assert all(whole / 2 <= wait <= whole + 0.25 for wait, whole in zip(waits[1:], wanted, strict=True))


def test_trouble_is_logged_once_when_it_begins_and_once_when_it_ends(
    store: SqliteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bridge")
    clock = Hands()
    with MedImageProxy(head_faults=[Fault.DROP, Fault.ERROR, Fault.DROP]) as proxy:
        reader = ProxyReader(
            ReadSource("clinic-a", GUID, proxy.url), store, lambda: None, quick_settings(tmp_path), clock
        )
        for _ in range(6):
            clock.seconds += 10
            reader.poll()
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bridge.")] == [
        "event=proxy-away practice=clinic-a proxy=127.0.0.1 cause=broken-off",
        "event=proxy-back practice=clinic-a proxy=127.0.0.1",
    ]


def test_the_log_and_the_trouble_hold_no_guid_and_nothing_of_a_patient(
    store: SqliteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bridge")
    with MedImageProxy() as proxy:
        for number, fault in enumerate((Fault.CUT, Fault.HANG, Fault.KEEP, Fault.RESET, Fault.ERROR)):
            proxy.put(f"NHID1234/{number}.jpg", picture(number), fault)
        reader = reader_of(proxy.url, store, tmp_path, settle_seconds=0.1)
        said = []
        for _ in range(8):
            reader.poll()
            said.append(reader.trouble or "")
    told = caplog.text + " ".join(said)
    assert "event=held" in told
    assert "NHID1234" not in told
    assert GUID not in told


def test_a_dead_address_is_told_as_such(store: SqliteStore, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/read/{GUID}"
    assert "takes no connections" in (polled(store, tmp_path, ReadSource("clinic-a", GUID, url)).trouble or "")
