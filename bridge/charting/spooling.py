"""Takes an answer from the chart as fast as the chart gives it, however slowly its reader takes it.

A chart server may have one worker, which a slow reader must not hold. The reader gets each piece as soon as it is here.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import IO, cast

from bridge.charting.messages import Reply
from bridge.tscharts import ChartError

_IN_MEMORY_BYTES = 64 * 1024
_PIECE_BYTES = 64 * 1024


def spooled(reply: Reply) -> Reply:
    """The same answer, read ahead into a file; one that is small is left as it is."""
    length = next((value.strip() for name, value in reply.headers if name.lower() == "content-length"), "")
    if length.isdigit() and int(length) <= _IN_MEMORY_BYTES:
        return reply
    with ExitStack() as opened:
        file = cast(IO[bytes], opened.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)))
        spool = _Spool(iter(reply.pieces), reply.close, file, opened.pop_all().close)
    threading.Thread(target=spool.fill, name="chart-answer", daemon=True).start()
    return reply.with_body(spool.pieces(), spool.leave)


class _Spool:
    """A body between the thread that fetches it and the one that gives it to its reader."""

    def __init__(
        self, source: Iterator[bytes], close: Callable[[], None], file: IO[bytes], close_file: Callable[[], None]
    ) -> None:
        self._source = source
        self._close = close
        self._file = file
        self._close_file = close_file
        self._changed = threading.Condition()
        self._size_bytes = 0
        self._error: Exception | None = None
        self._is_over = False
        self._is_left = False

    def fill(self) -> None:
        """Fetch the body to its end, or until its reader is gone; then let go of the chart."""
        try:
            for piece in self._source:
                if not self._put(piece):
                    break
        except (ChartError, OSError) as error:
            self._error = error
        finally:
            self._close()
            with self._changed:
                self._is_over = True
                self._clean_up()
                self._changed.notify_all()

    def pieces(self) -> Iterator[bytes]:
        """The body. Raises what fetching it has raised, at its place."""
        given_bytes = 0
        while piece := self._after(given_bytes):
            given_bytes += len(piece)
            yield piece

    def leave(self) -> None:
        """The reader wants no more."""
        with self._changed:
            self._is_left = True
            self._clean_up()

    def _put(self, piece: bytes) -> bool:
        with self._changed:
            if self._is_left:
                return False
            self._file.seek(self._size_bytes)
            self._file.write(piece)
            self._size_bytes += len(piece)
            self._changed.notify_all()
        return True

    def _after(self, given_bytes: int) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._size_bytes > given_bytes or self._is_over)
            if self._size_bytes > given_bytes:
                self._file.seek(given_bytes)
                return self._file.read(_PIECE_BYTES)
        if self._error is not None:
            raise self._error
        return b""

    def _clean_up(self) -> None:
        """The file goes when neither side needs it."""
        if self._is_over and self._is_left:
            self._close_file()
