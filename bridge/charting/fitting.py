"""Makes the picture in a POST that is too large for its chart small enough, as delivery does with photos."""

import json
import threading
from dataclasses import dataclass
from typing import Any, Protocol

import pybase64

from bridge.charting.charts import Chart
from bridge.charting.refusals import RefusedError
from bridge.imaging import Limits, PictureError, Prepared, WorkshopError, image_bytes_for_body
from bridge.targets import ImageType

_MOST_AT_ONCE = 2
_END = b'"}'
_BUSY = "The bridge cannot make this picture smaller at the moment; send it again."


class PictureMaker(Protocol):
    """What makes pictures fit: `bridge.imaging.Workshop`."""

    def prepare(self, file: bytes, limits: Limits, /) -> Prepared:
        """The picture within the limits. Raises PictureError, WorkshopError."""


@dataclass(frozen=True)
class _Post:
    """A POST whose data is a picture: its fields but for the data, and the file."""

    fields: dict[str, Any]
    kind: ImageType
    file: bytes

    @property
    def overhead_bytes(self) -> int:
        """How many bytes stand around the data."""
        return len(self._start()) + len(_END)

    def body(self, picture: bytes) -> bytes:
        """The same POST with another picture."""
        return b"".join((self._start(), pybase64.b64encode(picture), _END))

    def _start(self) -> bytes:
        head = json.dumps(self.fields, separators=(",", ":")).removesuffix("}")
        return f'{head},"data":"'.encode()


class Fitter:
    """Fits POSTs to a chart. For any thread; two large ones are in work at once."""

    def __init__(self, maker: PictureMaker, max_pixels: int) -> None:
        self._maker = maker
        self._max_pixels = max_pixels
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def fitted(self, body: bytes, chart: Chart, limit_bytes: int) -> bytes:
        """The body with its picture made so small that it is within the limit; unchanged when it is already, or holds
        no picture: then the chart may say what it thinks of it. Raises RefusedError (503) while no picture can be made.
        """
        if len(body) <= limit_bytes:
            return body
        with self._places:
            post = _read(body)
            if post is None:
                return body
            try:
                return post.body(self._prepared(post, chart, limit_bytes).data)
            except PictureError:
                return body
            except WorkshopError as error:
                raise RefusedError(503, _BUSY, ("Retry-After", "5")) from error

    def _prepared(self, post: _Post, chart: Chart, limit_bytes: int) -> Prepared:
        of_type = chart.limits_of(post.kind)
        limits = Limits(
            max_image_bytes=image_bytes_for_body(limit_bytes, post.overhead_bytes),
            max_pixels=self._max_pixels,
            longest_edge=of_type.longest_edge,
            quality_floor=of_type.lowest_quality,
        )
        return self._maker.prepare(post.file, limits)


def _read(body: bytes) -> _Post | None:
    """The POST, None when it is not one that tscharts would take a picture from."""
    try:
        fields = json.loads(body)
        kind = ImageType(fields["type"])
        file = pybase64.b64decode(fields.pop("data").replace("\n", "").replace("\r", ""), validate=True)
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return None
    return _Post(fields, kind, file)
