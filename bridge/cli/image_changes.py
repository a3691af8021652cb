"""`images delete` and `images move`: they show what is meant, and ask first."""

import contextlib
import time
from collections.abc import Iterator

import click

from bridge.charting import (
    Catalogue,
    Deletions,
    KeptAudit,
    KeptPosts,
    MoveOrder,
    Mover,
    Notes,
    RefusedError,
    Removals,
)
from bridge.cli.context import Context, actor, pass_bridge
from bridge.cli.image_words import image_line, patient_line
from bridge.cli.output import WholeNumber, print_error, print_line
from bridge.cli.own_chart import OwnChart, own_chart, plain_text, practice_option, small_pictures
from bridge.delivery import Desk
from bridge.errors import BridgeError
from bridge.mapping import MappingShelf
from bridge.photos import Move, MoveState, Store
from bridge.reaching import chart_account
from bridge.settings import Config, PracticeSettings
from bridge.tscharts import ChartClient, ChartDirectory, ChartPatient

_LONGEST_SECONDS = 600.0
_RENEW_SECONDS = 15.0
_LOOK_SECONDS = 0.3
_GOES_ON = (
    "A running bridge (`tscharts-bridge serve`) goes on with it by itself; ask for the same again to see how far it is."
)
_image_id = click.argument("image_id", metavar="IMAGE", type=WholeNumber(1))
_reason = click.option("--reason", required=True, callback=plain_text, help="Why; it is kept.")
_yes = click.option("--yes", is_flag=True, help="Do not ask first.")


@click.command("delete")
@_image_id
@_reason
@_yes
@practice_option
@pass_bridge
def delete_image(bridge: Context, image_id: int, reason: str, yes: bool, practice: str | None) -> None:
    """Delete an image from the chart, for ever. Who did it and why is noted."""
    with own_chart(bridge, practice) as own, bridge.store() as store:
        image = small_pictures(bridge.config(), store).catalogue.image(own.reader, image_id)
        print_line(image_line(image))
        print_line(f"  of {patient_line(image.patient, _patient(own, image.patient))}")
        if not yes and not click.confirm(f"Nobody can get it back. Delete image {image_id}?"):
            raise BridgeError(f"Image {image_id} is not deleted, as you did not say yes.")
        _removals(bridge.config(), store).remove(own.chart, own.caller, own.authorization, image_id, reason)
    click.echo(f"Image {image_id} is deleted.")


@click.command("move")
@_image_id
@click.option("--to", "to_patient", metavar="PATIENT", required=True, type=WholeNumber(1), help="Whose it is.")
@_reason
@_yes
@practice_option
@pass_bridge
def move_image(bridge: Context, image_id: int, to_patient: int, reason: str, yes: bool, practice: str | None) -> None:
    """Move an image to the patient to whom it belongs. Who did it and why is noted."""
    config = bridge.config()
    with own_chart(bridge, practice) as own, bridge.store() as store:
        _show_move(own, store, small_pictures(config, store).catalogue, image_id, to_patient)
        if not yes and not click.confirm(f"Move image {image_id} to patient {to_patient}?"):
            raise BridgeError(f"Image {image_id} is not moved, as you did not say yes.")
        store.ensure_practices({each.name: each.guid for each in config.practices})
        with _mover(config, store) as mover:
            order = MoveOrder(own.practice, image_id, to_patient, reason, actor())
            move = mover.order(order)
            with _interruptible(move):
                move = _ended(mover, store, move)
        if move.state is MoveState.MOVED:
            small_pictures(config, store).forget(own.chart, image_id)
    print_line(_outcome(move))


def _show_move(own: OwnChart, store: Store, catalogue: Catalogue, image_id: int, to_patient: int) -> None:
    """Say what is to be moved, from whom and to whom. One that is gone from the chart may have been moved already."""
    patient = _patient(own, to_patient)
    if patient is None:
        raise BridgeError(
            f"The chart has no patient {to_patient}; `tscharts-bridge patients find NAME` tells the right number."
        )
    try:
        image = catalogue.image(own.reader, image_id)
    except RefusedError as refusal:
        if refusal.status != 404 or not store.moves_from(own.chart.key, image_id):
            raise
        print_line(f"Image {image_id}: not in the chart any more, somebody asked before for it to be moved")
    else:
        print_line(image_line(image))
        print_line(f"  of {patient_line(image.patient, _patient(own, image.patient))}")
    print_line(f"  to {patient_line(to_patient, patient)}")


def _patient(own: OwnChart, number: int | None) -> ChartPatient | None:
    return None if number is None else own.reader.patient(number)


def _ended(mover: Mover, store: Store, move: Move) -> Move:
    """The move when it is over, waits for a person, or was put off. A bridge beside this command may be at it."""
    until = time.monotonic() + _LONGEST_SECONDS
    while move.state.is_under_way and time.monotonic() < until:
        move = mover.carry_out(move, _RENEW_SECONDS)
        is_put_off = move.trouble is not None and move.claim is None
        if is_put_off or not move.state.is_under_way:
            break
        store.renew()
        time.sleep(_LOOK_SECONDS)
    return move


@contextlib.contextmanager
def _interruptible(move: Move) -> Iterator[None]:
    """Who stops waiting for a move does not stop the move."""
    try:
        yield
    except KeyboardInterrupt:
        print_error(f"Image {move.wanted.image_id} is on its way all the same. {_GOES_ON}")
        raise


def _outcome(move: Move) -> str:
    """What became of it. Raises BridgeError unless it is done."""
    wanted = move.wanted
    if move.state is MoveState.MOVED:
        return f"Image {wanted.image_id} is image {move.new_image_id} of patient {wanted.to_patient} now."
    if not move.state.is_under_way:
        raise BridgeError(move.trouble)
    why = f": {move.trouble}" if move.trouble else "."
    raise BridgeError(f"Image {wanted.image_id} is not moved yet{why} {_GOES_ON}")


@contextlib.contextmanager
def _mover(config: Config, store: Store) -> Iterator[Mover]:
    """A mover of this command's own, with a desk for each practice, as a move may have been asked for at any."""
    with contextlib.ExitStack() as opened:
        desks: dict[str, Desk] = {}
        for practice in config.practices:
            account = chart_account(practice.chart, config.web_proxy)
            client = opened.enter_context(contextlib.closing(ChartClient(account)))
            desks[practice.name] = _desk(practice, client)
        mover = Mover(store, desks, config.delivery, KeptAudit(store))
        opened.callback(mover.stop)
        yield mover


def _desk(practice: PracticeSettings, client: ChartClient) -> Desk:
    """Moving needs no mapping, so a broken mapping file is no hindrance: it is read when it is asked for."""
    return Desk(
        practice=practice.name,
        chart=practice.chart,
        client=client,
        directory=ChartDirectory(client),
        mapping=lambda: MappingShelf({practice.name: practice.mapping}).mapping_for(practice.name),
        time_zone=practice.time_zone,
    )


def _removals(config: Config, store: Store) -> Removals:
    return Removals(Deletions(Notes(KeptAudit(store)), KeptPosts(store)), store, small_pictures(config, store))
