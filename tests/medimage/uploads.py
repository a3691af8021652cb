"""What the tests of uploads ask again and again."""

from bridge.medimage import STORED
from bridge.service import Service
from bridge_runner import GUID
from phone import BOUNDARY, Answer

CORS = {
    "access-control-allow-origin": "*",
    "access-control-request-method": "*",
    "access-control-allow-headers": "*",
    "access-control-allow-methods": "OPTIONS, GET, POST",
}


def named(words: str) -> str:
    """A file name of the first practice: `#GUID-words.jpg`."""
    return f"#{GUID}-{words}.jpg"


def kept(bridge: Service, name: str) -> list[bytes]:
    """The bytes of the photos of this name, in the order in which they came."""
    photos = sorted(bridge.store.photos_named(name), key=lambda photo: photo.id)
    return [bridge.store.bytes_of(photo) for photo in photos]


def half_written(bridge: Service) -> list[str]:
    """Files of uploads that are not finished."""
    return [path.name for path in bridge.config.data_folder.glob("**/incoming/*")]


def is_stored(answer: Answer) -> bool:
    """Whether this is the real server's answer for a stored photo, readable by browsers."""
    return (
        answer.status == 200
        and answer.body == STORED.encode()
        and answer.headers["content-type"] == "text/plain"
        and answer.headers.items() >= CORS.items()
    )


def sentence(answer: Answer, status: int = 400) -> str:
    """The one sentence of a refusal. Raises AssertionError when the answer is not of that form."""
    assert answer.status == status
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers.items() >= CORS.items()
    text = answer.body.decode()
    assert text.endswith(".\n")
    assert text.count("\n") == 1
    return text.strip()


def part(disposition: str | bytes, content: bytes, *headers: str) -> bytes:
    """One part of a form, with its boundary before it; further headers as whole lines."""
    raw = disposition.encode() if isinstance(disposition, str) else disposition
    lines = b"".join(header.encode() + b"\r\n" for header in headers)
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode() + raw + b"\r\n"
    return head + lines + b"\r\n" + content + b"\r\n"


def photo_part(name: str, content: bytes, *headers: str, field: str = "file1") -> bytes:
    """A part with a file."""
    return part(f'name="{field}"; filename="{name}"', content, *headers)


END = f"--{BOUNDARY}--\r\n".encode()
