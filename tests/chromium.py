"""Which browser the tests of the pages drive: the Chromium that the machine has."""

import os
import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

LEFT_OUT = "The tests of the pages in a browser were left out: no Chromium is installed here (Debian: `chromium`)."


def browser_program() -> str | None:
    """The browser's path, None when there is none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def are_browser_tests_left_out() -> bool:
    """Whether there is nothing to run them with. Where `CI` is set they run anyway, and fail."""
    return browser_program() is None and not os.environ.get("CI")
