"""The log: one line per event, `time level event=... key=value ...`, without patient data.

Photos appear by their number in the store, never by file name; people never appear.
"""

import logging
import logging.handlers
import time
from pathlib import Path

from bridge.errors import BridgeError

_LINE = "%(asctime)s %(levelname)s %(message)s"
_FILE_BYTES = 5 * 1024 * 1024
_OLD_FILES = 5


def start_logging(level: str, file: Path | None) -> None:
    """Log to a file (turned over at 5 MiB, five kept), or to stderr. Raises BridgeError when the file cannot be."""
    handler = logging.StreamHandler() if file is None else _file_handler(file)
    formatter = logging.Formatter(_LINE, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("apscheduler", "alembic", "urllib3", "PIL"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _file_handler(file: Path) -> logging.Handler:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(file, "a", _FILE_BYTES, _OLD_FILES, encoding="utf-8")
    except OSError as error:
        raise BridgeError(f"The log file {file} cannot be written ({error.strerror}); change `log_file`.") from error
