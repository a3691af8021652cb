"""Measures the charting doors' bars: `python -m tests.bench.charting`.

The chart's sandbox, each door and the client are processes of their own. Each question is asked of the sandbox and of
the door in turn, in one run, over a connection of its own, as tscharts' clients do. Memory is the door's (Linux alone).
"""

import argparse
import base64
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from charting_site import running_door
from json_site import picture, running_json_door

from bench.figures import Figure, table, write_figures
from bridge.sandbox import SandboxServer

ROUNDS = 300
DOWNLOADS = 50
BARS = {"list": 3.0, "newest 700 kB": 10.0, "image 700 kB": 10.0, "missing image": 3.0}
"""The most milliseconds that the door may add at the median."""

MOST_MEMORY_MB = 120.0
JSON_ROOT = "/api/v1/"
MOST_THUMBNAIL_MS = 5.0
MOST_OBJECTS_MORE_MS = 3.0
QUICK_ROUNDS = 20


def main() -> None:
    """Serve one of the processes, or measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", action="store_true", help="serve the sandbox, as this program asks itself")
    parser.add_argument("--door", metavar="URL", help="serve the door, as this program asks itself")
    parser.add_argument("--json-door", metavar="URL", help="serve the JSON door, as this program asks itself")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it works")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures here")
    wanted = parser.parse_args()
    if wanted.sandbox:
        _serve_sandbox()
    elif wanted.door:
        _serve_door(wanted.door)
    elif wanted.json_door:
        _serve_json(wanted.json_door)
    else:
        rounds = wanted.rounds or (QUICK_ROUNDS if wanted.quick else ROUNDS)
        figures = [*_measure(rounds), *_measure_json(rounds)]
        _print(table(figures))
        if wanted.json:
            write_figures(wanted.json, figures)


def _serve_sandbox() -> None:
    with SandboxServer(body_limit_bytes=16_000_000) as server:
        _tell({"port": server.port, "token": server.token("bridge")})
        sys.stdin.read()


def _serve_door(url: str) -> None:
    with running_door({"clinic": url}, threads=96) as site:
        _tell({"port": site.port})
        sys.stdin.read()


def _serve_json(url: str) -> None:
    with tempfile.TemporaryDirectory() as name, running_json_door({"clinic": url}, Path(name), threads=96) as site:
        _tell({"port": site.port})
        sys.stdin.read()


def _measure_json(rounds: int) -> list[Figure]:
    with _process("--sandbox") as (_, chart), _process("--json-door", f"http://127.0.0.1:{chart['port']}") as both:
        pid, door = both
        token, port, json_port = str(chart["token"]), int(chart["port"]), int(door["port"])
        images = [_posted(port, token, 0, picture(1200, 900)) for _ in range(20)]
        large = _posted(port, token, 2_000_000)
        questions = {
            "cached thumbnail": f"images/{images[0]}/thumbnail",
            "20 images as objects": "images?patient=1&limit=20",
            "one image as object": f"images/{images[0]}",
            "patient search": "patients?q=orozco%20camila",
        }
        figures = [
            _json_figure(name, _json_medians(path, token, port, json_port, rounds)) for name, path in questions.items()
        ]
        added = _memory_added(pid, json_port, token, f"images/{large}/file", JSON_ROOT)
        name = f"JSON: memory of {DOWNLOADS} files of 2 MB"
        return [*figures, Figure(name, added, "MB more", at_most=MOST_MEMORY_MB)]


def _json_medians(path: str, token: str, port: int, json_port: int, rounds: int) -> tuple[float, float]:
    """Milliseconds of a list at the chart itself, and of this question here, asked in turn."""
    _ask(json_port, "GET", path, token, root=JSON_ROOT)
    asked_of_both = "image/?patient=1&sort=true"
    pairs = [(_timed(port, asked_of_both, token), _timed(json_port, path, token, JSON_ROOT)) for _ in range(rounds)]
    own, ours = (statistics.median(each) for each in zip(*pairs, strict=True))
    return own, ours


def _json_figure(name: str, medians: tuple[float, float]) -> Figure:
    own, ours = medians
    note = f"{ours:.2f} here, {own:.2f} a list at the chart"
    if name == "cached thumbnail":
        return Figure(f"JSON: {name}", ours, "ms", at_most=MOST_THUMBNAIL_MS, note=note)
    most = MOST_OBJECTS_MORE_MS if name == "20 images as objects" else None
    return Figure(f"JSON: {name}", ours - own, "ms more", at_most=most, note=note)


def _timed(port: int, path: str, token: str, root: str = "/tscharts/v1/") -> float:
    """Milliseconds."""
    began = time.perf_counter()
    _ask(port, "GET", path, token, root=root)
    return (time.perf_counter() - began) * 1000


def _measure(rounds: int) -> list[Figure]:
    with _process("--sandbox") as (_, chart), _process("--door", f"http://127.0.0.1:{chart['port']}") as (pid, door):
        token = str(chart["token"])
        small = _posted(int(chart["port"]), token, 700_000)
        questions = {
            "list": "image/?patient=1&type=Headshot&sort=true",
            "newest 700 kB": "image/?patient=1&newest=true",
            "image 700 kB": f"image/{small}/",
            "missing image": "image/999999/",
        }
        figures = []
        for name, path in questions.items():
            own, ours = _medians(path, token, int(chart["port"]), int(door["port"]), rounds)
            note = f"{ours:.2f} at the door, {own:.2f} at the chart"
            figures.append(Figure(name, ours - own, "ms more", at_most=BARS[name], note=note))
        large = _posted(int(chart["port"]), token, 2_000_000)
        added = _memory_added(pid, int(door["port"]), token, f"image/{large}/")
        name = f"memory of {DOWNLOADS} downloads of 2 MB"
        return [*figures, Figure(name, added, "MB more", at_most=MOST_MEMORY_MB)]


def _medians(path: str, token: str, chart: int, door: int, rounds: int) -> tuple[float, float]:
    """Milliseconds at the chart itself, and through the door, asked in turn."""
    times: dict[int, list[float]] = {chart: [], door: []}
    for _ in range(rounds):
        for port, taken in times.items():
            began = time.perf_counter()
            _ask(port, "GET", path, token)
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[chart]), statistics.median(times[door])


def _memory_added(pid: int, port: int, token: str, path: str, root: str = "/tscharts/v1/") -> float:
    """The most megabytes that the door's memory grew by while images were fetched at once."""
    _ask(port, "GET", path, token, root=root)
    before, most, over = _memory_mb(pid), [0.0], Event()

    def watch() -> None:
        while not over.wait(0.005):
            most[0] = max(most[0], _memory_mb(pid))

    watcher = Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(DOWNLOADS) as together:
        list(together.map(lambda _: _ask(port, "GET", path, token, root=root), range(3 * DOWNLOADS)))
    over.set()
    watcher.join()
    return most[0] - before


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _posted(port: int, token: str, size_bytes: int, content: bytes | None = None) -> int:
    data = base64.b64encode(content or os.urandom(size_bytes)).decode()
    body = json.dumps({"patient": 1, "type": "Headshot", "data": data})
    return int(json.loads(_ask(port, "POST", "image/", token, body))["id"])


def _ask(port: int, method: str, path: str, token: str, body: str | None = None, root: str = "/tscharts/v1/") -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, f"{root}{path}", body, {"Authorization": f"Token {token}"})
        return connection.getresponse().read()
    finally:
        connection.close()


@contextmanager
def _process(*arguments: str) -> Iterator[tuple[int, dict[str, object]]]:
    """One of the servers in a process of its own, and what it told of itself."""
    command = [sys.executable, "-m", "tests.bench.charting", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            yield running.pid, json.loads(running.stdout.readline())
        finally:
            assert running.stdin
            running.stdin.close()


def _tell(facts: dict[str, object]) -> None:
    _print(json.dumps(facts))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
