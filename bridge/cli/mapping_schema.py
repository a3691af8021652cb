"""`mappings schema`: the shape of mapping files, for editors."""

from pathlib import Path

import click

from bridge.cli.new_file import new_file, write_all
from bridge.cli.output import print_line
from bridge.mapping import json_schema_text


@click.command("schema")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file to make; otherwise it is printed."
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def schema(output: Path | None, force: bool) -> None:
    """Give the JSON Schema of mapping files, by which editors complete and check settings while you type.

    Put it beside your mapping files as mapping.schema.json.
    """
    text = json_schema_text()
    if output is None:
        click.echo(text, nl=False)
        return
    with new_file(output, overwrite=force) as file:
        write_all(file, [text.encode()], output)
    print_line(f"{output} is written; begin mapping files beside it with:")
    print_line(f"# yaml-language-server: $schema={output.name}")
