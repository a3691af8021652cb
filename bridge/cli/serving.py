"""`serve`: run the bridge until it is told to stop."""

import gc
import signal
import threading
from types import FrameType

import click

from bridge.cli.context import Context, pass_bridge
from bridge.logs import start_logging
from bridge.network import allow_many_connections
from bridge.service import Service, public_address

_POLL_SECONDS = 0.5


@click.command()
@pass_bridge
def serve(bridge: Context) -> None:
    """Receive photos and deliver them, until Ctrl-C or SIGTERM."""
    config = bridge.config()
    start_logging(config.log_level, config.log_file)
    allow_many_connections()
    stopped = stop_signals()
    service = Service(config)
    service.start()
    # What is there by now stays; looking through it for garbage again and again took a tenth of an upload's time.
    gc.freeze()
    address = public_address(config.server)
    click.echo(
        f"The bridge listens on port {service.web.port}; phones reach it at {address}, and people open its pages at "
        f"{address}/ in a browser. Ctrl-C stops it.",
        err=True,
    )
    try:
        wait_for(stopped)
    finally:
        service.stop()


def stop_signals() -> threading.Event:
    """An event that is set by Ctrl-C or SIGTERM, or Windows' own break signal, from here on."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    return stopped


def wait_for(stopped: threading.Event) -> None:
    """Wait, so that signals still come through: a wait without an end cannot be interrupted on Windows."""
    while not stopped.wait(_POLL_SECONDS):
        pass
