"""`init`: asks, tests the chart connection, and writes config.yaml."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bridge.cli.output import WholeNumber
from bridge.cli.starter import (
    CONFIG,
    SECRET,
    NewBridge,
    mapping_file,
    practice_name,
    refuse_existing,
    user_names,
    write_files,
)
from bridge.config import load_config
from bridge.medimage import new_guid
from bridge.network import own_address
from bridge.secret import Secret
from bridge.tscharts import ChartAccount, ChartClient, ChartError


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where to write.")
def init(folder: Path) -> None:
    """Set up a bridge: ask a few questions, try the chart, write config.yaml and a mapping file."""
    refuse_existing([folder / CONFIG, folder / SECRET])
    click.echo("A few questions. Nothing is written before the last is answered.")
    practice = click.prompt("Short name of the clinic (a-z, 0-9, hyphens)", value_proc=practice_name)
    refuse_existing([folder / mapping_file(practice)])
    time_zone = click.prompt("Its time zone", default="America/Tijuana", value_proc=_time_zone)
    url, username, password = _chart()
    port = click.prompt("Port for phones to reach this machine", default=5566, type=WholeNumber(1, 65535))
    staff, admins = _staff()
    bridge = NewBridge(practice, time_zone, url, username, password, port, new_guid(), staff=staff, admins=admins)
    file = write_files(folder, bridge)
    load_config(file)
    address = f"http://{own_address()}:{port}"
    click.echo(f"Wrote {file}, its mapping file and its secret.")
    command = "tscharts-bridge" if folder == Path() else f'tscharts-bridge --config "{file}"'
    click.echo(f"Next: {command} check, then: {command} serve")
    click.echo(f"Phones connect to {address}/write/{bridge.guid}")
    click.echo(f"People open the pages at {address}/ and sign in with their account of the chart.")
    if not staff:
        click.echo(f"Nobody may repair held photos yet; name them under `staff` in {file}.")


def _chart() -> tuple[str, str, str]:
    """Ask for the chart and its account until they work, or the person wants to go on without."""
    url, username = "https://localhost", None
    while True:
        url = click.prompt("Address of the chart server", default=url, value_proc=_url)
        username = click.prompt("The bridge's user name there", default=username)
        password = click.prompt("Its password", hide_input=True)
        trouble = _try_chart(url, username, password)
        if trouble is None:
            return url, username, password
        click.echo(f"That did not work: {trouble}", err=True)
        if click.confirm("Write the config all the same?", default=False):
            return url, username, password


def _staff() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ask who may come in to the pages, and who of them are the bridge's admins."""
    question = "User names in the chart of those who may repair held photos, with blanks between (Enter: later)"
    staff = click.prompt(question, default="", show_default=False, value_proc=user_names)
    if not staff:
        return (), ()

    def some_of_them(text: str) -> tuple[str, ...]:
        names = user_names(text)
        if not set(names) <= set(staff):
            raise click.BadParameter(f"use names that you have just typed: {', '.join(staff)}")
        return names

    question = "Which of them may also see who did what"
    return staff, click.prompt(question, default=staff[0], value_proc=some_of_them)


def _try_chart(url: str, username: str, password: str) -> str | None:
    client = ChartClient(ChartAccount(url, username, Secret(password)))
    try:
        found = client.check()
    except ChartError as error:
        return str(error)
    finally:
        client.close()
    click.echo(f"The chart answers; its stations are {', '.join(s.name for s in found.stations) or 'none yet'}.")
    return None


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text.strip())
    except (KeyError, ValueError, OSError):
        raise click.BadParameter("use a name such as America/Tijuana") from None
    return text.strip()


def _url(text: str) -> str:
    try:
        return ChartAccount(text.strip(), token=Secret("none")).url
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
