"""`send`: photos put in as a phone does (bridge/cli/sending.py, bridge/medimage/sender.py)."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cli_runs import Command, Ended

from bridge.medimage import PhotoServer, SendError
from bridge.photos import Photo, SqliteStore
from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from phone import picture, wait_until
from ports import free_port

Bridge = Callable[..., Ended]
STORED = "Received upload successfully!\n\n"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture as a camera names it."""
    file = tmp_path / "IMG 0001.JPG"
    file.write_bytes(picture())
    return file


@dataclass(frozen=True)
class Clinic:
    """A running bridge of two practices, its chart, and its config."""

    address: str
    chart: SandboxServer
    config: Config


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """One clinic for all the tests here: each has patients of its own."""
    with SandboxServer() as chart:
        config = make_config(tmp_path_factory.mktemp("clinic"), chart.url)
        with running_bridge(config) as service:
            yield Clinic(f"http://127.0.0.1:{service.web.port}", chart, config)


@contextlib.contextmanager
def answering(status: int, body: str, **headers: str) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers every upload the same way; gives its address and the bodies it got."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body.encode())), "Connection": "close", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_arguments: object) -> None:
            """Nothing on stderr."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", bodies
        finally:
            server.shutdown()
            thread.join()


def photos_of(config: Config, practice: str) -> list[Photo]:
    """The photos of a practice, newest first."""
    store = SqliteStore(config.data_folder)
    try:
        return store.photos(practice=practice)
    finally:
        store.close()


def test_a_photo_is_sent_to_the_bridge_of_the_config_and_filed(command: Command, clinic: Clinic, photo: Path) -> None:
    words = ["--patient", "123", "--type", "head shot", "--practice", "clinic-b"]
    ended = command("--config", clinic.config.file, "send", photo, *words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == "1 of 1 stored."
    assert "IMG 0001.JPG" in ended.out
    wait_until(lambda: len(clinic.chart.images(123)) == 1)
    (sent,) = photos_of(clinic.config, "clinic-b")
    assert sent.name.startswith(f"#{OTHER_GUID}-#123-#head-shot-")
    assert sent.name.endswith(".JPG")


def test_a_photo_is_sent_to_a_pairing_address(command: Command, clinic: Clinic, photo: Path) -> None:
    ended = command("send", photo, "--to", f"{clinic.address}/write/{GUID}", "--patient", "5", "--type", "xray")
    assert ended.code == 0
    wait_until(lambda: len(clinic.chart.images(5)) == 1)


def test_what_fails_does_not_stop_the_rest(command: Command, clinic: Clinic, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear clinic")
    (tmp_path / "empty.jpg").write_bytes(b"")
    files = [tmp_path / "none.jpg", tmp_path, tmp_path / "letter.txt", tmp_path / "empty.jpg", photo]
    ended = command("send", *files, "--to", f"{clinic.address}/write/{GUID}", "--patient", "5")
    assert ended.code == 1
    assert ended.out.splitlines()[-1] == "1 of 5 stored."
    missing, folder, letter, empty = ended.errors
    assert missing == f"{files[0]} cannot be read (No such file or directory); check the path."
    assert folder.startswith(f"{tmp_path} cannot be read (")
    assert letter.startswith(f"{files[2]} was not stored; the server answered 400: This file is ")
    assert empty == f"{files[3]} was not stored; the server answered 400: This photo is empty (0 bytes); take it again."


@pytest.mark.parametrize("address", ["", "/write/aB3dE5fG7hI9jK1lM9"], ids=["without guid", "another guid"])
def test_what_the_bridge_refuses_is_told_in_its_words(
    command: Command, clinic: Clinic, photo: Path, address: str
) -> None:
    ended = command("send", photo, "--to", f"{clinic.address}{address}", "--patient", "5")
    assert ended.code == 1
    (error,) = ended.errors
    assert error.startswith(f"{photo} was not stored; the server answered 400: Please reconnect your app: ")


def test_what_a_server_says_cannot_steer_the_terminal(command: Command, photo: Path) -> None:
    with answering(400, "no\x1b[2J\nroom " * 1000) as (address, _):
        (error,) = command("send", photo, "--to", address, "--patient", "5").errors
    assert error.startswith(f"{photo} was not stored; the server answered 400: no?[2J room no?[2J room")
    assert len(error) < 500


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (206, '{"message":"maximum file length exceeded"}', {}, "the server answered 206: {"),
        (201, STORED, {}, "the server answered 201"),
        (302, "", {"Location": "/elsewhere"}, "the server answered 302: nothing"),
        (500, "broken", {}, "the server answered 500: broken"),
        (200, "<!DOCTYPE html><title>Free Wi-Fi</title>", {"Content-Type": "text/html"}, "sign in to the network if"),
        (503, "<html>Service Unavailable</html>", {}, "no photo server answered but a web page: check the address"),
    ],
)
def test_only_200_from_a_photo_server_counts_as_stored(
    command: Command, photo: Path, status: int, body: str, headers: dict[str, str], said: str
) -> None:
    with answering(status, body, **headers) as (address, _):
        ended = command("send", photo, "--to", address, "--patient", "5")
    assert ended.code == 1
    assert ended.out.splitlines()[-1] == "0 of 1 stored."
    (error,) = ended.errors
    assert error.startswith(f"{photo} was not stored; ")
    assert said in error


def test_the_upload_is_the_form_that_phones_send(command: Command, photo: Path) -> None:
    with answering(200, STORED) as (address, bodies):
        assert command("send", photo, "--to", address, "--patient", 'A"b\r\nX-Evil: 1', "--type", "x ray").code == 0
    (body,) = bodies
    head, _, rest = body.partition(b"\r\n\r\n")
    assert b'Content-Disposition: form-data; name="file1"; filename="#A%22b-X-Evil:-1-#x-ray-' in head
    assert head.count(b"\r\n") == 1, "what was typed adds no header of its own"
    assert rest.startswith(photo.read_bytes() + b"\r\n--")


@pytest.mark.parametrize(
    "address",
    [
        "192.168.1.5:5566",
        "ftp://clinic.example",
        "http://",
        "http://[x",
        "http://clinic:port",
        "http://clinic:0",
        "http://clinic:99999",
        "http://user:secret@clinic",
        "http://clin ic",
        f"http://{'c' * 70}.example",
        "http://clinic/?x=1",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(command: Command, photo: Path, address: str) -> None:
    ended = command("send", photo, "--to", address, "--patient", "5")
    assert ended.code == 1
    assert ended.errors == [f"`{address}` is not a server address; write it as http://host:5566/write/GUID."]


def test_a_pairing_address_with_a_mistyped_guid_is_refused(command: Command, photo: Path) -> None:
    ended = command("send", photo, "--to", "http://clinic:5566/write/short", "--patient", "5")
    assert ended.code == 1
    assert ended.errors[0].endswith("has no clinic code; after /write/ come its 16 to 20 letters and digits.")


def test_a_bridge_that_does_not_run_is_told_in_a_sentence(bridge: Bridge, photo: Path, config: Config) -> None:
    ended = bridge("send", photo, "--patient", "5", "--practice", "clinic-a")
    assert ended.code == 1
    assert ended.errors == [
        f"http://127.0.0.1:{config.server.port} cannot be reached, or broke off; check the address and the network."
    ]


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [("0.0.0.0", "127.0.0.1"), ("'::'", "[::1]"), ("'::1'", "[::1]"), ("localhost", "localhost")],
)
def test_the_own_bridge_is_reached_where_it_listens(
    bridge: Bridge, photo: Path, config: Config, host: str, reached_at: str
) -> None:
    config.file.write_text(config.file.read_text().replace("host: 127.0.0.1", f"host: {host}"))
    (error,) = bridge("send", photo, "--patient", "5", "--practice", "clinic-a").errors
    assert error.startswith(f"http://{reached_at}:{config.server.port} cannot be reached")


def test_with_several_practices_one_must_be_named(bridge: Bridge, photo: Path) -> None:
    ended = bridge("send", photo, "--patient", "5")
    assert ended.code == 2
    assert ended.errors == ["Say which practice with --practice: clinic-a, clinic-b."]


def test_a_practice_without_guid_needs_an_address(bridge: Bridge, photo: Path, config: Config) -> None:
    config.file.write_text(config.file.read_text().replace(f"guid: {GUID}, ", ""))
    ended = bridge("send", photo, "--patient", "5", "--practice", "clinic-a")
    assert ended.code == 1
    assert ended.errors == [f"The practice clinic-a has no guid in {config.file} yet; give the address with --to."]


def test_progress_hears_every_byte_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    file.write_bytes(bytes(3_000_000))
    heard: list[int] = []
    with answering(200, STORED) as (address, bodies):
        server = PhotoServer.at(address)
        server.send(file, server.photo_name(["5"], datetime(2026, 11, 21, 10, 11, 12), ".jpg"), heard.append)
    assert sum(heard) == 3_000_000
    assert len(heard) > 10
    assert len(bodies[0]) > 3_000_000


def test_a_name_is_made_as_the_app_makes_it() -> None:
    server = PhotoServer.at(f"https://clinic.example/bridge/write/{GUID}/")
    assert (server.base, server.guid) == ("https://clinic.example/bridge", GUID)
    name = server.photo_name(["123", "  head  shot\u202e "], datetime(2026, 2, 3, 4, 5, 6), ".jpg")
    assert name == f"#{GUID}-#123-#head-shot-03-Feb-2026-04-05-06.jpg"


def test_asking_for_a_photo_where_nobody_answers_is_a_sentence() -> None:
    with pytest.raises(SendError, match="cannot be reached, or broke off; check the address and the network"):
        PhotoServer(f"http://127.0.0.1:{free_port()}", None).is_in_chart("x.jpg")
