"""`pages`, `page-password`, and `pair` at a bridge that makes its own codes."""

import json
import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click import Command
from click.testing import CliRunner, Result
from page_site import CLINIC_A, GUID, PASSWORD, site

from bridge.admission import KEY_FILE, Admission, Purpose
from bridge.app import create_app
from bridge.cli.context import Context
from bridge.cli.pages import page_password, pages
from bridge.cli.pairing import pair
from bridge.config import load_config
from bridge.medimage import MemoryCodeBook, PairingDesk, PairingSettings, pairing_blueprint
from bridge.passwords import is_password
from bridge.photos import SqliteStore
from bridge.secret import Secret
from bridge.server import WebServer
from bridge.settings import Config, ServerSettings
from bridge_runner import make_config


def run(config: Config, command: Command, *arguments: str, typed: str = "") -> Result:
    """Run a command on a config."""
    return CliRunner().invoke(command, arguments, typed, obj=Context(config.file, False))


def test_the_printed_address_opens_the_pages_once(tmp_path: Path) -> None:
    config = make_config(tmp_path, "http://127.0.0.1:9")
    with site(tmp_path, CLINIC_A) as bridge:
        done = run(config, pages)
        # Nothing answers at the config's own port; the address is printed all the same.
        assert (done.exit_code, "start the bridge with `tscharts-bridge serve`" in done.stderr) == (1, True)
        address = urlsplit(done.stdout.strip())
        assert (address.scheme, address.netloc) == ("http", f"127.0.0.1:{config.server.port}")
        browser = bridge.browser()
        assert browser.get(f"{address.path}?{address.query}").status == 303
        assert browser.get("/phones/").status == 200
        assert bridge.browser().get(f"{address.path}?{address.query}").status == 403


def test_the_first_command_makes_the_data_folder_and_its_key(tmp_path: Path) -> None:
    config = make_config(tmp_path, "http://127.0.0.1:9")
    assert run(config, pages).stdout.startswith("http://127.0.0.1:")
    assert (config.data_folder / KEY_FILE).stat().st_size == 32


@pytest.mark.parametrize("maker", [SqliteStore, Admission.in_folder], ids=["store", "key"])
def test_a_new_data_folder_is_its_owners_alone(tmp_path: Path, maker: Callable[[Path], object]) -> None:
    folder = tmp_path / "bridge" / "data"
    made = maker(folder)
    if isinstance(made, SqliteStore):
        made.close()
    usual = tmp_path / "usual"
    usual.mkdir()
    assert os.name != "posix" or stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.parent.stat().st_mode == usual.stat().st_mode


@pytest.mark.parametrize(
    ("host", "tls", "address"),
    [
        ("0.0.0.0", False, "http://127.0.0.1:5566"),
        ("::", False, "http://[::1]:5566"),
        ("192.168.1.20", True, "https://192.168.1.20:5566"),
        ("fe80::1", False, "http://[fe80::1]:5566"),
    ],
)
def test_the_address_is_where_the_bridge_listens(tmp_path: Path, host: str, tls: bool, address: str) -> None:
    config = make_config(tmp_path, "http://127.0.0.1:9")
    lines = f"host: {host!r}, port: 5566"
    if tls:
        (tmp_path / "x.pem").write_text("x")
        lines += ", tls: {certificate_file: x.pem, key_file: x.pem}"
    old = f"host: 127.0.0.1, port: {config.server.port}"
    config.file.write_text(config.file.read_text().replace(old, lines))
    assert load_config(config.file).server.own_url() == address


def test_a_password_is_asked_twice_and_only_its_hash_is_printed(tmp_path: Path) -> None:
    done = CliRunner().invoke(page_password, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert PASSWORD not in done.output
    name, _, value = done.stdout.strip().partition(": ")
    assert name == "page_password_hash"
    assert is_password(Secret(PASSWORD), value.strip("'"))


def test_two_passwords_that_differ_are_asked_for_again() -> None:
    done = CliRunner().invoke(page_password, input=f"{PASSWORD}\nanother one\n{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert done.stdout.count("page_password_hash") == 1


def test_a_short_password_is_refused_in_a_sentence() -> None:
    done = CliRunner().invoke(page_password, input="short\nshort\n")
    assert done.exit_code == 1
    assert "8 to 200 letters" in str(done.exception)
    assert "page_password_hash" not in done.stdout


def test_pair_shows_its_ticket_to_the_bridges_own_service_and_saves_the_guid(tmp_path: Path) -> None:
    config = make_config(tmp_path, "http://127.0.0.1:9", more="pairing: {own_service: true}")
    book, admission = MemoryCodeBook(), Admission.in_folder(config.data_folder)
    store = SqliteStore(config.data_folder)
    desk = PairingDesk(store, book.open, "http://192.168.1.20:5566")
    settings = PairingSettings(desk.public_url, own_service=True)
    admits = partial(admission.admits, purpose=Purpose.PAIRING)
    app = create_app([pairing_blueprint(desk, lambda _token: None, book, settings, admits)])
    web = WebServer(app, ServerSettings("127.0.0.1", config.server.port, 4, 10))
    web.start()
    done = [run(config, pair, "--practice", "clinic-a", "--json") for _ in range(2)]
    web.stop()
    store.close()
    for each in done:
        assert each.exit_code == 0, each.exception
        told = json.loads(each.stdout)
        found = book.find(told["code"], "127.0.0.1")
        assert found is not None
        assert found.write_address == told["address"]
        assert told["address"].endswith(f"/write/{GUID}")
