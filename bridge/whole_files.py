"""Files that are written whole or not at all, so that no reader and no power cut ever finds a half."""

import os
import secrets
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Put bytes in the place of a file, or of none, once they are on the disk. Raises OSError."""
    part = file.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
