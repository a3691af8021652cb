"""`migrate-config`: from a MedImage server to this bridge, with every phone still paired."""

from pathlib import Path

import click

from bridge.cli.output import print_line
from bridge.cli.starter import (
    CONFIG,
    mapping_file,
    practice_name,
    refuse_existing,
    starter_mapping,
    write_mapping_schema,
)
from bridge.medimage import migrate


@click.command("migrate-config")
@click.argument("config_json", type=click.Path(path_type=Path))
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where to write.")
@click.option(
    "--practice",
    default="clinic",
    show_default=True,
    callback=lambda _context, _option, name: practice_name(name),
    help="A short name for the clinic.",
)
def migrate_config(config_json: Path, folder: Path, practice: str) -> None:
    """Turn a MedImage server's CONFIG_JSON into a config.yaml that keeps every paired phone working."""
    migration = migrate(config_json.read_bytes(), config_json.resolve().parent, practice)
    files = {folder / CONFIG: migration.config_yaml, folder / mapping_file(practice): starter_mapping()}
    refuse_existing(files)
    write_mapping_schema(folder)
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")
        print_line(f"Wrote {file}.")
    for heading, lines in (("Carried over:", migration.carried), ("Not carried over:", migration.left_out)):
        print_line(heading if lines else "")
        for line in lines:
            print_line(f"  {line}")
    print_line("Next: fill in what config.yaml marks with FILL IN, then: tscharts-bridge check")
