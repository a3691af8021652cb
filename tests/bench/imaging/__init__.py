"""Benchmarks of the imaging room. They use the samples of its tests, which import each other by their plain names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "imaging"))
