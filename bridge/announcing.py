"""Turns what happens in the store into notices for the clinic's people and programs."""

from dataclasses import dataclass

from bridge.holds import Hold
from bridge.notices import Notice, NoticeKind, NoticeSettings, Notifier, PatientDetails
from bridge.photos import Photo, PhotoState
from bridge.settings import NoticeConfig

CHART_AWAY = "chart-away"
"""The reason code of an outage of a practice's chart."""


@dataclass(frozen=True)
class Announcer:
    """Hears of the store's changes (see `bridge.photos.Listener`) and tells the notifier."""

    notifier: Notifier

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

    def _tell(self, notice: Notice) -> None:
        self.notifier.tell(notice)


def notice_settings(config: NoticeConfig, web_proxy: str | None) -> NoticeSettings:
    """The notifier's view of one receiver in the config. Raises NoticeSettingsError."""
    return NoticeSettings(
        on=frozenset(NoticeKind(event) for event in config.on),
        url=config.url,
        command=config.command,
        secret=config.secret,
        with_patient_data=config.with_patient_data,
        web_proxy=web_proxy,
        timeout_seconds=config.timeout_seconds,
    )
