"""Proof of being the bridge's admin: whoever can read the data folder can make tickets, and nobody else.

Where the photos are kept in a database, that is who can read the database: the key lies there, for all machines.

An address proves nothing: behind a web server on the same machine the whole internet comes from 127.0.0.1. So a key
lies in the data folder, and commands make tickets with it: for one use, within ten minutes.
"""

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self

from itsdangerous import BadData, URLSafeSerializer

from bridge.errors import BridgeError
from bridge.secret import Secret

KEY_FILE = "admission-key"
TICKET_SECONDS = 600
_KEY_BYTES = 32


class AdmissionError(BridgeError):
    """The key in the data folder cannot be used; check who may read and write that folder."""


class Purpose(StrEnum):
    """What a ticket is good for. One for codes opens no pages."""

    PAGES = "pages"
    PAIRING = "pairing"


class TicketBook(Protocol):
    """Remembers which tickets were used. For any thread. Times are seconds since 1970."""

    @property
    def since(self) -> int:
        """From when on every ticket that was used is remembered."""

    def is_first(self, name: str, now: int) -> bool:
        """Whether this ticket is shown for the first time; from now on it is not."""


class MemoryTickets:
    """A TicketBook of this process. It knows nothing of those taken by an earlier run of the bridge."""

    def __init__(self, now: int) -> None:
        self.since = now
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()

    def is_first(self, name: str, now: int) -> bool:
        """See TicketBook."""
        with self._lock:
            is_first, self._used = _used_up(self._used, name, now)
        return is_first


class SharedTickets:
    """A TicketBook of all bridges that have a note in common. `change` changes that note, one after the other."""

    since = 0

    def __init__(self, change: Callable[[Callable[[bytes], bytes]], object]) -> None:
        self._change = change

    def is_first(self, name: str, now: int) -> bool:
        """See TicketBook."""
        answers: list[bool] = []

        def use(note: bytes) -> bytes:
            is_first, used = _used_up(json.loads(note or b"{}"), name, now)
            answers.append(is_first)
            return json.dumps(used).encode()

        self._change(use)
        return answers[-1]


class Admission:
    """Makes and takes tickets with one key. For any thread. `now` gives seconds since 1970.

    Which tickets were used `tickets` remembers, in memory when nothing is given. Those made before it began to are
    refused: an earlier run of the bridge may have taken them already.
    """

    def __init__(self, key: bytes, now: Callable[[], float] = time.time, tickets: TicketBook | None = None) -> None:
        self._key = key
        self._now = now
        self._tickets = tickets or MemoryTickets(int(now()))

    @classmethod
    def in_folder(cls, data_folder: Path, now: Callable[[], float] = time.time) -> Self:
        """With the key of a data folder, which is made when there is none. Raises AdmissionError."""
        file = data_folder / KEY_FILE
        try:
            if not file.exists():
                data_folder.mkdir(0o700, parents=True, exist_ok=True)
                _make_key(file)
            key = file.read_bytes()
        except OSError as error:
            raise AdmissionError(
                f"The file {file} cannot be used ({error.strerror or type(error).__name__}); "
                "run this as the user that the bridge runs as."
            ) from error
        if len(key) != _KEY_BYTES:
            raise AdmissionError(f"The file {file} is damaged; remove it and start the bridge again, which makes one.")
        return cls(key, now)

    def ticket(self, purpose: Purpose) -> Secret:
        """A new ticket, of letters that can stand in an address."""
        return Secret(str(self._signer(purpose).dumps([secrets.token_urlsafe(12), int(self._now())])))

    def admits(self, ticket: Secret, purpose: Purpose) -> bool:
        """Whether this is a ticket for that, shown for the first time and in time. It is used up then."""
        try:
            name, made = self._signer(purpose).loads(ticket.reveal())
        except (BadData, ValueError):
            return False
        now = int(self._now())
        is_in_time = max(self._tickets.since, now - TICKET_SECONDS) <= made <= now
        return is_in_time and self._tickets.is_first(name, now)

    def derived_key(self, purpose: str) -> bytes:
        """32 bytes for another use, which tell nothing of the key."""
        return hmac.digest(self._key, f"derived:{purpose}".encode(), "sha256")

    def _signer(self, purpose: Purpose) -> URLSafeSerializer:
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(self._key, salt=f"ticket:{purpose}", signer_kwargs=options)


def _used_up(used: dict[str, int], name: str, now: int) -> tuple[bool, dict[str, int]]:
    """Whether a ticket is new, and which are used from now on, each until it is too old anyway."""
    recent = {each: until for each, until in used.items() if now <= until}
    return name not in recent, recent | {name: now + TICKET_SECONDS}


def _make_key(file: Path) -> None:
    """Whole or not at all; of two at once, the first one's stays."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(part, flags, 0o600), "wb") as made:
            made.write(secrets.token_bytes(_KEY_BYTES))
            made.flush()
            os.fsync(made.fileno())
        _give_name(part, file)
    finally:
        part.unlink(missing_ok=True)


def _give_name(part: Path, file: Path) -> None:
    """A second name for a file, if nothing has it. Some file systems (FAT) know no second names."""
    try:
        os.link(part, file)
    except FileExistsError:
        return
    except OSError:
        if not file.exists():
            part.replace(file)
