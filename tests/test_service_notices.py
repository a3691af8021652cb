"""Notices of a running bridge: one message when trouble begins, one when it ends, none of them naming a patient."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bridge.config import load_config
from bridge.sandbox import SandboxServer
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from phone import picture, post_photo, wait_until
from ports import free_port

WHEN = "21-Nov-2026-10-11-12"


@contextlib.contextmanager
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web address that keeps the JSON it gets."""
    heard: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/heard", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_outage_is_told_once_when_it_begins_and_once_when_it_ends(tmp_path: Path) -> None:
    with receiver() as (url, heard), SandboxServer(database=tmp_path / "chart.db") as chart:
        notices = f'notices: [{{on: [stored, delivered, outage-begins, outage-ends], url: "{url}"}}]'
        with running_bridge(make_config(tmp_path, chart.url, more=notices)) as bridge:
            chart.stop()
            for number in range(4):
                post_photo(bridge.web.port, f"#{GUID}-#{number + 1}-#headshot-{WHEN}.jpg", picture(number))
            wait_until(lambda: any(each["kind"] == "outage-begins" for each in heard))
            chart.start()
            wait_until(lambda: sum(each["kind"] == "delivered" for each in heard) == 4)
            wait_until(lambda: any(each["kind"] == "outage-ends" for each in heard))
    kinds = [each["kind"] for each in heard]
    assert sorted(kinds) == ["delivered"] * 4 + ["outage-begins", "outage-ends"] + ["stored"] * 4
    assert {each["practice"] for each in heard} == {"clinic-a"}
    assert "headshot" not in json.dumps(heard)


def test_a_clinic_that_wants_its_own_notices_hears_nothing_of_the_others(tmp_path: Path) -> None:
    with receiver() as (url, heard), receiver() as (all_url, all_heard), SandboxServer() as chart:
        notices = (
            f'notices: [{{on: [stored, delivered], practices: [clinic-b], url: "{url}"}}, '
            f'{{on: [delivered], url: "{all_url}"}}]'
        )
        with running_bridge(make_config(tmp_path, chart.url, more=notices)) as bridge:
            for number, guid in enumerate((GUID, OTHER_GUID)):
                post_photo(bridge.web.port, f"#{guid}-#{number + 1}-#headshot-{WHEN}.jpg", picture(number))
            wait_until(lambda: len(all_heard) == 2)
    assert [(each["practice"], each["kind"]) for each in heard] == [("clinic-b", "stored"), ("clinic-b", "delivered")]


def test_a_proxy_that_is_away_is_told_once_and_that_it_is_back_once_when_all_are(tmp_path: Path) -> None:
    def answering(port: int) -> ThreadingHTTPServer:
        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        return server

    ports = free_port(), free_port()
    addresses = [f"http://127.0.0.1:{port}/read/{GUID}" for port in ports]
    with receiver() as (url, heard), SandboxServer() as chart, contextlib.ExitStack() as after_the_bridge:
        notices = f'notices: [{{on: [outage-begins, outage-ends], url: "{url}"}}]'
        file = make_config(tmp_path, chart.url, more=notices).file
        file.write_text(
            file.read_text().replace(f"guid: {GUID},", f"guid: {GUID}, read_from: {json.dumps(addresses)},")
        )
        with running_bridge(load_config(file)) as bridge:
            for reader in bridge.readers:
                reader.poll()
            wait_until(lambda: len(heard) == 1)
            assert heard[0]["reason"] == "proxy-away"
            assert "The MedImage proxy 127.0.0.1 takes no connections" in heard[0]["sentence"]
            for port in ports:
                server = answering(port)
                after_the_bridge.callback(server.server_close)
                after_the_bridge.callback(server.shutdown)
            wait_until(lambda: [reader.poll() for reader in bridge.readers] and len(heard) == 2)
    assert [(each["kind"], each["practice"]) for each in heard] == [
        ("outage-begins", "clinic-a"),
        ("outage-ends", "clinic-a"),
    ]
    assert GUID not in json.dumps(heard)
