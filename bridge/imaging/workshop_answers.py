"""A picture worker's answers, checked: a worker that decodes a hostile file may have been taken over by it."""

import dataclasses
import os
import re
from typing import IO, Any, Generic, TypeVar

from bridge.holds import HoldReason
from bridge.imaging.errors import PictureError, too_much_memory
from bridge.imaging.formats import HEAD_BYTES, Format, recognise
from bridge.imaging.limits import Prepared
from bridge.imaging.workshop_wire import Message, Status, WireError, read_message

_SAID_BY_PREPARE = (HoldReason.NOT_A_PICTURE, HoldReason.DAMAGED_PICTURE, HoldReason.TOO_LARGE)
_SENT = (Format.JPEG, Format.PNG)
_MOST_SENTENCE_LETTERS = 1000
_MOST_PIXELS_EACH_WAY = 2**31
_MOST_ENCODINGS = 100
_MOST_ERRNO = 4095
T = TypeVar("T", Prepared, bytes, bool)
_DETAIL = re.compile(r"[A-Za-z0-9_. -]{1,150}\Z")


@dataclasses.dataclass(frozen=True)
class Answer(Generic[T]):
    """`result`: what was wished, or the exception to raise. `kept_bytes`: the memory that the worker says it has."""

    result: T | Exception
    kept_bytes: int


def read_ready(stream: IO[bytes]) -> str:
    """Wait until a worker has started: "", or what kept it from starting. Raises as `read_answer` does."""
    header = read_message(stream, 0).header
    if header.get("status") == Status.READY:
        return ""
    return _detail(header)


def read_answer(stream: IO[bytes], number: int, most_bytes: int, kind: type[T]) -> Answer[T]:
    """Wait for the answer to request `number`: a Prepared, a preview's bytes, or True, as `kind` says.

    Raises EOFError or OSError when the worker ended, WireError for what makes no sense.
    """
    message = read_message(stream, most_bytes)
    if message.header.get("number") != number:
        raise WireError("another picture's answer")
    result = _result(message)
    if not isinstance(result, (kind, Exception)):
        raise WireError("another kind of answer")
    return Answer(result, _whole(message.header, "kept_bytes", 0, 2**63))


def _result(message: Message) -> Prepared | bytes | bool | Exception:
    header = message.header
    match header.get("status"):
        case Status.PREPARED:
            return _prepared(header, message.body)
        case Status.PREVIEWED:
            return _preview(message.body)
        case Status.PROVED:
            return True
        case Status.HELD:
            return _held(header)
        case Status.TOO_BIG:
            return too_much_memory()
        case Status.UNREADABLE:
            number = _whole(header, "errno", 0, _MOST_ERRNO)
            return OSError(number, os.strerror(number))
        case Status.FAULT:
            return _fault(_detail(header))
    raise WireError("no such status")


def _prepared(header: dict[str, Any], data: bytes) -> Prepared:
    """Its first bytes must be those of its format."""
    kind = recognise(data[:HEAD_BYTES])
    if kind not in _SENT or header.get("format") != kind or type(header.get("passed_through")) is not bool:
        raise WireError("no picture")
    checked = {
        "width": _whole(header, "width", 1, _MOST_PIXELS_EACH_WAY),
        "height": _whole(header, "height", 1, _MOST_PIXELS_EACH_WAY),
        "encodings": _whole(header, "encodings", 0, _MOST_ENCODINGS),
        "passed_through": header["passed_through"],
    }
    return Prepared(data=data, format=Format.PNG if kind is Format.PNG else Format.JPEG, **checked)


def _preview(data: bytes) -> bytes:
    if recognise(data[:HEAD_BYTES]) is not Format.JPEG:
        raise WireError("no preview")
    return data


def _held(header: dict[str, Any]) -> PictureError:
    reason, sentence = header.get("reason"), header.get("sentence")
    has_preview = header.get("has_preview")
    if reason not in _SAID_BY_PREPARE or not isinstance(sentence, str) or type(has_preview) is not bool:
        raise WireError("no hold")
    if not sentence.isprintable() or not 0 < len(sentence) <= _MOST_SENTENCE_LETTERS:
        raise WireError("no sentence")
    return PictureError(HoldReason(reason), sentence, has_preview)


def _fault(detail: str) -> PictureError:
    return PictureError(
        HoldReason.BRIDGE_FAULT,
        f"The bridge itself failed on this picture ({detail}); retry it, "
        "and report it to the bridge's makers when it fails again.",
    )


def _detail(header: dict[str, Any]) -> str:
    detail = header.get("detail")
    if not isinstance(detail, str) or not _DETAIL.match(detail):
        raise WireError("no detail")
    return detail


def _whole(header: dict[str, Any], name: str, least: int, most: int) -> int:
    value = header.get(name)
    if type(value) is not int or not least <= value <= most:
        raise WireError(f"no {name}")
    return value
