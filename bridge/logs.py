"""The log: one line per event, `time level event=... key=value ...`, without patient data.

Photos appear by their number in the store, never by file name; people never appear. What a library logs may quote a
request, so of that only the kind of trouble is kept.
"""

import contextlib
import logging
import logging.handlers
import os
import time
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from bridge.errors import BridgeError

_LINE = "%(asctime)s %(levelname)s %(message)s"
_FILE_BYTES = 5 * 1024 * 1024
_OLD_FILES = 5
_FRAMES = 8
"""How many places of an exception are told: the innermost ones."""

_KEPT_LINES = 5000
_QUOTES = ("'", '"')


def start_logging(level: str, file: Path | None) -> None:
    """Log to a file (turned over at 5 MiB, five kept), or to stderr. Raises BridgeError when the file cannot be."""
    handler = logging.StreamHandler() if file is None else _file_handler(file)
    _write_lines(handler)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Else each line that finds no room on a full disk prints a traceback.
    logging.raiseExceptions = False
    for noisy in ("apscheduler", "alembic", "urllib3", "PIL"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


class RecentLines(logging.Handler):
    """The last lines that this process logged, in memory: at hand wherever the log goes, and of bounded size.

    It hears of what is logged between `attach` and `detach`.
    """

    def __init__(self) -> None:
        super().__init__()
        _write_lines(self)
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def attach(self) -> None:
        """Begin to listen."""
        logging.getLogger().addHandler(self)

    def detach(self) -> None:
        """Listen no more. What was heard stays."""
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's line."""
        self._lines.append(self.format(record))

    def last(self, count: int, practice: str | None = None) -> Sequence[str]:
        """The last lines, oldest first; of a practice, those alone that name it."""
        with self.lock or contextlib.nullcontext():
            lines = list(self._lines)
        return list(deque((line for line in lines if practice in (None, _practice_of(line))), maxlen=count))


class NewLines:
    """The lines of a log file as they come, also after it was turned over. The first `read` gives all that are there.

    The file is not held open between looks, as Windows turns no open file over; the one read last is known again by
    its number on the disk, and read to its end under the name that it has by then.
    """

    def __init__(self, file: Path) -> None:
        self._files = [file, *(file.with_name(f"{file.name}.{number}") for number in range(1, _OLD_FILES + 1))]
        self._known: tuple[int, int] | None = None
        self._position = 0

    def read(self) -> Iterator[str]:
        """What came since the last look: whole lines; of a file that was turned over, all. Raises OSError, but not
        when the file is away, as it is for a moment while it is turned over.
        """
        with contextlib.ExitStack() as opened:
            files = self._since_the_last(opened)
            for file in reversed(files):
                yield from self._lines_of(file, is_newest=file is files[0])

    def _since_the_last(self, opened: contextlib.ExitStack) -> list[BinaryIO]:
        """The file read last and those after it, newest first; when that one is gone, the file of today alone."""
        files: dict[tuple[int, int], BinaryIO] = {}
        today: list[BinaryIO] = []
        for path in self._files:
            with contextlib.suppress(FileNotFoundError):
                file = opened.enter_context(path.open("rb"))
                files.setdefault(_identity(file), file)
            today = today or (list(files.values()) if path == self._files[0] else [])
            if self._known is None or self._known in files:
                return list(files.values())
        self._known = None
        return today

    def _lines_of(self, file: BinaryIO, *, is_newest: bool) -> Iterator[str]:
        is_known = _identity(file) == self._known and self._position <= os.fstat(file.fileno()).st_size
        file.seek(self._position if is_known else 0)
        self._known, self._position = _identity(file), file.tell()
        for line in file:
            if is_newest and not line.endswith(b"\n"):
                return
            self._position += len(line)
            yield line.decode("utf-8", "replace").rstrip("\r\n")


def _identity(file: BinaryIO) -> tuple[int, int]:
    """Which file this is, whatever its name."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino


def _practice_of(line: str) -> str | None:
    """The one practice that a line is about. What stands in quotes may be anybody's words, and so is all after it."""
    for quote in _QUOTES:
        line = line.partition(quote)[0]
    named = [word.removeprefix("practice=") for word in line.split(" ") if word.startswith("practice=")]
    return named[0] if len(named) == 1 else None


def _write_lines(handler: logging.Handler) -> None:
    formatter = _OneLine(_LINE, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(_is_worth_a_line)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """What libraries say for their own developers is not."""
    return record.levelno >= logging.WARNING or record.name.split(".")[0] == "bridge"


class _OneLine(logging.Formatter):
    """One line for each record. Of an exception it tells the kind and the places, never the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        message = record.getMessage()
        if not message.startswith("event="):
            message = f"event=library-message from={record.name}"
        shown = logging.makeLogRecord(record.__dict__ | {"msg": message + _fault(record), "args": None})
        shown.exc_info = shown.exc_text = shown.stack_info = None
        return _plain(super().format(shown))


def _fault(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    frames = traceback.extract_tb(record.exc_info[2])[-_FRAMES:]
    places = ">".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f" error={record.exc_info[0].__name__} at={places or 'nowhere'}"


def _plain(line: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _file_handler(file: Path) -> logging.Handler:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(file, "a", _FILE_BYTES, _OLD_FILES, encoding="utf-8")
    except OSError as error:
        raise BridgeError(f"The log file {file} cannot be written ({error.strerror}); change `log_file`.") from error
