"""How the bridge is, as the page shows it: what was found, looked at no more often than needed. Knows no web
framework.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from bridge.findings import Finding, Status
from bridge.web.languages import N_
from bridge.web.settings import PagePractice

_log = logging.getLogger(__name__)
_GOOD_SECONDS = 15.0
_GOOD_SECONDS_WHEN_PRESSED = 2.0
_WAIT_SECONDS = 3.0
_ORDER = (Status.BAD, Status.WARNING, Status.GOOD)
_OF_ALL = frozenset({"version", "disk", "database", "store"})
"""What people of one of several practices may see of what belongs to all; the rest names the others, or the files."""

NAMES = {
    "version": N_("Versions"),
    "config": N_("Settings"),
    "https": N_("Certificate"),
    "notice": N_("Notices"),
    "copies": N_("Copies"),
    "staff": N_("Who may come in"),
    "mapping": N_("Mapping file"),
    "chart": N_("Chart and account"),
    "clock": N_("Clock"),
    "clinic": N_("Today's clinic"),
    "disk": N_("Disk"),
    "database": N_("Database"),
    "store": N_("Photo store"),
    "delivery": N_("Deliveries"),
    "size": N_("Size of pictures"),
    "proxy": N_("MedImage proxy"),
    "move": N_("Moves"),
    "photos": N_("Held photos"),
}
"""What the kinds of findings are called; a kind is the first word of what a finding is about."""

ADVICE = {
    "https": N_("The certificate or its key cannot be used as it is: renew it, or mend the settings."),
    "notice": N_("A program that should hear of notices is not there: check its path."),
    "copies": N_("A folder for copies is not there, so copies wait: plug its drive in, or make the folder."),
    "staff": N_("Anybody with an account of the chart may look up pictures here: name those who may in the settings."),
    "mapping": N_("The mapping file needs a look: the page of mappings says where."),
    "chart": N_("The chart does not answer, or refuses the bridge's account: check the network, address and password."),
    "clock": N_("This computer's clock and the chart's are apart, or cannot be compared: set the one that is wrong."),
    "clinic": N_("The chart has no clinic for today: make one there, or photos that need it are held."),
    "disk": N_("There is little room left: free some space, or phones will be refused."),
    "database": N_("The database does not keep photos as safely as it should: its settings need a change."),
    "store": N_("Photos cannot be kept: look after the disk or the database now."),
    "delivery": N_("Photos wait, as the chart takes none at present; they go there by themselves as soon as it does."),
    "size": N_("The chart takes small pictures only, so they are made smaller: see its web server's limit."),
    "proxy": N_("What waits at the MedImage proxy cannot be fetched: check the network and its address."),
    "move": N_("A move of a picture is stuck: look at both patients in the chart."),
    "photos": N_("Some photos are held: somebody has to look at them."),
}
"""What a finding that is not good means, in short, for languages that the findings themselves do not speak."""


@dataclass(frozen=True)
class Seen:
    """What was found, None before the first time; how long ago; and whether it is just being looked at again."""

    findings: tuple[Finding, ...] | None
    age_seconds: float
    is_looking: bool

    def shown(self, practices: Sequence[PagePractice], is_admin: bool) -> list[Finding]:
        """What somebody may see who sees these practices, what is worst first. All of it is for the bridge's admin."""
        names = {each.name for each in practices}
        found = [each for each in self.findings or () if is_admin or _is_for(each, names)]
        return sorted(found, key=lambda finding: _ORDER.index(finding.status))


class HealthBoard:
    """Looks at everything when somebody asks, in a thread of its own: for 15 seconds all get the same answer, and a
    chart that hangs keeps nobody waiting for more than a moment. For any thread. To be closed.
    """

    def __init__(
        self,
        look: Callable[[], Sequence[Finding]],
        *,
        wait_seconds: float = _WAIT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "health")
        self._looking: Future[None] | None = None
        self._found: tuple[Finding, ...] | None = None
        self._found_at = 0.0

    def seen(self, *, is_pressed: bool = False) -> Seen:
        """How things stand: not older than 15 seconds, or two when somebody wants it looked at again, unless looking
        takes long.
        """
        good_seconds = _GOOD_SECONDS_WHEN_PRESSED if is_pressed else _GOOD_SECONDS
        with self._lock:
            is_good = self._found is not None and self._clock() - self._found_at < good_seconds
            if not is_good and (self._looking is None or self._looking.done()):
                self._looking = self._worker.submit(self._do_look)
            looking = self._looking
        if looking is not None and not is_good:
            wait([looking], self._wait_seconds)
        with self._lock:
            is_looking = looking is not None and not looking.done()
            return Seen(self._found, self._clock() - self._found_at, is_looking)

    def close(self) -> None:
        """Look no more; what is being looked at ends first."""
        self._worker.shutdown(cancel_futures=True)

    def _do_look(self) -> None:
        try:
            found = tuple(self._look())
        except Exception as error:
            _log.error("event=bridge-fault in=health error=%s", type(error).__name__)
            return
        with self._lock:
            self._found, self._found_at = found, self._clock()


def kind_of(finding: Finding) -> str:
    """What kind of thing it is about: a key of `NAMES`."""
    return finding.what.partition(" ")[0]


def _is_for(finding: Finding, practices: set[str]) -> bool:
    return finding.practice in practices if finding.practice else kind_of(finding) in _OF_ALL
