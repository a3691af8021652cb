"""`pages` and `page-password`: how people come to the bridge's pages."""

import contextlib
import socket
import webbrowser
from urllib.parse import urlencode, urlsplit

import click

from bridge.admission import Purpose
from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import print_error
from bridge.passwords import hashed
from bridge.secret import Secret

_CONNECT_SECONDS = 2.0


@click.command()
@click.option("--open", "opens", is_flag=True, help="Also open it in this computer's browser.")
@pass_bridge
@click.pass_context
def pages(context: click.Context, bridge: Context, opens: bool) -> None:
    """Print an address that opens the bridge's pages on this computer, for its admin, once."""
    config = bridge.config()
    own_url = config.server.own_url()
    with bridge.admission() as admission:
        ticket = admission.ticket(Purpose.PAGES)
    address = f"{own_url}/sign-in/?{urlencode({'ticket': ticket.reveal()})}"
    click.echo(address)
    click.echo("It works once, within ten minutes, while the bridge runs.", err=True)
    if not _answers(own_url):
        print_error(f"Nothing answers at {own_url} now; start the bridge with `tscharts-bridge serve`, then open it.")
        context.exit(1)
    if opens and not webbrowser.open(address):
        click.echo("No browser could be opened; copy the address into one on this computer.", err=True)


def _answers(own_url: str) -> bool:
    """Whether anything listens where the bridge should."""
    place = urlsplit(own_url)
    with contextlib.suppress(OSError), socket.create_connection((place.hostname, place.port), _CONNECT_SECONDS):
        return True
    return False


@click.command("page-password")
def page_password() -> None:
    """Hash a password that a clinic's people share for its pages; it is asked for twice and not shown."""
    typed = click.prompt("The clinic's new password", hide_input=True, confirmation_prompt="Once more", err=True)
    line = f"page_password_hash: '{hashed(Secret(typed))}'"
    click.echo("Put this line into config.yaml, under the practice's `name`, and start the bridge again:", err=True)
    click.echo(f"    {line}")
