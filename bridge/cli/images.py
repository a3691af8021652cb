"""`images PATIENT`, `images get|delete|move`: a patient's images in the chart, with the practice's own account."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import click

from bridge.charting import (
    UNKNOWN_TYPE,
    Action,
    Catalogue,
    ChartReader,
    ImageFile,
    ImageObject,
    ImagePage,
    ImagePageSchema,
    KeptAudit,
    Notes,
    Wanted,
)
from bridge.cli.context import Context, pass_bridge
from bridge.cli.image_changes import delete_image, move_image
from bridge.cli.image_words import day_of, size_of
from bridge.cli.new_file import explained, new_file, write_all
from bridge.cli.output import WholeNumber, json_option, print_json, print_line, print_table
from bridge.cli.own_chart import own_chart, practice_option, small_pictures
from bridge.errors import BridgeError
from bridge.targets import ImageType
from bridge.tscharts import ChartClient

_TYPES = click.Choice([image_type.value for image_type in ImageType], case_sensitive=False)
_STDOUT = "-"
_HEADINGS = ("number", "type", "day", "station", "clinic", "size", "pixels", "sent by")


class _ImagesGroup(click.Group):
    """`images 123` is `images list 123`: what is no command is the list's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The command and its arguments."""
        first = args[0] if args else ""
        is_option = first.startswith("-") and first not in ctx.help_option_names
        return super().parse_args(ctx, ["list", *args] if is_option or first.isdecimal() else args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of this name. Raises click.UsageError."""
        if args[0] not in self.commands:
            ctx.fail(
                f"`{args[0]}` is neither a patient's number nor one of {', '.join(sorted(self.commands))}; "
                "`tscharts-bridge patients find NAME` tells a patient's number."
            )
        return super().resolve_command(ctx, args)


@click.group(cls=_ImagesGroup, subcommand_metavar="PATIENT | COMMAND [ARGS]...")
def images() -> None:
    """List a patient's images in the chart, get one, delete one, or move one to another patient.

    `images 123` lists the images of patient 123.
    """


@images.command("list")
@click.argument("patient", metavar="PATIENT", type=WholeNumber(1))
@click.option("--type", "image_type", type=_TYPES, help="Only images of this type.")
@click.option("--limit", default=50, show_default=True, type=WholeNumber(1, 100_000), help="At most so many.")
@click.option("--after", type=WholeNumber(1), help="Go on after this image, the last one of the list before.")
@practice_option
@json_option
@pass_bridge
def list_images(
    bridge: Context,
    patient: int,
    image_type: str | None,
    limit: int,
    after: int | None,
    practice: str | None,
    as_json: bool,
) -> None:
    """List a patient's images, the newest first."""
    wanted = Wanted(patient, type=image_type, limit=limit, after=after)
    with own_chart(bridge, practice) as own, bridge.store() as store:
        page = _page(small_pictures(bridge.config(), store).catalogue, own.reader, wanted)
        if as_json:
            print_json(ImagePageSchema().dump(page))
        elif page.images:
            print_table(_HEADINGS, _rows(page, own.client))
            if page.next is not None:
                click.echo(f"There are {page.total} in all; `--after {page.next}` goes on.")
        else:
            click.echo(f"Patient {patient} has no such images.")


@images.command("get")
@click.argument("image_id", metavar="IMAGE", type=WholeNumber(1))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file to make; `-` for standard output.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@practice_option
@pass_bridge
def get_image(bridge: Context, image_id: int, output: Path, force: bool, practice: str | None) -> None:
    """Get an image's bytes as they are in the chart. Who looked at it is noted."""
    with (
        _opened(output, force) as file,
        own_chart(bridge, practice) as own,
        bridge.store() as store,
        _fetched(small_pictures(bridge.config(), store).catalogue, own.reader, image_id) as image,
    ):
        facts = image.facts
        Notes(KeptAudit(store)).note(own.caller, own.chart, Action.SEEN, image_id, facts.patient)
        write_all(file, image.pieces(0, facts.size_bytes), _name(output))
    if str(output) == _STDOUT:
        return
    print_line(f"{output} is image {image_id} of patient {facts.patient}: {facts.type}, {size_of(facts.size_bytes)}.")
    if facts.media_type == UNKNOWN_TYPE:
        print_line("It is no JPEG, PNG, GIF or WebP picture, so take care what you open it with.")


images.add_command(delete_image)
images.add_command(move_image)


def _fetched(catalogue: Catalogue, reader: ChartReader, image_id: int) -> ImageFile:
    """The image, which lies in a temporary file at first."""
    with explained(f"The folder for temporary files ({tempfile.gettempdir()})", "make room there, then try again"):
        return catalogue.fetched(reader, image_id)


def _page(catalogue: Catalogue, reader: ChartReader, wanted: Wanted) -> ImagePage:
    """As many as are wanted: the catalogue's own pages end after a while when it sees images for the first time."""
    page = catalogue.page(reader, wanted)
    found = [*page.images]
    while page.next is not None and len(found) < wanted.limit:
        page = catalogue.page(reader, replace(wanted, limit=wanted.limit - len(found), after=page.next))
        found += page.images
    return ImagePage(tuple(found), page.total, page.next)


def _rows(page: ImagePage, client: ChartClient) -> list[tuple[str, ...]]:
    clinics = {each.id: each for each in client.clinics()}
    stations = {each.id: each.name for each in client.stations()}

    def row(image: ImageObject) -> tuple[str, ...]:
        clinic = clinics.get(image.clinic or 0)
        place = f"{clinic.location} ({clinic.id})" if clinic else _number(image.clinic)
        station = stations.get(image.station or 0) or _number(image.station)
        pixels = f"{image.width}x{image.height}" if image.width else "no picture" if image.is_readable else ""
        sender = f"this bridge, photo {image.photo_id} of {image.practice}" if image.is_ours else "others"
        day = day_of(image, clinic)
        return str(image.id), image.type or "", day, station, place, size_of(image.size_bytes), pixels, sender

    return [row(image) for image in page.images]


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


@contextlib.contextmanager
def _opened(output: Path, force: bool) -> Iterator[BinaryIO]:
    if str(output) != _STDOUT:
        with new_file(output, overwrite=force) as file:
            yield file
        return
    stdout = _stdout()
    yield stdout
    with explained(_name(output)):
        stdout.flush()


def _stdout() -> BinaryIO:
    """Where the bytes go. A terminal gets none: whatever the chart holds, they would steer it."""
    stdout: BinaryIO | None = getattr(sys.stdout, "buffer", None)
    if stdout is None:
        raise BridgeError("There is no standard output to write the image to; give a file with -o.")
    if stdout.isatty():
        raise click.UsageError("A terminal cannot show an image; give a file with -o, or pass it on with `|`.")
    return stdout


def _name(output: Path) -> str:
    return "The standard output" if str(output) == _STDOUT else str(output)
