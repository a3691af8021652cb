"""Benchmarks. They use the tests' helpers, which import each other by their plain names."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_ROOMS = ("", "photos", "charting", "chaos", "imaging", "medimage")
_FOLDERS = [str(REPOSITORY / "tests" / room) for room in _ROOMS]
sys.path[:0] = [folder for folder in _FOLDERS if folder not in sys.path]
