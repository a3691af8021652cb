"""`check`: all that can be wrong, each in a row with the next step (bridge/cli/checking.py, bridge/health.py)."""

import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cli_runs import Command, Ended, held_photo

from bridge.photos import NewMove, open_store
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.settings import Config
from bridge.targets import ChartTarget, ImageType
from bridge.tls import TlsSettings, make_self_signed
from bridge_runner import GUID, make_config, running_bridge
from ports import free_port

Bridge = Callable[..., Ended]


def rows(ended: Ended) -> dict[str, tuple[str, str]]:
    """What `check --json` found: of each thing its status and sentence, the worst if it comes more than once."""
    order = ("good", "warning", "bad")
    found: dict[str, tuple[str, str]] = {}
    for row in json.loads(ended.out):
        known = found.get(row["what"], ("good", ""))
        if order.index(row["status"]) >= order.index(known[0]):
            found[row["what"]] = row["status"], row["sentence"]
    return found


def test_when_all_is_well_every_row_is_ok(bridge: Bridge, config: Config) -> None:
    ended = bridge("check")
    assert ended.code == 0
    assert ended.err == ""
    lines = ended.out.splitlines()
    assert lines[0].split() == ["what", "finding"]
    assert [line[:2] for line in lines[1:]] == ["ok"] * (len(lines) - 1)
    for what in (
        "config",
        "mapping clinic-a",
        "mapping clinic-b",
        "chart clinic-a",
        "clinic clinic-a",
        "clock",
        "disk",
    ):
        assert f"  {what} " in ended.out
    assert "its practices: clinic-a, clinic-b" in ended.out


def test_json_has_the_same_rows(bridge: Bridge) -> None:
    found = rows(bridge("check", "--json"))
    assert {status for status, _ in found.values()} == {"good"}
    assert found["photos"][1] == "0 on the way, 0 in the chart, 0 held"


def test_a_mapping_without_examples_is_not_praised_for_them(bridge: Bridge, config: Config) -> None:
    config.practices[0].mapping.write_text("version: 1\npatient:\n  number: {form: id}\ntypes:\n  Xray:\n")
    assert "is good; it has no examples" in bridge("check", "--json").out


def test_a_chart_that_is_away_is_bad_and_the_rest_is_still_looked_at(
    bridge: Bridge, chart: SandboxServer, config: Config
) -> None:
    chart.stop()
    ended = bridge("check", "--json")
    found = rows(ended)
    assert ended.code == 1
    status, sentence = found["chart clinic-a"]
    assert status == "bad"
    assert sentence == (
        f"Nothing takes a connection at {chart.url}; check that the chart server runs, its address and port."
    )
    assert found["mapping clinic-b"][0] == found["disk"][0] == "good"


def test_a_wrong_password_is_bad(bridge: Bridge, tmp_path: Path) -> None:
    (tmp_path / "chart-password").write_text("swordfish")
    ended = bridge("check")
    assert ended.code == 1
    assert "BAD  chart clinic-a" in ended.out
    assert "The chart server does not accept this username and password; correct them." in ended.out
    assert "swordfish" not in ended.out


def test_a_token_that_the_chart_refuses_is_bad(command: Command, tmp_path: Path, chart: SandboxServer) -> None:
    config = make_config(tmp_path, chart.url)
    text = config.file.read_text().replace("username: bridge, password_file", "token_file")
    config.file.write_text(text)
    ended = command("--config", config.file, "check")
    assert ended.code == 1
    assert "does not accept the bridge's token" in ended.out
    (tmp_path / "chart-password").write_text(chart.token("bridge"))
    assert command("--config", config.file, "check").code == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(FaultKind.PORTAL_PAGE), "sign in to the network if asked"),
        (Fault(FaultKind.STATUS, status=503), "too busy"),
        (Fault(FaultKind.STATUS, status=500), "failed inside (status 500)"),
        (Fault(FaultKind.CUT_ANSWER), "broke the connection"),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else "",
)
def test_a_chart_that_fails_is_bad_in_its_own_words(
    bridge: Bridge, chart: SandboxServer, fault: Fault, said: str
) -> None:
    chart.faults.add(fault)
    ended = bridge("check", "--json")
    assert ended.code == 1
    assert said in rows(ended)["chart clinic-a"][1]


