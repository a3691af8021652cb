"""docs/mappings.md: what it shows is true."""

import re
import shlex
from pathlib import Path
from typing import cast

import click
import pytest
from documented import DOCUMENT, whole, yaml_blocks

from bridge.cli.main import cli
from bridge.holds import HoldReason
from bridge.mapping import PatientForm, Requirement, check_examples, load_mapping
from bridge.mapping.expectations import KNOWN_FROM_A_NAME
from bridge.mapping.meanings import MEANINGS
from bridge.targets import ImageType

TEXT = DOCUMENT.read_text("utf-8")
WORKED = TEXT.partition("\n## A worked example\n")[2].partition("\n## ")[0]
GROUP = cast("click.Group", cli.get_command(click.Context(cli), "mappings"))
CLINIC = DOCUMENT.parents[1] / "mappings" / "clinica-ejemplo.yaml"


def test_there_is_yaml_to_test() -> None:
    assert len(yaml_blocks()) >= 15
    assert TEXT.count("```yaml") == len(yaml_blocks())


@pytest.mark.parametrize("block", yaml_blocks())
def test_every_piece_of_yaml_is_a_mapping_that_does_what_its_examples_say(block: str, tmp_path: Path) -> None:
    file = tmp_path / "clinic.yaml"
    file.write_text(CLINIC.read_text("utf-8") if block in WORKED else whole(block), "utf-8")
    mapping = load_mapping(file)
    assert check_examples(mapping) == []
    assert mapping.warnings == ()


def test_the_worked_example_is_the_shipped_file_word_for_word() -> None:
    file = CLINIC.read_text("utf-8")
    shown = [block for block in yaml_blocks() if block in WORKED]
    assert len(shown) >= 5
    for block in shown:
        assert block in file
    assert f"mappings/{CLINIC.name}" in WORKED


@pytest.mark.parametrize("path", MEANINGS)
def test_every_setting_is_in_the_document(path: str) -> None:
    name = path.rstrip(".*").rpartition(".")[2]
    assert re.search(rf"`{name}`|`{name}:|\b{name}: ", TEXT), name


@pytest.mark.parametrize("word", [*PatientForm, *Requirement, *ImageType, *KNOWN_FROM_A_NAME])
def test_every_word_to_choose_from_is_in_the_document(word: str) -> None:
    assert f"`{word}`" in TEXT


def test_every_hold_that_a_mapping_file_can_mend_is_in_the_table_and_is_one() -> None:
    table = TEXT.partition("| reason | what is the matter")[2].partition("\n\n")[0]
    told = (
        {code for row in table.splitlines() for code in re.findall(r"`([a-z-]+)`", row.split("|")[1])}
        if table
        else set()
    )
    assert told >= {*KNOWN_FROM_A_NAME, HoldReason.NOT_REGISTERED, HoldReason.NO_CONSENT, HoldReason.UNKNOWN_STATION}
    assert told <= set(HoldReason)


def test_every_command_in_it_exists_with_its_options() -> None:
    commands = re.findall(r"`(?:tscharts-bridge )?(mappings [a-z][^`]*)`", TEXT)
    assert {command.split()[1] for command in commands} >= {"check", "explain", "replay", "suggest", "schema"}
    for command in commands:
        _, name, *arguments = shlex.split(command)
        assert name in GROUP.commands
        if arguments:
            assert _is_understood(name, arguments), command


def _is_understood(name: str, arguments: list[str]) -> bool:
    """Whether a command takes these arguments, which are read and not acted on."""
    try:
        GROUP.commands[name].make_context(name, arguments)
    except click.UsageError:
        return False
    return True


def test_every_link_within_it_leads_to_a_heading() -> None:
    headings = {_anchor(heading) for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
