"""A running JSON door in front of sandboxes, over real sockets, with a real store and real picture workers."""

import contextlib
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pybase64
import requests
from charting_site import DIRECT_BYTES, relay_to
from flask import Blueprint, Response, request
from memory_names import MemoryNames
from PIL import Image

from bridge.app import create_app
from bridge.charting import Access, Chart, ChartingSettings, Charts, FixedLimit, StaffSettings
from bridge.charting.catalogue import Catalogue
from bridge.charting.file_cache import FileCache
from bridge.charting.json_door import Handbook, Operation, json_blueprint, reading_operations
from bridge.charting.kept import KeptAudit
from bridge.charting.noting import Notes
from bridge.charting.thumbnails import PreviewMaker, Thumbnails
from bridge.imaging import Workshop
from bridge.photos import AuditRecord, SqliteStore
from bridge.sandbox import SandboxServer
from bridge.server import WebServer
from bridge.settings import ServerSettings
from noted import noted

PROBLEM = "application/problem+json"
COUNTER = itertools.count()


@dataclass
class JsonSite:
    """A door's address, and what is behind it. `undocumented` are answers with a status that the document lacks."""

    port: int
    store: SqliteStore
    thumbnails: Path
    handbook: Handbook
    undocumented: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, token: str | None = None, prefix: str = "", **options: Any
    ) -> requests.Response:
        """One request under `/api/v1/`, redirects not followed."""
        headers = options.pop("headers", {})
        if token is not None:
            headers = {"Authorization": f"Token {token}", **headers}
        options.setdefault("timeout", 20)
        return requests.request(
            method, f"{self.url}{prefix}/api/v1/{path}", headers=headers, allow_redirects=False, **options
        )

    def audited(self) -> list[AuditRecord]:
        """What people did, the oldest first."""
        return noted(self.store)


@contextlib.contextmanager
def running_json_door(
    charts: dict[str, SandboxServer | str],
    folder: Path,
    workshop: PreviewMaker | None = None,
    *,
    staff: StaffSettings | None = None,
    more: Callable[[SqliteStore], Sequence[Operation]] = lambda _store: (),
    cache_bytes: int = 10_000_000,
    threads: int = 24,
) -> Iterator[JsonSite]:
    """A door that serves until the block ends; then every answer must have been one that its document names."""
    relays = {name: relay_to(each if isinstance(each, str) else each.url) for name, each in charts.items()}
    known = Charts([Chart(frozenset({name}), relay, FixedLimit(DIRECT_BYTES)) for name, relay in relays.items()])
    with contextlib.ExitStack() as opened:
        store = opened.enter_context(contextlib.closing(SqliteStore(folder)))
        maker = workshop or opened.enter_context(Workshop(workers=1))
        access = Access(staff or StaffSettings(), MemoryNames())
        cache = FileCache(folder / "thumbnails", cache_bytes)
        thumbnails = Thumbnails(Catalogue(store), maker, cache)
        operations = reading_operations(access, store, Notes(KeptAudit(store)), thumbnails)
        handbook = Handbook([*operations, *more(store)])
        site = JsonSite(0, store, folder / "thumbnails", handbook)
        door = json_blueprint(handbook.operations, known, access, ChartingSettings())
        web = WebServer(create_app([door, _watching(site)]), ServerSettings("127.0.0.1", 0, threads, 30))
        web.start()
        site.port = web.port
        try:
            yield site
        finally:
            web.stop()
            for relay in relays.values():
                relay.close()
    assert site.undocumented == []


def _watching(site: JsonSite) -> Blueprint:
    """Compares each answer of an operation with the document."""
    watcher = Blueprint("watcher", __name__)

    @watcher.after_app_request
    def compare(response: Response) -> Response:
        name = re.sub(r"\d$", "", (request.endpoint or "").removeprefix("json_door."))
        for operation in site.handbook.operations:
            statuses = {each.status for each in operation.answers} | set(operation.refusal_statuses)
            if operation.name == name and response.status_code not in statuses:
                site.undocumented.append(f"{operation.name} {response.status_code}")
        return response

    return watcher


def picture(width: int = 320, height: int = 200, kind: str = "JPEG", colour: object = None) -> bytes:
    """A picture that no other call gives."""
    number = next(COUNTER)
    image = Image.new("RGB", (width, height), colour or (number % 256, number // 256 % 256, 90))
    with io.BytesIO() as file:
        image.save(file, kind)
        return file.getvalue()


def posted(chart: SandboxServer, data: bytes | str, patient: int = 1, **fields: object) -> int:
    """An image in the chart, its data as it is or encoded."""
    text = data if isinstance(data, str) else pybase64.b64encode(data).decode()
    body = {"patient": patient, "type": "Headshot", "data": text, **fields}
    answer = requests.post(
        f"{chart.url}/tscharts/v1/image/",
        json=body,
        headers={"Authorization": f"Token {chart.token('bridge')}"},
        timeout=20,
    )
    assert answer.status_code == 200
    return int(answer.json()["id"])


def deleted(chart: SandboxServer, image_id: int) -> None:
    """An image that goes without the bridge's doing."""
    headers = {"Authorization": f"Token {chart.token('bridge')}"}
    assert requests.delete(f"{chart.url}/tscharts/v1/image/{image_id}/", headers=headers, timeout=20).status_code == 200


def got(site: JsonSite, chart: SandboxServer, path: str, **options: object) -> requests.Response:
    """What the door answers to the chart account of the bridge."""
    return site.ask("GET", path, chart.token("bridge"), **options)


def data_asked(chart: SandboxServer) -> int:
    """How often the chart was asked for an image with its data. Image 0 is asked for to judge tokens."""
    asked = [each.path for each in chart.requests if each.method == "GET" and "/image/" in each.path]
    return sum(path[-2].isdigit() and not path.endswith("/image/0/") for path in asked)
