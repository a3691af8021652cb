"""A small client of the sandbox, for its tests."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from bridge.sandbox import SandboxServer

TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Chart:
    """Requests to one sandbox as one user."""

    server: SandboxServer
    username: str = "bridge"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.server.token(self.username)}"}

    def call(self, method: str, path: str, timeout: float = TIMEOUT_SECONDS, **options: Any) -> requests.Response:
        """One request under `/tscharts/v1/`, redirects not followed."""
        options.setdefault("headers", self.headers)
        url = f"{self.server.url}/tscharts/v1/{path}"
        return requests.request(method, url, timeout=timeout, allow_redirects=False, **options)

    def get(self, path: str) -> requests.Response:
        return self.call("GET", path)

    def post_image(self, data: str = "QUJD", timeout: float = TIMEOUT_SECONDS, **fields: object) -> requests.Response:
        body = {"patient": 1, "type": "Headshot", **fields, "data": data}
        return self.call("POST", "image/", timeout, json=body)


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether something comes true within some seconds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def raw_exchange(server: SandboxServer, request: bytes) -> bytes:
    """All bytes that the server answers to the given ones until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)
