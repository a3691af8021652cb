"""Which phones sent lately, and how many photos: told apart for a day, and known by no name.

Uploads are counted in memory, and written every few seconds, for all bridges of the store, into one note of each
practice. There a phone is a keyed hash of its address and user agent, under a key that is made for the day and thrown
away with it; of the days before, hashes are not kept at all. So nobody can tell from it where somebody was, and not
whether a phone of today is one of yesterday's.
"""

import hashlib
import hmac
import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bridge.asking import asking_address
from bridge.photos import StoreError

DAYS = 3
"""Days with photos that are kept, the newest."""

MOST_SENDERS = 200
"""Senders of a practice that are told apart on one day; further ones count as one."""

_log = logging.getLogger(__name__)
_MOST_WAITING = 2000
_LONGEST_TEXT = 300
_OTHERS = "others"
_KINDS = (("ipad", "ipad"), ("iphone", "iphone"), ("android", "android"), ("mozilla", "computer"))


class SenderKind(StrEnum):
    """What a sender seems to be, by what it calls itself. OTHER may be a program, or a phone that says nothing."""

    ANDROID = "android"
    IPHONE = "iphone"
    IPAD = "ipad"
    COMPUTER = "computer"
    OTHER = "other"


@dataclass(frozen=True)
class Sender:
    """One phone, as far as it can be told apart: the `number`th of its kind that day, how many photos it sent, and when
    the last one came (UTC, to a few seconds). Number 0: all that came after `MOST_SENDERS` others.
    """

    kind: SenderKind
    number: int
    photos: int
    last_at: datetime


@dataclass(frozen=True)
class SenderDay:
    """A day of the clinic, and the senders of that day, the one that sent last first."""

    day: date
    senders: tuple[Sender, ...]


class SharedNotes(Protocol):
    """Small notes that all bridges of a store have in common. Raises StoreError."""

    def shared_note(self, name: str) -> bytes:
        """What stands in a note; b"" when it was never written."""

    def change_shared(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
        """Change a note, one bridge after the other."""


_Seen = tuple[str, str, str, str]
"""A practice, and what an upload's request tells: the other end's address, X-Forwarded-For, and the user agent."""


class Senders:
    """Counts who sends. For any thread. `zones` are the practices' time zones, `web_servers` the addresses of web
    servers in front of the bridge; `now` gives aware times.
    """

    def __init__(
        self,
        notes: SharedNotes,
        zones: Mapping[str, ZoneInfo],
        web_servers: frozenset[str],
        now: Callable[[], datetime],
    ) -> None:
        self._notes = notes
        self._zones = zones
        self._web_servers = web_servers
        self._now = now
        self._lock = threading.Lock()
        self._waiting: dict[_Seen, int] = {}

    def sent(self, practice: str, address: str, forwarded_for: str, user_agent: str) -> None:
        """A photo of a practice was taken from here. Costs one change of a dict: uploads wait for it."""
        seen = (practice, address, forwarded_for[:_LONGEST_TEXT], user_agent[:_LONGEST_TEXT])
        with self._lock:
            if seen not in self._waiting and len(self._waiting) >= _MOST_WAITING:
                seen = (practice, "", "", "")
            self._waiting[seen] = self._waiting.get(seen, 0) + 1

    def write(self) -> None:
        """Add what came since to the notes. What cannot be written now is written next time."""
        with self._lock:
            taken, self._waiting = self._waiting, {}
        for practice in sorted({seen[0] for seen in taken}):
            own = {seen: count for seen, count in taken.items() if seen[0] == practice}
            try:
                self._notes.change_shared(_name(practice), partial(self._added, practice, own, self._now()))
            except StoreError as error:
                _log.warning("event=senders-not-written practice=%s reason=%r", practice, str(error))
                self._put_back(own)

    def _put_back(self, counts: Mapping[_Seen, int]) -> None:
        with self._lock:
            for seen, count in counts.items():
                self._waiting[seen] = self._waiting.get(seen, 0) + count

    def _added(self, practice: str, own: Mapping[_Seen, int], now: datetime, note: bytes) -> bytes:
        days = _days_with(_read(note), now.astimezone(self._zones[practice]).date())
        for (_, address, forwarded_for, user_agent), count in own.items():
            asking = asking_address(address, forwarded_for, self._web_servers)
            _count(days[-1], f"{asking}\0{user_agent}", kind_of(user_agent), count, now)
        return json.dumps({"days": days}, separators=(",", ":")).encode()


def senders_lately(notes: SharedNotes, practice: str) -> list[SenderDay]:
    """The last days with photos of a practice, the newest first. Raises StoreError."""
    days = _read(notes.shared_note(_name(practice)))
    return sorted((_shown(day) for day in days), key=lambda each: each.day, reverse=True)


def kind_of(user_agent: str) -> SenderKind:
    """What calls itself so."""
    text = user_agent.lower()
    return next((SenderKind(kind) for word, kind in _KINDS if word in text), SenderKind.OTHER)


def _name(practice: str) -> str:
    return f"senders of {practice}"


def _read(note: bytes) -> list[dict[str, Any]]:
    days: list[dict[str, Any]] = json.loads(note)["days"] if note else []
    return days


def _days_with(days: list[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    """The days to keep, today the last. All others lose their key, and what was made with it."""
    kept = [_closed(each) for each in days if each["day"] != today.isoformat()]
    known = [each for each in days if each["day"] == today.isoformat()]
    current = known[0] if known else {"day": today.isoformat(), "closed": [], "open": {}}
    current.setdefault("key", secrets.token_hex(16))
    return [*kept[1 - DAYS :], current]


def _closed(day: dict[str, Any]) -> dict[str, Any]:
    return {"day": day["day"], "closed": [*day["closed"], *day["open"].values()], "open": {}}


def _count(day: dict[str, Any], who: str, kind: SenderKind, count: int, now: datetime) -> None:
    digest = hmac.new(bytes.fromhex(day["key"]), who.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]
    if digest not in day["open"] and len(day["open"]) + len(day["closed"]) >= MOST_SENDERS:
        digest, kind = _OTHERS, SenderKind.OTHER
    of_kind = [each for each in _all(day) if each["kind"] == kind.value]
    number = 0 if digest == _OTHERS else 1 + max((each["number"] for each in of_kind), default=0)
    sender = day["open"].setdefault(digest, {"kind": kind.value, "number": number, "photos": 0})
    sender |= {"photos": sender["photos"] + count, "last_at": now.isoformat()}


def _all(day: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return [*day["closed"], *day["open"].values()]


def _shown(day: dict[str, Any]) -> SenderDay:
    senders = [
        Sender(SenderKind(each["kind"]), each["number"], each["photos"], datetime.fromisoformat(each["last_at"]))
        for each in _all(day)
    ]
    return SenderDay(
        date.fromisoformat(day["day"]), tuple(sorted(senders, key=lambda each: each.last_at, reverse=True))
    )
