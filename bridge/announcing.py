"""Turns what happens in the store into notices for the clinic's people and programs."""

import threading
from dataclasses import dataclass, field

from bridge.holds import Hold
from bridge.notices import Notice, NoticeKind, NoticeSettings, Notifier, PatientDetails
from bridge.photos import Photo, PhotoState
from bridge.settings import NoticeConfig

CHART_AWAY = "chart-away"
"""The reason code of an outage of a practice's chart."""

PROXY_AWAY = "proxy-away"
"""The reason code when the bridge cannot read what waits for a practice at MedImage proxies."""


@dataclass(frozen=True)
class Announcer:
    """Hears of the store's changes (see `bridge.photos.Listener`), and of proxies, and tells the notifier."""

    notifier: Notifier
    _proxies_away: dict[str, set[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def photo_changed(self, photo: Photo, state: PhotoState, hold: Hold | None) -> None:
        """A photo arrived, was delivered, or is held. What is held on arrival was stored first."""
        details = PatientDetails(photo.name, sentence=hold.sentence if hold else "")
        if state is PhotoState.QUEUED or (state is PhotoState.HELD and not photo.attempts):
            self._tell(Notice(NoticeKind.STORED, photo.practice, (photo.id,), details=PatientDetails(photo.name)))
        if state is PhotoState.DELIVERED:
            self._tell(Notice(NoticeKind.DELIVERED, photo.practice, (photo.id,), details=details))
        if state is PhotoState.HELD and hold is not None:
            self._tell(Notice(NoticeKind.HELD, photo.practice, (photo.id,), reason=hold.reason, details=details))

    def trouble_changed(self, practice: str, sentence: str | None) -> None:
        """A practice's deliveries stopped, or flow again."""
        kind = NoticeKind.OUTAGE_ENDS if sentence is None else NoticeKind.OUTAGE_BEGINS
        self._tell(Notice(kind, practice, reason=CHART_AWAY, cause=sentence or ""))

    def proxy_changed(self, practice: str, key: str, sentence: str | None) -> None:
        """One of a practice's proxies, known by its key, gives no photos, or is back (None). Of several it is told when
        the first one goes and when the last one is back.
        """
        with self._lock:
            away = self._proxies_away.setdefault(practice, set())
            if sentence is not None:
                away.add(key)
                self._tell(Notice(NoticeKind.OUTAGE_BEGINS, practice, reason=PROXY_AWAY, cause=sentence))
                return
            away.discard(key)
            if not away:
                self._tell(Notice(NoticeKind.OUTAGE_ENDS, practice, reason=PROXY_AWAY))

    def _tell(self, notice: Notice) -> None:
        self.notifier.tell(notice)


def notice_settings(config: NoticeConfig, web_proxy: str | None) -> NoticeSettings:
    """The notifier's view of one receiver in the config. `web_proxy` is the one on the way there, if any."""
    return NoticeSettings(
        on=frozenset(NoticeKind(event) for event in config.on),
        url=config.url,
        command=config.command,
        secret=config.secret,
        with_patient_data=config.with_patient_data,
        web_proxy=web_proxy,
        practices=frozenset(config.practices) or None,
        timeout_seconds=config.timeout_seconds,
    )
