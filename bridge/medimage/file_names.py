"""A photo's file name as MedImage servers have it: the path at which they keep it, and back again."""

import re

from bridge.layout import extension_of, medimage_path
from bridge.photos import Photo
from bridge.tags import check_key

_MARK_LENGTH = 8
_MARK = re.compile(rf"-[0-9a-f]{{{_MARK_LENGTH}}}(?=\.[a-z0-9]+\Z)")


def path_of(photo: Photo, guid: str) -> str:
    """Where a MedImage server would have put a photo: `NHID1234/arm/wound.jpg`."""
    return medimage_path(photo.name, extension_of(photo.media_type), guid)


def marked_path_of(photo: Photo, guid: str) -> str:
    """That path with a mark, `NHID1234/arm/wound-0f3a9c21.jpg`, for a photo that has it not for itself. The mark is of
    its content, as a number would tell how many photos others have.
    """
    path, extension = path_of(photo, guid), extension_of(photo.media_type)
    return f"{path.removesuffix(f'.{extension}')}-{photo.sha256[:_MARK_LENGTH]}.{extension}"


def paths_of(photo: Photo, guid: str) -> tuple[str, str]:
    """Both paths at which a photo may have been offered."""
    return path_of(photo, guid), marked_path_of(photo, guid)


def names_at(path: str, guid: str) -> list[str]:
    """The names, as phones send them, whose photos can stand at a path: the plain one, one to which the extension of
    its content was added (`wound.jpg.pdf`), and both without a mark.
    """
    return [name for each in dict.fromkeys((path, _MARK.sub("", path))) for name in _plain_names(each, guid)]


def is_plain(photo: Photo, guid: str) -> bool:
    """Whether the path gives the photo's name back. Else letters or blanks were dropped from it, or its tags moved,
    and names that people tell apart can have this path.
    """
    names = _plain_names(path_of(photo, guid), guid)
    return check_key(photo.name) in [check_key(name) for name in names]


def _plain_names(path: str, guid: str) -> tuple[str, str]:
    *folders, file = path.split("/")
    name = "-".join([f"#{guid}", *(f"#{folder}" for folder in folders), file])
    return name, name.rpartition(".")[0]
