"""Bare threads that post prepared bodies to a chart, and read them back: the most that the chart can take."""

import contextlib
import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import prepare_post

WORKERS = 4
"""As many as a bridge sends at once by default."""

_TARGET = ChartTarget(patient=12, type=ImageType.XRAY, clinic=7, station=3)
_ROOT = "/tscharts/v1/"


@dataclass(frozen=True)
class PlainClient:
    """Talks to the chart on a port."""

    port: int
    token: str

    @classmethod
    def logged_in(cls, port: int) -> "PlainClient":
        """The bridge's own account."""
        login = json.dumps({"username": "bridge", "password": "bridge-pass"}).encode()
        return cls(port, json.loads(cls(port, "").ask("POST", "login/", login))["token"])

    def rate(self, picture: bytes, count: int, *, reads_back: bool) -> float:
        """Images a second that are posted, and read back and compared."""
        body, text = prepared(picture)

        def carry(_number: int) -> None:
            image_id = json.loads(self.ask("POST", "image/", body))["id"]
            assert not reads_back or json.loads(self.ask("GET", f"image/{image_id}/"))["data"] == text

        with ThreadPoolExecutor(WORKERS) as workers:
            began = time.perf_counter()
            list(workers.map(carry, range(count)))
            return count / (time.perf_counter() - began)

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """One request on a connection of its own, as tscharts closes each."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Token {self.token}"} if self.token else {}
        )
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            connection.request(method, f"{_ROOT}{path}", body, headers)
            response = connection.getresponse()
            content = response.read()
        assert response.status == 200, content[:200]
        return content


def prepared(picture: bytes) -> tuple[bytes, str]:
    """The body of a POST, and the text of the picture in it."""
    post = prepare_post(_TARGET, picture)
    return post.body, post.body[-2 - post.data_length : -2].decode()
