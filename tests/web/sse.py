"""Listens to a stream of server-sent events over a real socket."""

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from page_site import Browser


@dataclass
class Listener:
    """A stream that is open. `response` has its status and headers."""

    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse

    def next(self) -> dict[str, Any] | None:
        """The next message; None when the stream has ended. Signs of life are passed over."""
        while line := self.response.readline():
            if line.startswith(b"data: "):
                told: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                return told
        return None

    def until(self, seconds: float = 10.0, **wanted: int) -> tuple[dict[str, Any], float]:
        """The first message with these counts, and how many seconds it took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            told = self.next()
            assert told is not None, "the stream has ended"
            if wanted.items() <= told["counts"].items():
                return told, time.monotonic() - began
        raise AssertionError(f"no message with {wanted}")

    def until_line(self, photo: int) -> dict[str, Any]:
        """The first message with a line of this photo."""
        while told := self.next():
            if photo in [line["id"] for line in told["lines"]]:
                return told
        raise AssertionError("the stream has ended")


@contextlib.contextmanager
def listening(
    browser: Browser, path: str = "/today/live/?practice=clinic-a", seconds: float = 20
) -> Iterator[Listener]:
    """A stream, open for as long as the block runs."""
    connection = http.client.HTTPConnection("127.0.0.1", browser.port, timeout=seconds)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Cookie": cookies, "Accept": "text/event-stream"})
        with contextlib.closing(connection.getresponse()) as response:
            yield Listener(connection, response)
