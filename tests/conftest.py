"""Says which tests were left out, and why; and sees to it that commands can be interrupted in them."""

import signal
from pathlib import Path

import pytest

from chromium import LEFT_OUT, are_browser_tests_left_out

# Who starts the tests in the background (`nohup ... &`) has them ignore interrupts, and so would all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_IN_A_BROWSER = Path(__file__).parent / "web" / "browser"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests in a browser out where there is none."""
    left_out = [each for each in items if _IN_A_BROWSER in each.path.parents and are_browser_tests_left_out()]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [each for each in items if each not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last word of a run without a browser."""
    if are_browser_tests_left_out():
        terminalreporter.write_line(LEFT_OUT, yellow=True)
