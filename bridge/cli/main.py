"""The command group, and the one place where errors become sentences and exit codes."""

import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bridge import __version__
from bridge.cli.late_commands import LateCommands, importing
from bridge.cli.output import print_error
from bridge.errors import BridgeError, InputProblemsError

FAILED = 1
ASKED_WRONGLY = 2
_INTERRUPTED = 130
_MOST_PROBLEMS = 20
"""Of a file's problems, so many are told at once; hundreds mean that it is the wrong file."""


_COMMANDS = {
    "after-restore": ("bridge.cli.storing", "after_restore"),
    "backup": ("bridge.cli.storing", "backup"),
    "check": ("bridge.cli.checking", "check"),
    "demo": ("bridge.cli.demo", "demo"),
    "images": ("bridge.cli.images", "images"),
    "init": ("bridge.cli.setup", "init"),
    "logs": ("bridge.cli.upkeep", "logs"),
    "make-certificate": ("bridge.cli.upkeep", "make_certificate"),
    "mappings": ("bridge.cli.mapping_commands", "mappings"),
    "migrate-config": ("bridge.cli.migrating", "migrate_config"),
    "move-store": ("bridge.cli.storing", "move"),
    "page-password": ("bridge.cli.pages", "page_password"),
    "pages": ("bridge.cli.pages", "pages"),
    "pair": ("bridge.cli.pairing", "pair"),
    "patients": ("bridge.cli.patients", "patients"),
    "photos": ("bridge.cli.photos", "photos"),
    "restore": ("bridge.cli.storing", "restore"),
    "send": ("bridge.cli.sending", "send"),
    "serve": ("bridge.cli.serving", "serve"),
}
"""Where each command stands."""


class _Commands(LateCommands):
    """The commands; what goes wrong in one is told in sentences, and with its traceback when --debug is on."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(context)
        except (click.ClickException, click.exceptions.Exit, click.exceptions.Abort, EOFError, BrokenPipeError):
            raise
        except Exception as error:
            if context.params["debug"]:
                raise
            for sentence in _sentences(error):
                print_error(sentence)
            context.exit(FAILED)


@click.group(cls=_Commands, late=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tscharts-bridge")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    envvar="TSCHARTS_BRIDGE_CONFIG",
    show_default=True,
    help="The config file; also by the environment variable TSCHARTS_BRIDGE_CONFIG.",
)
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.pass_context
def cli(context: click.Context, config_file: Path, debug: bool) -> None:
    """Takes clinic photos from MedImage phones to the tscharts charting system.

    Try it at once with `tscharts-bridge demo`; set it up for real with `tscharts-bridge init`.
    """
    with importing():
        from bridge.cli.context import Context
    context.obj = Context(config_file, debug)


# Commands tell in sentences what went wrong; without a log of their own, Python would print its lines beside them.
logging.getLogger("bridge").addHandler(logging.NullHandler())


def main(arguments: list[str] | None = None) -> None:
    """Run a command and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        result = cli.main(arguments, prog_name="tscharts-bridge", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return _INTERRUPTED
    except click.UsageError as error:
        error.show()
        return ASKED_WRONGLY
    except click.ClickException as error:
        error.show()
        return FAILED


def _sentences(error: Exception) -> Iterator[str]:
    """What went wrong, for the person at the terminal."""
    if isinstance(error, InputProblemsError):
        yield from map(str, error.problems[:_MOST_PROBLEMS])
        left = len(error.problems) - _MOST_PROBLEMS
        if left > 0:
            yield f"{error.problems[0].file}: {left} more problems like these; check that it is the right file."
    elif isinstance(error, BridgeError):
        yield str(error)
    elif isinstance(error, OSError):
        name = error.filename if isinstance(error.filename, str | Path) else "A file or connection"
        yield f"{name} cannot be used ({error.strerror or type(error).__name__}); check its path and permissions."
    else:
        yield (
            f"The bridge failed in a way that it should not ({type(error).__name__}); "
            "put --debug before the command to see where, and report that to the bridge's makers."
        )
