"""Where photos are read from a MedImage proxy, and how patiently: the settings of `ProxyReader`."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from bridge.errors import BridgeError
from bridge.imaging import Limits, Prepared, prepare
from bridge.settings import UploadSettings
from bridge.tags import GUID_PATTERN

_READ_PATH = re.compile(r"[!-~]*/read/([A-Za-z0-9]{16,20})/?", re.ASCII)
_KEPT_TIMES_LIMIT = 4
_ROOM_TIMES_KEPT = 2


class ProxyAddressError(BridgeError):
    """This is not the address of photos on a MedImage proxy; write it as https://host/read/GUID."""


@dataclass(frozen=True)
class ReadSource:
    """One practice's photos on a MedImage proxy: `url` is `https://host/read/GUID`, MedImage's own `readProxy`.

    `guid` is the practice's; the GUID of the address may be an older one of the same practice. `web_proxy` is
    `http://host:port`, or None to go there directly. `ca_file` holds the certificates to trust in place of the usual
    ones. Raises ProxyAddressError.
    """

    practice: str
    guid: str
    url: str
    web_proxy: str | None = None
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        parts = _split(self.url)
        if (
            not _READ_PATH.fullmatch(parts.path)
            or parts.query
            or parts.fragment
            or not GUID_PATTERN.fullmatch(self.guid)
        ):
            raise ProxyAddressError
        if self.web_proxy is not None and _split(self.web_proxy).scheme != "http":
            raise ProxyAddressError("The web proxy must be written as http://host:port.")

    @property
    def bucket(self) -> str:
        """The GUID at the end of the address, under which the proxy keeps these photos."""
        match = _READ_PATH.fullmatch(urlsplit(self.url).path)
        return match[1] if match else ""

    @property
    def host(self) -> str:
        """The proxy's name, for messages and the log: it holds no GUID."""
        return urlsplit(self.url).hostname or ""

    @property
    def key(self) -> str:
        """A file name that no other source has."""
        return source_key(self.practice, self.url)


def source_key(practice: str, url: str) -> str:
    """A name for a practice's photos at an address, fit for files, that no others have and that holds no GUID."""
    return hashlib.sha256(f"{practice} {url}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class ReadSettings:
    """How a proxy is read. `spool_folder` is a folder of the bridge's own, beside its photos. `prepare` proves
    a picture whole; the bridge gives the workshop's, as files of a proxy are as hostile as any.

    `answer_seconds` may pass until an answer begins, `stall_seconds` without a byte of it, and `transfer_seconds` in
    all. After a file, `settle_seconds` are given to the proxy to drop it, looking again after `look_again_seconds` and
    ever longer; one that it still offers is asked for again after `again_seconds`. While the proxy is away it is asked
    after `retry_first_seconds`, doubling up to `retry_longest_seconds`.
    """

    spool_folder: Path
    uploads: UploadSettings
    prepare: Callable[[bytes, Limits], Prepared] = prepare
    connect_seconds: float = 10
    answer_seconds: float = 60
    stall_seconds: float = 30
    transfer_seconds: float = 1800
    settle_seconds: float = 5
    look_again_seconds: float = 0.1
    again_seconds: float = 60
    retry_first_seconds: float = 5
    retry_longest_seconds: float = 300

    @property
    def kept_bytes(self) -> int:
        """How much of a file is kept. It is more than an upload may have: the proxy deletes what it has sent."""
        return _KEPT_TIMES_LIMIT * self.uploads.max_upload_bytes

    @property
    def room_bytes(self) -> int:
        """The free space without which no file is asked for: for the transfer, and for the store."""
        return _ROOM_TIMES_KEPT * self.kept_bytes


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ProxyAddressError from None
    if not usable or parts.username is not None or re.search(r"[\s\\\x00-\x1f]", url):
        raise ProxyAddressError
    return parts