def test_charts_that_hang_are_waited_for_a_quarter_of_a_minute_all_at_once(
    command: Command, tmp_path: Path, chart: SandboxServer
) -> None:
    config = make_config(tmp_path, chart.url, chart="read_timeout_seconds: 150")
    chart.faults.add(Fault(FaultKind.SLOW_ANSWER, resource="login", delay_seconds=60))
    started = time.monotonic()
    ended = command("--config", config.file, "check", "--json")
    assert ended.code == 1
    assert time.monotonic() - started < 20
    for practice in ("clinic-a", "clinic-b"):
        status, sentence = rows(ended)[f"chart {practice}"]
        assert status == "bad"
        assert sentence.startswith(f"{chart.url} did not answer within 15 s; check the network and the chart server")


@pytest.mark.parametrize("offset_seconds", [-3600.0, 600.0])
def test_clocks_that_are_apart_are_bad(bridge: Bridge, chart: SandboxServer, offset_seconds: float) -> None:
    chart.faults.add(Fault(FaultKind.CLOCK, offset_seconds=offset_seconds))
    ended = bridge("check", "--json")
    status, sentence = rows(ended)["clock"]
    assert ended.code == 1
    assert status == "bad"
    assert sentence.startswith("this machine and the chart server are ")
    assert " seconds apart; set the clock that is wrong: here it is 20" in sentence
    there = datetime.now(UTC) + timedelta(seconds=offset_seconds)
    assert sentence.endswith(
        (f"there {there:%Y-%m-%d %H:%M} UTC", f"there {there - timedelta(minutes=1):%Y-%m-%d %H:%M} UTC")
    )


def test_a_day_without_a_clinic_is_a_note_and_no_failure(command: Command, tmp_path: Path) -> None:
    ago = timedelta(days=400)
    with SandboxServer(clock=lambda: datetime.now(UTC) - ago) as chart:
        chart.faults.add(Fault(FaultKind.CLOCK, offset_seconds=ago.total_seconds()))
        ended = command("--config", make_config(tmp_path, chart.url).file, "check")
    assert ended.code == 0
    assert "note  clinic clinic-a" in ended.out
    assert "photos that need today's clinic will be held until it has" in ended.out


def test_a_broken_mapping_is_bad_with_its_line(bridge: Bridge, tmp_path: Path) -> None:
    file = tmp_path / "thousand-smiles.yaml"
    file.write_text(file.read_text("utf-8").replace("form: curp", "form: curps"), "utf-8")
    ended = bridge("check", "--json")
    status, sentence = rows(ended)["mapping clinic-a"]
    assert ended.code == 1
    assert status == "bad"
    assert sentence.startswith(f"{file}, line ")
    assert "did you mean `curp`?" in sentence


def test_a_broken_mapping_is_bad_also_while_its_last_good_version_is_used(
    bridge: Bridge, tmp_path: Path, config: Config
) -> None:
    with running_bridge(config):
        pass
    file = tmp_path / "thousand-smiles.yaml"
    good = file.read_text("utf-8")
    file.write_text(good.replace("form: curp", "form: curps"), "utf-8")
    status, sentence = rows(bridge("check", "--json"))["mapping clinic-a"]
    assert status == "bad"
    assert sentence.startswith(f"{file}, line {good[: good.index('form: curp')].count(chr(10)) + 1}, ")
    file.unlink()
    status, sentence = rows(bridge("check", "--json"))["mapping clinic-a"]
    assert (status, sentence) == (
        "bad",
        f"{file}: does not exist; check the path, or make it with `tscharts-bridge init`",
    )


