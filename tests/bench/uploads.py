"""Measures how uploads are taken: `python -m tests.bench.uploads`.

The bridge, and a bare loop that receives the same bytes and writes them with fsync, are processes of their own. Each
number of clients sends to both in turn, in one run, each photo over a connection of its own, as phones do. The chart
takes connections and never answers, so that nothing but accepting is measured: the photos wait. Both keep what they
took until all is measured. Memory is the bridge's (Linux alone).
"""

import argparse
import contextlib
import io
import itertools
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image

from bridge_runner import GUID, make_config
from phone import form, upload_request, wait_until

CLIENTS = (1, 8, 32)
SIZES = {"200 kB": 200_000, "2 MB": 2_000_000, "8 MB": 8_000_000}
BYTES_A_ROUND = 320_000_000
ROUNDS = 3
LEAST_OF_LIMIT = 0.75
MOST_TAIL = 4.0
SLOW_CLIENTS = 200
SLOW_BYTES_A_SECOND = 5_000
LEAST_BESIDE_SLOW = 0.8
LARGE_BYTES = 16_000_000
FIRST_UPLOADS = 16
"""So many bring along what every later one uses; memory is counted over what the bridge has then."""

MOST_MEMORY_MB = 100.0
_ANSWERED = b"HTTP/1.1 200"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def main() -> None:
    """Serve the bare loop, or print the table and keep its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", metavar="FOLDER", help="serve the bare loop, as this program asks itself")
    parser.add_argument("--json", metavar="FILE", help="also write the figures here")
    wanted = parser.parse_args()
    if wanted.limit:
        _serve_limit(Path(wanted.limit))
        return
    figures = measure()
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def measure() -> dict[str, float]:
    """All figures by name, printed as they come."""
    with tempfile.TemporaryDirectory() as folder, _bridge(Path(folder)) as bridge, _limit(Path(folder)) as limit:
        _send(bridge.port, min(SIZES.values()), FIRST_UPLOADS, 8)
        figures = _memory(bridge)
        for size, size_bytes in SIZES.items():
            for clients in CLIENTS:
                figures |= _at(size, size_bytes, clients, bridge.port, limit.port)
        figures |= _beside_slow_phones(bridge.port)
    return figures


@dataclass(frozen=True)
class _Server:
    port: int
    pid: int


@dataclass(frozen=True)
class _Sent:
    """Uploads a second, and milliseconds at the median and at the 99th percentile."""

    rate: float
    median_ms: float
    tail_ms: float


def _at(size: str, size_bytes: int, clients: int, bridge: int, limit: int) -> dict[str, float]:
    number = max(clients, BYTES_A_ROUND // size_bytes // 2 if clients == 1 else BYTES_A_ROUND // size_bytes)
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_send(limit, size_bytes, number, clients))
        ours.append(_send(bridge, size_bytes, number, clients))
    rate, most = (statistics.median(each.rate for each in sent) for sent in (ours, bare))
    median, tail = statistics.median(each.median_ms for each in ours), statistics.median(each.tail_ms for each in ours)
    bar = f"bar {LEAST_OF_LIMIT}" if (size, clients) == ("2 MB", 8) else ""
    tail_bar = f"bar {MOST_TAIL}" if (size, clients) == ("2 MB", 8) else ""
    _print(
        f"{size:>7} {clients:3} clients {rate:8.1f}/s  bare loop {most:8.1f}/s  {rate / most:5.2f} of it {bar:9}"
        f"  median {median:7.1f} ms  99% {tail:7.1f} ms  {tail / median:5.1f} times {tail_bar}"
    )
    name = f"accept {size} {clients}"
    return {
        f"{name} per second": round(rate, 1),
        f"{name} of limit": round(rate / most, 3),
        f"{name} median ms": round(median, 2),
        f"{name} 99% ms": round(tail, 2),
    }


def _beside_slow_phones(port: int) -> dict[str, float]:
    alone = statistics.median(_send(port, SIZES["2 MB"], 100, 8).rate for _ in range(ROUNDS))
    with _slow_phones(port):
        beside = statistics.median(_send(port, SIZES["2 MB"], 100, 8).rate for _ in range(ROUNDS))
    _print(
        f"8 fast clients beside {SLOW_CLIENTS} of {SLOW_BYTES_A_SECOND} B/s: {beside:.1f}/s, alone {alone:.1f}/s, "
        f"{beside / alone:.2f} of it (bar {LEAST_BESIDE_SLOW})"
    )
    return {"beside slow phones": round(beside / alone, 3)}


def _memory(bridge: _Server) -> dict[str, float]:
    idle = _memory_mb(bridge.pid)
    most, over = [0.0], Event()

    def watch() -> None:
        while not over.wait(0.005):
            most[0] = max(most[0], _memory_mb(bridge.pid))

    watcher = Thread(target=watch)
    watcher.start()
    _send(bridge.port, LARGE_BYTES, 32, 32)
    over.set()
    watcher.join()
    _print(f"memory of 32 uploads of 16 MB at once: {most[0] - idle:.1f} MB over idle (bar {MOST_MEMORY_MB:.0f})")
    return {"memory MB": round(most[0] - idle, 1)}


_NUMBERS = itertools.count(1)


def _send(port: int, size_bytes: int, number: int, clients: int) -> _Sent:
    picture = _picture(size_bytes)
    ready = [_request(picture) for _ in range(number)]
    with ThreadPoolExecutor(clients) as together:
        began = time.perf_counter()
        taken = sorted(together.map(lambda upload: _timed_ms(port, upload), ready))
        seconds = time.perf_counter() - began
    return _Sent(number / seconds, statistics.median(taken), taken[int(0.99 * (len(taken) - 1))])


def _request(picture: bytes) -> tuple[bytes, bytes]:
    """Head and body of an upload under a name of its own; the picture's bytes are shared."""
    name = f"#{GUID}-#{next(_NUMBERS)}-#Headshot-21-Nov-2026-10-11-12.jpg"
    whole = form(name, b"")
    begin, end = whole.split(b"\r\n\r\n", 1)
    begin += b"\r\n\r\n"
    head = upload_request(b"").replace(b"Content-Length: 0", b"Content-Length: %d" % (len(whole) + len(picture)))
    assert b"Content-Length: 0" not in head
    return head + begin, picture + end


