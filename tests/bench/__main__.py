"""Runs the benchmarks: `python -m tests.bench [NAMES...] [--json FILE] [--quick]`; docs/performance.md explains.

Each measure runs in a process of its own, so that memory and threads do not mix. What they say on the way goes to
stderr; one table with all figures, their goals, and whether those were met, ends the run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import REPOSITORY
from bench.figures import Figure, read_figures, say, table
from bench.machine import described

MEASURES = {
    "accept": "accept",
    "to_chart": "to_chart",
    "processor": "processor",
    "start": "start",
    "idle": "idle",
    "growth": "history",
    "machines": "machines",
    "charting": "charting",
    "replay": "replay",
    "imaging": "imaging",
}
"""Each measure's name, and the module of this folder that measures it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for. Gives 1 when a measure failed; a goal that is not met is no failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of: {', '.join(MEASURES)}")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures here")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it works")
    wanted = parser.parse_args(arguments)
    unknown = [name for name in wanted.names if name not in MEASURES]
    if unknown:
        parser.error(f"there is no measure {unknown[0]}; there are {', '.join(MEASURES)}")
    machine = described()
    results = {name: _measured(name, wanted.quick) for name in wanted.names or MEASURES}
    return report(machine, results, wanted.json, is_quick=wanted.quick)


def report(
    machine: dict[str, object], results: dict[str, list[Figure] | None], file: Path | None, *, is_quick: bool
) -> int:
    """Print the table, write the JSON. A measure without figures has failed."""
    figures = [each for found in results.values() for each in found or ()]
    failed = [name for name, found in results.items() if found is None]
    say(", ".join(f"{name} {value}" for name, value in machine.items() if value) + (", QUICK" if is_quick else ""))
    say(table(figures))
    unmet = sum(each.met is False for each in figures)
    say(f"{len(figures)} figures, {sum(each.met is not None for each in figures)} with a goal, {unmet} not met")
    if failed:
        say(f"failed: {', '.join(failed)}")
    if file:
        written = {"machine": machine, "quick": is_quick, "failed": failed}
        listed = [each.as_json() for each in figures]
        file.write_text(json.dumps(written | {"figures": listed}, indent=1) + "\n", "utf-8")
    return 1 if failed else 0


def _measured(name: str, is_quick: bool) -> list[Figure] | None:
    """The figures of one measure from a process of its own, None when that failed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        command = [sys.executable, "-m", f"tests.bench.{MEASURES[name]}", "--json", str(file)]
        ran = subprocess.run([*command, *(["--quick"] if is_quick else [])], cwd=REPOSITORY, stdout=sys.stderr)
        return read_figures(file, name) if ran.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