def test_it_says_which_version_of_a_broken_mapping_stays_in_force(
    bridge: Bridge, tmp_path: Path, config: Config
) -> None:
    file = tmp_path / "thousand-smiles.yaml"
    version = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    broken = file.read_text("utf-8").replace("form: curp", "form: curps")
    sentences = []
    for _ in range(2):
        file.write_text(broken, "utf-8")
        found = [row["sentence"] for row in json.loads(bridge("check", "--json").out) if row["status"] == "warning"]
        sentences.append([sentence for sentence in found if "mended" in sentence])
        file.write_text(broken.replace("form: curps", "form: curp"), "utf-8")
        with running_bridge(config):
            pass
    day = datetime.now(config.practice("clinic-a").time_zone).date().isoformat()
    assert set(sentences[0]) == {
        "there is no earlier version to go on with, so the bridge does not start until the file is mended"
    }
    assert len(sentences[1]) == 2
    for sentence in sentences[1]:
        assert sentence.startswith(f"version {version} of {day} ")
        assert sentence.endswith(", the last good one, stays in force until the file is mended")


def test_an_example_that_comes_out_otherwise_is_bad(bridge: Bridge, tmp_path: Path) -> None:
    file = tmp_path / "thousand-smiles.yaml"
    with file.open("a", encoding="utf-8") as opened:
        opened.write('  - {name: "#5-xray-21-Nov-2026-10-11-12.jpg", patient: 6}\n')
    ended = bridge("check")
    assert ended.code == 1
    assert re.search("^BAD +mapping clinic-a ", ended.out, re.MULTILINE)


def test_a_data_folder_that_cannot_be_used_is_bad(command: Command, tmp_path: Path, chart: SandboxServer) -> None:
    config = make_config(tmp_path, chart.url)
    (tmp_path / "file").write_text("")
    config.file.write_text(config.file.read_text().replace("data_folder: data", "data_folder: file/data"))
    ended = command("--config", config.file, "check", "--json")
    status, sentence = rows(ended)["store"]
    assert ended.code == 1
    assert status == "bad"
    assert str(tmp_path / "file") in sentence


def test_held_photos_are_a_note_that_says_how_to_see_them(bridge: Bridge, config: Config) -> None:
    held_photo(config)
    ended = bridge("check")
    assert ended.code == 0
    assert "note  photos" in ended.out
    assert "1 held; see `tscharts-bridge photos list --state held`" in ended.out


def test_no_secret_is_shown(bridge: Bridge) -> None:
    for arguments in (["check"], ["check", "--json"]):
        assert "bridge-pass" not in bridge(*arguments).out


def test_a_certificate_with_anothers_key_is_bad_and_a_pair_is_good(command: Command, tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_self_signed(TlsSettings.in_folder(tmp_path / name), ["localhost"])
    config = make_config(tmp_path, "http://127.0.0.1:9")
    text = config.file.read_text()
    for key, expected in (("two", "bad"), ("one", "good")):
        files = f"tls: {{certificate_file: one/certificate.pem, key_file: {key}/key.pem}}"
        config.file.write_text(text.replace("threads: 24", f"threads: 24, {files}"))
        status, sentence = rows(command("--config", config.file, "check", "--json"))["https"]
        assert status == expected
        assert str(tmp_path / "one" / "certificate.pem") in sentence


def test_a_notices_command_that_is_not_there_is_bad(command: Command, tmp_path: Path) -> None:
    notices = f"notices: [{{on: [held], command: ['{sys.executable}']}}, {{on: [held], command: [no-such-program-x]}}]"
    config = make_config(tmp_path, "http://127.0.0.1:9", more=notices)
    found = rows(command("--config", config.file, "check", "--json"))
    assert found["notice 1"][0] == "good"
    assert found["notice 2"] == ("bad", "there is no program no-such-program-x that can be run; check its path")


def test_a_folder_for_copies_that_is_not_there_is_a_note(
    command: Command, tmp_path: Path, chart: SandboxServer
) -> None:
    away = tmp_path / "usb"
    config = make_config(tmp_path, chart.url, more=f"copies: {{folders: [{away.as_posix()}]}}")
    ended = command("--config", config.file, "check", "--json")
    assert ended.code == 0
    assert rows(ended)["copies"] == (
        "warning",
        f"{away} is not there, so its copies wait; plug its drive in, or make the folder",
    )
    away.mkdir()
    assert rows(command("--config", config.file, "check", "--json"))["copies"][0] == "good"


def reading_from(config: Config, *addresses: str) -> Path:
    """The config's file, with clinic A reading from these addresses."""
    text = config.file.read_text().replace(f"guid: {GUID},", f"guid: {GUID}, read_from: {json.dumps(addresses)},")
    config.file.write_text(text)
    return config.file


def test_a_proxy_that_is_away_is_bad_and_nothing_is_taken_from_one_that_answers(
    command: Command, config: Config
) -> None:
    port = free_port()
    file = reading_from(config, f"http://127.0.0.1:{port}/read/{GUID}")
    ended = command("--config", file, "check", "--json")
    status, sentence = rows(ended)["proxy clinic-a"]
    assert (ended.code, status) == (1, "bad")
    assert sentence.startswith("The MedImage proxy 127.0.0.1 takes no connections")
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.command)
            self.send_response(200)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        ended = command("--config", file, "check", "--json")
        server.shutdown()
        thread.join()
    assert ended.code == 0
    assert rows(ended)["proxy clinic-a"] == ("good", "the MedImage proxy 127.0.0.1 answers")
    assert asked == ["HEAD"]


