"""Notices: telling the clinic's people and programs what happens, by a web address or a command of their own.

`Notifier.tell` never waits. Each target has a thread of its own, so that one which hangs delays no other. Nothing of a
patient leaves, unless a target's settings allow it.
"""

from bridge.notices.notice import Notice, NoticeKind, PatientDetails
from bridge.notices.notifier import Notifier
from bridge.notices.settings import NoticeSettings, NoticeSettingsError

__all__ = ["Notice", "NoticeKind", "NoticeSettings", "NoticeSettingsError", "Notifier", "PatientDetails"]
