"""The common shape of what the benchmarks measure: figures, their table, and their JSON."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One thing that was measured. A figure with a goal has one of `at_least` and `at_most`; `note` is a few words."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""
    measure: str = ""

    @property
    def goal(self) -> str:
        """The goal in words, "" without one."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most

    def as_json(self) -> dict[str, object]:
        """What is written of it."""
        return asdict(self) | {"goal": self.goal, "met": self.met}


Measure = Callable[[bool], list[Figure]]
"""Measures, quickly or in full, and gives the figures."""

_MET = {True: "met", False: "NOT MET", None: ""}


def table(figures: Iterable[Figure]) -> str:
    """Measure, figure, goal, met or not: a line for each."""
    rows = [("measure", "figure", "value", "goal", "", "")]
    rows += [
        (each.measure, each.name, f"{_number(each.value)} {each.unit}", each.goal, _MET[each.met], each.note)
        for each in figures
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )


def read_figures(file: Path, measure: str) -> list[Figure]:
    """The figures that a child process has written, of the measure that it was asked for."""
    fields = Figure.__dataclass_fields__
    written = json.loads(file.read_text("utf-8"))
    made = (Figure(**{name: each[name] for name in fields}) for each in written)
    return [replace(each, measure=measure) for each in made]


def run(measure: Measure, about: str | None) -> None:
    """Be the program of one measure: `--quick`, `--json FILE`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it works")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures here")
    wanted = parser.parse_args()
    end_in_order()
    figures = measure(wanted.quick)
    say(table(figures))
    if wanted.json:
        write_figures(wanted.json, figures)


def end_in_order() -> None:
    """Let SIGTERM end this program as an exception does, so that the processes that it has started end too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def write_figures(file: Path, figures: Iterable[Figure]) -> None:
    """Write them as a list."""
    file.write_text(json.dumps([each.as_json() for each in figures], indent=1) + "\n", "utf-8")


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
