"""`backup`, `restore`, `after-restore` and `move-store`: the photo store as a whole."""

from pathlib import Path

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import print_line
from bridge.errors import BridgeError
from bridge.photos import Doubtful, back_up, move_store
from bridge.photos import after_restore as look_first
from bridge.photos import restore as restore_store
from bridge.settings import Config

_MOVING = {
    "photos": "Copying the photos and their originals ...",
    "events": "Copying their history ...",
    "verification": "Comparing what arrived with what was sent ...",
}
"""What takes its time, and is told when it begins. The other tables are small."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_bridge
def backup(bridge: Context, file: Path) -> None:
    """Write all photos, the queue and the history to FILE, also while the bridge runs."""
    config = bridge.config()
    _refuse_database(config, "Back up the database with PostgreSQL's own pg_dump; the photos are all in it.")
    if not file.parent.is_dir():
        raise BridgeError(f"There is no folder {file.parent} for the backup; make it first, or give another path.")
    counts = back_up(config.data_folder, file)
    print_line(f"{file}: {_photos(counts.photos)}{_without(counts.without_bytes)}. The config is not in it.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--send-waiting", is_flag=True, help="Send what was waiting: nothing was delivered after the backup.")
@pass_bridge
def restore(bridge: Context, file: Path, send_waiting: bool) -> None:
    """Make the data folder of a backup FILE; refuses when there is anything in it."""
    config = bridge.config()
    _refuse_database(config, "Restore the database with PostgreSQL's own pg_restore; the photos are all in it.")
    counts = restore_store(file, config.data_folder, send_waiting=send_waiting)
    print_line(f"{config.data_folder}: {_photos(counts.photos)}{_without(counts.without_bytes)}.")
    _tell_doubtful(counts.doubtful)


@click.command("after-restore")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@pass_bridge
def after_restore(bridge: Context, yes: bool) -> None:
    """Hold what waits in a store that other tools brought back, such as pg_restore. Stop the bridges first."""
    config = bridge.config()
    question = "All waiting photos will be held, to be looked for in the chart. Does this store come from a backup?"
    if not yes and not click.confirm(question):
        raise BridgeError("Nothing was changed, as you did not say yes.")
    doubtful = look_first(config.data_folder, config.database)
    _tell_doubtful(doubtful)
    if doubtful == Doubtful():
        print_line("No photo was waiting or held; the bridges can be started.")


@click.command("move-store")
@pass_bridge
def move(bridge: Context) -> None:
    """Move all photos from the data folder into the config's database. Stop the bridge first."""
    config = bridge.config()
    if config.database is None:
        raise BridgeError(f"{bridge.config_file} names no database; add `database:` with `url_file`, then move.")
    moved = move_store(config.data_folder, config.database, _tell_moving)
    print_line(f"Moved and verified: {_photos(moved.photos)}{_without(moved.without_bytes)}, {moved.rows} rows in all.")
    print_line("The data folder keeps its copy; no bridge serves from that any more.")


def _tell_moving(what: str) -> None:
    if what in _MOVING:
        print_line(_MOVING[what])


def _tell_doubtful(doubtful: Doubtful) -> None:
    if doubtful.waiting:
        print_line(f"Waiting when the backup was made, held now: {_photos(doubtful.waiting)}.")
    if doubtful.held:
        print_line(f"Held already when the backup was made: {_photos(doubtful.held)}.")
    if doubtful != Doubtful():
        print_line("All of these may be in the chart by now. Look there first; then discard, retry or assign them:")
        print_line("see `tscharts-bridge photos list --state held`.")


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"


def _without(count: int) -> str:
    return f", {count} of them without their bytes" if count else ""


def _refuse_database(config: Config, advice: str) -> None:
    if config.database is not None:
        raise BridgeError(advice)
