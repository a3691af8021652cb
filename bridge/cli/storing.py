"""`backup`, `restore` and `move-store`: the photo store as a whole."""

from pathlib import Path

import click

from bridge.cli.context import Context, pass_bridge
from bridge.cli.output import print_line
from bridge.errors import BridgeError
from bridge.photos import back_up, move_store
from bridge.photos import restore as restore_store
from bridge.settings import Config


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
    print_line(f"{file}: {counts.photos} photos{_without(counts.without_bytes)}. The config is not in it.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--send-waiting", is_flag=True, help="Send what was waiting: nothing was delivered after the backup.")
@pass_bridge
def restore(bridge: Context, file: Path, send_waiting: bool) -> None:
    """Make the data folder of a backup FILE; refuses when there is anything in it."""
    config = bridge.config()
    _refuse_database(config, "Restore the database with PostgreSQL's own pg_restore; the photos are all in it.")
    counts = restore_store(file, config.data_folder, send_waiting=send_waiting)
    print_line(f"{config.data_folder}: {counts.photos} photos{_without(counts.without_bytes)}.")
    if counts.held:
        print_line(f"{counts.held} were waiting, and may be in the chart by now, so they are held for you to decide:")
        print_line("see `tscharts-bridge photos list --state held`.")


@click.command("move-store")
@pass_bridge
def move(bridge: Context) -> None:
    """Move all photos from the data folder into the config's database. Stop the bridge first."""
    config = bridge.config()
    if config.database is None:
        raise BridgeError(f"{bridge.config_file} names no database; add `database:` with `url_file`, then move.")
    moved = move_store(config.data_folder, config.database, lambda what: print_line(f"{what} ..."))
    print_line(f"Moved and verified: {moved.photos} photos{_without(moved.without_bytes)}, {moved.rows} rows in all.")
    print_line("The data folder keeps its copy; no bridge serves from that any more.")


def _without(count: int) -> str:
    return f", {count} of them without their bytes" if count else ""


def _refuse_database(config: Config, advice: str) -> None:
    if config.database is not None:
        raise BridgeError(advice)
