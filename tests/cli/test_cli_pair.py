"""`pair` and `make-certificate`: connecting phones."""

import contextlib
import http.client
import json
import ssl
from pathlib import Path

import pytest
from cli_runs import Ended, here

from bridge.config import load_config
from bridge.sandbox import SandboxServer
from bridge_runner import GUID, make_config, running_bridge
from phone import ask


def test_pair_by_hand_shows_the_address_and_a_qr_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9").file
    done = here(capsys, "--config", file, "pair", "--practice", "clinic-a", "--by-hand")
    assert done.code == 0
    assert f"/write/{GUID}" in done.out
    assert has_qr_code(done)
    assert "transferred" in done.out
    assert "a code is the better way" in done.out


def test_pair_gets_a_code_of_the_bridges_own_that_a_phone_can_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = "pairing: {own_service: true}"
    with SandboxServer() as chart, running_bridge(make_config(tmp_path, chart.url, more=own)) as bridge:
        done = here(capsys, "--config", bridge.config.file, "pair", "--practice", "clinic-a", "--json")
        assert done.code == 0, done.err
        made = json.loads(done.out)
        found = ask(bridge.web.port, "GET", f"/med-genid.php?compare={made['code']}")
        assert found.body.decode().strip() == made["address"]
        assert ask(bridge.web.port, "GET", "/med-genid.php?compare=ZZZZ").body.strip() == b"nomatch"


NO_SERVICE = 'pairing: {service: "http://127.0.0.1:9/med-genid.php"}'


def test_pair_says_in_one_sentence_that_the_service_is_not_reached_and_shows_the_address_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9", more=NO_SERVICE).file
    done = here(capsys, "--config", file, "pair", "--practice", "clinic-a")
    assert done.code == 1
    (sentence,) = done.errors
    assert "cannot be reached; check the internet connection" in sentence
    assert f"/write/{GUID}" in done.out
    assert has_qr_code(done)
    as_json = here(capsys, "--config", file, "pair", "--practice", "clinic-a", "--json")
    told = json.loads(as_json.out)
    assert (as_json.code, told["trouble"], "code" in told) == (1, sentence, False)
    assert told["address"].endswith(f"/write/{GUID}")


def test_pair_says_that_the_bridge_which_makes_its_codes_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9", more="pairing: {own_service: true}").file
    done = here(capsys, "--config", file, "pair", "--practice", "clinic-a")
    assert done.code == 1
    (sentence,) = done.errors
    assert "start the bridge with `tscharts-bridge serve`" in sentence
    assert "internet" not in sentence
    assert f"/write/{GUID}" in done.out


def test_pair_shows_no_address_that_phones_cannot_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9", more=NO_SERVICE).file
    file.write_text(file.read_text().replace("threads: 24", 'threads: 24, public_url: "http://clinic_é"'))
    done = here(capsys, "--config", file, "pair", "--practice", "clinic-a")
    assert (done.code, done.out) == (1, "")
    assert len(done.errors) == 1


def has_qr_code(done: Ended) -> bool:
    """Whether a command drew one."""
    return "█" in done.out or "▀" in done.out


def test_a_made_certificate_serves_https_and_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = here(capsys, "make-certificate", "127.0.0.1", "--folder", tmp_path / "tls")
    assert made.code == 0, made.err
    assert "SHA-256" in made.out
    assert here(capsys, "make-certificate", "127.0.0.1", "--folder", tmp_path / "tls").code == 1
    file = make_config(tmp_path, "http://127.0.0.1:9").file
    text = file.read_text().replace(
        "threads: 24", "threads: 24, tls: {certificate_file: tls/certificate.pem, key_file: tls/key.pem}"
    )
    file.write_text(text)
    with running_bridge(load_config(file)) as bridge:
        trust = ssl.create_default_context(cafile=str(tmp_path / "tls" / "certificate.pem"))
        assert bridge.web.url.startswith("https://")
        assert _status_over_https(bridge.web.port, trust) == 200


def _status_over_https(port: int, trust: ssl.SSLContext) -> int:
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trust)
    with contextlib.closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().status
