"""`send`: put photos in as a phone does."""

from datetime import datetime
from pathlib import Path

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import print_error
from bridge.errors import BridgeError
from bridge.medimage import PhotoServer, SendError


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--to", "address", help="http://host:port/write/GUID; otherwise the bridge of the config, here.")
@click.option("--patient", required=True, help="How the patient is named: number, CURP or old number.")
@click.option("--type", "image_type", help="A word of the mapping file, such as headshot or x-ray.")
@click.option("--practice", help="The practice of the config, when there are several and no --to.")
@pass_bridge
@click.pass_context
def send(
    context: click.Context,
    bridge: Context,
    files: tuple[Path, ...],
    address: str | None,
    patient: str,
    image_type: str | None,
    practice: str | None,
) -> None:
    """Send photo FILES of one patient to this bridge, or to any MedImage server."""
    if not patient.strip():
        raise click.BadParameter("must name the patient: a number, CURP or old number", param_hint="--patient")
    server = PhotoServer.at(address) if address else _own_server(bridge, practice)
    tags = [patient, image_type] if image_type else [patient]
    failures = [error for file in files if (error := _send_one(server, file, tags))]
    click.echo(f"{len(files) - len(failures)} of {len(files)} stored.")
    for error in failures:
        print_error(str(error))
    if failures:
        context.exit(1)


def _own_server(bridge: Context, practice: str | None) -> PhotoServer:
    config = bridge.config()
    settings = bridge.practice(practice)
    if settings.guid is None and not config.uploads.allow_unpaired:
        raise BridgeError(f"The practice {settings.name} has no guid in {config.file} yet; give the address with --to.")
    host = config.server.host
    here = "127.0.0.1" if host == "0.0.0.0" else "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    return PhotoServer(f"http://{here}:{config.server.port}", settings.guid)


def _send_one(server: PhotoServer, file: Path, tags: list[str]) -> SendError | None:
    """Send one file with a progress bar; give back what went wrong, so that the other files still go."""
    try:
        stat = file.stat()
        name = server.photo_name(tags, datetime.fromtimestamp(stat.st_mtime).astimezone(), file.suffix or ".jpg")
        with click.progressbar(length=stat.st_size, label=file.name) as bar:
            server.send(file, name, bar.update)
    except OSError as error:
        return SendError(f"{file} cannot be read ({error.strerror}); check the path.")
    except SendError as error:
        return error
    return None
