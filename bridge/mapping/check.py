"""Checking a mapping file as `mappings check` does: everything there is to say about it, at once."""

from dataclasses import dataclass
from pathlib import Path

from bridge.errors import InputProblemsError, Problem
from bridge.mapping.expectations import check_examples
from bridge.mapping.loader import load_mapping
from bridge.mapping.model import Mapping


@dataclass(frozen=True)
class CheckResult:
    """Problems, warnings among them, in the order of the file's lines; the mapping is None when it is unusable."""

    problems: tuple[Problem, ...]
    mapping: Mapping | None

    @property
    def is_good(self) -> bool:
        """True when nothing but warnings was found."""
        return all(problem.warning for problem in self.problems)


def check_file(file: Path) -> CheckResult:
    """Load a mapping file and run its examples; never raises for what is in the file."""
    try:
        mapping = load_mapping(file)
    except InputProblemsError as error:
        return CheckResult(error.problems, None)
    problems = [*mapping.warnings, *check_examples(mapping)]
    return CheckResult(tuple(sorted(problems, key=lambda problem: problem.line or 0)), mapping)
