"""The errors every room shares.

Each class's docstring is its default message. A message is one sentence for a clinic admin: what is wrong,
where, and what to do next. It never holds patient data or a secret.
"""

from dataclasses import dataclass
from pathlib import Path


class BridgeError(Exception):
    """The bridge could not do what was asked; run the command again with --debug to see where."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


@dataclass(frozen=True)
class Problem:
    """One thing to mend in a file. `str()` of it is one sentence with its place.

    `line` and `column` count from 1 and are None when the problem is not at one place; `field` is the value's
    name in dots, `practices[0].guid`, or "".
    """

    file: Path
    message: str
    line: int | None = None
    column: int | None = None
    field: str = ""
    warning: bool = False

    def __str__(self) -> str:
        where = str(self.file)
        if self.line is not None:
            where += f", line {self.line}"
        if self.field:
            where += f", {self.field}"
        return f"{where}: {self.message}"


class InputProblemsError(BridgeError):
    """A file that a person wrote cannot be used; `problems` holds one sentence for each thing to mend."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))
