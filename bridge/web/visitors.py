"""Who looks at the pages: how people come in, and what they may see. Knows no web framework.

The admin comes with a ticket (`bridge.admission`) and sees all practices. The people of a practice come with its shared
password and see that one alone.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.admission import Admission, Purpose
from bridge.asking import network_of
from bridge.passwords import is_password
from bridge.secret import Secret
from bridge.web.guessing import GuessGuard, Judgement
from bridge.web.settings import PagePractice, PageSettings

SESSION_SECONDS = 12 * 3600
"""A day at a clinic."""

_MOST_ENDED = 10_000
_TELL_SECONDS = 60

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in: the people of a practice, or, with None, the bridge's admin."""

    practice: str | None

    @property
    def is_admin(self) -> bool:
        """Whether every practice is theirs to see."""
        return self.practice is None

    def may_see(self, practice: str) -> bool:
        """Whether they may know of this practice at all."""
        return self.practice in (None, practice)


class FrontDesk:
    """Lets people in. What it remembers of them is a record of plain values that the caller keeps out of their hands,
    in a signed cookie; and, until they would have run out, which of these sessions were ended. For any thread. `now`
    gives seconds since 1970.
    """

    def __init__(self, settings: PageSettings, admission: Admission, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._admission = admission
        self._now = now
        self._guard = GuessGuard(now)
        self._tell_at = now()
        self._ended: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def takes_passwords(self) -> bool:
        """Whether any practice has a password."""
        return any(practice.password_hash for practice in self._settings.practices)

    @property
    def only_practice(self) -> str | None:
        """The practice whose password is meant when no name is typed: the only one of this bridge."""
        names = [practice.name for practice in self._settings.practices]
        return names[0] if len(names) == 1 else None

    def record_for_ticket(self, ticket: Secret) -> dict[str, Any] | None:
        """A record of the admin, or None when this is no ticket, or one that was used or ran out."""
        if not self._admission.admits(ticket, Purpose.PAGES):
            return None
        _log.info("event=signed-in who=admin")
        return self._record(None, "")

    def judge(self, practice: str, password: Secret, address: str) -> Judgement:
        """Whether a password is the practice's. A practice that is not here takes as long, and counts as much."""
        known = self._settings.practice(practice)
        kept = known.password_hash if known else None
        judgement = self._guard.judge(network_of(address), practice, lambda: is_password(password, kept))
        if judgement is Judgement.WRONG:
            self._tell_wrong(known)
        return judgement

    def record_for_practice(self, practice: str) -> dict[str, Any]:
        """A record of a practice's people, whose password was right. Raises KeyError for one that is not here."""
        known = self._settings.practice(practice)
        if known is None:
            raise KeyError(practice)
        _log.info("event=signed-in practice=%s", practice)
        return self._record(practice, _mark(known))

    def visitor(self, record: Mapping[str, Any]) -> Visitor | None:
        """Who this is, or None: nobody, for too long, or with a password that is the practice's no more."""
        if not {"session", "until"} <= record.keys() or record["session"] in self._ended:
            return None
        if self._now() >= record["until"]:
            return None
        if record["practice"] is None:
            return Visitor(None)
        known = self._settings.practice(record["practice"])
        is_current = known is not None and known.password_hash is not None and record["mark"] == _mark(known)
        return Visitor(record["practice"]) if is_current else None

    def end(self, record: Mapping[str, Any]) -> None:
        """Let nobody in with this record any more, who may have kept a copy of its cookie."""
        if self.visitor(record) is None:
            return
        now = self._now()
        with self._lock:
            recent = {session: until for session, until in self._ended.items() if now < until}
            recent[record["session"]] = record["until"]
            self._ended = dict(list(recent.items())[-_MOST_ENDED:])

    def _tell_wrong(self, practice: PagePractice | None) -> None:
        """Of names that are not here, which anyone can send, one line a minute: they would fill the log."""
        if practice is not None:
            _log.warning("event=password-wrong practice=%s", practice.name)
            return
        now = self._now()
        with self._lock:
            is_due = now >= self._tell_at
            self._tell_at = now + _TELL_SECONDS if is_due else self._tell_at
        if is_due:
            _log.warning("event=password-wrong")

    def _record(self, practice: str | None, mark: str) -> dict[str, Any]:
        until = int(self._now()) + SESSION_SECONDS
        return {"session": secrets.token_urlsafe(12), "practice": practice, "mark": mark, "until": until}


def _mark(practice: PagePractice) -> str:
    """What changes with the password, and tells nothing of it."""
    return hashlib.sha256(f"{practice.name}\0{practice.password_hash}".encode()).hexdigest()[:32]
