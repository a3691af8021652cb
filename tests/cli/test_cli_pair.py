"""`pair`, `make-certificate`, `logs`: connecting phones, and looking after a bridge."""

import contextlib
import http.client
import json
import ssl
from pathlib import Path

import pytest
from cli_runs import here

from bridge.config import load_config
from bridge.sandbox import SandboxServer
from bridge_runner import GUID, make_config, running_bridge
from phone import ask


def test_pair_by_hand_shows_the_address_and_a_qr_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9").file
    done = here(capsys, "--config", file, "pair", "--practice", "clinic-a", "--by-hand")
    assert done.code == 0
    assert f"/write/{GUID}" in done.out
    assert "█" in done.out or "▀" in done.out


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


def test_pair_says_in_one_sentence_that_the_service_is_not_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = 'pairing: {service: "http://127.0.0.1:9/med-genid.php"}'
    done = here(
        capsys,
        "--config",
        make_config(tmp_path, "http://127.0.0.1:9", more=service).file,
        "pair",
        "--practice",
        "clinic-a",
    )
    assert done.code == 1
    assert len(done.err.splitlines()) == 1


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


@pytest.mark.parametrize("more", ["", "log_file: logs/bridge.log"])
def test_logs_says_where_the_log_is_when_there_is_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str
) -> None:
    done = here(capsys, "--config", make_config(tmp_path, "http://127.0.0.1:9", more=more).file, "logs")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1


def test_logs_shows_the_last_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = make_config(tmp_path, "http://127.0.0.1:9", more="log_file: bridge.log").file
    (tmp_path / "bridge.log").write_text("".join(f"line {number}\n" for number in range(100)))
    assert here(capsys, "--config", file, "logs", "-n", "3").out.splitlines() == ["line 97", "line 98", "line 99"]


def _status_over_https(port: int, trust: ssl.SSLContext) -> int:
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trust)
    with contextlib.closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().status
