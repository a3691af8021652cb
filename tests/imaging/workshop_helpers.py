"""What the tests of the workshop share; see workshop_tricks.py for what its workers play."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bridge.holds import HoldReason
from bridge.imaging import Limits, PictureError, Prepared
from bridge.imaging.workshop import Workshop

TRICKS = "workshop_tricks"
LIMITS = Limits(max_image_bytes=1_000_000)


def said(prepared: Prepared) -> dict[str, Any]:
    """What a trick tells, and the worker's pid."""
    told: dict[str, Any] = json.loads(prepared.data[3:])
    return told


def pid(workshop: Workshop) -> int:
    return int(said(workshop.prepare(b"keep 1", LIMITS))["pid"])


@contextmanager
def held(reason: HoldReason, *words: str) -> Iterator[None]:
    with pytest.raises(PictureError) as caught:
        yield
    assert caught.value.hold.reason is reason
    assert all(word in caught.value.hold.sentence for word in words), caught.value.hold.sentence


def is_reaped(child: int) -> bool:
    """Whether a process of ours has gone without leaving a zombie."""
    try:
        os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def until(happened: Callable[[], Any], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)
