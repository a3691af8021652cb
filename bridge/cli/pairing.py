"""`pair`: connect phones to a practice, by a code, a QR code, or an address typed by hand."""

from functools import partial

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_json
from bridge.medimage import (
    PairingCode,
    PairingDesk,
    PairingService,
    ask_for_code,
    new_guid,
    terminal_text,
    write_address,
)
from bridge.photos import Store
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
        public_url = public_address(config.server)
        made = None if by_hand else _code(config, store, public_url, name)
        guid = store.guid_of(name) or store.save_guid(name, new_guid())
    address = write_address(public_url, guid)
    if as_json:
        print_json({"practice": name, "address": address} | (_code_json(made) if made else {}))
    else:
        _show(made, address)


def _code(config: Config, store: Store, public_url: str, practice: str) -> PairingCode:
    """A code from the pairing service; with `own_service`, from the bridge that runs on this machine."""
    scheme = "https" if config.server.tls else "http"
    own = PairingService(f"{scheme}://127.0.0.1:{config.server.port}/med-genid.php", verify_tls=False)
    other = PairingService(config.pairing.service, config.web_proxy)
    service = own if config.pairing.own_service else other
    return PairingDesk(store, partial(ask_for_code, service), public_url).code_for(practice)


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
