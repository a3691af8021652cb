"""`python tests/chaos [pytest's arguments]`: the chaos tests in their long form, and a table of their figures."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
_NAME_WIDTH = 24


class Table:
    """A pytest plugin that keeps each test's result and figures."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def pytest_runtest_logreport(self, report: object) -> None:
        """Keep what a test has noted of itself, and how it ended."""
        if getattr(report, "when", "") == "call" and getattr(report, "user_properties", ()):
            node, outcome = getattr(report, "nodeid", ""), getattr(report, "outcome", "")
            self._lines += ["", f"{node.rpartition('/')[2]}: {outcome}"]
            self._lines += [f"  {name:{_NAME_WIDTH}}{value}" for name, value in getattr(report, "user_properties", ())]

    def text(self) -> str:
        """The table."""
        return "\n".join(self._lines)


def main() -> int:
    """Run the long form in the repository's folder. Gives pytest's exit code."""
    os.environ["CHAOS_LONG"] = "1"
    os.chdir(HERE.parent.parent)
    # Only now, as the tests look at the environment when they are loaded.
    import pytest

    table = Table()
    code = pytest.main([str(HERE), "-n0", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[table])
    sys.stdout.write(f"{table.text()}\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
