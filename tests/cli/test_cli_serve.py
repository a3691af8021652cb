"""`serve`: runs, stops cleanly, and logs without patient data, as a process of its own (bridge/cli/serving.py)."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from cli_runs import STOP_SIGNALS, Ended, finish, start, started

from bridge.network import free_port
from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import GUID, make_config, running_bridge
from phone import check, picture, post_photo, wait_until

CURP = "ORBC140418MBCRLM01"
UNKNOWN = "77777777"
FILED = f"#{GUID}-#{CURP}-#Headshot-21-Nov-2026-10-11-12.jpg"
HELD = f"#{GUID}-#{UNKNOWN}-#Xray-21-Nov-2026-10-11-13.jpg"
STRANGER = "#aB3dE5fG7hI9jK1lX9-#Juana-Lopez-21-Nov-2026-10-11-14.jpg"
PAIR = r"""( [a-z_]+=('.*?'|".*?"|\S+))"""
LINE = re.compile(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ (DEBUG|INFO|WARNING|ERROR) event=[a-z-]+{PAIR}*")


def await_listening(process: subprocess.Popen[str]) -> None:
    """Read what a started bridge writes until it listens."""
    assert process.stderr is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("The bridge listens on port"):
        lines.append(process.stderr.readline())
        assert lines[-1], f"ended after {lines}"


def stopped(process: subprocess.Popen[str], stop: signal.Signals) -> Ended:
    """Ask a served bridge to stop, and wait."""
    process.send_signal(stop)
    return finish(process)


def with_log_file(config: Config, level: str = "info") -> Path:
    """Make the bridge log to a file."""
    file = config.file.parent / "logs" / "bridge.log"
    config.file.write_text(f"{config.file.read_text()}log_file: logs/bridge.log\nlog_level: {level}\n")
    return file


def test_what_is_logged_is_one_line_an_event_without_names_patients_or_guids(config: Config) -> None:
    log = with_log_file(config, "debug")
    port = config.server.port
    with started("--config", config.file, "serve") as process:
        await_listening(process)
        assert post_photo(port, FILED, picture()).status == 200
        assert post_photo(port, HELD, picture(1)).status == 200
        assert post_photo(port, HELD, picture(1)).status == 200
        assert post_photo(port, STRANGER, picture(2)).status == 400
        assert post_photo(port, FILED, b"Dear Juana Lopez").status == 400
        assert check(port, STRANGER).status == 404
        wait_until(lambda: check(port, FILED).body == b"false")
        wait_until(lambda: "event=held" in log.read_text("utf-8"))
        ended = stopped(process, STOP_SIGNALS[0])
    assert ended == Ended(0, "", "")
    text = log.read_text("utf-8")
    lines = text.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    events = [line.split("event=")[1].split()[0] for line in lines]
    assert events[0] == "started"
    assert events[-1] == "stopped"
    assert {"received", "received-again", "delivered", "held"} <= set(events)
    for private in (GUID, CURP, UNKNOWN, "aB3dE5fG7hI9jK1lX9", "Juana", "Lopez", ".jpg", "Headshot", "bridge-pass"):
        assert private.casefold() not in text.casefold()


def test_it_stops_cleanly_as_soon_as_it_listens(config: Config) -> None:
    with started("--config", config.file, "serve") as process:
        await_listening(process)
        ended = stopped(process, STOP_SIGNALS[-1])
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert ended.err.splitlines()[-1].endswith(" INFO event=stopped")


def test_what_keeps_a_bridge_from_starting_is_one_sentence(tmp_path: Path, chart: SandboxServer) -> None:
    configs = {
        name: make_config(tmp_path / name, chart.url) for name in _folders(tmp_path, "same", "port", "log", "map")
    }
    _append(configs["log"], "log_file: .\n")
    (tmp_path / "map" / "thousand-smiles.yaml").write_text("version: 1\n")
    with socket.create_server(("127.0.0.1", configs["port"].server.port)), running_bridge(configs["same"]):
        processes = {name: start("--config", config.file, "serve") for name, config in configs.items()}
        ended = {name: finish(process) for name, process in processes.items()}
    sentences = {name: each.errors for name, each in ended.items()}
    assert {each.code for each in ended.values()} == {1}
    assert sentences["same"][0].startswith("Another bridge already runs on the data folder ")
    assert f"The bridge cannot listen on 127.0.0.1 port {configs['port'].server.port} (" in sentences["port"][0]
    assert sentences["log"][0].startswith(f"The log file {tmp_path / 'log'} cannot be written (")
    assert sentences["map"][0].startswith(f"{tmp_path / 'map' / 'thousand-smiles.yaml'}, line 1, ")
    assert {name: len(sentences[name]) for name in ("same", "port", "log")} == {"same": 1, "port": 1, "log": 1}


def _folders(parent: Path, *names: str) -> tuple[str, ...]:
    for name in names:
        (parent / name).mkdir()
    return names


def _append(config: Config, text: str) -> None:
    with config.file.open("a") as opened:
        opened.write(text)


LOGGING = """
import logging, sys
from pathlib import Path
from bridge.logs import start_logging
start_logging("debug", Path(sys.argv[1]))
log = logging.getLogger("bridge.somewhere")
log.info("event=good photo=%d", 7)
log.warning("event=odd problem=%r", "two\\nlines \\x1b[2J of Jos\\u00e9")
try:
    raise ValueError("Juana Lopez")
except ValueError:
    log.debug("event=fault photo=7", exc_info=True)
    logging.getLogger("bridge").error("Exception on /check=#123 [GET]", exc_info=True)
logging.getLogger("library").warning("GET /check=%s failed", "#Juana.jpg")
"""


def test_what_libraries_log_loses_its_text_and_exceptions_their_message(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "bridge.log"
    subprocess.run([sys.executable, "-c", LOGGING, str(file)], check=True)
    said = [line.split(" ", 1)[1] for line in file.read_text("utf-8").splitlines()]
    assert said == [
        "INFO event=good photo=7",
        r"WARNING event=odd problem='two\nlines \x1b[2J of José'",
        "DEBUG event=fault photo=7 error=ValueError at=<string>:10",
        "ERROR event=library-message from=bridge error=ValueError at=<string>:10",
        "WARNING event=library-message from=library",
    ]


def test_a_free_port_is_the_wanted_one_or_another() -> None:
    wanted = free_port(0)
    assert free_port(wanted) == wanted
    with socket.create_server(("127.0.0.1", wanted)):
        assert free_port(wanted) not in (wanted, 0)
