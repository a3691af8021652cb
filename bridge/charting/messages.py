"""A request to the tscharts-shaped door and an answer to it, as plain values; knows no web framework."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import IO

from bridge.charting.refusals import PROBLEM_TYPE, RefusedError
from bridge.tscharts import RelayAnswer, RelayRequest

_PASSED_ON = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "If-None-Match",
    "Origin",
    "Range",
    "User-Agent",
)
"""No Cookie: it is the bridge's own session's. No Accept-Encoding: tscharts compresses nothing."""

_NOT_PASSED_BACK = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "server",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""What is of one connection; and the chart's cookies, which would stand beside the bridge's own."""

_ROOT = "/tscharts/v1/"
_PAGE_HEADERS = (
    ("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'"),
    ("X-Content-Type-Options", "nosniff"),
)
"""On the pages that tscharts makes for browsers: they come from the bridge's address, and may run nothing there."""

_IMAGE = re.compile(r"image/0*([0-9]{1,18})/?", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """A request. `path` follows `/tscharts/v1/`, decoded and without dot segments; `query` is as it was sent; `headers`
    have names in lower case; `file` holds the body, `body_bytes` long; `network` is what wrong passwords are counted
    by; `prefix` is what stands before `/tscharts/v1/`.
    """

    method: str
    path: str = field(repr=False)
    query: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    file: IO[bytes] | None = field(default=None, repr=False)
    body_bytes: int = 0
    chunked: bool = False
    network: str = field(default="unknown", repr=False)
    prefix: str = ""

    @property
    def resource(self) -> str:
        """The word that names the resource."""
        return self.path.partition("/")[0]

    @property
    def image_id(self) -> int | None:
        """The image whose own address this is, None for any other address. Of zeros before it, and of a slash after it,
        tscharts makes nothing.
        """
        match = _IMAGE.fullmatch(self.path)
        return int(match[1]) if match else None

    @property
    def authorization(self) -> str:
        """The header, "" when there is none."""
        return self.headers.get("authorization", "")

    def body(self) -> bytes:
        """The whole body."""
        if self.file is None:
            return b""
        self.file.seek(0)
        return self.file.read()

    def request(self, body: bytes | None = None) -> RelayRequest:
        """The request to pass on, with this body."""
        path = f"{self.path}?{self.query}" if self.query else self.path
        return RelayRequest(self.method, path, self._headers(_PASSED_ON), body, self.chunked and body is not None)

    def aside(self, method: str, path: str) -> RelayRequest:
        """Another request, with the same caller's token."""
        headers = (*self._headers(("Authorization",)), ("Accept", "application/json"))
        return RelayRequest(method, path, headers)

    def _headers(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self.headers[name.lower()]) for name in names if name.lower() in self.headers)


@dataclass(frozen=True)
class Reply:
    """An answer. `pieces` are its body; `close` is to be called when they went out, or nobody wants them any more."""

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: Iterable[bytes] = field(default=(), repr=False)
    reason: str = ""
    close: Callable[[], None] = field(default=lambda: None, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether what was asked for is in it."""
        return 200 <= self.status < 300

    def with_body(self, pieces: Iterable[bytes], close: Callable[[], None] | None = None) -> "Reply":
        """The same answer with its body from elsewhere, to be closed by `close`."""
        return replace(self, pieces=pieces, close=close or self.close)


def passed_on(answer: RelayAnswer, asked: Asked, root: str) -> Reply:
    """The chart's answer as the caller's. `root` is the path of the chart's own `/tscharts/v1/`. Raises RefusedError
    for a redirect that leaves the chart: whatever made it (a network's sign-in page), the caller is not sent there.
    """
    headers = [each for each in answer.headers if each[0].lower() not in _NOT_PASSED_BACK]
    location = answer.header("Location")
    if location:
        with closed_on_error(answer.close):
            there = _place(location, asked.prefix, root)
        headers = [(name, there if name.lower() == "location" else value) for name, value in headers]
    if answer.header("Content-Type").lower().startswith("text/html"):
        headers += _PAGE_HEADERS
    return Reply(answer.status, tuple(headers), answer.pieces(), answer.reason, answer.close)


@contextmanager
def closed_on_error(close: Callable[[], None]) -> Iterator[None]:
    """Close an answer that will not go out after all."""
    try:
        yield
    except BaseException:
        close()
        raise


def refused(refusal: RefusedError) -> Reply:
    """A refusal as an answer."""
    body = refusal.body()
    headers = (("Content-Type", PROBLEM_TYPE), ("Content-Length", str(len(body))), *refusal.headers)
    return Reply(refusal.status, headers, (body,))


def _place(location: str, prefix: str, root: str) -> str:
    if not location.startswith(root):
        raise RefusedError(502, "Something between the bridge and the chart answered; tell the clinic's admin.")
    return f"{prefix}{_ROOT}{location.removeprefix(root)}"
