"""`/check=`: may the phone forget its copy?"""

from bridge.photos import Photo, Store
from bridge.tags import parse_name


def may_forget(store: Store, raw_name: bytes) -> bool | None:
    """True when every photo of this name is in the chart or discarded, False while one is here, None when unknown."""
    photos = photos_called(store, raw_name)
    if not photos:
        return None
    return all(photo.state.is_done for photo in photos)


def photos_called(store: Store, raw_name: bytes) -> list[Photo]:
    """The photos of an uploaded file name, as the phone sent it."""
    return store.photos_named(parse_name(raw_name).name)
