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

_WRITE = re.compile(r"(?P<base>.*?)/write/(?P<guid>[A-Za-z0-9]{16,20})/?\Z", re.ASCII)
_TIMEOUT_SECONDS = (10, 120)
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
        if urlsplit(address).scheme not in ("http", "https"):
            raise SendError(f"`{address}` is not a server address; write it as http://host:5566/write/GUID.")
        match = _WRITE.match(address)
        return cls(match["base"], match["guid"]) if match else cls(address.rstrip("/"), None)

    def photo_name(self, tags: list[str], taken_at: datetime, extension: str) -> str:
        """A name as the app makes it: `#GUID-#123-#Headshot-21-Nov-2026-10-11-12.jpg`. Spaces become hyphens."""
        words = [f"#{tag.replace(' ', '-')}" for tag in ([self.guid] if self.guid else []) + tags]
        when = f"{taken_at.day:02}-{_MONTHS[taken_at.month - 1]}-{taken_at:%Y-%H-%M-%S}"
        return "-".join([*words, when]) + extension

    def send(self, file: Path, name: str, progress: Callable[[int], None] = lambda _bytes: None) -> None:
        """Send one file under a name; `progress` hears how many bytes went. Raises SendError unless it is stored.

        Only 200 counts: a MedImage server answers 206 when it did not store (contract/medimage.md, 1).
        """
        try:
            with file.open("rb") as photo:
                answer = self._post(_FormBody(photo, file.stat().st_size, name, progress))
        except OSError as error:
            raise SendError(f"{file} cannot be read ({error.strerror}); check the path.") from error
        if answer.status_code != requests.codes.ok:
            said = " ".join(answer.text.split())[:300]
            raise SendError(f"{file} was not stored; the server answered {answer.status_code}: {said or 'nothing'}")

    def is_in_chart(self, name: str) -> bool:
        """What `/check=` says of a sent photo: True when the phone may forget it. Raises SendError."""
        answer = self._ask("GET", f"/check={quote(name, safe='')}")
        return answer.status_code == requests.codes.ok and answer.text == "false"

    def _post(self, body: "_FormBody") -> requests.Response:
        return self._ask("POST", "/api/photo", data=body, headers={"Content-Type": body.content_type})

    def _ask(self, method: str, path: str, **options: object) -> requests.Response:
        try:
            with requests.Session() as session:
                session.trust_env = False
                return session.request(method, self.base + path, timeout=_TIMEOUT_SECONDS, **options)  # type: ignore[arg-type]
        except requests.RequestException as error:
            reason = type(error).__name__
            raise SendError(f"{self.base} does not answer ({reason}); check the address and the network.") from error


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
        self._left -= len(piece)
        self._progress(len(piece))
        if piece:
            return piece
        piece, self._tail = self._tail, b""
        return piece
