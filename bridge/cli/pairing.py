"""`pair`: connect phones to a practice, by a code, a QR code, or an address typed by hand."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import click

from bridge.admission import Purpose
from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import json_option, print_error, print_json
from bridge.medimage import (
    PairingCode,
    PairingDesk,
    PairingError,
    PairingInputError,
    PairingService,
    ServiceAwayError,
    ask_for_code,
    terminal_text,
)
from bridge.network import web_proxy_for
from bridge.photos import Store
from bridge.service import admission_of, public_address
from bridge.settings import Config

_NOT_RUNNING = (
    "The bridge does not answer, and it is the bridge that makes the codes here; start the bridge with "
    "`tscharts-bridge serve` and ask again, or pair the phone by QR code or by hand."
)
_BY_HAND = (
    'A phone that was paired by this address, scanned or typed, says "transferred" before the photo is in the chart. '
    "With a code it waits until the photo is there, and keeps its copy until then: a code is the better way."
)


@click.command()
@click.option("--practice", help="The practice of the config, when there are several.")
@click.option("--by-hand", is_flag=True, help='No code: only the address and its QR code, for "enter server manually".')
@json_option
@pass_bridge
@click.pass_context
def pair(context: click.Context, bridge: Context, practice: str | None, by_hand: bool, as_json: bool) -> None:
    """Get a pairing code for phones, and show the address and its QR code.

    When no code can be had, the address and its QR code are shown all the same, and the exit code is 1.
    """
    config = bridge.config()
    name = bridge.practice(practice).name
    with bridge.store() as store:
        store.ensure_practices({each.name: each.guid for each in config.practices})
        desk = PairingDesk(store, _code_maker(config, store), public_address(config.server))
        made, trouble = (None, "") if by_hand else _code_or_trouble(desk, name)
        address = desk.address_by_hand(name).text
    if trouble:
        print_error(trouble)
    if as_json:
        told = {"trouble": trouble} if trouble else {}
        print_json({"practice": name, "address": address} | told | (_code_json(made) if made else {}))
    else:
        _show(made, address)
    if trouble:
        context.exit(1)


def _code_or_trouble(desk: PairingDesk, practice: str) -> tuple[PairingCode | None, str]:
    """A code, or the sentence why there is none. Raises PairingInputError: such an address serves by hand no more."""
    try:
        return desk.code_for(practice), ""
    except PairingInputError:
        raise
    except PairingError as error:
        return None, str(error)


def _code_maker(config: Config, store: Store) -> Callable[[str | None, str], PairingCode]:
    """Asks the pairing service; with `own_service`, the bridge that runs on this machine, each time with a new ticket
    from its data folder.
    """
    if not config.pairing.own_service:
        return partial(
            ask_for_code,
            PairingService(config.pairing.service, web_proxy_for(config.pairing.service, config.web_proxy)),
        )
    own = PairingService(f"{config.server.own_url()}/med-genid.php", verify_tls=False)
    admission = admission_of(config, store)

    def ask_own(guid: str | None, public_url: str) -> PairingCode:
        ticket = admission.ticket(Purpose.PAIRING)
        try:
            return ask_for_code(replace(own, bearer=ticket), guid, public_url)
        except ServiceAwayError:
            raise PairingError(_NOT_RUNNING) from None

    return ask_own


def _show(made: PairingCode | None, address: str) -> None:
    if made is not None:
        click.echo("")
        click.echo("      " + "   ".join(made.code))
        click.echo("")
        click.echo(
            f"Type this code into the photo app before {made.expires_at:%H:%M} UTC; it serves any number of phones."
        )
    click.echo(f'{"Or scan" if made else "Scan"} this, or enter the address by hand ("More Details" in the app):')
    click.echo(terminal_text(address))
    click.echo(address)
    click.echo(_BY_HAND)


def _code_json(made: PairingCode) -> dict[str, str]:
    return {"code": made.code, "expires_at": made.expires_at.isoformat(), "country": made.country}
