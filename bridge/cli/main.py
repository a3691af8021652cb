"""The command group, and the one place where errors become sentences and exit codes."""

import sys
from pathlib import Path

import click

from bridge import __version__
from bridge.cli.checking import check
from bridge.cli.context import Context
from bridge.cli.demo import demo
from bridge.cli.mappings import mappings
from bridge.cli.photos import photos
from bridge.cli.sending import send
from bridge.cli.serving import serve
from bridge.cli.setup import init
from bridge.errors import BridgeError, InputProblemsError

FAILED = 1
ASKED_WRONGLY = 2
_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
    context.obj = Context(config_file, debug)


for command in (demo, init, serve, check, mappings, send, photos):
    cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and end the process with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(_run(given))


def _run(arguments: list[str]) -> int:
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
    except (BridgeError, OSError) as error:
        return _failed(error, arguments)


def _failed(error: Exception, arguments: list[str]) -> int:
    if "--debug" in arguments:
        raise error
    if isinstance(error, InputProblemsError):
        for problem in error.problems:
            click.echo(f"Error: {problem}", err=True)
    elif isinstance(error, OSError):
        click.echo(f"Error: {error.filename or 'A file'} cannot be used ({error.strerror}); check it.", err=True)
    else:
        click.echo(f"Error: {error}", err=True)
    return FAILED
