"""A running tscharts-shaped door in front of sandboxes, over real sockets."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from memory_doors import MemoryAudit, MemoryRepeats
from memory_names import MemoryNames

from bridge.app import create_app
from bridge.charting import (
    Access,
    BodyLimit,
    Chart,
    ChartingSettings,
    Charts,
    FixedLimit,
    PictureMaker,
    ShapedDoorSettings,
    StaffSettings,
    charting_blueprint,
)
from bridge.sandbox import SandboxServer
from bridge.secret import Secret
from bridge.server import WebServer
from bridge.settings import ServerSettings
from bridge.tscharts import ChartAccount, ChartRelay

DIRECT_BYTES = 2_621_440
ALL_OFF = ShapedDoorSettings(refuse_wrong_numbers=False, refuse_everyone=False, repeats_once=False, fit_pictures=False)


@dataclass
class Site:
    """A door's address, and what it remembered."""

    port: int
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    relays: list[ChartRelay] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, token: str | None = None, prefix: str = "", **options: Any
    ) -> requests.Response:
        """One request under `/tscharts/v1/`, redirects not followed."""
        headers = options.pop("headers", {})
        if token is not None:
            headers = {"Authorization": f"Token {token}", **headers}
        options.setdefault("timeout", 20)
        url = f"{self.url}{prefix}/tscharts/v1/{path}"
        return requests.request(method, url, headers=headers, allow_redirects=False, **options)

    def post(self, token: str, **fields: object) -> requests.Response:
        """One image POST."""
        return self.ask("POST", "image/", token, json={"patient": 1, "type": "Headshot", "data": "QUJD", **fields})


def relay_to(url: str, read_timeout_seconds: float = 20) -> ChartRelay:
    """A relay to a chart, by an account whose own token no chart knows."""
    account = ChartAccount(url, token=Secret("unused"), read_timeout_seconds=read_timeout_seconds)
    return ChartRelay(account)


@contextlib.contextmanager
def running_door(
    charts: dict[str, SandboxServer | str],
    *,
    door: ShapedDoorSettings | None = None,
    staff: StaffSettings | None = None,
    limit: BodyLimit | None = None,
    pictures: PictureMaker | None = None,
    audit: MemoryAudit | None = None,
    read_timeout_seconds: float = 20,
    web_servers: frozenset[str] = frozenset(),
    clock: Callable[[], float] | None = None,
    threads: int = 24,
    max_upload_bytes: int = 32 * 1024 * 1024,
) -> Iterator[Site]:
    """A door that serves until the block ends. `charts` are the practices and their chart servers."""
    settings = ChartingSettings(door or ShapedDoorSettings(), web_servers, max_upload_bytes)
    relays = {
        name: relay_to(each if isinstance(each, str) else each.url, read_timeout_seconds)
        for name, each in charts.items()
    }
    known = Charts(
        [Chart(frozenset({name}), relay, limit or FixedLimit(DIRECT_BYTES)) for name, relay in relays.items()],
        settings.door.default_practice,
    )
    site = Site(0, audit or MemoryAudit(), list(relays.values()))
    blueprint = charting_blueprint(
        settings,
        known,
        access=Access(staff or StaffSettings(), MemoryNames()),
        audit=site.audit,
        repeats=MemoryRepeats(clock) if clock else MemoryRepeats(),
        pictures=pictures,
    )
    web = WebServer(create_app([blueprint]), ServerSettings("127.0.0.1", 0, threads, 30))
    web.start()
    site.port = web.port
    try:
        yield site
    finally:
        web.stop()
        for relay in relays.values():
            relay.close()
