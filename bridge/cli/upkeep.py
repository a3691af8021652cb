"""`make-certificate` and `logs`: looking after a bridge."""

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import print_line
from bridge.errors import BridgeError
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
    with file.open(encoding="utf-8", errors="replace") as opened:
        for line in deque(opened, maxlen=count):
            print_line(line.rstrip("\n"))
    for line in _new_lines(file) if follow else ():
        print_line(line)


def _new_lines(file: Path) -> Iterator[str]:
    """Lines as they come, also after the file was turned over."""
    position = file.stat().st_size
    while True:
        time.sleep(_LOOK_SECONDS)
        size = file.stat().st_size if file.exists() else 0
        if size < position:
            position = 0
        with file.open("rb") as opened:
            opened.seek(position)
            for line in opened.read().splitlines():
                yield line.decode("utf-8", "replace")
            position = opened.tell()
