"""The command line: `tscharts-bridge`, also `python -m bridge`.

Errors are one sentence on stderr: exit code 1 for "it failed", 2 for "you asked wrongly"; no traceback without --debug.
"""

from bridge.cli.main import cli, main

__all__ = ["cli", "main"]
