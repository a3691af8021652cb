"""`pair`: connect phones to a practice, by a code, a QR code, or an address typed by hand."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import click

from bridge.admission import Admission, Purpose
from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_json
from bridge.cli.pages import own_address_of
from bridge.medimage import (
    PairingCode,
    PairingDesk,
    PairingService,
    ask_for_code,
    terminal_text,
)
from bridge.service import public_address
from bridge.settings import Config


@click.command()
@click.option("--practice", help="The practice of the config, when there are several.")
@click.option("--by-hand", is_flag=True, help='No code: only the address and its QR code, for "enter server manually".')
@json_option
@pass_bridge
def pair(bridge: Context, practice: str | None, by_hand: bool, as_json: bool) -> None:
    """Get a pairing code for phones, and show the address and its QR code."""
    config = bridge.config()
    name = bridge.practice(practice).name
    with bridge.store() as store:
        store.ensure_practices({each.name: each.guid for each in config.practices})
        desk = PairingDesk(store, _code_maker(config), public_address(config.server))
        made = None if by_hand else desk.code_for(name)
        address = desk.address_by_hand(name).text
    if as_json:
        print_json({"practice": name, "address": address} | (_code_json(made) if made else {}))
    else:
        _show(made, address)


def _code_maker(config: Config) -> Callable[[str | None, str], PairingCode]:
    """Asks the pairing service; with `own_service`, the bridge that runs on this machine, each time with a new ticket
    from its data folder.
    """
    if not config.pairing.own_service:
        return partial(ask_for_code, PairingService(config.pairing.service, config.web_proxy))
    own = PairingService(f"{own_address_of(config.server)}/med-genid.php", verify_tls=False)
    admission = Admission.in_folder(config.data_folder)

    def ask_own(guid: str | None, public_url: str) -> PairingCode:
        ticket = admission.ticket(Purpose.PAIRING)
        return ask_for_code(replace(own, bearer=ticket), guid, public_url)

    return ask_own


def _show(made: PairingCode | None, address: str) -> None:
    if made is not None:
        click.echo("")
        click.echo("      " + "   ".join(made.code))
        click.echo("")
        click.echo(
            f"Type this code into the photo app before {made.expires_at:%H:%M} UTC; it serves any number of phones."
        )
    click.echo('Or scan this, or enter the address by hand ("More Details" in the app):')
    click.echo(terminal_text(address))
    click.echo(address)


def _code_json(made: PairingCode) -> dict[str, str]:
    return {"code": made.code, "expires_at": made.expires_at.isoformat(), "country": made.country}
