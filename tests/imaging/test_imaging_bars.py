"""The bars of the room, in short; `python -m tests.bench.imaging` measures them in full."""

import json
import subprocess
import sys
from pathlib import Path

from generated_pictures import Album, fit
from hostile_files import hostile_files
from imaging_samples import BODY_LIMITS

MOST_MEGABYTES = 400
MOST_SECONDS = 10
JUDGE = Path(__file__).parent / "hostile_judge.py"


def test_pictures_of_every_size_fit_in_three_encodings_and_look_the_same() -> None:
    pictures = list(Album(widest=2200).pictures(9, largest_bytes=3_000_000))
    fits = [fit(picture, body) for picture in pictures for body in BODY_LIMITS]
    assert [each for each in fits if not each.is_good] == []


def test_hostile_files_are_held_or_made_good_within_memory_and_time(tmp_path: Path) -> None:
    count = 0
    for count, (name, data) in enumerate(hostile_files(), start=1):
        (tmp_path / f"{count:03} {name}").write_bytes(data)
    done = subprocess.run(
        [sys.executable, str(JUDGE), str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    report = json.loads(done.stdout)
    assert len(report["files"]) == count > 200
    assert [each for each in report["files"] if each["seconds"] > MOST_SECONDS] == []
    assert report["megabytes"] is None or report["megabytes"] < MOST_MEGABYTES
