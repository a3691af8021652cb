"""Answers of bytes: with an ETag, whole, in part (Range) or not again (If-None-Match). RFC 9110, 13 and 14."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from bridge.charting.json_door.frame import Answer, Header
from bridge.charting.messages import Reply
from bridge.charting.refusals import RefusedError

PICTURE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""What a browser may show by itself."""

OTHER_TYPE = "application/octet-stream"
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
_NO_PART = "The image has no such bytes; ask for a part that it has, or for all of it."
_LARGEST_ETAGS = 2000


class ConditionsSchema(Schema):
    """The headers that say which bytes are wanted."""

    class Meta:
        unknown = EXCLUDE

    if_none_match = fields.String(
        data_key="If-None-Match", metadata={"description": "ETags that the caller has; one that fits is answered 304."}
    )
    range = fields.String(data_key="Range", metadata={"description": "`bytes=FIRST-LAST`, one part."})
    if_range = fields.String(
        data_key="If-Range", metadata={"description": "The ETag for which the part is wanted; else all is given."}
    )


def byte_answers(*media_types: str) -> tuple[Answer, ...]:
    """What an operation that gives such bytes can answer."""
    always = (
        Header("ETag", "Stands for the bytes; for `If-None-Match` and `If-Range`."),
        Header("Cache-Control", "`private, no-cache`: to be kept by the caller alone, and asked for again."),
        Header("Accept-Ranges", "`bytes`"),
    )
    part = Header("Content-Range", "Which bytes these are, and how many there are.")
    return (
        Answer(200, media_types=media_types, description="All of it", headers=always),
        Answer(206, media_types=media_types, description="The part that was asked for", headers=(*always, part)),
        Answer(304, description="The caller has it already", headers=always),
    )


class Bytes:
    """Bytes to answer with. `sha256` is theirs, in hex; `pieces` gives them from a place to before another; `close` is
    called when they went out, or are not wanted.
    """

    def __init__(
        self,
        media_type: str,
        sha256: str,
        size_bytes: int,
        name: str,
        pieces: Callable[[int, int], Iterable[bytes]],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._size_bytes = size_bytes
        self._pieces = pieces
        self._close = close
        self._etag = f'"{sha256}"'
        is_shown = media_type in PICTURE_TYPES
        self._headers = (
            ("Content-Type", media_type if is_shown else OTHER_TYPE),
            ("Content-Disposition", f'{"inline" if is_shown else "attachment"}; filename="{name}"'),
            ("Content-Security-Policy", "sandbox; default-src 'none'"),
        )
        self._always = (("ETag", self._etag), ("Cache-Control", "private, no-cache"), ("Accept-Ranges", "bytes"))

    def reply(self, conditions: Mapping[str, Any]) -> Reply:
        """The answer to loaded `ConditionsSchema`. Raises RefusedError (416)."""
        if _has(conditions.get("if_none_match", ""), self._etag):
            self._close()
            return Reply(304, self._always)
        part = self._part(conditions)
        start, end = part or (0, self._size_bytes)
        headers = [*self._always, *self._headers, ("Content-Length", str(end - start))]
        if part is not None:
            headers.append(("Content-Range", f"bytes {start}-{end - 1}/{self._size_bytes}"))
        return Reply(206 if part else 200, tuple(headers), self._pieces(start, end), close=self._close)

    def _part(self, conditions: Mapping[str, Any]) -> tuple[int, int] | None:
        """From where to before where; None for all. What is no single range of bytes is passed over (14.2)."""
        match = _RANGE.fullmatch(conditions.get("range", "").strip())
        if match is None or conditions.get("if_range", self._etag).strip() != self._etag:
            return None
        first, last = match[1], match[2]
        if (not first and not last) or (first and last and int(last) < int(first)):
            return None
        start = int(first) if first else max(self._size_bytes - int(last), 0)
        end = min(int(last) + 1, self._size_bytes) if first and last else self._size_bytes
        if start >= end:
            self._close()
            raise RefusedError(416, _NO_PART, ("Content-Range", f"bytes */{self._size_bytes}"))
        return start, end


def _has(etags: str, etag: str) -> bool:
    given = [each.strip().removeprefix("W/") for each in etags[:_LARGEST_ETAGS].split(",")]
    return "*" in given or etag in given
