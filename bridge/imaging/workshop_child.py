"""A picture worker: a process that prepares one picture after the other, as it is asked through its standard input.

It ends when that input ends, so it never outlives the bridge, however the bridge ends.
"""

import contextlib
import dataclasses
import faulthandler
import importlib
import json
import os
import queue
import re
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from PIL import Image

from bridge.imaging.errors import PictureError
from bridge.imaging.fit import encode_jpeg
from bridge.imaging.limits import Limits, Prepared
from bridge.imaging.workshop_memory import MemoryBound, MemoryGuard, memory_bytes
from bridge.imaging.workshop_task import Task
from bridge.imaging.workshop_wire import Message, Status, WireError, read_message, write_message

_MOST_ORIGINAL_BYTES = 2**31
_SPARE_SECONDS = 2.0
_NICENESS = 5
_STDERR = 2
_UNUSUAL = re.compile(r"[^A-Za-z0-9_. -]")
_LEFT_TO_THE_BRIDGE = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

Answer = tuple[dict[str, object], bytes]
Inbox = queue.SimpleQueue[Message]


def main() -> None:
    """Serve until the bridge closes the pipe. The task is the last argument, as JSON."""
    for name in _LEFT_TO_THE_BRIDGE:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    requests, replies = _private_pipes()
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, inbox), name="requests", daemon=True).start()
    try:
        task = Task(**json.loads(sys.argv[-1]))
        module = _made_ready(task.module)
        bound = MemoryBound(MemoryGuard(task.guard), task.memory_bytes)
    except Exception as error:
        write_message(replies, {"number": 0, "status": Status.FAULT, "detail": _where(error)})
        return
    write_message(replies, {"number": 0, "status": Status.READY})
    while True:
        _serve(inbox.get(), replies, module, bound, task.seconds)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes from and to the bridge, moved to where nothing that a decoder prints or reads can meet them."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, replies


def _listen(requests: BinaryIO, inbox: Inbox) -> None:
    """Takes requests in; the end of them ends the process at once, also in the middle of a picture."""
    try:
        while True:
            inbox.put(read_message(requests, _MOST_ORIGINAL_BYTES))
    except (EOFError, OSError, WireError):
        os._exit(0)


def _made_ready(module: str) -> ModuleType:
    """The module that prepares, warm: with all that it imports, also that which it imports for its first picture."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)
    ready = importlib.import_module(module)
    with contextlib.suppress(Exception):
        ready.prepare(encode_jpeg(Image.new("L", (16, 16)), 80), Limits(1_000_000, longest_edge=8))
    return ready


def _serve(request: Message, replies: BinaryIO, module: ModuleType, bound: MemoryBound, seconds: float) -> None:
    """One picture. The bridge ends a worker that is too slow; if it cannot any more, the alarm does, whatever hangs."""
    faulthandler.dump_traceback_later(seconds + _SPARE_SECONDS, exit=True, file=_STDERR)
    with bound.watching():
        header, body = _answer(request, module)
    faulthandler.cancel_dump_traceback_later()
    about = {"number": request.header["number"], "kept_bytes": memory_bytes()}
    write_message(replies, {**header, **about}, body)


def _answer(request: Message, module: ModuleType) -> Answer:
    try:
        original = _original(request)
    except OSError as error:
        return {"status": Status.UNREADABLE, "errno": error.errno or 0}, b""
    except MemoryError:
        return {"status": Status.TOO_BIG}, b""
    return _outcome(original, request.header, module)


def _original(request: Message) -> bytes:
    path = request.header["path"]
    return request.body if path is None else Path(os.fsdecode(bytes.fromhex(path))).read_bytes()


def _outcome(original: bytes, wish: dict[str, Any], module: ModuleType) -> Answer:
    try:
        return _made(original, wish, module)
    except PictureError as error:
        about = {"reason": error.hold.reason, "sentence": error.hold.sentence, "has_preview": error.has_preview}
        return {"status": Status.HELD, **about}, b""
    except MemoryError:
        return {"status": Status.TOO_BIG}, b""
    except Exception as error:
        return {"status": Status.FAULT, "detail": _where(error)}, b""


def _made(original: bytes, wish: dict[str, Any], module: ModuleType) -> Answer:
    if wish["only_prove"]:
        module.prove(original, Limits(**wish["limits"]))
        return {"status": Status.PROVED}, b""
    return _previewed(original, wish, module) if wish["edge"] else _prepared(original, wish, module)


def _prepared(original: bytes, wish: dict[str, Any], module: ModuleType) -> Answer:
    how = {name: wish[name] for name in ("as_is", "is_proved")}
    prepared: Prepared = module.prepare(original, Limits(**wish["limits"]), **how)
    return {"status": Status.PREPARED, **_about(prepared)}, prepared.data


def _previewed(original: bytes, wish: dict[str, Any], module: ModuleType) -> Answer:
    return {"status": Status.PREVIEWED}, module.preview(original, wish["edge"])


def _about(prepared: Prepared) -> dict[str, Any]:
    """All that is known of a picture but its bytes."""
    return {field.name: getattr(prepared, field.name) for field in dataclasses.fields(prepared) if field.name != "data"}


def _where(error: Exception) -> str:
    """What went wrong, and in which line of code; never the error's words, which may quote the picture."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else ""
    return _UNUSUAL.sub("", type(error).__name__ + place)
