"""The routes of the tscharts-shaped door: `/tscharts/v1/...`, and `/p/PRACTICE/tscharts/v1/...`."""

import errno
import logging
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import IO

from flask import Blueprint, Response, request

from bridge.asking import asking_address, network_of
from bridge.charting.access import Access
from bridge.charting.audit import Audit
from bridge.charting.charts import Chart, Charts
from bridge.charting.deleting import ImageGone, nobody_hears
from bridge.charting.fitting import Fitter, PictureMaker
from bridge.charting.messages import Asked, Reply, refused
from bridge.charting.refusals import RefusedError, failure
from bridge.charting.repeats import RepeatedPosts
from bridge.charting.settings import ChartingSettings
from bridge.charting.shaped_door import ShapedDoor
from bridge.imaging import WorkshopError
from bridge.photos import MoveStore, StoreError
from bridge.tscharts import ChartError

_log = logging.getLogger(__name__)
_METHODS = ("GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE")
_ROOTS = ("/tscharts/v1/", "/p/<practice>/tscharts/v1/")
_PATH = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]*)*", re.ASCII)
"""Nothing in it can lead elsewhere than it says: no dots, no percent signs."""

_PIECE_BYTES = 64 * 1024
_SMALL_BYTES = 4 * 1024 * 1024
"""More than tscharts takes as shipped: what is larger goes nowhere without being made smaller."""

_MOST_LARGE_AT_ONCE = 4
_LONGEST_PATH = 200
_NOT_HERE = "There is nothing at this address of the chart; check it."
_TOO_LARGE = "This is larger than any picture that the bridge takes; send a smaller one."
_SIGN_IN = "Only people who are signed in may send something this large; sign in again, then send it."
_CUT = "The request broke off before its end; send it again."


def charting_blueprint(
    settings: ChartingSettings,
    charts: Charts,
    *,
    access: Access,
    audit: Audit,
    repeats: RepeatedPosts,
    pictures: PictureMaker | None,
    moves: MoveStore | None = None,
    gone: ImageGone = nobody_hears,
) -> Blueprint:
    """The door to these charts. Without `pictures` nothing is made smaller. `moves` knows which images are moved,
    `gone` hears of those that are deleted here.
    """
    fitter = Fitter(pictures, settings.max_pixels) if pictures is not None else None
    door = ShapedDoor(settings.door, access, audit, repeats, fitter, moves, gone)
    bodies = _Bodies(settings.max_body_bytes, access)
    blueprint = Blueprint("charting", __name__)

    def answer(path: str, practice: str | None = None) -> Response:
        try:
            chart = charts.of(practice)
            with bodies.taken(chart) as body:
                return _response(door.answer(_asked(path, practice, body, settings), chart))
        except RefusedError as refusal:
            return _response(refused(refusal))
        except (StoreError, WorkshopError) as error:
            _log.error("event=charting-door-failed reason=%s", type(error).__name__)
            return _response(refused(RefusedError(503, str(error))))
        except Exception as error:
            _log.error("event=request-failed", exc_info=error)
            return _response(refused(failure(error)))

    for number, root in enumerate(_ROOTS):
        blueprint.add_url_rule(
            f"{root}<path:path>", f"tscharts{number}", answer, methods=_METHODS, provide_automatic_options=False
        )
    return blueprint


def _asked(path: str, practice: str | None, file: IO[bytes], settings: ChartingSettings) -> Asked:
    is_elsewhere = str(request.environ["PATH_INFO"]).startswith("//")
    if is_elsewhere or len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
        raise RefusedError(404, _NOT_HERE)
    remote = request.remote_addr or ""
    address = asking_address(remote, request.headers.get("X-Forwarded-For", ""), settings.web_servers)
    return Asked(
        method=request.method,
        path=path,
        query=str(request.environ["QUERY_STRING"]),
        headers={name.lower(): value for name, value in request.headers.items()},
        file=file,
        body_bytes=file.tell(),
        chunked=request.headers.get("Transfer-Encoding", "").lower() == "chunked",
        network=network_of(address),
        prefix=f"/p/{practice}" if practice is not None else "",
    )


class _Bodies:
    """Takes requests' bodies. Large ones are a few at a time in hand, and only of those who may send them at all."""

    def __init__(self, most_bytes: int, access: Access) -> None:
        self._most_bytes = most_bytes
        self._access = access
        self._places = threading.BoundedSemaphore(_MOST_LARGE_AT_ONCE)

    @contextmanager
    def taken(self, chart: Chart) -> Iterator[IO[bytes]]:
        """The request's body: in memory when it is small, else in a file, until the block ends. Raises RefusedError."""
        with tempfile.SpooledTemporaryFile(_SMALL_BYTES) as file:
            self._check(request.content_length or 0, chart)
            for piece in _pieces_of_body():
                is_first_large = file.tell() <= _SMALL_BYTES < file.tell() + len(piece)
                file.write(piece)
                if is_first_large or file.tell() > self._most_bytes:
                    self._check(file.tell(), chart)
            with self._places if file.tell() > _SMALL_BYTES else nullcontext():
                yield file

    def _check(self, size_bytes: int, chart: Chart) -> None:
        if size_bytes > self._most_bytes:
            raise RefusedError(413, _TOO_LARGE, ("Connection", "close"))
        if size_bytes > _SMALL_BYTES and not self._access.is_good(chart, request.headers.get("Authorization", "")):
            raise RefusedError(401, _SIGN_IN, ("WWW-Authenticate", "Token"), ("Connection", "close"))


def _pieces_of_body() -> Iterator[bytes]:
    try:
        while piece := request.stream.read(_PIECE_BYTES):
            yield piece
    except (OSError, ValueError) as error:
        raise RefusedError(400, _CUT, ("Connection", "close")) from error


def _response(reply: Reply) -> Response:
    status = f"{reply.status} {reply.reason}" if reply.reason else reply.status
    response = Response(_pieces(reply), status, headers=list(reply.headers))
    if not any(name.lower() == "content-type" for name, _ in reply.headers):
        del response.headers["Content-Type"]
    response.call_on_close(reply.close)
    return response


def _pieces(reply: Reply) -> Iterator[bytes]:
    """The body. When the chart breaks off in its middle the caller's connection breaks, too: else what is there would
    look whole.
    """
    try:
        yield from reply.pieces
    except ChartError as error:
        _log.warning("event=chart-answer-cut")
        raise OSError(errno.EPIPE, "the chart broke off") from error
