"""Why an upload is not taken. Each message is one sentence for the person holding the phone."""

from bridge.errors import BridgeError


class UploadNotTakenError(BridgeError):
    """An upload was not stored. `practice` is whose it is, as far as it came to that."""

    practice = ""


class UploadRefusedError(UploadNotTakenError):
    """The bridge cannot take this file; the phone keeps it. Sending it again would not help."""


class UploadCutError(UploadNotTakenError):
    """The upload stopped before the end; the photo is still on the phone, send it again."""


UNKNOWN_GUID = (
    "Please reconnect your app: this server does not know the clinic that this phone is paired with; "
    "ask the clinic's admin for a new pairing code."
)
NO_GUID = (
    "Please reconnect your app: this photo does not say which clinic it is for; "
    "ask the clinic's admin for a pairing code."
)
NOT_LOCAL = (
    "Please reconnect your app: without pairing, photos are taken only from the clinic's own network; "
    "join the clinic's Wi-Fi or pair this phone."
)
NO_FILE = "There is no photo in this upload (a file part named file1 is needed); update or reconnect your app."
NOT_MULTIPART = "This is not a photo upload (multipart/form-data is needed); update or reconnect your app."
BROKEN_FORM = "This upload is not in the form that a photo app sends; update or reconnect your app."
TOO_MUCH = "This upload holds more than one photo can be; send one photo at a time."
EMPTY = "This photo is empty (0 bytes); take it again."


def too_large(limit_bytes: int) -> str:
    """The sentence for a file over the size limit."""
    limit = f"{limit_bytes / 1024 / 1024:.4g} MB" if limit_bytes >= 1024 * 1024 else f"{limit_bytes / 1024:.4g} KB"
    return (
        f"This photo is larger than {limit}, the most this server takes; "
        "choose a smaller picture size in the camera's settings."
    )


def too_many_pixels(limit: int) -> str:
    """The sentence for a picture over the pixel limit."""
    return (
        f"This picture has more than {limit / 1_000_000:.4g} megapixels, the most this server takes; "
        "choose a smaller picture size in the camera's settings."
    )


def type_not_allowed(found: str | None, allowed: frozenset[str]) -> str:
    """The sentence for a type that is not allowed; `found` is None when the bytes were not recognised."""
    what = f"of the kind {found}" if found else "of a kind that is not known here, or damaged"
    return f"This file is {what}; this server takes {', '.join(sorted(allowed))}."