def test_a_practice_that_reads_from_a_proxy_and_is_not_paired_is_a_note(command: Command, config: Config) -> None:
    file = reading_from(config, f"http://127.0.0.1:{free_port()}/read/{GUID}")
    file.write_text(file.read_text().replace(f"guid: {GUID}, ", ""))
    ended = command("--config", file, "check", "--json")
    assert ended.code == 0
    assert rows(ended)["proxy clinic-a"] == (
        "warning",
        "nothing is read until a phone is paired: `tscharts-bridge pair --practice clinic-a`",
    )


def test_a_chart_in_the_clinics_own_network_is_asked_directly_and_not_through_the_web_proxy(
    command: Command, tmp_path: Path, chart: SandboxServer
) -> None:
    config = make_config(tmp_path, chart.url, more=f"web_proxy: http://127.0.0.1:{free_port()}")
    ended = command("--config", config.file, "check", "--json")
    assert rows(ended)["chart clinic-a"][0] == "good"


def test_a_move_that_a_person_must_look_at_is_a_note(bridge: Bridge, config: Config) -> None:
    chart = config.practices[0].chart.url
    place = ChartTarget(12, ImageType.XRAY, 3, 4)
    with closing(open_store(config.data_folder)) as store:
        store.ensure_practices({"clinic-a": None})
        asked, _ = store.begin_move(
            NewMove(chart, "clinic-a", 77, place, "f" * 64, 11, 13, "wrong person", "sofia", "")
        )
        move = store.claim_move(asked.id)
        assert move is not None
        store.stick_move(move, "Image 99 is not as it was sent; look at both patients in the chart.")
    ended = bridge("check", "--json")
    said = "Image 99 is not as it was sent; look at both patients in the chart."
    assert rows(ended)[f"move {asked.id}"] == ("warning", said)
    assert ended.code == 0


@pytest.mark.parametrize(
    ("staff", "status", "words"),
    [
        ("", "warning", "nobody may use photos and moves there; see `staff.allow`"),
        ("staff: {admins: [nurse]}", "warning", "photos and moves are the admins' alone; see `staff.allow`"),
        ("staff: {allow: [nurse, bridge], admins: [nurse]}", "good", "2 users may use the bridge"),
    ],
)
def test_that_every_user_of_the_chart_may_look_images_up_is_a_note(
    command: Command, tmp_path: Path, chart: SandboxServer, staff: str, status: str, words: str
) -> None:
    config = make_config(tmp_path, chart.url, more=staff)
    ended = command("--config", config.file, "check", "--json")
    assert ended.code == 0
    found = rows(ended)["staff"]
    assert found[0] == status
    assert found[1].endswith(words)
