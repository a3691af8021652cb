"""Where a chart server is, and as whom the bridge goes there."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from bridge.secret import Secret

_API = "/tscharts/v1"
_TOKEN = re.compile(r"[!-~]{1,256}", re.ASCII)


@dataclass(frozen=True)
class ChartAccount:
    """A chart server's address and either a token, or a username and password.

    `url` is the address up to, not including, `/tscharts/v1/`; a trailing slash, or that ending itself, is taken off.
    `verify_tls` is True, False, or the path of a file with the certificates to trust. `read_timeout_seconds` is long
    because the shipped server may take 120 s. `web_proxy` is `http://host:port`; without it no proxy is used, not
    even one that the environment names.

    Raises ValueError with one sentence when a value cannot be used.
    """

    url: str
    username: str | None = None
    password: Secret | None = None
    token: Secret | None = None
    verify_tls: bool | str = True
    connect_timeout_seconds: float = 10
    read_timeout_seconds: float = 150
    web_proxy: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _normalised(self.url))
        if self.web_proxy is not None and urlsplit(self.web_proxy).scheme != "http":
            raise ValueError("the web proxy must be written as http://host:port")
        if min(self.connect_timeout_seconds, self.read_timeout_seconds) <= 0:
            raise ValueError("the chart's timeouts must be more than 0 seconds")
        self._check_credentials()

    def _check_credentials(self) -> None:
        by_password = bool(self.username) and self.password is not None
        if by_password == (self.token is not None):
            raise ValueError("the chart account needs either a token, or a username and a password")
        if self.token is not None and not is_token(self.token.reveal()):
            raise ValueError("the chart token must be one word of plain letters and digits")

    @property
    def base(self) -> str:
        """The address that every request's path follows: `https://chart.example.org/tscharts/v1/`."""
        return f"{self.url}{_API}/"

    @property
    def origin(self) -> str:
        """Scheme, host and port, for messages: `https://chart.example.org`."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def is_token(text: str) -> bool:
    """Whether a text can stand in an `Authorization: Token` header: visible ASCII without spaces, at most 256."""
    return _TOKEN.fullmatch(text) is not None


def _normalised(url: str) -> str:
    parts = _split(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("the chart's address must not hold a username or password; give them separately")
    if parts.query or parts.fragment:
        raise ValueError("the chart's address must end before any ? or #")
    path = parts.path.rstrip("/").removesuffix(_API).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        (parts.hostname or "").encode("idna")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s\\\x00-\x1f]", url.strip()):
        raise ValueError("the chart's address must look like https://chart.example.org or http://192.168.1.10:8000")
    return parts
