"""`serve`: run the bridge until it is told to stop."""

import signal
import threading
from types import FrameType

import click

from bridge.cli.context import Context, pass_bridge
from bridge.logs import start_logging
from bridge.service import Service

_POLL_SECONDS = 0.5


@click.command()
@pass_bridge
def serve(bridge: Context) -> None:
    """Receive photos and deliver them, until Ctrl-C or SIGTERM."""
    config = bridge.config()
    start_logging(config.log_level, config.log_file)
    service = Service(config)
    service.start()
    click.echo(f"The bridge listens on port {service.web.port}. Ctrl-C stops it.", err=True)
    try:
        wait_for_stop()
    finally:
        service.stop()


def wait_for_stop() -> None:
    """Wait for Ctrl-C or SIGTERM, or Windows' own break signal."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    while not stopped.wait(_POLL_SECONDS):
        pass
