"""What hostile files might make a picture worker do: the "picture" names the trick. Runs in the worker."""

import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

from bridge.imaging import Format, Limits, Prepared
from bridge.imaging.workshop_memory import memory_bytes

_KEPT: list[bytearray] = []


def preview(original: bytes, edge: int) -> bytes:
    return prepare(original, Limits(edge)).data


def prepare(original: bytes, limits: Limits, **_how: bool) -> Prepared:
    trick, _, argument = original.partition(b" ")
    said = _TRICKS[trick.decode()](argument)
    return picture({"pid": os.getpid(), "said": said})


def picture(said: object) -> Prepared:
    """Something that begins as a JPEG, with a message behind it."""
    data = b"\xff\xd8\xff" + json.dumps(said).encode()
    return Prepared(data, Format.JPEG, 7, 5, True, 0)


def _hang(_: bytes) -> None:
    time.sleep(60)


def _hang_with_the_interpreter(_: bytes) -> None:
    re.match(rb"(a+)+$", b"a" * 60 + b"b")


def _swell(_: bytes) -> None:
    while True:
        _KEPT.append(bytearray(b"\1" * 4_000_000))
        time.sleep(0.001)


def _keep(size: bytes) -> None:
    _KEPT.append(bytearray(b"\1") * int(size))


def _crash(_: bytes) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _crash_first(marker: bytes) -> None:
    if not Path(os.fsdecode(marker)).exists():
        Path(os.fsdecode(marker)).touch()
        os.abort()


def _wait_first(marker: bytes) -> None:
    """Tell the pid and hang, the first time."""
    path = Path(os.fsdecode(marker))
    if not path.exists():
        path.with_suffix(".new").write_text(str(os.getpid()), "ascii")
        path.with_suffix(".new").rename(path)
        time.sleep(60)


def _phone(argument: bytes) -> None:
    """Call somebody up, who hears when this process ends, and go on with another trick."""
    port, _, rest = argument.partition(b" ")
    _LINES.append(socket.create_connection(("127.0.0.1", int(port))))
    if rest:
        _TRICKS[rest.decode()](b"")


def _print(_: bytes) -> str:
    sys.stdout.write("\0\0\0\2{}" * 1000)
    sys.stdout.flush()
    os.write(1, b"\xff" * 200_000)
    return sys.stdin.read()


def _fail(words: bytes) -> None:
    raise LookupError(words.decode())


def _forge(message: bytes) -> None:
    """Write a message as the worker would, and stay."""
    os.write(_pipe_to_the_bridge(), message)
    time.sleep(60)


def _breed(_: bytes) -> None:
    """Hang, together with a child that holds the pipe to the bridge open."""
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=[_pipe_to_the_bridge()])
    time.sleep(60)


def _pipe_to_the_bridge() -> int:
    for number in range(3, 64):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(number).st_mode) and os.write(number, b"") == 0:
                return number
    raise AssertionError


def _surroundings(_: bytes) -> dict[str, object]:
    return {
        "environment": dict(os.environ),
        "files": [[status.st_dev, status.st_ino] for status in _open_files()],
        "sockets": sum(stat.S_ISSOCK(status.st_mode) for status in _open_files()),
        "niceness": os.nice(0),
        "ctrl-c": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        "memory": memory_bytes(),
    }


def _open_files() -> list[os.stat_result]:
    found = []
    for number in range(256):
        with contextlib.suppress(OSError):
            found.append(os.fstat(number))
    return found


_LINES: list[socket.socket] = []
_TRICKS = {
    "hang": _hang,
    "hang-all": _hang_with_the_interpreter,
    "swell": _swell,
    "keep": _keep,
    "crash": _crash,
    "crash-first": _crash_first,
    "wait-first": _wait_first,
    "phone": _phone,
    "print": _print,
    "fail": _fail,
    "forge": _forge,
    "breed": _breed,
    "look": _surroundings,
    "leave": lambda _: sys.exit("gone"),
    "vanish": lambda _: os._exit(0),
}