def _timed_ms(port: int, upload: tuple[bytes, bytes]) -> float:
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for part in upload:
            connection.sendall(part)
        answer = connection.recv(4096)
    assert answer.startswith(_ANSWERED), answer[:200]
    return (time.perf_counter() - began) * 1000


@contextlib.contextmanager
def _slow_phones(port: int) -> Iterator[None]:
    over = Event()
    head, body = _request(_picture(SIZES["2 MB"]))

    def creep() -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(head)
            for start in itertools.count(0, SLOW_BYTES_A_SECOND):
                if over.wait(1.0):
                    return
                connection.sendall(body[start : start + SLOW_BYTES_A_SECOND])

    threads = [Thread(target=creep) for _ in range(SLOW_CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _picture(size_bytes: int) -> bytes:
    """A JPEG of about this size: what phones send is whole, and is looked at to see that."""
    edge = int((size_bytes / 1.05) ** 0.5)
    buffer = io.BytesIO()
    Image.effect_noise((edge, edge), 120).save(buffer, "JPEG", quality=92)
    content = buffer.getvalue()
    return content[:-2] + bytes(max(0, size_bytes - len(content))) + content[-2:]


@contextlib.contextmanager
def _bridge(folder: Path) -> Iterator[_Server]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        config = make_config(folder, f"http://127.0.0.1:{silent.getsockname()[1]}", chart="read_timeout_seconds: 900")
        config.file.write_text(config.file.read_text("utf-8").replace(", threads: 24", ""), "utf-8")
        command = [sys.executable, "-m", "bridge", "--config", str(config.file), "serve"]
        with _running(command) as process:
            wait_until(lambda: _answers(config.server.port), 30)
            yield _Server(config.server.port, process.pid)


@contextlib.contextmanager
def _limit(folder: Path) -> Iterator[_Server]:
    with _running([sys.executable, "-m", "tests.bench.uploads", "--limit", str(folder)], subprocess.PIPE) as process:
        assert process.stdout
        yield _Server(int(process.stdout.readline()), process.pid)


@contextlib.contextmanager
def _running(command: Sequence[str], stdout: int = subprocess.DEVNULL) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _serve_limit(folder: Path) -> None:
    """Receive, write, fsync, answer: a thread for each connection, and nothing looked at but the length."""
    server = socket.create_server(("127.0.0.1", 0), backlog=128)
    _print(str(server.getsockname()[1]))
    for number in itertools.count():
        connection, _ = server.accept()
        Thread(target=_keep, args=(connection, folder / f"bare-{number}"), daemon=True).start()


def _keep(connection: socket.socket, file: Path) -> None:
    with connection, file.open("xb", buffering=0) as stream:
        buffer = memoryview(bytearray(256 * 1024))
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        head, begun = head.split(b"\r\n\r\n", 1)
        length = _LENGTH.search(head)
        assert length
        left = int(length[1]) - stream.write(begun)
        while left:
            received = connection.recv_into(buffer)
            assert received
            left -= stream.write(buffer[:received])
        os.fsync(stream.fileno())
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
