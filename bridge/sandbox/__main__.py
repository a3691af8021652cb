"""`python -m bridge.sandbox`: the sandbox by itself, until Ctrl-C."""

import signal
import threading
from pathlib import Path

import click

from bridge.errors import BridgeError
from bridge.sandbox import SandboxServer, Seed, default_seed, load_seed

# Short, as a wait without an end cannot be interrupted by Ctrl-C on Windows.
_WAIT_SECONDS = 0.5


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--database", type=click.Path(path_type=Path), help="SQLite file that keeps the chart between runs.")
@click.option("--seed", "seed_file", type=click.Path(path_type=Path), help="JSON file with what a new chart holds.")
@click.option("--time-zone", default="America/Los_Angeles", show_default=True, help="The server's time zone.")
@click.option("--behind-nginx", is_flag=True, help="Answer as tscharts does behind its nginx: 413 over 1 MiB.")
def main(
    host: str, port: int, database: Path | None, seed_file: Path | None, time_zone: str, behind_nginx: bool
) -> None:
    """Run a chart server to try the bridge with: invented people, nothing of a real clinic."""
    try:
        seed = load_seed(seed_file) if seed_file else default_seed()
        server = SandboxServer(seed, database, host=host, port=port, time_zone=time_zone, behind_nginx=behind_nginx)
        _serve(server, seed)
    except BridgeError as error:
        raise click.ClickException(str(error)) from None


def _serve(server: SandboxServer, seed: Seed) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with server:
        click.echo(f"The chart sandbox answers at {server.url}/tscharts/v1/")
        for user in seed.rows.get("users", ()):
            click.echo(f"  user {user['username']}, password {user['password']}, pin {user.get('pin') or 'none'}")
        click.echo("Ctrl-C stops it.")
        try:
            while not stop.wait(_WAIT_SECONDS):
                pass
        except KeyboardInterrupt:
            click.echo("")


if __name__ == "__main__":
    main()
