"""Who a caller is, and whether they may come in. The chart knows its users; the bridge has none of its own.

tscharts does not tell whose a token is. So the bridge learns it where people sign in through it, and asks the chart
whether a token is good at all by asking for image 0, which nobody has (404) and only users may ask for (401).
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bridge.charting.chart_reader import odd_answer
from bridge.charting.charts import Chart
from bridge.charting.guesses import GuessLimits
from bridge.charting.refusals import RefusedError, chart_trouble
from bridge.charting.settings import StaffSettings
from bridge.tscharts import ChartError, RelayRequest, TimedCache

REMEMBERED_SECONDS = 60.0
"""How long a token counts as good without asking the chart again."""

OUTAGE_SECONDS = 12 * 3600.0
"""How long it counts so while the chart does not answer: what is the bridge's own, held photos above all, is wanted
most then. What is the chart's the chart refuses by not answering.
"""

_SILENT_SECONDS = 15.0
"""How long a chart that did not answer is not asked again for tokens that were good."""

SHAPED_LOGIN = "/tscharts/v1/login/"
"""Where people sign in at the tscharts-shaped door."""

_WITHOUT = (
    "This needs a token of the chart, as `Authorization: Token ...`; sign in by POST to {} with a username and a "
    "password, which gives one."
)
_REFUSED = "The chart does not accept this token; sign in again, by POST to {}."
_WHOSE = "The bridge does not know whose token this is; sign in through the bridge once, by POST to {}."
_NOT_STAFF = (
    "This user may not use the bridge; ask the clinic's admin to add them to `staff.allow`, spelt as in the chart."
)
_NOT_NAMED = (
    "Photos of this bridge and moves of images are for users named in the bridge's own config; ask the clinic's admin "
    "to name them in `staff.allow`, spelt as in the chart."
)
_MOST_TOKENS = 10_000


class TokenNames(Protocol):
    """Remembers whose tokens are, by their digests (64 hex digits): tscharts' tokens never end. For any thread."""

    def name_of(self, digest: str) -> str | None:
        """The username that signed in and was given this token, None when that was not here."""

    def learned(self, digest: str, username: str) -> None:
        """This user was given this token."""


@dataclass(frozen=True)
class Caller:
    """Somebody with a token. `username` is None when they did not sign in here; `digest` stands for their token at
    their chart; `is_admin` says whether they may do what only admins may, `is_named` whether the config names them.
    """

    digest: str
    username: str | None = None
    is_admin: bool = False
    is_named: bool = False

    @property
    def mark(self) -> str:
        """A few letters that tell tokens apart, for people to compare."""
        return self.digest[:8]


class Access:
    """Knows callers by their `Authorization` header. For any thread. `clock` gives seconds that never go back.

    `guesses` counts the wrong passwords of all ways to sign in.
    """

    def __init__(self, staff: StaffSettings, names: TokenNames, clock: Callable[[], float] = time.monotonic) -> None:
        self.staff = staff
        self.guesses = GuessLimits(clock)
        self._names = names
        self._names_anybody = bool(staff.allow or staff.admins)
        self._good: TimedCache[str, bool] = TimedCache(clock, _MOST_TOKENS)
        self._silent: TimedCache[str, bool] = TimedCache(clock)

    def caller(self, chart: Chart, authorization: str) -> Caller | None:
        """Who brings this header, as far as is known without asking the chart; None when it holds no token."""
        token = token_of(authorization)
        if token is None:
            return None
        digest = digest_of(chart, token)
        username = self._names.name_of(digest)
        practices = chart.practices
        return Caller(digest, username, self.staff.is_admin(username, practices), self.staff.names(username, practices))

    def is_good(self, chart: Chart, authorization: str) -> bool:
        """Whether the chart accepts this header; a good one is remembered for a minute, and for hours while the chart
        does not answer. Raises RefusedError when the chart does not say, and has not in those hours.
        """
        token = token_of(authorization)
        if token is None:
            return False
        digest = digest_of(chart, token)
        known = self._good.get(digest)
        if known and (known.age_seconds < REMEMBERED_SECONDS or self._silent.get(chart.key)):
            return True
        try:
            is_good = _asked(chart, authorization)
        except RefusedError:
            self._silent.put(chart.key, True, _SILENT_SECONDS)
            if known is None:
                raise
            return True
        if is_good or known:
            self._good.put(digest, True, OUTAGE_SECONDS if is_good else 0.0)
        return is_good

    def admit(self, chart: Chart, authorization: str, login: str = SHAPED_LOGIN) -> Caller | None:
        """The caller, if they may use the bridge. None when the chart would refuse them anyway: it may say so itself.
        `login` is where people sign in at the caller's door.

        Raises RefusedError: 403 for users who are not on the list, 401 for those who never signed in here while there
        is a list.
        """
        caller = self.caller(chart, authorization)
        if caller is None or not self.staff.is_limited:
            return caller
        if caller.username is None:
            if not self.is_good(chart, authorization):
                return None
            raise _unknown(_WHOSE, login)
        self.require(chart, caller.username)
        return caller

    def known(self, chart: Chart, authorization: str, login: str = SHAPED_LOGIN) -> Caller:
        """The caller, whose token is good and who may use the bridge. Raises RefusedError: 401, 403, 502, 504."""
        if token_of(authorization) is None:
            raise _unknown(_WITHOUT, login)
        caller = self.admit(chart, authorization, login)
        if caller is None or not self.is_good(chart, authorization):
            raise _unknown(_REFUSED, login)
        return caller

    def require_named(self, caller: Caller, login: str) -> None:
        """Raises RefusedError for a caller whom `staff` does not name: 403, or 401 when signing in would tell who it
        is. Anyone who reaches a chart can make a user there, so being one is not enough for what is the bridge's own.
        """
        if self._names_anybody and caller.username is None:
            raise _unknown(_WHOSE, login)
        if not caller.is_named:
            raise RefusedError(403, _NOT_NAMED)

    def require(self, chart: Chart, username: str | None) -> None:
        """Raises RefusedError (403) when this user of a chart may not use the bridge."""
        if self.staff.is_limited and (username is None or not self.staff.lets_in(username, chart.practices)):
            raise RefusedError(403, _NOT_STAFF)

    def learned(self, chart: Chart, token: str, username: str) -> None:
        """This user signed in here just now and was given this token. Names count as they were typed: at some charts
        two that differ in case are two people.
        """
        digest = digest_of(chart, token.encode())
        self._names.learned(digest, username)
        self._good.put(digest, True, OUTAGE_SECONDS)


def _unknown(sentence: str, login: str) -> RefusedError:
    return RefusedError(401, sentence.format(login), ("WWW-Authenticate", "Token"))


def token_of(authorization: str) -> bytes | None:
    """The token in a header, read exactly as tscharts reads it: two words, the first `Token` in any case."""
    try:
        words = authorization.encode("latin-1").split()
    except UnicodeEncodeError:
        return None
    return words[1] if len(words) == 2 and words[0].lower() == b"token" else None


def digest_of(chart: Chart, token: bytes) -> str:
    """What stands for a token of a chart, 64 hex digits; the token cannot be had from it."""
    return hashlib.sha256(chart.key.encode() + b"\0" + token).hexdigest()


def _asked(chart: Chart, authorization: str) -> bool:
    request = RelayRequest("GET", "image/0/", (("Authorization", authorization), ("Accept", "application/json")))
    try:
        with chart.relay.open(request) as answer:
            status = answer.status
    except ChartError as error:
        raise chart_trouble(error) from error
    if status not in (401, 404):
        raise odd_answer()
    return status == 404
