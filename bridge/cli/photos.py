"""`photos list|show|preview|retry|assign|discard`: see what needs help, and help it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bridge.cli.context import Context, actor, pass_bridge
from bridge.cli.output import WholeNumber, json_option, print_json, print_line, print_table
from bridge.delivery import located, shown, waits_for
from bridge.errors import BridgeError
from bridge.imaging import Workshop
from bridge.mapping import ClinicReference, PatientForm, PatientReference, TargetReference
from bridge.photos import (
    Event,
    PendingAct,
    Photo,
    PhotoState,
    Receipt,
    event_json,
    is_doubtful,
    may_still_arrive,
    photo_json,
    receipt_json,
)
from bridge.reaching import chart_account
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import ChartClient, ChartError

_TYPES = click.Choice([image_type.value for image_type in ImageType], case_sensitive=False)
_photo_id = click.argument("photo_id", metavar="NUMBER", type=WholeNumber(1))


_WAYS_OUT = "`photos assign {0} --patient NUMBER --type TYPE`, `photos retry {0}` or `photos discard {0} --reason WHY`"


@click.group()
def photos() -> None:
    """List photos, and repair those that are held."""


@photos.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice([s.value for s in PhotoState]), help="Only these.")
@click.option("--practice", help="Only this practice's.")
@click.option("--limit", default=50, show_default=True, type=WholeNumber(1, 100_000), help="At most so many.")
@json_option
@pass_bridge
def list_photos(bridge: Context, states: tuple[str, ...], practice: str | None, limit: int, as_json: bool) -> None:
    """List photos, newest first."""
    if practice is not None:
        bridge.practice(practice)
    with bridge.store() as store:
        wanted = [PhotoState(state) for state in states]
        found = store.photos(states=wanted, practice=practice, limit=limit)
    if as_json:
        print_json([photo_json(photo) for photo in found])
    elif found:
        print_table(("number", "state", "reason", "received (UTC)", "practice", "name"), [_row(p) for p in found])
    else:
        click.echo("There are no such photos.")


@photos.command("show")
@_photo_id
@json_option
@pass_bridge
def show_photo(bridge: Context, photo_id: int, as_json: bool) -> None:
    """Show one photo, its history and its receipt."""
    with bridge.store() as store:
        photo, events, receipt = store.photo(photo_id), store.events(photo_id), store.receipt(photo_id)
        told = photo_json(photo) | waits_for(photo, store.troubles().get(photo.practice))
        told["pending"] = _said(store.pending_acts([photo_id]).get(photo_id))
    if as_json:
        history = [event_json(event) for event in events]
        print_json(told | {"events": history, "receipt": receipt_json(receipt) if receipt else None})
    else:
        _print_photo(photo, told, events, receipt)


@photos.command("retry")
@click.argument("photo_ids", metavar="NUMBER...", nargs=-1, required=True, type=WholeNumber(1))
@click.option("--as-is", is_flag=True, help="Damaged pictures too, as far as they can be read; see `photos preview`.")
@pass_bridge
def retry_photos(bridge: Context, photo_ids: tuple[int, ...], as_is: bool) -> None:
    """Try held photos again, after their cause is mended."""
    with bridge.store() as store:
        for photo_id in photo_ids:
            store.retry(photo_id, actor(), as_is=as_is)
            click.echo(f"Photo {photo_id} is queued again.")


@photos.command("preview")
@_photo_id
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to make."
)
@click.option("--edge", default=1600, show_default=True, type=WholeNumber(16, 10_000), help="Its size in pixels.")
@pass_bridge
def preview_photo(bridge: Context, photo_id: int, output: Path, edge: int) -> None:
    """Make a JPEG of what can be read of a photo, to look at it."""
    with bridge.store() as store, Workshop(1) as workshop:
        picture = shown(store, store.photo(photo_id), workshop, edge)
    output.write_bytes(picture)
    print_line(f"{output} shows photo {photo_id}.")


@photos.command("assign")
@_photo_id
@click.option("--patient", required=True, type=WholeNumber(1), help="The chart's patient id.")
@click.option("--type", "image_type", required=True, type=_TYPES, help="Its type.")
@click.option("--station", help="The station's name in the chart; none is sent without this.")
@click.option("--clinic", default="today", show_default=True, help="The photo's day (`today`), a clinic id, or `none`.")
@pass_bridge
def assign_photo(
    bridge: Context, photo_id: int, patient: int, image_type: str, station: str | None, clinic: str
) -> None:
    """Say where a held photo belongs, and queue it. The chart is asked whether that place exists."""
    reference = TargetReference(
        PatientReference(PatientForm.ID, str(patient)), ImageType(image_type), station, _clinic(clinic)
    )
    with bridge.store() as store:
        target, name = _located(bridge, store.photo(photo_id), reference)
        store.assign(photo_id, target, actor())
    print_line(f"Photo {photo_id} is queued for patient {target.patient} ({name}) as {target.type}.")


@photos.command("discard")
@_photo_id
@click.option("--reason", required=True, help="Why; it is kept in the photo's history.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@pass_bridge
def discard_photo(bridge: Context, photo_id: int, reason: str, yes: bool) -> None:
    """Give up a held photo for good."""
    if not reason.strip():
        raise click.BadParameter("must say why", param_hint="--reason")
    if not yes and not click.confirm(f"The phone may then forget photo {photo_id} too. Discard it?"):
        raise BridgeError(f"Photo {photo_id} is not discarded, as you did not say yes.")
    with bridge.store() as store:
        arrives = may_still_arrive(store.unsettled_attempts(store.photo(photo_id)))
        store.discard(photo_id, actor(), reason)
    click.echo(f"Photo {photo_id} is discarded{f'; {arrives}' if arrives else ''}.")


def _print_photo(photo: Photo, told: dict[str, Any], events: list[Event], receipt: Receipt | None) -> None:
    if photo.hold:
        told["hold"] = f"{photo.hold.reason}: {photo.hold.sentence}"
    if photo.assigned:
        told["assigned"] = _target(photo.assigned)
    for key, value in told.items():
        if value is not None:
            print_line(f"{key}: {value}")
    if photo.hold:
        click.echo(f"what you can do: {_WAYS_OUT.format(photo.id)}")
    click.echo("history (UTC):")
    for event in events:
        detail = f" {event.detail}" if event.detail else ""
        click.echo(f"  {_time(event.at)}  ", nl=False)
        print_line(f"{event.to_state}: {event.reason}{detail} ({event.actor})")
    if receipt:
        print_line(f"receipt: chart image {receipt.image_id}, {_target(receipt.target)}, sha256 {receipt.data_sha256}")


def _said(pending: PendingAct | None) -> str | None:
    """What somebody at the pages has said, which is done in a moment; what is done here comes first."""
    if pending is None:
        return None
    due = _time(pending.due_at)
    return f"{pending.act}, as {pending.actor} said; it is done at {due} (UTC) unless it is taken back"


def _target(target: ChartTarget) -> str:
    parts = [f"patient {target.patient}", str(target.type)]
    parts += [f"clinic {target.clinic}"] if target.clinic is not None else []
    parts += [f"station {target.station}"] if target.station is not None else []
    return ", ".join(parts)


def _located(bridge: Context, photo: Photo, reference: TargetReference) -> tuple[ChartTarget, str]:
    """The chart target, and the patient's name for the person who assigns to see that it is the right one."""
    practice = bridge.practice(photo.practice)
    client = ChartClient(chart_account(practice.chart, bridge.config().web_proxy))
    try:
        return located(photo, reference, client, practice.time_zone)
    except ChartError as error:
        raise BridgeError(f"Photo {photo.id} is not assigned, because the chart cannot be asked: {error}") from error
    finally:
        client.close()


def _clinic(text: str) -> ClinicReference | None:
    if text == "none":
        return None
    if text == "today":
        return ClinicReference(None)
    if text.isascii() and text.isdigit() and int(text[:20]) > 0:
        return ClinicReference(int(text[:20]))
    raise click.BadParameter("must be `today`, `none` or a clinic's number in the chart", param_hint="--clinic")


def _row(photo: Photo) -> tuple[str, ...]:
    when = _time(photo.received_at)
    reason = f"{photo.hold_reason or ''}{', from a backup' if is_doubtful(photo) else ''}"
    return str(photo.id), photo.state, reason, when, photo.practice, photo.name


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
