"""Measures the imaging room's bars: `python -m tests.bench.imaging` (speed), with `--fits` and `--hostile` the others.

Speed is told in processor time of this one thread, and as a ratio to what plain Pillow takes, in the same run, to
open the same photo, turn it, shrink it to the size that was sent and save it: ratios can be compared between machines.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import hostile_judge
from generated_pictures import LEAST_SIMILARITY, MOST_ENCODINGS, Album, Fit, fit
from hostile_files import hostile_files
from imaging_samples import BODY_LIMITS, encoded, exif, photo_like
from PIL import Image, ImageOps

from bench.figures import Figure, table, write_figures
from bridge.imaging import Limits, Prepared, image_bytes_for_body, prepare

ROUNDS = 9
PHOTOS = {
    "smooth, quality 88": (1, 88),
    "usual, quality 92": (2, 92),
    "usual, quality 95": (3, 95),
    "grainy, quality 93": (5, 93),
    "very grainy, quality 92": (8, 92),
}
"""Grain and JPEG quality of photos of 4000 x 3000 pixels, held upright (orientation 6)."""


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", type=int, metavar="N", default=0, help="fit N generated pictures (300 for the bar)")
    parser.add_argument("--hostile", action="store_true", help="prepare every hostile file in one process")
    parser.add_argument("--quick", action="store_true", help="one round, to see that it works")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures of the speed here")
    wanted = parser.parse_args()
    if wanted.fits:
        _fits(wanted.fits)
    elif wanted.hostile:
        _hostile()
    else:
        figures = _speed(1 if wanted.quick else ROUNDS)
        _print(table(figures))
        if wanted.json:
            write_figures(wanted.json, figures)


def _speed(rounds: int) -> list[Figure]:
    figures = []
    for name, (grain, quality) in PHOTOS.items():
        photo = encoded(photo_like(4000, 3000, seed=grain, noise=grain), quality=quality, exif=exif(6))
        for body in BODY_LIMITS:
            figures.append(_figure(f"{name}, {len(photo) / 1e6:.1f} MB into {body:,}", photo, body, rounds))
    return figures


def _figure(name: str, photo: bytes, body: int, rounds: int) -> Figure:
    limits = Limits(image_bytes_for_body(body))
    sent = prepare(photo, limits)
    ours, plain = [], []
    for _ in range(rounds):
        ours.append(_cpu_seconds(lambda: prepare(photo, limits)))
        plain.append(_cpu_seconds(lambda: _by_plain_pillow(photo, sent)))
    middle = statistics.median(ours)
    note = f"{middle * 1000:.0f} ms at the median, {min(ours) * 1000:.0f} at best; sent {sent.width}x{sent.height}"
    return Figure(name, middle / statistics.median(plain), "of Pillow", note=note)


def _by_plain_pillow(photo: bytes, sent: Prepared) -> None:
    with Image.open(io.BytesIO(photo)) as image:
        ImageOps.exif_transpose(image).resize((sent.width, sent.height)).save(io.BytesIO(), "JPEG", quality=88)


def _cpu_seconds(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return time.thread_time() - start


def _fits(count: int) -> None:
    fits: list[Fit] = []
    for picture in Album().pictures(count, largest_bytes=16_000_000):
        fits += [fit(picture, body) for body in BODY_LIMITS]
    sizes = [each.original_bytes for each in fits]
    alike = sorted(each.similarity for each in fits)
    _print(f"{count} pictures of {min(sizes)} to {max(sizes)} bytes, {len(fits)} preparations")
    for encodings in range(MOST_ENCODINGS + 1):
        _print(f"  {encodings} encodings: {sum(each.encodings == encodings for each in fits)}")
    _print(f"  similarity: least {alike[0]:.3f}, median {statistics.median(alike):.3f}; wanted {LEAST_SIMILARITY}")
    missed = [each for each in fits if not each.is_good]
    _print(f"  missed: {len(missed)}", *missed, sep="\n  ")


def _hostile() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, data) in enumerate(hostile_files()):
            (Path(folder) / f"{number:03} {name}").write_bytes(data)
        judge = [sys.executable, hostile_judge.__file__, folder]
        report = json.loads(subprocess.run(judge, capture_output=True, text=True, check=True).stdout)
    files = report["files"]
    outcomes = [each["outcome"] for each in files]
    _print(f"{len(files)} files in one process, at most {report['megabytes']} MB")
    for outcome in sorted(set(outcomes)):
        _print(f"  {outcome}: {outcomes.count(outcome)}")
    for each in sorted(files, key=lambda each: -each["seconds"])[:3]:
        _print(f"  {each['seconds']:.2f} s: {each['name']}")


def _print(*lines: object, sep: str = " ") -> None:
    sys.stdout.write(sep.join(map(str, lines)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
