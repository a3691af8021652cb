"""`/check=` and `/read/GUID?check=`: is a photo still here, and may the phone forget its copy?"""

from dataclasses import dataclass

from bridge.layout import extension_of, medimage_path
from bridge.photos import Photo, PhotoState, Store
from bridge.tags import parse_name

_HERE = (PhotoState.QUEUED, PhotoState.SENDING, PhotoState.HELD)
_MOST_WAITING = 100_000


@dataclass(frozen=True)
class Checks:
    """Answers checks. `unpaired_practice` is whose photos a name without a guid can mean, or None."""

    store: Store
    unpaired_practice: str | None

    def may_forget(self, raw_name: bytes) -> bool | None:
        """True when every photo of this name is in the chart or discarded, False while one is here, None when the
        bridge never received one. The name may come with or without its guid and extension.
        """
        tags = parse_name(raw_name)
        practice = self.unpaired_practice if tags.guid is None else self.store.practice_of_guid(tags.guid)
        photos = self.store.photos_checked(practice, tags.name) if practice else []
        return all(photo.state.is_done for photo in photos) if photos else None

    def is_waiting(self, guid: str, path: str) -> bool:
        """Whether a practice's photo is still here, asked by MedImage's path (`NHID1234/arm/wound.jpg`) or by name."""
        practice = self.store.practice_of_guid(guid)
        if practice is None:
            return False
        asked = path.removeprefix("/").removeprefix(f"{guid}/")
        if any(not photo.state.is_done for photo in self.store.photos_checked(practice, asked)):
            return True
        waiting = self.store.photos(states=_HERE, practice=practice, limit=_MOST_WAITING)
        return any(path_of(photo, guid) == asked for photo in waiting)


def path_of(photo: Photo, guid: str | None) -> str:
    """Where a MedImage server would have put a photo."""
    return medimage_path(photo.name, extension_of(photo.media_type), guid)
