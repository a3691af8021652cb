"""`mappings schema`: printed, or written beside the mapping files."""

import json
from pathlib import Path

from cli_runs import Command

from bridge.mapping import json_schema


def test_the_schema_is_printed_as_json(command: Command) -> None:
    ended = command("mappings", "schema")
    assert ended.code == 0
    assert json.loads(ended.out) == json_schema()


def test_the_schema_is_written_to_a_file_with_the_line_that_names_it(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "mapping.schema.json"
    ended = command("mappings", "schema", "-o", file)
    assert ended.code == 0
    assert json.loads(file.read_bytes()) == json_schema()
    assert b"\r" not in file.read_bytes()
    assert "# yaml-language-server: $schema=mapping.schema.json" in ended.out.splitlines()


def test_a_file_that_is_there_is_replaced_only_by_force(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "mapping.schema.json"
    file.write_text("{}")
    refused = command("mappings", "schema", "-o", file)
    assert (refused.code, file.read_text()) == (1, "{}")
    assert refused.errors == [
        f"{file} is there already, and stays as it is; give another path, or --force to replace it."
    ]
    assert command("mappings", "schema", "-o", file, "--force").code == 0
    assert json.loads(file.read_bytes()) == json_schema()
