"""Keeps copies of originals in folders, behind the deliveries' back: a drive that is away never delays the chart."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.copies.drives import copy_folders, drives
from bridge.copies.folder import FolderAwayError, write_copy
from bridge.layout import copy_path, extension_of
from bridge.photos import BytesMissingError, Photo, Store, StoreError
from bridge.settings import CopySettings, PatientFolder
from bridge.tags import safe_component

_log = logging.getLogger(__name__)
_AT_ONCE = 20
_AWAY_SECONDS = 30.0


@dataclass
class CopyKeeper:
    """Writes the copies that the store says are due. `guid_of` gives a practice's guid, which paths leave out; with
    `is_shared` several practices' copies come here, and each practice has a folder of its own, named by its guid, as on
    a MedImage server for many practices (by its name until it has one).
    """

    store: Store
    settings: CopySettings
    guid_of: Callable[[str], str | None]
    find: Callable[[], Iterable[Path]] = drives
    is_shared: bool = False
    _found: tuple[Path, ...] = ()
    _away: set[str] = field(default_factory=set)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def folders(self) -> tuple[str, ...]:
        """Every folder that a photo arriving now is to be copied to."""
        return tuple(dict.fromkeys(str(folder) for folder in (*self.settings.folders, *self._found)))

    def look_for_drives(self) -> None:
        """See which drives are plugged in now, when the setting is on."""
        if not self.settings.find_drives:
            return
        found = tuple(copy_folders(self.find()))
        for folder in set(found) - set(self._found):
            _log.info("event=drive-found folder=%s", folder)
        self._found = found

    def work(self) -> None:
        """Write what is due, one call at a time; never raises."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            while due := self.store.due_copies(_AT_ONCE):
                for photo, folder in due:
                    self._copy(photo, folder)
        except StoreError as error:
            _log.error("event=store-trouble reason=%r", str(error))
        finally:
            self._turn.release()

    def _copy(self, photo: Photo, folder: str) -> None:
        try:
            path = write_copy(Path(folder), self._parts(photo), self.store.bytes_of(photo))
        except (FolderAwayError, OSError) as error:
            self._put_off(photo, folder, error)
        except BytesMissingError:
            self.store.end_copy(photo.id, folder, None)
            _log.error("event=copy-lost photo=%d", photo.id)
        else:
            self.store.end_copy(photo.id, folder, str(path))
            self._is_back(folder)

    def _put_off(self, photo: Photo, folder: str, error: Exception) -> None:
        """Later: every copy of a folder that is away, but one copy alone where it is that file's own trouble."""
        only = None if isinstance(error, FolderAwayError) else photo.id
        self.store.put_off_copies(folder, datetime.now(UTC) + timedelta(seconds=_AWAY_SECONDS), only)
        if folder not in self._away:
            self._away.add(folder)
            _log.warning("event=copies-away folder=%s error=%s", folder, type(error).__name__)

    def _is_back(self, folder: str) -> None:
        if folder in self._away:
            self._away.discard(folder)
            _log.info("event=copies-back folder=%s", folder)

    def _parts(self, photo: Photo) -> tuple[str, ...]:
        guid = self.guid_of(photo.practice)
        *folders, file = copy_path(photo.name, extension_of(photo.media_type), guid)
        if folders and self.settings.patient_folder is not PatientFolder.AS_TYPED:
            upper = self.settings.patient_folder is PatientFolder.UPPER
            folders[0] = folders[0].upper() if upper else folders[0].lower()
        above = (safe_component(guid or photo.practice),) if self.is_shared else ()
        return (*above, *folders, file)
