"""What is found wrong while a mapping file is loaded."""

from bridge.errors import Problem
from bridge.yamlfile import Document, KeyPath


class Findings:
    """Collects the problems of one document, each at its place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def error(self, path: KeyPath, message: str) -> None:
        """Note something that makes the file unusable."""
        self.errors.append(self.document.problem(path, message))

    def warn(self, path: KeyPath, message: str) -> None:
        """Note something that the file works in spite of."""
        self.warnings.append(self.document.problem(path, message, warning=True))

    def line(self, path: KeyPath) -> int | None:
        """The line of the value at `path`, from 1."""
        return self.document.place(path)[0]
