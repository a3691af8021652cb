"""MedImage's layout: the path at which a MedImage server keeps an uploaded name (contract/medimage.md, "From filename
to path").

`#GUID-#NHID1234-#arm-wound.jpg` is `NHID1234/arm/wound.jpg`. Nothing here touches a disk, and no path that comes out
leaves its folder.
"""

import re

from bridge.tags import safe_component

_DROPPED_ASCII = re.compile(r"[^A-Za-z0-9#._\-\[\]^`]")
_DROPPED = re.compile(r"[^\w#.\-\[\]^`]")


_EXTENSIONS = {"image/jpeg": "jpg", "image/tiff": "tif", "application/pdf": "pdf", "application/dicom": "dcm"}
_EXTENSIONS |= {"video/mp4": "mp4", "audio/mpeg": "mp3", "application/json": "json", "text/plain": "csv"}


def extension_of(media_type: str) -> str:
    """The extension that goes with a content: `jpg` for `image/jpeg`."""
    return _EXTENSIONS.get(media_type) or media_type.rpartition("/")[2]


def medimage_path(name: str, extension: str, guid: str | None) -> str:
    """Where the real server keeps a name: ASCII alone, `/` between folders. `guid` is the practice's own, left out.

    `extension` is that of the content, `jpg` for a JPEG. The real server's holes (`./.` as a tag) are closed.
    """
    return "/".join(_parts(name, extension, guid, _DROPPED_ASCII))


def copy_path(name: str, extension: str, guid: str | None) -> tuple[str, ...]:
    """Folders and file name for a copy: as `medimage_path`, but letters of any language stay, and every part is safe
    on Linux and Windows.
    """
    return tuple(safe_component(part) for part in _parts(name, extension, guid, _DROPPED))


def _parts(name: str, extension: str, guid: str | None, dropped: re.Pattern[str]) -> list[str]:
    bare = name.rpartition("\\")[2].replace(f".{extension}", "", 1).replace(".jpeg", "", 1).replace("..", "")
    words = dropped.sub("", bare).replace("..", "").split("-")
    folders = [word[1:] for word in words if word.startswith("#") and word[1:].strip(".")]
    if guid in folders:
        folders.remove(guid)
    plain = "-".join(word for word in words if not word.startswith("#")).lstrip("-")
    return [*folders, f"{plain}.{extension}"]
