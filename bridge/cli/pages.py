"""`pages` and `page-password`: how people come to the bridge's pages."""

import webbrowser
from urllib.parse import urlencode

import click

from bridge.admission import Purpose
from bridge.cli.context import Context, pass_bridge
from bridge.passwords import hashed
from bridge.secret import Secret


@click.command()
@click.option("--open", "opens", is_flag=True, help="Also open it in this computer's browser.")
@pass_bridge
def pages(bridge: Context, opens: bool) -> None:
    """Print an address that opens the bridge's pages on this computer, for its admin, once."""
    config = bridge.config()
    with bridge.admission() as admission:
        ticket = admission.ticket(Purpose.PAGES)
    address = f"{config.server.own_url()}/sign-in/?{urlencode({'ticket': ticket.reveal()})}"
    click.echo(address)
    click.echo("It works once, within ten minutes, while the bridge runs.", err=True)
    if opens and not webbrowser.open(address):
        click.echo("No browser could be opened; copy the address into one on this computer.", err=True)


@click.command("page-password")
def page_password() -> None:
    """Hash a password that a clinic's people share for its pages; it is asked for twice and not shown."""
    typed = click.prompt("The clinic's new password", hide_input=True, confirmation_prompt="Once more", err=True)
    line = f"page_password_hash: '{hashed(Secret(typed))}'"
    click.echo("Put this line into config.yaml, under the practice's `name`, and start the bridge again:", err=True)
    click.echo(f"    {line}")
