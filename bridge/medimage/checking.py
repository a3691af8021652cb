"""`/check=` and `/read/GUID?check=`: is a photo still here, and may the phone forget its copy?"""

from dataclasses import dataclass

from bridge.medimage.file_names import names_at, paths_of
from bridge.photos import PhotoState, Store
from bridge.tags import parse_name

_HERE = (PhotoState.QUEUED, PhotoState.SENDING, PhotoState.HELD)
_MOST_LOOKED_THROUGH = 500


@dataclass(frozen=True)
class Checks:
    """Answers checks. `unpaired_practice` is whose photos a name without a guid can mean, or None."""

    store: Store
    unpaired_practice: str | None

    def may_forget(self, raw_name: bytes, *, is_local: bool) -> bool | None:
        """True when every photo of this name is in the chart or discarded, False while one is here, None when the
        bridge never received one. The name may come with or without its guid and extension; without the guid, which
        strangers do not know, only who asks from the clinic's own network (`is_local`) is answered.
        """
        tags = parse_name(raw_name)
        if tags.guid is not None:
            practice = self.store.practice_of_guid(tags.guid)
        else:
            practice = self.unpaired_practice if is_local else None
        photos = self.store.photos_checked(practice, tags.name) if practice else []
        return all(photo.state.is_done for photo in photos) if photos else None

    def is_waiting(self, guid: str, path: str) -> bool:
        """Whether a practice's photo is still here, asked by MedImage's path (`NHID1234/arm/wound.jpg`), by the
        `file-name` that it was offered under, or by name.

        A path from which letters were dropped gives no name to look up: of those, the newest 500 that wait are found.
        """
        practice = self.store.practice_of_guid(guid)
        if practice is None:
            return False
        asked = path.removeprefix("/").removeprefix(f"{guid}/")
        if any(not photo.state.is_done for photo in self.store.photos_checked(practice, asked)):
            return True
        named = [photo for name in names_at(asked, guid) for photo in self.store.photos_checked(practice, name)]
        here = [photo for photo in named if not photo.state.is_done]
        if any(asked in paths_of(photo, guid) for photo in here):
            return True
        newest = self.store.photos(states=_HERE, practice=practice, limit=_MOST_LOOKED_THROUGH)
        return any(asked in paths_of(photo, guid) for photo in newest)
