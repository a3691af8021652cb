"""`make-certificate` and `logs`: looking after a bridge."""

import time
from collections import deque
from pathlib import Path

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import print_line
from bridge.errors import BridgeError
from bridge.logs import NewLines
from bridge.network import own_address
from bridge.tls import TlsSettings, make_self_signed

_LOOK_SECONDS = 0.5


@click.command("make-certificate")
@click.argument("names", nargs=-1)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("secrets"), show_default=True)
def make_certificate(names: tuple[str, ...], folder: Path) -> None:
    """Make a self-signed certificate for this machine's NAMES and addresses (its own address, when none is given)."""
    settings = TlsSettings.in_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    fingerprint = make_self_signed(settings, list(names) or [own_address(), "localhost", "127.0.0.1"])
    print_line(f"Wrote {settings.certificate_file} and {settings.key_file}.")
    print_line("Name them in config.yaml under `server: tls:` as `certificate_file` and `key_file`, and start again.")
    print_line(f"Its fingerprint (SHA-256), to compare on the phones: {fingerprint}")


@click.command()
@click.option("-n", "count", default=50, show_default=True, type=click.IntRange(1, 100_000), help="How many lines.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines until Ctrl-C.")
@pass_bridge
def logs(bridge: Context, count: int, follow: bool) -> None:
    """Show the last lines of the log file."""
    file = bridge.config().log_file
    if file is None:
        raise BridgeError(
            f"{bridge.config_file} names no `log_file`, so the log goes to where `serve` runs; look there."
        )
    if not file.exists():
        raise BridgeError(f"The log file {file} is not there yet; start the bridge with `tscharts-bridge serve`.")
    lines = NewLines(file)
    for line in deque(lines.read(), maxlen=count):
        print_line(line)
    while follow:
        time.sleep(_LOOK_SECONDS)
        for line in lines.read():
            print_line(line)
