"""The kinds of file that may arrive, under every name they go by: the bridge's, extensions, media types.

The name only says which kind is meant; what a file is, its content says (`bridge.imaging.recognise`).
"""

_EXTENSIONS = {
    "jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "png": ("png",),
    "heic": ("heic", "heif"),
    "webp": ("webp",),
    "gif": ("gif",),
    "tiff": ("tif", "tiff"),
    "bmp": ("bmp",),
    "pdf": ("pdf",),
    "dicom": ("dcm", "dicom"),
    "mp4": ("mp4", "m4v", "m4a", "mov"),
    "mp3": ("mp3",),
    "json": ("json",),
    "text": ("csv", "txt"),
}
_MEDIA_TYPES = {
    "jpeg": ("image/jpeg", "image/jpg", "image/pjpeg"),
    "png": ("image/png",),
    "heic": ("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
    "webp": ("image/webp",),
    "gif": ("image/gif",),
    "tiff": ("image/tiff",),
    "bmp": ("image/bmp", "image/x-ms-bmp"),
    "pdf": ("application/pdf",),
    "dicom": ("application/dicom",),
    "mp4": ("video/mp4", "video/x-m4v", "audio/mp4", "audio/m4a", "audio/x-m4a", "video/quicktime"),
    "mp3": ("audio/mpeg", "audio/mp3"),
    "json": ("application/json",),
    "text": ("text/plain", "text/csv"),
}

FILE_TYPE_NAMES = tuple(_EXTENSIONS)
"""The bridge's own names of the kinds."""

_NAMES = {
    alias: name for table in (_EXTENSIONS, _MEDIA_TYPES) for name, aliases in table.items() for alias in aliases
} | {name: name for name in FILE_TYPE_NAMES}


def file_type_of(text: str) -> str | None:
    """Which kind a name (`jpeg`), an extension (`.jpg`, `JPG`) or a media type (`image/jpeg`) means, or None."""
    return _NAMES.get(text.strip().lower().partition(";")[0].rstrip().removeprefix("."))
