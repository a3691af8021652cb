"""Checking a mapping file as `mappings check` does: everything there is to say about it, at once."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.errors import InputProblemsError, Problem
from bridge.mapping.chart_words import ChartWords, doubt_chart
from bridge.mapping.expectations import check_examples
from bridge.mapping.file_doubts import doubt_file, doubt_practices, doubt_quotes
from bridge.mapping.findings import Findings
from bridge.mapping.loader import read_mapping
from bridge.mapping.misplaced import seen_as_misplaced
from bridge.mapping.model import Mapping
from bridge.mapping.patient_doubts import doubt_patients
from bridge.mapping.word_doubts import doubt_words
from bridge.yamlfile import in_order, parse_yaml, read_bytes


@dataclass(frozen=True)
class CheckResult:
    """Problems: errors by line, then those of examples, then warnings; the mapping is None when it is unusable."""

    problems: tuple[Problem, ...]
    mapping: Mapping | None

    @property
    def is_good(self) -> bool:
        """True when nothing but warnings was found."""
        return all(problem.warning for problem in self.problems)

    @property
    def examples_note(self) -> str:
        """What follows `good` where a good file is told of: whether its examples prove anything."""
        return ", its examples too" if self.mapping and self.mapping.examples else "; it has no examples"


def check_file(
    file: Path, practices: Collection[str] | None = None, charts: Collection[ChartWords] = ()
) -> CheckResult:
    """Read a mapping file, check it and run its examples; never raises for what is in the file.

    Beside what `check_bytes` finds it says what is missing. `practices` are the config's, where there is one; `charts`
    are what the charts said of those practices that use the file.
    """

    def look_further(mapping: Mapping, findings: Findings) -> None:
        doubt_file(mapping, findings)
        if practices is not None:
            doubt_practices(mapping, practices, findings)
        for chart in charts:
            doubt_chart(chart, findings)

    try:
        return _checked(read_bytes(file), file, look_further)
    except InputProblemsError as error:
        return CheckResult(_in_order(map(seen_as_misplaced, error.problems)), None)


def check_bytes(raw: bytes, file: Path) -> CheckResult:
    """Check bytes that were read of a file: what is found is true of these, whatever becomes of the file."""
    try:
        return _checked(raw, file)
    except InputProblemsError as error:
        return CheckResult(_in_order(map(seen_as_misplaced, error.problems)), None)


def _checked(raw: bytes, file: Path, *more: Callable[[Mapping, Findings], None]) -> CheckResult:
    document = parse_yaml(raw, file)
    mapping = read_mapping(document, raw)
    findings = Findings(document)
    doubt_quotes(findings)
    for doubt in (doubt_patients, doubt_words, *more):
        doubt(mapping, findings)
    examples = [_at_column(problem, findings) for problem in check_examples(mapping)]
    warnings = _in_order((*mapping.warnings, *findings.warnings))
    return CheckResult((*_in_order(findings.errors), *_in_order(examples), *warnings), mapping)


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors before warnings, each in the order of the lines."""
    return tuple(sorted(in_order(problems), key=lambda problem: problem.warning))


def _at_column(problem: Problem, findings: Findings) -> Problem:
    """A problem of an example with the column at which the example begins."""
    index = int(problem.field.removeprefix("examples[").removesuffix("]"))
    return replace(problem, column=findings.document.place(("examples", index))[1])
