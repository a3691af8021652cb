"""Who looks at the pages: how people come in, and what they may see. Knows no web framework.

The admin comes with a ticket (`bridge.admission`) and sees all practices. The people of a practice come with its shared
password and see that one alone. Staff come with their account of the chart, which opens what is the chart's; those whom
the config names see the practices of their chart, too. One browser may hold a ticket's or a practice's session beside
an account.
"""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bridge.admission import Admission, Purpose
from bridge.asking import network_of
from bridge.passwords import is_password
from bridge.secret import Secret
from bridge.web.ended_sessions import EndedSessions
from bridge.web.guessing import GuessGuard, Judgement
from bridge.web.settings import PagePractice, PageSettings
from bridge.web.staff import Seal, SignedIn, Staff

SESSION_SECONDS = 12 * 3600
"""A day at a clinic."""

_TELL_SECONDS = 60

_log = logging.getLogger(__name__)


class Who(Enum):
    """Whom a page is for. ANY: everybody who may see a practice (by ticket, by a practice's password, or named staff).
    STAFF: everybody with an account of the chart. NAMED: those of them whom the config names. ADMIN: by ticket, or as
    one of `staff.admins`.
    """

    ANY = "any"
    STAFF = "staff"
    NAMED = "named"
    ADMIN = "admin"


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in. `practice` is the one whose password they gave. `is_admin`: the bridge's admin, by
    ticket, to whom every practice is open. `staff` is their account of the chart, if they gave one.
    """

    practice: str | None
    is_admin: bool = False
    staff: Staff | None = None
    _practices: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, practice: str | None, is_admin: bool, staff: Staff | None) -> "Visitor":
        """With the practices that are theirs to see."""
        own = frozenset() if practice is None else frozenset({practice})
        return cls(practice, is_admin, staff, own | (staff.practices if staff and staff.is_named else frozenset()))

    def may_see(self, practice: str) -> bool:
        """Whether they may know of this practice at all."""
        return self.is_admin or practice in self._practices

    def may_come(self, who: Who) -> bool:
        """Whether a page for `who` is for them."""
        if who is Who.ANY:
            return self.is_admin or bool(self._practices)
        if who is Who.ADMIN:
            return self.is_admin or (self.staff is not None and self.staff.is_admin)
        return self.staff is not None and (who is Who.STAFF or self.staff.is_named)


class FrontDesk:
    """Lets people in. What it remembers of them is a record of plain values that the caller keeps out of their hands,
    in a signed cookie; `ended` remembers which of these sessions were ended. For any thread. `now` gives seconds since
    1970.
    """

    def __init__(
        self,
        settings: PageSettings,
        admission: Admission,
        staff_of: Callable[[SignedIn], Staff | None],
        ended: EndedSessions,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._staff_of = staff_of
        self._seal = Seal(admission.derived_key("staff"), SESSION_SECONDS, now)
        self._admission = admission
        self._now = now
        self._guard = GuessGuard(now)
        self._tell_at = now()
        self._ended = ended
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
        return self._record(practice=None, mark="")

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
        return self._record(practice=practice, mark=_mark(known))

    def record_for_account(self, account: SignedIn) -> dict[str, Any]:
        """A record of somebody whom the chart let in; what the chart gave them is sealed in it."""
        _log.info("event=signed-in who=staff")
        return self._record(account=self._seal.sealed(account))

    def visitor(self, record: Mapping[str, Any], account: Mapping[str, Any] | None = None) -> Visitor | None:
        """Who this is, by their record from a ticket or a practice's password, and by that of their account; None:
        nobody, for too long, or with a password that is the practice's no more.
        """
        is_here = self._is_current(record)
        staff = self._staff(account or {})
        if not is_here and staff is None:
            return None
        practice = record["practice"] if is_here else None
        return Visitor.of(practice, is_here and practice is None, staff)

    def end(self, record: Mapping[str, Any]) -> None:
        """Let nobody in with this record any more, who may have kept a copy of its cookie."""
        if self.stands(record):
            self._ended.add(record["session"], record["until"])

    def stands(self, record: Mapping[str, Any]) -> bool:
        """Whether this session has neither ended nor run out. Quick; whose it is, `visitor` says."""
        if not {"session", "until"} <= record.keys() or self._now() >= record["until"]:
            return False
        return record["session"] not in self._ended

    def _is_current(self, record: Mapping[str, Any]) -> bool:
        """Whether a record from a ticket or a practice's password still lets somebody in."""
        if not self.stands(record) or "practice" not in record:
            return False
        if record["practice"] is None:
            return True
        known = self._settings.practice(record["practice"])
        return known is not None and known.password_hash is not None and record["mark"] == _mark(known)

    def _staff(self, record: Mapping[str, Any]) -> Staff | None:
        if not self.stands(record) or "account" not in record:
            return None
        account = self._seal.opened(record["account"])
        return self._staff_of(account) if account else None

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

    def _record(self, **members: str | None) -> dict[str, Any]:
        until = int(self._now()) + SESSION_SECONDS
        return {"session": secrets.token_urlsafe(12), "until": until, **members}


def _mark(practice: PagePractice) -> str:
    """What changes with the password, and tells nothing of it."""
    return hashlib.sha256(f"{practice.name}\0{practice.password_hash}".encode()).hexdigest()[:32]
