"""What the bridge does otherwise than the real MedImage server (2.0.0) where several requests meet, and where it
fetches photos itself, and why.

Every reason stands in docs/medimage.md too, word for word.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OtherCourse:
    """Conversations that take another course with the bridge: why, and what is to be told of it."""

    why: str
    told: dict[str, Any]
    names: tuple[str, ...]


@dataclass(frozen=True)
class OtherCatch:
    """Proxies from which the bridge fetches other photos than the real server did, or makes other things of them."""

    why: str
    names: tuple[str, ...]


_STAYS_WHOLE = (
    "A photo that was fetched stays whole and is kept; once it was sent to its end it is offered no more, "
    "and until then to everyone who asks."
)
_IN_ORDER = (
    "Waiting photos are handed over in the order in which they came, "
    "so that one that comes between HEAD and GET is not taken for another."
)

CONVERSATIONS = (
    OtherCourse(
        _STAYS_WHOLE,
        {"first_read_identical": True, "heads_that_still_saw_it": 0},
        (
            "time until a file that was read is gone (632 bytes)",
            "time until a file that was read is gone (8 MB)",
        ),
    ),
    OtherCourse(
        _STAYS_WHOLE,
        {"results": [["first ok", "none"]] * 5},
        (
            "second GET /read immediately after the first (632 bytes)",
            "second GET /read immediately after the first (8 MB)",
        ),
    ),
    OtherCourse(
        _STAYS_WHOLE,
        {"fast_reader_identical": True, "slow_reader_identical": True},
        ("two readers at once, one of them slow (8 MB)",),
    ),
    OtherCourse(
        _STAYS_WHOLE,
        {"file_still_there": True},
        (
            "reader disconnects after 1000 bytes of GET /read (632 bytes)",
            "reader disconnects after 1000 bytes of GET /read (200 KB)",
        ),
    ),
    OtherCourse(
        "A photo is handed over only when it has arrived whole.",
        {"always_identical": True},
        ("read while an upload is being moved from a temporary folder on another file system",),
    ),
    OtherCourse(
        _IN_ORDER,
        {
            "read_order": [
                *("c4.jpg", "a1.jpg", "m3.jpg", "_u.jpg", "0x.jpg", "y8.jpg", "b5.jpg", "z9.jpg", "k2.jpg", "Q7.jpg"),
                *("aa/first.jpg", "zz/deep/last.jpg"),
            ]
        },
        ("order in which waiting files are handed out",),
    ),
    OtherCourse(
        _IN_ORDER,
        {"file-name (HEAD)": "/GUID/PATIENTB/wound.jpg", "file-name (GET)": "/GUID/PATIENTB/wound.jpg"},
        ("a new photo arrives between HEAD /read and GET /read",),
    ),
)

CATCHES = (
    OtherCatch(
        "An error, or the word `none`, is never kept as a photo, whatever was named before.",
        (
            "HEAD 404 but with a file-name header",
            "GET 404 after a HEAD that named a file",
            "GET 500 after a HEAD that named a file",
            'GET "none" after a HEAD that named a file',
        ),
    ),
    OtherCatch(
        "A connection that breaks or stalls stops nothing but that one transfer, and what came of the photo is kept "
        "and goes on; the real server stops itself, and leaves half a photo lying.",
        (
            "GET dropped without an answer",
            "GET cut in the middle (content-length larger than sent)",
            "GET cut in the middle (chunked without last chunk)",
            "GET stops in the middle and never ends",
        ),
    ),
    OtherCatch(
        "A file that is empty, or not of an allowed kind, is held for a person.", ("GET empty body", "file-name .exe")
    ),
    OtherCatch(
        "A photo has the name that came with its bytes, and not the one that HEAD gave.",
        ("GET returns a different file-name than HEAD",),
    ),
    OtherCatch("A photo with the guid of another practice is held.", ("file-name of another hash",)),
    OtherCatch(
        "The practice's guid in a proxy's address is known, and makes no folder.",
        ("own id not known: hash folder is kept",),
    ),
    OtherCatch(
        "No `file-name` leads out of the bridge's own folder, and none is too long or too empty "
        "for its photo to be kept.",
        (
            "file-name with dot dot",
            "file-name with many dot dots",
            "file-name is only the hash",
            "file-name very long (300 characters)",
        ),
    ),
    OtherCatch("A `file-name` is read as UTF-8.", ("file-name utf-8",)),
    OtherCatch(
        "A proxy that sends the bridge to another address is not followed there.",
        ("HEAD redirect 302 to a working proxy",),
    ),
    OtherCatch(
        "A proxy that does not answer is in trouble, and is asked again after longer and longer waits.",
        ("HEAD never answered",),
    ),
)
"""Recordings of the real server as the one that fetches; tests/medimage/test_proxy_reading_recorded.py plays them."""
