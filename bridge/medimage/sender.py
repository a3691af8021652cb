"""Sends photos as a phone does: to this bridge, or to any MedImage server."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

import requests

from bridge.errors import BridgeError

_WRITE = re.compile(r"(?P<base>.*?)/write/(?P<guid>[A-Za-z0-9]{16,20})/?", re.ASCII)
_TIMEOUT_SECONDS = (10, 120)
_ANSWER_BYTES = 16 * 1024
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SendError(BridgeError):
    """The photo could not be sent; check the address and the network."""


@dataclass(frozen=True)
class PhotoServer:
    """Where photos are sent: a base address, and the practice's guid when the pairing address has one."""

    base: str
    guid: str | None

    @classmethod
    def at(cls, address: str) -> "PhotoServer":
        """From `http://host:port` or a pairing address `http://host:port/write/GUID`. Raises SendError."""
        if not _is_address(address):
            raise SendError(f"`{address}` is not a server address; write it as http://host:5566/write/GUID.")
        match = _WRITE.fullmatch(address)
        if match is None and "/write/" in address:
            raise SendError(f"`{address}` has no clinic code; after /write/ come its 16 to 20 letters and digits.")
        return cls(match["base"], match["guid"]) if match else cls(address.rstrip("/"), None)

    def photo_name(self, tags: list[str], taken_at: datetime, extension: str) -> str:
        """A name as the app makes it: `#GUID-#123-#Headshot-21-Nov-2026-10-11-12.jpg`. Spaces become hyphens."""
        words = [f"#{_word(tag)}" for tag in ([self.guid] if self.guid else []) + tags]
        when = f"{taken_at.day:02}-{_MONTHS[taken_at.month - 1]}-{taken_at:%Y-%H-%M-%S}"
        return "-".join([*words, when]) + _word(extension)

    def send(self, file: Path, name: str, progress: Callable[[int], None] = lambda _bytes: None) -> None:
        """Send one file under a name; `progress` hears how many bytes went. Raises SendError unless it is stored.

        Only 200 counts: a MedImage server answers 206 when it did not store (contract/medimage.md, 1). A web page with
        200 is a network's sign-in page.
        """
        try:
            with file.open("rb") as photo:
                answer = self._ask("POST", "/api/photo", _FormBody(photo, file.stat().st_size, name, progress))
        except OSError as error:
            raise SendError(f"{file} cannot be read ({error.strerror}); check the path.") from error
        if answer.is_page:
            raise SendError(
                f"{file} was not stored; at {self.base} no photo server answered but a web page: "
                "check the address, and sign in to the network if it asks for that."
            )
        if answer.status != requests.codes.ok:
            raise SendError(f"{file} was not stored; the server answered {answer.status}: {answer.text or 'nothing'}")

    def is_in_chart(self, name: str) -> bool:
        """What `/check=` says of a sent photo: True when the phone may forget it. Raises SendError."""
        answer = self._ask("GET", f"/check={quote(name, safe='')}")
        return answer.status == requests.codes.ok and answer.text == "false"

    def _ask(self, method: str, path: str, body: "_FormBody | None" = None) -> "_Answer":
        headers = {"Content-Type": body.content_type} if body else {}
        try:
            with requests.Session() as session:
                session.trust_env = False
                with session.request(
                    method,
                    self.base + path,
                    data=body,
                    headers=headers,
                    timeout=_TIMEOUT_SECONDS,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    return _answer(response)
        except requests.RequestException as error:
            raise SendError(f"{self.base} {_trouble(error)}; check the address and the network.") from error


@dataclass(frozen=True)
class _Answer:
    status: int
    text: str
    is_page: bool


def _answer(response: requests.Response) -> _Answer:
    """The first of what a server says, on one line."""
    said: bytes = next(response.iter_content(_ANSWER_BYTES), b"")
    text = " ".join(said.decode("utf-8", "replace").split())[:300]
    return _Answer(response.status_code, text, text.startswith("<"))


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna")
        plain = not (parts.username or parts.password or parts.query or parts.fragment or re.search(r"[\s\\]", text))
        return parts.scheme in ("http", "https") and bool(host) and parts.port != 0 and plain
    except ValueError:
        return False


def _word(text: str) -> str:
    """A text as it can stand in a file name: white space as hyphens, nothing that cannot be seen."""
    return "".join(letter for letter in re.sub(r"\s+", "-", text.strip()) if letter.isprintable())


def _trouble(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "does not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "makes no secure connection that this machine trusts"
    return "cannot be reached, or broke off"


class _FormBody:
    """A multipart body with one file, read as it is sent; requests takes its length for Content-Length."""

    def __init__(self, photo: BinaryIO, size_bytes: int, name: str, progress: Callable[[int], None]) -> None:
        boundary = secrets.token_hex(16)
        quoted = name.replace("\\", "").replace('"', "%22")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file1"; filename="{quoted}"\r\n\r\n'
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = head.encode()
        self._photo = photo
        self._left = size_bytes
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._progress = progress
        self._length = len(self._head) + size_bytes + len(self._tail)

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        """The next piece; b"" at the end."""
        if self._head:
            piece, self._head = self._head, b""
            return piece
        piece = self._photo.read(min(self._left, size if size > 0 else self._left))
        if self._left and not piece:
            raise SendError("The file became shorter while it was sent; send it again.")
        self._left -= len(piece)
        self._progress(len(piece))
        if piece:
            return piece
        piece, self._tail = self._tail, b""
        return piece
